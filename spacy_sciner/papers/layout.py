"""Glyphs → lines in reading order: spaces, sub- and superscripts, columns.

Only geometry decides, never the order in the file, which Word and Acrobat shuffle.
"""

from collections import Counter
from itertools import pairwise
from statistics import median
from typing import Callable, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .glyphs import Glyph, Page
from .margin import find_margin_numbers
from .text import ACCENTS, add_accent, normalise

# Of the font size: a wider gap is a space (tracked capitals have 0.06, tight lines 0.15).
SPACE = 0.13
SCRIPT_SPACE = 0.3  # the same between the letters of a script, which are set wide
TOUCH = 0.04  # of the font size: closer than that is one word whatever PDFium sees
GAP = 0.95  # of the font size: a wider gap splits a line (the narrowest gutters in use are 1.2)
CELL = 1.4  # of the font size: a gap within one column that wide is a table's, not a sentence's
EVEN = 0.1  # of the font size: gaps that differ less are all alike, which a table's are not
SCRIPT = 0.85  # of its neighbour's size: smaller is a sub- or superscript


class Line(NamedTuple):
    """A line of one column."""

    text: str
    x0: float
    x1: float
    y: float  # baseline
    size: float  # of most glyphs
    font: str  # of most glyphs
    bold: bool  # most glyphs
    purity: float  # share of glyphs in that font and size
    lead: str  # font of the first glyph
    gaps: int  # gaps as wide as a table's
    page: int
    column: Tuple[
        float, float
    ]  # left and right edge of the column's text; of the page's if it spans
    n_chars: int
    spans: bool = False  # crosses a gutter


def read_lines(pages: Sequence[Page]) -> List[Line]:
    """All lines of a paper in reading order."""
    fragments = _without_numbers(pages)
    size = _body_size(fragments)
    lines: List[Line] = []
    previous: List[float] = []
    for page_i, parts in enumerate(fragments):
        gutters = _gutters(parts, size)
        if gutters is None:  # too little text to tell: as on the page before
            gutters = previous
        previous = gutters
        lines += _ordered(parts, gutters, size, page_i)
    return lines


Fragment = List[Glyph]  # glyphs of one line without a wide gap, left to right


def _without_numbers(pages: Sequence[Page]) -> List[List[Fragment]]:
    """Each page's fragments; where its lines are numbered, grouped again without the numbers."""
    fragments = [_fragments(page.glyphs) for page in pages]
    for i, numbers in enumerate(find_margin_numbers(fragments)):
        if numbers:
            fragments[i] = _fragments([g for g in pages[i].glyphs if g not in numbers])
    return fragments


def _fragments(glyphs: Sequence[Glyph]) -> List[Fragment]:
    """Group glyphs into runs along a baseline: first as printed, then by position."""
    runs: List[Fragment] = []
    for glyph in glyphs:
        if runs and _continues(_end_of(runs[-1]), glyph):
            runs[-1].append(glyph)
        else:
            runs.append([glyph])
    runs = [run for run in runs if any(not g.text.isspace() for g in run)]
    runs.sort(key=lambda run: (-round(_baseline(run), 1), run[0].x0))
    merged: List[Fragment] = []
    ends: List[_End] = []  # of each
    for run in runs:
        end = _end_of(run)
        # Neighbours on the same baseline are close by.
        for i in range(len(merged) - 1, max(-1, len(merged) - 41), -1):
            if _continues(ends[i], run[0]) or _continues(end, merged[i][0]):
                merged[i] += run
                merged[i].sort(key=lambda g: g.x0)
                ends[i] = _end_of(merged[i])
                break
        else:
            merged.append(run)
            ends.append(end)
    return merged


class _End(NamedTuple):
    """Where a fragment may go on."""

    size: float  # of its text there
    x1: float
    last: float  # size of its last glyph
    y: float  # baseline


def _end_of(run: Fragment) -> _End:
    size = _size(run)
    return _End(size, max([g.x1 for g in run[-3:]]), run[-1].size, _baseline(run, size))


