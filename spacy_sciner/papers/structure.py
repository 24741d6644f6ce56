"""Lines → what each is: a heading, running text, or something to leave out.

Rules about place, font and shape, the same for every paper; the names in `headings` are the only
words known. Nothing here is learnt and nothing is tuned to a publisher.
"""

import re
from collections import Counter
from statistics import median
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from . import headings
from .layout import Line

SIZE_TOLERANCE = 0.035  # of the font size: text of one kind
MARGIN = 0.12  # of the page's text height: running heads stay within it
_PAGE_NUMBER = re.compile(r"\W*(?:page\s*)?(?:\d{1,5}|[ivx]{1,5})(?:\s*(?:of|/)\s*\d+)?\W*$", re.I)
_EQUATION_NUMBER = re.compile(r"\(\s*[A-Z]?\.?\d{1,3}(?:\.\d+)?[a-z]?\s*\)\s*$")
_NOTE_MARK = re.compile(r"(?:\d{1,3}|[*∗†‡§¶]{1,3})\s*(?=[^\W\d_a-z]|[\"“(‘])")
_WORD = re.compile(r"[^\W\d_]{3,}")

Style = Tuple[str, float]


class Styles(NamedTuple):
    """What running text looks like in a paper."""

    font: str
    size: float
    leading: float  # from baseline to baseline


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
    dropped = find_furniture(lines) | title
    # A float ends at a heading, and a heading is none if it stands in a float.
    dropped |= find_floats(lines, styles, dropped, find_headings(lines, styles, dropped))
    heads = find_headings(lines, styles, dropped)
    pieces = [Piece("title", lines[i]) for i in sorted(title)]
    front = find_front(lines, styles, dropped, heads)
    notes = find_notes(lines, styles, dropped | heads, front)
    return pieces + _body(lines, styles, dropped, heads, notes, front)


def find_styles(lines: Sequence[Line]) -> Styles:
    """Font, size and leading that print most of the paper."""
    weights: "Counter[Style]" = Counter()
    for line in lines:
        weights[line.font, line.size] += line.n_chars
    sizes: "Counter[float]" = Counter()
    for (_, size), n in weights.items():
        sizes[size] += n
    size = sizes.most_common(1)[0][0]
    font = max((n, f) for (f, s), n in weights.items() if s == size)[1]
    steps = [
        a.y - b.y
        for a, b in zip(lines, lines[1:])
        if a.page == b.page and a.size == b.size == size and 0 < a.y - b.y < 3 * size
    ]
    return Styles(font, size, median(steps) if steps else 1.2 * size)


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


def find_furniture(lines: Sequence[Line]) -> Set[int]:
    """Running heads, page numbers, and whatever else is printed on page after page."""
    top, bottom = max(line.y for line in lines), min(line.y for line in lines)
    margin = MARGIN * (top - bottom)
    seen: Dict[Tuple[str, int], Set[int]] = {}
    candidates: List[Tuple[int, Tuple[str, int]]] = []
    for i, line in enumerate(lines):
        if bottom + margin < line.y < top - margin:
            continue
        key = (re.sub(r"\d+", "0", line.text.lower()), round(line.y / 6))
        candidates.append((i, key))
        seen.setdefault(key, set()).add(line.page)
    furniture = set()
    for i, (text, place) in candidates:
        pages = set().union(*(seen.get((text, place + d), set()) for d in (-1, 0, 1)))
        if len(pages) >= 2 or _PAGE_NUMBER.match(lines[i].text):
            furniture.add(i)
    return furniture


