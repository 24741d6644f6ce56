"""A folder of papers → `data/parsed`: choose, parse or find in the cache, split, write, report."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

from ..errors import Errors, ScinerError
from ..files import file_stem, progress, replacing, write_json
from ..settings.tree import Parse
from ..types import Paragraph
from .cache import Cache
from .collection import Broken, read_collection
from .loss import Parsed, Section, find_loss
from .reader import Reader
from .sources import Sources, find_sources, printable
from .text import split_paragraph

Place = Dict[str, Any]  # the report's `file`, and `line` of a collection
LINKED = "a linked folder: DVC does not see what changes in it; copy it, or link its files"
COUNTS = ("papers", "paragraphs", "words", "too_short", "split", "too_long", "unreadable", "html")
Chosen = Dict[str, Tuple[Place, Parsed]]  # by paper


def parse_papers(
    papers_dir: Union[str, Path],
    out_dir: Union[str, Path],
    settings: Parse,
    *,
    cache_dir: Optional[Union[str, Path]] = None,
) -> Dict[str, Any]:
    """Write one `<paper>.jsonl` for each paper, and `_report.json`.

    papers_dir (Union[str, Path]): PDF, TEI and SciPDF JSON files and collections, in subfolders
        too. If it is not there, there are no papers.
    out_dir (Union[str, Path]): Replaced as a whole at the end; before, it is left as it was.
    cache_dir (Optional[Union[str, Path]]): Where unchanged files are found again; None for none.
    RETURNS (Dict[str, Any]): The report, and `from_cache`, which the file does not have: it would
        differ from run to run.
    RAISES (ScinerError): SCINER-E105 if there were papers and none could be read (the report is
        written), SCINER-E130 if the GROBID server is not there.
    """
    papers_dir, out_dir = Path(papers_dir), Path(out_dir)
    sources = find_sources(papers_dir, engine=settings.engine)
    reader = Reader(settings, Cache(Path(cache_dir) if cache_dir else None))
    chosen, set_aside = _read_files(sources, reader)
    set_aside += [{"file": file, "reason": LINKED} for file in sources.linked]
    n_papers = len(sources.papers) + len(sources.linked)
    counts: Counter[str] = Counter()
    for path in sources.collections:
        file = printable(path.relative_to(papers_dir).as_posix())
        n_papers += _add_collection(path, chosen, set_aside, counts, file=file)
    with replacing(out_dir) as temporary:
        temporary.mkdir(parents=True)
        lost = _write_papers(chosen, temporary, settings, counts, set_aside)
        report = {
            "engine": settings.engine,
            **_counted(sources, counts),
            "text_lost": lost,
            "set_aside": sorted(set_aside, key=_place_and_reason),
        }
        write_json(temporary / "_report.json", report)
    if n_papers and not report["papers"]:
        reasons = "; ".join(f"{n}× {why}" for why, n in summarise(report["set_aside"]))
        raise ScinerError(Errors.E105.format(n=n_papers, path=papers_dir, reasons=reasons))
    return {**report, "from_cache": reader.from_cache}


def _counted(sources: Sources, counts: "Counter[str]") -> Dict[str, Any]:
    """The report's numbers, and the names of the ignored files."""
    n_files = sum(len(files) for files in sources.papers.values())
    return {
        "files": n_files + len(sources.collections),
        **{name: counts[name] for name in COUNTS},
        "ignored": len(sources.ignored),
        "ignored_files": sources.ignored,
    }


def _place_and_reason(entry: Place) -> Tuple[str, int, str]:
    return entry["file"], entry.get("line", 0), entry["reason"]


def _write_papers(
    chosen: Chosen,
    folder: Path,
    settings: Parse,
    counts: "Counter[str]",
    set_aside: List[Place],
) -> List[Place]:
    """Write each paper's paragraphs, and set those aside that have none.

    RETURNS (List[Place]): The papers that lose much of their text layer, by `loss.find_loss`.
    """
    lost: List[Place] = []
    for paper in sorted(chosen):
        place, parsed = chosen[paper]
        paragraphs = cut(paper, parsed.sections, settings, counts)
        if not paragraphs:
            reason = f"no paragraph of {settings.min_words} words or more"
            set_aside.append({**place, "reason": reason})
            continue
        _write(folder / f"{file_stem(paper)}.jsonl", paragraphs)
        counts["papers"] += 1
        loss = find_loss(paragraphs, parsed.n_words)
        if loss:
            lost.append({**place, **loss})
    return lost


