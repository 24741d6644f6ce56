"""BRAT: a folder of .txt files, each with its .ann. A file is a paper, a line is a paragraph.

Lines are joined where an annotation reaches over their end. Only text-bound annotations (T) are
read; events, relations, attributes and notes are not entities.
"""

import codecs
import re
from bisect import bisect_right
from itertools import pairwise
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..annotated import Annotated, CharSpan
from ..offsets import PLAIN, apply, decide
from ..rules import Repairs
from .sniff import is_address, paper_of_file, read_text

_TEXT_BOUND = re.compile(r"(T\S+)\t(\S+) +(\d{1,12} \d{1,12}(?:;\d{1,12} \d{1,12})*) *(?:\t(.*))?")


class _Line(NamedTuple):
    """A text-bound annotation: its fragments, one by one, and its own text."""

    n: int
    line: str
    fragments: List[CharSpan]
    own_text: Optional[str]


def read_brat(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """Read a folder and the folders in it, or one .txt file; sorted by path."""
    if not path.is_dir():
        return read_brat_paper(path, file=file, repairs=repairs)
    paragraphs = []
    for text_path in sorted(path.rglob("*.txt")):
        name = f"{file.rstrip('/')}/{text_path.relative_to(path).as_posix()}"
        paragraphs += read_brat_paper(text_path, file=name, repairs=repairs)
    return paragraphs


def read_brat_paper(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """Read one .txt file with its .ann.

    RAISES (ScinerError): SCINER-E205 if one is not text, SCINER-E216 if offsets fit no way of
        counting.
    """
    path, ann_path = path.with_suffix(".txt"), path.with_suffix(".ann")
    paper = paper_of_file(path.name)
    if not ann_path.is_file():
        repairs.add("unannotated", file=file, paragraph=paper, text="no .ann file")
        return []
    raw = read_text(path, file_format="BRAT")
    if is_address(raw):
        repairs.add("address", file=file, paragraph=paper, text=raw)
        return []
    lines = _lines(read_text(ann_path, file_format="BRAT"), file=file, repairs=repairs)
    # A fragment's own text is known where it is the only one.
    fragments = [f for line in lines for f in line.fragments]
    has_bom = path.read_bytes().startswith(codecs.BOM_UTF8)
    counting, rival = decide([raw], [fragments], path=path, has_bom=has_bom)
    if counting != PLAIN:
        repairs.units[file] = str(counting)
    if rival is not None:
        repairs.rivals[file] = f"{counting}, or {rival}"
    text, placed = apply(counting, raw, fragments)
    spans = []
    for line in lines:
        own, placed = placed[: len(line.fragments)], placed[len(line.fragments) :]
        span, rule = _joined(own, line.own_text, text)
        if rule is not None:
            repairs.add(rule, file=file, paragraph=f"line {line.n} of .ann", text=line.line)
        if span is not None:
            spans.append(span)
    if not text.strip():
        repairs.add("no-text", file=file, paragraph=paper, text="")
        return []
    return _paragraphs(text, spans, paper=paper, file=file)


def _paragraphs(text: str, spans: Sequence[CharSpan], *, paper: str, file: str) -> List[Annotated]:
    bounds = _paragraph_bounds(text, spans)
    inside: List[List[CharSpan]] = [[] for _ in bounds]
    for span in spans:
        # Every span goes somewhere, if only to be counted there as bad.
        n = max(bisect_right(bounds, (span.start, len(text))) - 1, 0)
        start = bounds[n][0]
        inside[n].append(span._replace(start=span.start - start, end=span.end - start))
    return [
        Annotated(paper, n, text=text[start:end], spans=inside[n], file=file)
        for n, (start, end) in enumerate(bounds)
    ]


def _lines(ann: str, *, file: str, repairs: Repairs) -> List[_Line]:
    found = []
    for n, line in enumerate(ann.split("\n"), start=1):
        if not line.startswith("T"):
            continue
        match = _TEXT_BOUND.fullmatch(line.rstrip("\r"))
        if match is None:
            repairs.add("bad-line", file=file, paragraph=f"line {n} of .ann", text=line)
            continue
        _, label, offsets, own_text = match.groups()
        pairs = [tuple(map(int, part.split(" "))) for part in offsets.split(";")]
        text = own_text if len(pairs) == 1 else None
        fragments = [CharSpan(start, end, label, text) for start, end in pairs]
        found.append(_Line(n, line, fragments, own_text))
    return found


def _joined(
    fragments: Sequence[CharSpan], own_text: Optional[str], text: str
) -> Tuple[Optional[CharSpan], Optional[str]]:
    gaps = [text[left.end : right.start] for left, right in pairwise(fragments)]
    if any(gap.strip() for gap in gaps):
        return None, "discontinuous"
    span = CharSpan(fragments[0].start, fragments[-1].end, fragments[0].label, own_text)
    return span, "discontinuous-joined" if gaps else None


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