def _continues(end: _End, glyph: Glyph) -> bool:
    size = end.size if end.size > glyph.size else glyph.size
    # First what says no more often: it is asked of every glyph and of forty neighbours.
    if not -0.6 * size < glyph.x0 - end.x1 < GAP * size:
        return False
    script = min(end.last, glyph.size) < SCRIPT * size
    return abs(glyph.y - end.y) <= (0.6 if script else 0.25) * size


def _size(run: Fragment) -> float:
    return max([g.size for g in run[-8:]])


def _baseline(run: Fragment, size: Optional[float] = None) -> float:
    """Of the full-size glyphs; a script's own baseline is beside it.

    size (float): As `_size` gives it, if that is known already."""
    size = _size(run) if size is None else size
    for glyph in reversed(run):
        if glyph.size > SCRIPT * size:
            return glyph.y
    return run[0].y


def _body_size(pages: Iterable[Iterable[Fragment]]) -> float:
    sizes = Counter(round(g.size, 1) for page in pages for run in page for g in run)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _is_prose(run: Fragment, size: float) -> bool:
    return len(run) >= 25 and abs(median(g.size for g in run) - size) < 0.12 * size


def _gutters(fragments: Sequence[Fragment], size: float) -> Optional[List[float]]:
    """The middles of the page's gutters; none for one column, None if there is no prose."""
    prose = [(run[0].x0, run[-1].x1) for run in fragments if _is_prose(run, size)]
    if len(prose) < 6:
        return None
    left, right = min(x0 for x0, _ in prose), max(x1 for _, x1 in prose)
    width = right - left
    narrow = [(x0, x1) for x0, x1 in prose if x1 - x0 < 0.6 * width]
    if len(narrow) < 0.25 * len(prose):
        return []
    cover = [0] * (int(width) + 2)
    for x0, x1 in narrow:
        for x in range(int(x0 - left), int(x1 - left) + 1):
            cover[x] += 1
    limit = 0.15 * max(cover)  # centred lines of the title cross the gutter, too
    gutters: List[float] = []
    start = None
    for x in range(len(cover)):
        if cover[x] <= limit and start is None:
            start = x
        elif cover[x] > limit and start is not None:
            if start > 0.15 * width and x < 0.9 * width and x - start >= 0.5 * size:
                gutters.append(left + (start + x) / 2)
            start = None
    sides = [0] * (len(gutters) + 1)
    for x0, x1 in narrow:
        sides[sum((x0 + x1) / 2 > g for g in gutters)] += 1
    # One column of short lines beside a margin is no second column.
    return gutters if min(sides) >= 3 or len(gutters) != 1 else []


def _ordered(
    fragments: Sequence[Fragment], gutters: Sequence[float], size: float, page_i: int
) -> List[Line]:
    """Read columns left to right between the lines that span them, top to bottom."""
    columns: List[List[Fragment]] = [[] for _ in range(len(gutters) + 1)]
    spanning: List[Fragment] = []
    for run in fragments:
        x0, x1 = run[0].x0, max(g.x1 for g in run)
        if any(x0 < g - 0.3 * size and x1 > g + 0.3 * size for g in gutters):
            spanning.append(run)
        else:
            columns[sum((x0 + x1) / 2 > g for g in gutters)].append(run)
    by_column = [_lines(column, size, page_i) for column in columns]
    bands = _lines(spanning, size, page_i, spans=True)
    ordered: List[Line] = []
    for band in [*bands, None]:
        for lines in by_column:
            while lines and (band is None or lines[0].y > band.y):
                ordered.append(lines.pop(0))
        if band is not None:
            ordered.append(band)
    return ordered


def _lines(
    fragments: Sequence[Fragment], size: float, page_i: int, spans: bool = False
) -> List[Line]:
    """Join the fragments of one column that share a baseline; top to bottom."""
    rows: List[List[Fragment]] = []
    for run in sorted(fragments, key=lambda run: -_baseline(run)):
        if rows and abs(_baseline(rows[-1][0]) - _baseline(run)) < 0.3 * max(_size(run), 4):
            rows[-1].append(run)
        else:
            rows.append([run])
    prose = [run for run in fragments if _is_prose(run, size)] or list(fragments)
    column = (0.0, 0.0)
    if prose:
        column = (
            _edge([run[0].x0 for run in prose], min),
            _edge([run[-1].x1 for run in prose], max),
        )
    return [_line(sorted(row, key=lambda r: r[0].x0), column, page_i, spans) for row in rows]