def find_floats(
    lines: Sequence[Line], styles: Styles, dropped: Set[int], heads: Set[int]
) -> Set[int]:
    """Captions with their tables and what is written in figures."""
    floats: Set[int] = set()
    for i, line in enumerate(lines):
        if i in dropped or i in floats or not is_caption(line, styles):
            continue
        if i and _is_plain(line, styles) and _is_plain(lines[i - 1], styles):
            # A sentence that says `… as in / Figure 7. It …` goes on from the line above.
            if 0 < lines[i - 1].y - line.y < 1.15 * styles.leading and line.page == lines[i - 1].page:
                continue
        caption = [i]
        while _goes_on(lines, caption, styles):
            caption.append(caption[-1] + 1)
        floats.update(caption)
        for step in (-1, 1):
            start = caption[0 if step < 0 else -1] + step
            floats |= _around(lines, start, step, styles, dropped, heads)
    return floats


def is_caption(line: Line, styles: Styles) -> bool:
    """`Table 2: …`, `Fig. 3 …` in a font of its own; not the sentence `Table 2 shows …`."""
    match = headings.CAPTION.match(line.text)
    if not match:
        return False
    if match[3] in (":", "|", "–", "—") or not line.text[match.end() :].strip():
        return True
    rest = line.text[match.end() :].lstrip()
    apart = line.lead != styles.font or abs(line.size - styles.size) > SIZE_TOLERANCE * styles.size
    return (apart or match[3] == ".") and (rest[:1].isupper() or apart)


def _goes_on(lines: Sequence[Line], caption: Sequence[int], styles: Styles) -> bool:
    i = caption[-1] + 1
    if i >= len(lines):
        return False
    line, last = lines[i], lines[i - 1]
    if line.page != last.page or abs(line.size - lines[caption[0]].size) > 0.3:
        return False
    step = last.y - line.y
    usual = lines[caption[0]].y - lines[caption[1]].y if len(caption) > 1 else 1.3 * last.size
    return 0 < step <= 1.15 * usual and not is_caption(line, styles)


def _around(
    lines: Sequence[Line],
    start: int,
    step: int,
    styles: Styles,
    dropped: Set[int],
    heads: Set[int],
) -> Set[int]:
    """Lines beside a caption that are not running text: cells of a table, labels of a figure."""
    found: Set[int] = set()
    block: List[int] = []
    i = start
    while 0 <= i < len(lines) and lines[i].page == lines[start].page and i not in heads:
        if i not in dropped:
            near = block and abs(lines[block[-1]].y - lines[i].y) <= 1.5 * styles.leading
            if block and not near:
                if not _is_ragged([lines[k] for k in sorted(block)], styles):
                    return found
                found.update(block)
                block = []
            block.append(i)
        i += step
    if block and _is_ragged([lines[k] for k in sorted(block)], styles):
        found.update(block)
    return found


def _is_ragged(block: Sequence[Line], styles: Styles) -> bool:
    if not any(_is_size(line, styles.size) for line in block):
        return False  # goes anyway; a block of text may lie behind it
    full = sum(_is_full(line) for line in block)
    if full >= 0.34 * len(block):
        return False
    first = block[0]
    if sum(line.text.endswith((".", "?", "!", ";")) for line in block) >= 0.5 * len(block):
        return False  # a list of sentences
    # The end of a paragraph that began in the column before.
    ends = len(block) <= 2 and first.x0 - first.column[0] < styles.size
    return not (ends and block[-1].text.endswith((":", ")")))


def _is_plain(line: Line, styles: Styles) -> bool:
    return line.lead == styles.font and _is_size(line, styles.size)


def _is_row(line: Line) -> bool:
    """A table's row: gaps, and not only because the line was stretched to both edges."""
    left, right = line.column
    stretched = line.x0 - left < 0.05 * (right - left) and right - line.x1 < 0.03 * (right - left)
    return line.gaps > (2 if stretched and len(_WORD.findall(line.text)) >= 3 else 0)


def _is_full(line: Line) -> bool:
    left, right = line.column
    return not line.gaps and line.x1 - line.x0 > 0.86 * (right - left)


def _is_size(line: Line, size: float) -> bool:
    return abs(line.size - size) <= SIZE_TOLERANCE * size


