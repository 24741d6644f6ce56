"""BRAT: a folder of .txt files, each with its .ann. A file is a paper, a line is a paragraph.

Lines are joined where an annotation reaches over their end. Only text-bound annotations (T) are
read; events, relations, attributes and notes are not entities.
"""

import re
from bisect import bisect_right
from itertools import pairwise
from pathlib import Path
from typing import List, Optional, Tuple

from ..annotated import Annotated, CharSpan
from ..rules import Repairs

_TEXT_BOUND = re.compile(r"(T\S+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)(?:\t(.*))?")


def read_brat(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """Read a folder and the folders in it, or one .txt file; sorted by path."""
    texts = sorted(path.rglob("*.txt")) if path.is_dir() else [path.with_suffix(".txt")]
    paragraphs = []
    for text_path in texts:
        name = text_path.relative_to(path).as_posix() if path.is_dir() else text_path.name
        one_file = f"{file.rstrip('/')}/{name}" if path.is_dir() else file
        if not text_path.with_suffix(".ann").is_file():
            repairs.add("unannotated", file=one_file, paragraph=text_path.stem, text="no .ann file")
            continue
        paragraphs += _read_paper(text_path, file=one_file, repairs=repairs)
    return paragraphs


def _read_paper(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    # newline="" keeps \r\n as two characters, as BRAT counts them.
    with path.open(encoding="utf8", newline="") as f:
        text = f.read()
    with path.with_suffix(".ann").open(encoding="utf-8-sig") as f:
        ann = f.read()
    spans = []
    for n, line in enumerate(ann.split("\n"), start=1):
        if line.startswith("T"):
            span, rule = _parse_line(line, text)
            if rule is not None:
                repairs.add(rule, file=file, paragraph=f"line {n} of .ann", text=line)
            if span is not None:
                spans.append(span)
    bounds = _paragraph_bounds(text, spans)
    inside: List[List[CharSpan]] = [[] for _ in bounds]
    for span in spans if bounds else []:
        # Every span goes somewhere, if only to be counted there as bad.
        n = max(bisect_right(bounds, (span.start, len(text))) - 1, 0)
        start = bounds[n][0]
        inside[n].append(span._replace(start=span.start - start, end=span.end - start))
    paragraphs = [
        Annotated(path.stem, n, text=text[start:end], spans=inside[n], file=file)
        for n, (start, end) in enumerate(bounds)
    ]
    if not bounds:
        repairs.add("no-text", file=file, paragraph=path.stem, text="")
    return paragraphs


def _parse_line(line: str, text: str) -> Tuple[Optional[CharSpan], Optional[str]]:
    match = _TEXT_BOUND.fullmatch(line.rstrip("\r"))
    if match is None:
        return None, "bad-line"
    _, label, offsets, own_text = match.groups()
    fragments = [tuple(map(int, part.split(" "))) for part in offsets.split(";")]
    gaps = [text[left[1] : right[0]] for left, right in pairwise(fragments)]
    if any(gap.strip() for gap in gaps):
        return None, "discontinuous"
    span = CharSpan(fragments[0][0], fragments[-1][1], label, own_text)
    return span, "discontinuous-joined" if gaps else None


def _paragraph_bounds(text: str, spans: List[CharSpan]) -> List[Tuple[int, int]]:
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