def _read_files(sources: Sources, reader: Reader) -> Tuple[Chosen, List[Place]]:
    """Each paper's best file that can be read, and the files that are set aside, with `reason`."""
    chosen: Chosen = {}
    set_aside: List[Place] = []
    waiting = {paper: list(files) for paper, files in sources.papers.items()}
    while waiting:  # once, and again for papers whose best file cannot be read
        batch = [files.pop(0) for files in waiting.values()]
        for source, outcome in progress(reader.read(batch), description="parse", total=len(batch)):
            if isinstance(outcome, ScinerError):
                set_aside.append({"file": source.file, "reason": printable(str(outcome))})
                continue
            chosen[source.paper] = ({"file": source.file}, outcome)
            for other in waiting.pop(source.paper):
                set_aside.append({"file": other.file, "reason": _read_instead(source.file)})
        waiting = {paper: files for paper, files in waiting.items() if files}
    return chosen, set_aside


def _add_collection(
    path: Path, chosen: Chosen, set_aside: List[Place], counts: "Counter[str]", *, file: str
) -> int:
    """Add a collection's papers to those chosen, but for those that are there already.

    RETURNS (int): Papers tried: lines, or 1 for a file that has none.
    """
    n_lines = 0
    try:
        for entry in read_collection(path):
            n_lines += 1
            place: Place = {"file": file, "line": entry.line}
            if isinstance(entry, Broken):
                set_aside.append({**place, "reason": printable(str(entry.error))})
            elif entry.paper not in chosen:
                chosen[entry.paper] = (place, Parsed(entry.sections))
                counts["html"] += entry.is_html
            elif "line" in (other := chosen[entry.paper][0]):
                reason = f"an earlier line has its id ({other['file']}, line {other['line']})"
                set_aside.append({**place, "reason": reason})
            else:
                set_aside.append({**place, "reason": _read_instead(other["file"])})
        if not n_lines:
            set_aside.append({"file": file, "reason": "no paper in it"})
    except ScinerError as e:
        set_aside.append({"file": file, "reason": printable(str(e))})
    return n_lines or 1


def _read_instead(file: str) -> str:
    return f"another file of the paper is read ({file})"


def cut(
    paper: str, sections: Iterable[Section], settings: Parse, counts: "Counter[str]"
) -> List[Paragraph]:
    """Leave out short paragraphs, split long ones; count both."""
    paragraphs: List[Paragraph] = []
    for section, text in sections:
        parts, too_long = split_paragraph(text, max_words=settings.max_words)
        counts["split"] += len(parts) > 1
        counts["too_long"] += len(too_long)
        for part in parts:
            n_words = len(part.split())
            if n_words < settings.min_words:
                counts["too_short"] += 1
                continue
            counts["paragraphs"] += 1
            counts["words"] += n_words
            counts["unreadable"] += part.count("\ufffd")
            i = len(paragraphs)
            paragraphs.append({"paper": paper, "paragraph": i, "section": section, "text": part})
    return paragraphs


def summarise(set_aside: List[Place]) -> List[Tuple[str, int]]:
    """Reasons without the files' names, the most frequent first."""
    reasons: Counter[str] = Counter()
    for entry in set_aside:
        name = entry["file"].rpartition("/")[2]
        reason = re.sub(r" \([^()]*\)$", "", entry["reason"])
        reason = reason.replace(f"{name}, line {entry.get('line')},", "a line")
        reason = reason.replace(name, "the file")
        reasons[reason] += 1
    return reasons.most_common()


def _write(path: Path, paragraphs: List[Paragraph]) -> None:
    lines = [json.dumps(paragraph, ensure_ascii=False) + "\n" for paragraph in paragraphs]
    path.write_bytes("".join(lines).encode("utf8"))