def _edge(values: Sequence[float], end: Callable[[Iterable[int]], int]) -> float:
    """The outermost place where lines begin (or end) again and again."""
    counts = Counter(round(value) for value in values)
    common = [value for value, n in counts.items() if n >= max(1, 0.15 * len(values))]
    return float(end(common or counts))


def _line(row: Sequence[Fragment], column: Tuple[float, float], page_i: int, spans: bool) -> Line:
    # By place: an accent may be a fragment of its own in the middle of another.
    glyphs = sorted((g for run in row for g in run), key=lambda g: g.x0)
    printed = [g for g in glyphs if not g.text.isspace()]
    (font, size), n = Counter((g.font, g.size) for g in printed).most_common(1)[0]
    text = normalise(glyphs_to_text(join_accents(glyphs), size))
    gaps = [b[0].x0 - a[-1].x1 for a, b in pairwise(row)]
    if len(text.split()) == len(row) > 2 and max(gaps) - min(gaps) < EVEN * size:
        gaps = []  # a few long words, stretched to both edges of a narrow column
    return Line(
        text=text,
        x0=printed[0].x0,
        x1=max(g.x1 for g in printed),
        y=_baseline([g for g in printed if g.size == size] or printed),
        size=size,
        font=font,
        bold=sum(g.bold for g in printed) > 0.6 * len(printed),
        purity=n / len(printed),
        lead=printed[0].font,
        gaps=sum(gap > CELL * size for gap in gaps),
        page=page_i,
        column=column,
        n_chars=len(printed),
        spans=spans,
    )


def glyphs_to_text(glyphs: Sequence[Glyph], size: float) -> str:
    """Put spaces where the gaps are, and around scripts, as GROBID does (`context. 1 We`)."""
    parts: List[str] = []
    baseline = median([g.y for g in glyphs if g.size > SCRIPT * size] or [glyphs[0].y])
    last = None
    for glyph in glyphs:
        if glyph.text.isspace():
            parts.append(" ")
            continue
        if last is not None:
            gap = (glyph.x0 - last.x1) / max(glyph.size, last.size)
            scripts = _is_script(glyph, baseline, size) + _is_script(last, baseline, size)
            wide = gap > SPACE or (glyph.spaced and gap > TOUCH)
            if scripts == 1 or (wide and not scripts) or gap > SCRIPT_SPACE:
                parts.append(" ")
        parts.append(glyph.text)
        last = glyph
    return " ".join("".join(parts).split())


def join_accents(glyphs: Sequence[Glyph]) -> List[Glyph]:
    """Put accents that are printed as glyphs of their own onto the letters they stand over.

    One that makes no letter there is, such as the hat of an estimate, is left out.
    """
    joined = list(glyphs)
    for i, accent in enumerate(glyphs):
        if accent.text not in ACCENTS:
            continue
        middle = (accent.x0 + accent.x1) / 2
        for k in (i + 1, i - 1):
            if not (0 <= k < len(joined) and joined[k].x0 < accent.x1 - TOUCH * accent.size):
                continue
            if joined[k].x1 <= accent.x0 + TOUCH * accent.size:
                continue  # beside it: the tilde of a path, the caret of a power
            letter = add_accent(joined[k].text, accent.text)
            joined[i] = accent._replace(text="")
            if letter and joined[k].x0 < middle < joined[k].x1:
                joined[k] = joined[k]._replace(text=letter)
                break
    return [glyph for glyph in joined if glyph.text]


def _is_script(glyph: Glyph, baseline: float, size: float) -> bool:
    return abs(glyph.y - baseline) > 0.08 * size and glyph.size < SCRIPT * size
