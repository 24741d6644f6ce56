"""BRAT: a folder of .txt files, each with its .ann. A file is a paper, a line is a paragraph.

Lines are joined where an annotation reaches over their end. Only text-bound annotations (T) are
read; events, relations, attributes and notes are not entities. What this project writes has a table
beside the files, `paragraphs.jsonl`, which says where each paragraph is and what paper it is of.
"""

import codecs
import json
import re
from bisect import bisect_right
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Sequence, Tuple

from ...errors import Errors, ScinerError
from ...files import file_stem, replacing, write_text
from ..annotated import Annotated, CharSpan
from ..offsets import PLAIN, apply, decide
from ..rules import Repairs
from .brat_lines import joined, text_bound_lines
from .paths import beside
from .sniff import decode, is_address, paper_of_file, read_text
from .writing import CharEnt, Losses, Written, bad_label, count_unheld, count_words, place_of

TABLE = "paragraphs.jsonl"
_TYPE = re.compile(r"[A-Za-z0-9_-]+")


class _Bound(NamedTuple):
    """Where a paragraph is in a text, and what it is."""

    start: int
    end: int
    paper: str
    paragraph: int
    section: str = ""


def read_brat_paper(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """Read one .txt file with its .ann.

    RAISES (ScinerError): SCINER-E205 if one is not text, SCINER-E216 if offsets fit no way of
        counting.
    """
    path, ann_path = beside(path, ".txt"), beside(path, ".ann")
    paper = paper_of_file(path.name)
    if not path.is_file():
        repairs.add("no-text", file=file, paragraph=paper, text=f"no {path.name}")
        return []
    if not ann_path.is_file():
        repairs.add("unannotated", file=file, paragraph=paper, text="no .ann file")
        return []
    raw = read_text(path, file_format="BRAT")
    if is_address(raw):
        repairs.add("address", file=file, paragraph=paper, text=raw)
        return []
    ann = read_text(ann_path, file_format="BRAT")
    lines, n_bad = text_bound_lines(ann, file=file, repairs=repairs)
    fragments = [f for line in lines for f in line.fragments]
    has_bom = path.read_bytes().startswith(codecs.BOM_UTF8)
    if has_bom and _reaches(path, len(raw) + 1):  # the first character of what we have written
        raw, has_bom = f"\ufeff{raw}", False
    counting, rival = decide([raw], [fragments], path=path, has_bom=has_bom)
    if counting != PLAIN:
        repairs.units[file] = str(counting)
    if rival is not None:
        repairs.rivals[file] = f"{counting}, or {rival}"
    text, placed = apply(counting, raw, fragments)
    spans = []
    for line in lines:
        own, placed = placed[: len(line.fragments)], placed[len(line.fragments) :]
        found, rule = joined(own, line.own_text, text)
        if rule is not None:
            repairs.add(rule, file=file, paragraph=f"line {line.n} of .ann", text=line.line)
        spans += found
    if not text.strip():
        repairs.add("no-text", file=file, paragraph=paper, text="")
        return []
    bounds = _bounds(path, text, spans, paper=paper)
    paragraphs = _paragraphs(text, spans, bounds, file=file)
    # What a line that cannot be read has annotated is somewhere here.
    return [replace(one, is_partial=True) for one in paragraphs] if n_bad else paragraphs


def _paragraphs(
    text: str, spans: Sequence[CharSpan], bounds: Sequence[_Bound], *, file: str
) -> List[Annotated]:
    inside: List[List[CharSpan]] = [[] for _ in bounds]
    for span in spans:
        # Every span goes somewhere, if only to be counted there as bad.
        n = max(bisect_right([bound.start for bound in bounds], span.start) - 1, 0)
        start = bounds[n].start
        inside[n].append(span._replace(start=span.start - start, end=span.end - start))
    return [
        Annotated(
            bound.paper,
            bound.paragraph,
            text=text[bound.start : bound.end],
            spans=inside[n],
            file=file,
            section=bound.section,
        )
        for n, bound in enumerate(bounds)
    ]


def _bounds(path: Path, text: str, spans: Sequence[CharSpan], *, paper: str) -> List[_Bound]:
    """The paragraphs of a text: those of the table beside it, else its lines.

    RAISES (ScinerError): SCINER-E242 if the table does not fit the text.
    """
    table = path.with_name(TABLE)
    if not table.is_file():
        lines = _paragraph_bounds(text, spans)
        return [_Bound(start, end, paper, n) for n, (start, end) in enumerate(lines)]
    bounds: List[_Bound] = []
    for row in sorted(_rows(table, path.name)):
        if not (bounds[-1].end if bounds else 0) <= row.start < row.end <= len(text):
            raise _misfit(
                table, path, f"it has {len(text)} characters, no [{row.start}, {row.end})"
            )
        if bounds and any(s.start < bounds[-1].end < s.end <= len(text) for s in spans):
            # Somebody annotated over the border of two.
            row = bounds.pop()._replace(end=row.end)
        bounds.append(row)
    if not bounds:
        raise _misfit(table, path, "it has no line for it")
    return bounds


def _reaches(path: Path, end: int) -> bool:
    """Whether the table beside a text says that it ends there."""
    table = path.with_name(TABLE)
    return table.is_file() and any(row.end == end for row in _rows(table, path.name))


def _rows(table: Path, file: str) -> List[_Bound]:
    rows = []
    try:
        lines = decode(table.read_bytes()).split("\n")
    except UnicodeDecodeError as e:
        raise _misfit(table, table.with_name(file), f"it is not UTF-8 ({e.reason})") from e
    for line in filter(None, lines):
        try:
            row = json.loads(line)
            if row["file"] == file:
                place = (str(row["paper"]), int(row["paragraph"]), str(row["section"]))
                rows.append(_Bound(int(row["start"]), int(row["end"]), *place))
        except (ValueError, KeyError, TypeError) as e:
            raise _misfit(table, table.with_name(file), f"{line[:60]!r} is no line of it") from e
    return rows


def _misfit(table: Path, path: Path, reason: str) -> ScinerError:
    return ScinerError(Errors.E242.format(path=table, text=path.name, reason=reason))


def _paragraph_bounds(text: str, spans: Sequence[CharSpan]) -> List[Tuple[int, int]]:
    """The lines with a word in them as (start, end), joined where a span crosses their end."""
    bounds: List[Tuple[int, int]] = []
    start = 0
    for match in re.finditer(r"\n|$", text):
        end = match.start()
        if not any(s.start < end < s.end <= len(text) for s in spans):
            if text[start:end].strip():
                bounds.append((start, end))
            start = match.end()
    return bounds


def write_brat(path: Path, paragraphs: Iterable[Written], *, losses: Losses) -> None:
    """A folder: .txt and .ann for each paper, `paragraphs.jsonl`, and BRAT's `annotation.conf`.

    Confidences are notes of their annotations.
    """
    papers: Dict[str, _Paper] = {}
    labels: Dict[str, None] = {}
    table = []
    for one in count_words(paragraphs, losses):
        count_unheld(one, losses, scores=False, prediction=True, alone=True)
        labels.update(dict.fromkeys(span.label for span in one.spans))
        paper = papers.setdefault(one.paper, _Paper())
        start, end = paper.add(one)
        file = f"{file_stem(one.paper)}.txt"
        table.append({"file": file, "start": start, "end": end, **place_of(one)})
    with replacing(path) as folder:
        folder.mkdir(parents=True)
        for name, paper in papers.items():
            write_text(folder / f"{file_stem(name)}.txt", "\n".join(paper.texts))
            write_text(folder / f"{file_stem(name)}.ann", "".join(paper.lines))
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in table]
        write_text(folder / TABLE, "".join(lines))
        names = "".join(f"{label}\n" for label in sorted(labels))
        sections = f"[entities]\n{names}\n[relations]\n\n[events]\n\n[attributes]\n"
        write_text(folder / "annotation.conf", sections)


