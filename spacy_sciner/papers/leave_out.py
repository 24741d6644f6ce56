"""What to leave out of the running text: furniture, floats; and footnotes, which are set apart."""

import re
from typing import Dict, List, Sequence, Set, Tuple

from . import headings
from .layout import Line
from .shapes import SIZE_TOLERANCE, Styles, is_full, is_plain, is_size

MARGIN = 0.12  # of the page's text height: running heads stay within it
_PAGE_NUMBER = re.compile(r"\W*(?:page\s*)?(?:\d{1,5}|[ivx]{1,5})(?:\s*(?:of|/)\s*\d+)?\W*$", re.I)
_NOTE_MARK = re.compile(r"(?:\d{1,3}|[*∗†‡§¶]{1,3})\s*(?=[^\W\d_a-z]|[\"“(‘])")


BLOCK = 4  # lines of running text, one under the other, are none of what pages repeat


def find_furniture(lines: Sequence[Line], styles: Styles) -> Set[int]:
    """Running heads, page numbers, and whatever else is printed on page after page."""
    blocks = _find_blocks(lines, styles)
    top, bottom = max(line.y for line in lines), min(line.y for line in lines)
    margin = MARGIN * (top - bottom)
    seen: Dict[Tuple[str, int], Set[int]] = {}
    candidates: List[Tuple[int, Tuple[str, int]]] = []
    for i, line in enumerate(lines):
        if bottom + margin < line.y < top - margin or i in blocks:
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


def _find_blocks(lines: Sequence[Line], styles: Styles) -> Set[int]:
    """Lines in the text's own font and leading with at least `BLOCK` - 1 more above or below."""
    blocks: Set[int] = set()
    run: List[int] = []
    for i, line in enumerate(lines):
        plain = is_plain(line, styles)
        if not (plain and run and _follows(line, lines[run[-1]], styles)):
            run = []
        if plain:
            run.append(i)
        if len(run) >= BLOCK:
            blocks.update(run)
    return blocks


def find_floats(
    lines: Sequence[Line], styles: Styles, dropped: Set[int], heads: Set[int]
) -> Set[int]:
    """Captions with their tables and what is written in figures."""
    floats: Set[int] = set()
    for i, line in enumerate(lines):
        if i in dropped or i in floats or not is_caption(line, styles):
            continue
        if i and is_plain(line, styles) and _follows(line, lines[i - 1], styles):
            continue  # a sentence that says `… as in / Figure 7. It …`
        caption = [i]
        while _goes_on(lines, caption, styles):
            caption.append(caption[-1] + 1)
        floats.update(caption)
        for step in (-1, 1):
            start = caption[0 if step < 0 else -1] + step
            floats |= _around(lines, start, step, styles, dropped, heads)
    return floats


def _follows(line: Line, above: Line, styles: Styles) -> bool:
    near = 0 < above.y - line.y < 1.15 * styles.leading
    return near and line.page == above.page and is_plain(above, styles)


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
    if not any(is_size(line, styles.size) for line in block):
        return False  # goes anyway; a block of text may lie behind it
    full = sum(is_full(line) for line in block)
    if full >= 0.34 * len(block):
        return False
    first = block[0]
    if sum(line.text.endswith((".", "?", "!", ";")) for line in block) >= 0.5 * len(block):
        return False  # a list of sentences
    # The end of a paragraph that began in the column before.
    ends = len(block) <= 2 and first.x0 - first.column[0] < styles.size
    return not (ends and block[-1].text.endswith((":", ")")))


def find_notes(lines: Sequence[Line], styles: Styles, dropped: Set[int], front: int) -> Set[int]:
    """Footnotes: small print with a mark below a column's text.

    On the first page those alone that the text has a mark for: the others tell who the authors are.
    """
    notes: Set[int] = set()
    columns: Dict[Tuple[int, Tuple[float, float]], List[int]] = {}
    for i, line in enumerate(lines):
        if i not in dropped:
            columns.setdefault((line.page, line.column), []).append(i)
    for (page, _), column in columns.items():
        start = len(column)
        while start and 0.7 * styles.size < lines[column[start - 1]].size < 0.95 * styles.size:
            start -= 1
        small = column[start:]
        while small and not begins_note(lines[small[0]]):
            small.pop(0)
        first = page == lines[0].page
        notes.update(_marked(lines, small, dropped, front) if first else small)
    return notes


def _marked(
    lines: Sequence[Line], column: Sequence[int], dropped: Set[int], front: int
) -> List[int]:
    """Of a column's notes, those whose number stands behind a word of the page's text."""
    if not column:
        return []
    text = " ".join(
        line.text
        for i, line in enumerate(lines)
        if i >= front
        and i not in dropped
        and line.page == lines[column[0]].page
        and line.size > lines[column[0]].size
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
