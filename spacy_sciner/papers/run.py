"""A folder of papers → `data/parsed`: choose, parse or find in the cache, split, write, report."""

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from ..errors import Errors, ScinerError
from ..files import file_stem, progress, replacing, write_json
from ..types import Paragraph
from .cache import Cache, cache_key
from .collection import Broken, read_collection
from .embedded import parse_pdf
from .grobid import parse_pdfs
from .isolation import run_isolated
from .scipdf_json import Section, parse_json
from .settings import ParseSettings
from .sources import Source, Sources, find_sources
from .text import split_paragraph
from .xml_kinds import parse_xml

PDF_TIMEOUT_S = 120.0  # for one PDF; the slowest sound one seen took 3
Outcome = Union[List[Section], ScinerError]
Place = Dict[str, Any]  # the report's `file`, and `line` of a collection
Chosen = Dict[str, Tuple[Place, List[Section]]]  # by paper


def parse_papers(
    papers_dir: Union[str, Path],
    out_dir: Union[str, Path],
    settings: ParseSettings,
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
    reader = _Reader(settings, Cache(Path(cache_dir) if cache_dir else None))
    chosen, set_aside = _read_files(sources, reader)
    n_papers = len(sources.papers)
    for path in sources.collections:
        file = path.relative_to(papers_dir).as_posix()
        n_papers += _add_collection(path, chosen, set_aside, file=file)
    counts: Counter[str] = Counter()
    report: Dict[str, Any] = {"engine": settings.engine, "files": 0, "papers": 0}
    with replacing(out_dir) as temporary:
        temporary.mkdir(parents=True)
        for paper in sorted(chosen):
            place, sections = chosen[paper]
            paragraphs = cut(paper, sections, settings, counts)
            if paragraphs:
                _write(temporary / f"{file_stem(paper)}.jsonl", paragraphs)
                report["papers"] += 1
            else:
                reason = f"no paragraph of {settings.min_words} words or more"
                set_aside.append({**place, "reason": reason})
        n_files = sum(len(files) for files in sources.papers.values())
        report["files"] = n_files + len(sources.collections)
        for name in ("paragraphs", "words", "too_short", "split", "too_long"):
            report[name] = counts[name]
        report["ignored"] = sources.ignored
        report["set_aside"] = sorted(
            set_aside, key=lambda entry: (entry["file"], entry.get("line", 0), entry["reason"])
        )
        write_json(temporary / "_report.json", report)
    if n_papers and not report["papers"]:
        reasons = "; ".join(f"{n}× {why}" for why, n in summarise(report["set_aside"]))
        raise ScinerError(Errors.E105.format(n=n_papers, path=papers_dir, reasons=reasons))
    return {**report, "from_cache": reader.from_cache}


def _read_files(sources: Sources, reader: "_Reader") -> Tuple[Chosen, List[Place]]:
    """Each paper's best file that can be read, and the files that are set aside, with `reason`."""
    chosen: Chosen = {}
    set_aside: List[Place] = []
    waiting = {paper: list(files) for paper, files in sources.papers.items()}
    while waiting:  # once, and again for papers whose best file cannot be read
        batch = [files.pop(0) for files in waiting.values()]
        for source, outcome in progress(reader.read(batch), description="parse", total=len(batch)):
            if isinstance(outcome, ScinerError):
                set_aside.append({"file": source.file, "reason": str(outcome)})
                continue
            chosen[source.paper] = ({"file": source.file}, outcome)
            for other in waiting.pop(source.paper):
                set_aside.append({"file": other.file, "reason": _read_instead(source.file)})
        waiting = {paper: files for paper, files in waiting.items() if files}
    return chosen, set_aside


def _add_collection(path: Path, chosen: Chosen, set_aside: List[Place], *, file: str) -> int:
    """Add a collection's papers to those chosen, but for those that are there already.

    RETURNS (int): Papers tried: lines, or 1 for a file that has none.
    """
    n_lines = 0
    try:
        for entry in read_collection(path):
            n_lines += 1
            place: Place = {"file": file, "line": entry.line}
            if isinstance(entry, Broken):
                set_aside.append({**place, "reason": str(entry.error)})
            elif entry.paper not in chosen:
                chosen[entry.paper] = (place, entry.sections)
            elif "line" in (other := chosen[entry.paper][0]):
                reason = f"an earlier line has its id ({other['file']}, line {other['line']})"
                set_aside.append({**place, "reason": reason})
            else:
                set_aside.append({**place, "reason": _read_instead(other["file"])})
        if not n_lines:
            set_aside.append({"file": file, "reason": "no paper in it"})
    except ScinerError as e:
        set_aside.append({"file": file, "reason": str(e)})
    return n_lines or 1


def _read_instead(file: str) -> str:
    return f"another file of the paper is read ({file})"


def cut(
    paper: str, sections: Iterable[Section], settings: ParseSettings, counts: "Counter[str]"
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


class _Reader:
    """Reads files of all kinds, in parallel where it pays, through the cache."""

    def __init__(self, settings: ParseSettings, cache: Cache) -> None:
        self.settings = settings
        self.cache = cache
        self.from_cache = 0

    def read(self, sources: List[Source]) -> Iterator[Tuple[Source, Outcome]]:
        pdfs: List[Tuple[Source, str]] = []
        for source in sources:
            try:
                key = cache_key(source.path.read_bytes(), kind=self._kind(source))
                sections = self.cache.load(key)
                if sections is not None:
                    self.from_cache += 1
                elif source.kind == "pdf":
                    pdfs.append((source, key))
                    continue
                else:
                    sections = (parse_xml if source.kind == "tei" else parse_json)(source.path)
                    self.cache.save(key, sections)
                yield source, sections
            except ScinerError as e:
                yield source, e
            except OSError as e:
                reason = Errors.E124.format(file=source.path.name, reason=e.strerror or e)
                yield source, ScinerError(reason)
        for i, outcome in self._read_pdfs([source.path for source, _ in pdfs]):
            source, key = pdfs[i]
            if not isinstance(outcome, ScinerError):
                self.cache.save(key, outcome)
            yield source, outcome

    def _read_pdfs(self, paths: List[Path]) -> Iterator[Tuple[int, Outcome]]:
        if self.settings.engine == "grobid":
            return parse_pdfs(paths, self.settings.grobid)
        workers = self.settings.workers or os.cpu_count() or 1
        files = [str(path) for path in paths]
        return run_isolated(parse_pdf, files, workers=workers, timeout_s=PDF_TIMEOUT_S)

    def _kind(self, source: Source) -> str:
        by_grobid = source.kind == "pdf" and self.settings.engine == "grobid"
        return f"grobid {self.settings.grobid.url}" if by_grobid else source.kind


def _write(path: Path, paragraphs: List[Paragraph]) -> None:
    lines = [json.dumps(paragraph, ensure_ascii=False) + "\n" for paragraph in paragraphs]
    path.write_bytes("".join(lines).encode("utf8"))
