"""The embedded engine: a PDF's text layer, without a server and without a model."""

import re
from pathlib import Path
from typing import List, Sequence, Tuple, Union

from ..errors import Errors, ScinerError
from . import headings
from .glyphs import read_pages
from .layout import Line, read_lines
from .leave_out import begins_note, strip_mark
from .loss import Parsed
from .shapes import find_styles
from .structure import Piece, read_structure
from .text import join_lines, words

_BULLET = re.compile(r"(?:[•▪●◦‣■–—*]|\(?\d{1,2}[.)]|\([a-z]\))\s")
_SENTENCE_END = (".", "?", "!", ":", ".”", '."', ".)", "?”", ";")

Section = Tuple[str, str]  # heading, paragraph


def parse_pdf(path: Union[str, Path]) -> List[Section]:
    """A paper's paragraphs in reading order, each with the heading it stands under.

    RAISES (ScinerError): SCINER-E110 or E111 if there is no text to be had from the file.
    """
    return read_pdf(path).sections


def read_pdf(path: Union[str, Path]) -> Parsed:
    """`parse_pdf`, and how many words the text layer has."""
    pages = read_pages(path)
    lines = read_lines(pages)
    if not lines:  # a scan with line numbers, which are left out
        raise ScinerError(Errors.E111.format(file=Path(path).name, pages=len(pages)))
    sections = to_paragraphs(read_structure(lines), leading=find_styles(lines).leading)
    return Parsed(sections, sum(page.n_words for page in pages))


def to_paragraphs(pieces: Sequence[Piece], *, leading: float) -> List[Section]:
    """Join lines into paragraphs, over columns and pages, and hyphenated words into one."""
    known = words([piece.line.text for piece in pieces])
    paragraphs: List[Section] = []
    section, kind = "", ""
    group: List[Line] = []
    notes: List[List[Line]] = []

    def close() -> None:
        nonlocal section
        text = join_lines([line.text for line in group], known)
        if kind == "heading":
            section = "Abstract" if headings.ABSTRACT.match(text) else headings.strip_number(text)
        elif kind == "title":
            paragraphs.append(("Title", text))
        elif group:
            if not section and headings.RUN_IN_ABSTRACT.match(text):
                section, text = "Abstract", headings.RUN_IN_ABSTRACT.sub("", text, count=1)
            paragraphs.append((section, text))
        for note in notes:  # after the paragraph that they would have cut in two
            text = join_lines([line.text for line in note], known)
            paragraphs.append((section, strip_mark(text)))
        group.clear()
        notes.clear()

    for piece in pieces:
        if piece.kind == "note":
            if begins_note(piece.line) or not notes:
                notes.append([])
            notes[-1].append(piece.line)
            continue
        if piece.kind != kind or (group and _begins(piece, group[-1], leading)):
            close()
        kind = piece.kind
        group.append(piece.line)
    close()
    return paragraphs


def _begins(piece: Piece, last: Line, leading: float) -> bool:
    """Whether a line begins a new paragraph (or a new heading after a heading)."""
    line = piece.line
    follows = line.page == last.page and 0 < last.y - line.y < 1.4 * leading
    if piece.kind == "title":
        return False
    if piece.kind == "heading":
        return not follows or line.font != last.font or headings.is_numbered(line.text)
    if _BULLET.match(line.text) and last.text.endswith(_SENTENCE_END):
        return True
    if not last.text.endswith(_SENTENCE_END):
        return False
    indent = 0.7 * line.size
    short = last.x1 < last.column[1] - 3 * line.size
    if follows:
        return line.x0 - last.x0 > indent or (short and not line.text[0].islower())
    same_column = line.page == last.page and line.column == last.column
    return same_column or short or line.x0 - line.column[0] > indent