class _Paper:
    """The two files of a paper as they grow."""

    def __init__(self) -> None:
        self.texts: List[str] = []
        self.lines: List[str] = []
        self.end = -1  # of the last paragraph; a line end stands between two
        self.n_spans = 0

    def add(self, one: Written) -> Tuple[int, int]:
        """Where the paragraph is in the paper."""
        start = self.end + 1
        self.end = start + len(one.text)
        self.texts.append(one.text)
        for span in one.spans:
            self.n_spans += 1
            self._add_span(span, one.text, start)
        return start, self.end

    def _add_span(self, span: CharEnt, text: str, start: int) -> None:
        if not _TYPE.fullmatch(span.label):
            reason = "only letters, digits, - and _ may be in it"
            raise bad_label(span.label, file_format="brat", reason=reason)
        # No annotation of BRAT's reaches over a line end: it has a fragment on each line.
        parts = list(re.finditer(r"\S([^\r\n]*\S)?", text[span.start : span.end]))
        shift = start + span.start
        places = ";".join(f"{shift + part.start()} {shift + part.end()}" for part in parts)
        own_text = " ".join(part[0] for part in parts)
        self.lines.append(f"T{self.n_spans}\t{span.label} {places}\t{own_text}\n")
        if span.score is not None:
            note = f"confidence {span.score:.4f}"
            self.lines.append(f"#{self.n_spans}\tAnnotatorNotes T{self.n_spans}\t{note}\n")
