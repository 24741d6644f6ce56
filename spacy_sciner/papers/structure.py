"""Lines → what each is: a heading, running text, or something to leave out.

Rules about place, font and shape, the same for every paper; the names in `headings` are the only
words known. Nothing here is learnt and nothing is tuned to a publisher.
"""

from typing import List, NamedTuple, Optional, Sequence, Set

from . import headings
from .layout import Line
from .leave_out import find_floats, find_furniture, find_notes
from .shapes import (
    SIZE_TOLERANCE,
    Style,
    Styles,
    find_styles,
    is_formula,
    is_full,
    is_prose,
    is_row,
    is_size,
    same_style,
)


class Piece(NamedTuple):
    """A line that is kept."""

    kind: str  # "title", "heading", "text", or "note": a line of a footnote
    line: Line


def read_structure(lines: Sequence[Line]) -> List[Piece]:
    """Title, headings and running text in reading order; the rest is left out."""
    if not lines:
        return []
    styles = find_styles(lines)
    title = find_title(lines, styles)
    dropped = find_furniture(lines, styles) | title
    # A float ends at a heading, and a heading is none if it stands in a float.
    dropped |= find_floats(lines, styles, dropped, find_headings(lines, styles, dropped))
    heads = find_headings(lines, styles, dropped)
    pieces = [Piece("title", lines[i]) for i in sorted(title)]
    front = find_front(lines, styles, dropped, heads)
    notes = find_notes(lines, styles, dropped | heads, front)
    return pieces + _body(lines, styles, dropped, heads, notes, front)


def find_title(lines: Sequence[Line], styles: Styles) -> Set[int]:
    """The largest print in the upper half of the first page, if it is larger than the text."""
    first = [i for i, line in enumerate(lines) if line.page == 0 and line.n_chars >= 8]
    if not first:
        return set()
    middle = (lines[first[0]].y + min(lines[i].y for i in first)) / 2
    upper = [i for i in first if lines[i].y >= middle and not lines[i].gaps]
    size = max((lines[i].size for i in upper), default=0.0)
    if size < 1.1 * styles.size:
        return set()
    start = next(i for i in upper if lines[i].size == size)
    title = {start}
    for i in range(start + 1, len(lines)):
        line, last = lines[i], lines[max(title)]
        if line.page or abs(line.size - size) > 0.5 or not 0 < last.y - line.y < 2 * size:
            break
        title.add(i)
    return title


def find_headings(lines: Sequence[Line], styles: Styles, dropped: Set[int]) -> Set[int]:
    """Lines in another font than the text, apart from what is above, with text or more below."""
    left = [i for i in range(len(lines)) if i not in dropped]
    heads: Set[int] = set()
    for n, i in enumerate(left):
        line = lines[i]
        above = lines[left[n - 1]] if n else None
        close = above and above.page == line.page and 0 < above.y - line.y < 1.15 * styles.leading
        if above and close and left[n - 1] in heads and same_style(above, line):
            heads.add(i)  # its second line
            continue
        if not _may_head(line, styles):
            continue
        if headings.REFERENCES.match(line.text) or headings.ABSTRACT.match(line.text):
            heads.add(i)
            continue
        if close and not headings.KNOWN.match(line.text):
            continue
        if _leads_to_text([lines[k] for k in left[n + 1 : n + 5]], line, styles):
            heads.add(i)
    return heads


def _may_head(line: Line, styles: Styles) -> bool:
    text = line.text
    names = (headings.KNOWN, headings.REFERENCES, headings.BACK_MATTER)
    known = any(name.match(text) for name in names)
    if line.purity < 0.8 or line.n_chars > 110 or line.gaps > 1:
        return False
    if line.size < (0.7 if known else 0.85) * styles.size:
        return False
    plain = line.font == styles.font and line.size <= (1 + SIZE_TOLERANCE) * styles.size
    if plain and not known and not headings.ABSTRACT.match(text):
        return headings.is_numbered(text) and text.isupper()
    if line.size < 0.95 * styles.size and text[0].isdigit():
        return False  # a footnote
    letters = sum(char.isalpha() for char in text)
    if letters < 3 or letters < 0.6 * line.n_chars or text.endswith((",", ";", "-")):
        return False
    if text.endswith(".") and not known:  # a paragraph that opens with its topic in bold
        return False
    return text[0].isupper() or (text[0].isdigit() and headings.is_numbered(text))


def _leads_to_text(below: Sequence[Line], line: Line, styles: Styles) -> bool:
    for other in below:
        if _may_head(other, styles) or same_style(other, line):
            continue
        return is_prose(other) and 0.75 * styles.size < other.size < 1.2 * styles.size
    return False


def find_front(lines: Sequence[Line], styles: Styles, dropped: Set[int], heads: Set[int]) -> int:
    """Where the first text begins, after title and authors."""
    left = [i for i in range(len(lines)) if i not in dropped and lines[i].page <= lines[0].page + 1]
    for known in (headings.ABSTRACT, headings.KNOWN):
        for i in left:
            if i in heads and known.match(lines[i].text):
                return i
            if known is headings.ABSTRACT and headings.RUN_IN_ABSTRACT.match(lines[i].text):
                return i
    for n, i in enumerate(left[:-2]):
        if i in heads and headings.is_numbered(lines[i].text):
            return i
        if all(is_full(lines[k]) and is_prose(lines[k]) for k in left[n : n + 3]):
            return i
    return min(heads, default=0)


def _body(
    lines: Sequence[Line],
    styles: Styles,
    dropped: Set[int],
    heads: Set[int],
    notes: Set[int],
    front: int,
) -> List[Piece]:
    """Walk through the paper: front matter, body, references, appendix."""
    pieces: List[Piece] = []
    reading, in_references = False, False
    seen: Set[Style] = set()  # of headings
    size: Optional[float] = None  # of this section's text, where it differs from the paper's
    waiting = False  # for the first line after a heading
    for i, line in enumerate(lines):
        if i in dropped or i < front:
            continue
        if i in heads:
            style = (line.font, line.size)
            if in_references and not (headings.APPENDIX.match(line.text) and style in seen):
                continue
            seen.add(style)
            in_references = bool(headings.REFERENCES.match(line.text))
            reading = not in_references and not headings.BACK_MATTER.match(line.text)
            size, waiting = None, True
            if reading:
                pieces.append(Piece("heading", line))
            continue
        if i == front:
            reading = waiting = True
        if headings.FRONT_MATTER.match(line.text) and line.page == lines[0].page:
            reading = False
        if not reading:
            continue
        if i in notes:
            pieces.append(Piece("note", line))
            continue
        if waiting and is_prose(line):
            size = line.size if not is_size(line, styles.size) else None
            waiting = False
        if is_size(line, styles.size):
            size = None
        elif size is None or not is_size(line, size):
            continue
        if not is_formula(line, styles) and not is_row(line):
            pieces.append(Piece("text", line))
    return pieces