def find_notes(lines: Sequence[Line], styles: Styles, dropped: Set[int], front: int) -> Set[int]:
    """Footnotes: small print with a mark below a column's text.

    On the first page those alone that the text has a mark for: the others tell who the authors are.
    """
    notes: Set[int] = set()
    ends = [
        i
        for i, line in enumerate(lines)
        if i + 1 == len(lines)
        or (line.page, line.column) != (lines[i + 1].page, lines[i + 1].column)
    ]
    for end in ends:
        column: List[int] = []
        for i in range(end, -1, -1):
            line = lines[i]
            small = 0.7 * styles.size < line.size < 0.95 * styles.size
            if (line.page, line.column) != (lines[end].page, lines[end].column) or not small:
                break
            column.append(i)
        column.reverse()
        while column and not _NOTE_MARK.match(lines[column[0]].text):
            column.pop(0)
        if dropped & set(column):
            continue
        if lines[end].page == lines[0].page:
            column = _marked(lines, column, front)
        notes.update(column)
    return notes


def _marked(lines: Sequence[Line], column: Sequence[int], front: int) -> List[int]:
    """Of a column's notes, those whose number stands behind a word of the page's text."""
    if not column:
        return []
    text = " ".join(
        line.text
        for line in lines[front:]
        if line.page == lines[column[0]].page and line.size > lines[column[0]].size
    )
    kept: List[int] = []
    keep = False
    for i in column:
        mark = _NOTE_MARK.match(lines[i].text)
        if mark:
            keep = bool(re.search(rf"[a-z][.,;:)”\"]* {re.escape(mark[0].strip())}(?!\S)", text))
        if keep:
            kept.append(i)
    return kept


def begins_note(line: Line) -> bool:
    return bool(_NOTE_MARK.match(line.text))


def strip_mark(text: str) -> str:
    return _NOTE_MARK.sub("", text, count=1)


def find_headings(lines: Sequence[Line], styles: Styles, dropped: Set[int]) -> Set[int]:
    """Lines in another font than the text, apart from what is above, with text or more below."""
    left = [i for i in range(len(lines)) if i not in dropped]
    heads: Set[int] = set()
    for n, i in enumerate(left):
        line = lines[i]
        above = lines[left[n - 1]] if n else None
        close = above and above.page == line.page and 0 < above.y - line.y < 1.15 * styles.leading
        if above and close and left[n - 1] in heads and _same_style(above, line):
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
    known = headings.KNOWN.match(text) or headings.REFERENCES.match(text)
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


def _same_style(a: Line, b: Line) -> bool:
    return a.font == b.font and abs(a.size - b.size) < 0.2


def _leads_to_text(below: Sequence[Line], line: Line, styles: Styles) -> bool:
    for other in below:
        if _may_head(other, styles) or _same_style(other, line):
            continue
        return _is_prose(other) and 0.75 * styles.size < other.size < 1.2 * styles.size
    return False


def _is_prose(line: Line) -> bool:
    return not line.gaps and len(_WORD.findall(line.text)) >= 3


def is_formula(line: Line, styles: Styles) -> bool:
    """A line of its own with few words in it, set in from the margin or in many fonts."""
    wordy = sum(len(word) for word in _WORD.findall(line.text)) / max(1, line.n_chars)
    inset = line.x0 - line.column[0] > 0.2 * styles.size
    if inset and _EQUATION_NUMBER.search(line.text) and wordy < 0.6:
        return True
    return wordy < 0.35 and (inset or (line.purity < 0.6 and not _is_full(line)))


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
        if all(_is_full(lines[k]) and _is_prose(lines[k]) for k in left[n : n + 3]):
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
        if waiting and _is_prose(line):
            size = line.size if not _is_size(line, styles.size) else None
            waiting = False
        if _is_size(line, styles.size):
            size = None
        elif size is None or not _is_size(line, size):
            continue
        if not is_formula(line, styles) and not _is_row(line):
            pieces.append(Piece("text", line))
    return pieces
