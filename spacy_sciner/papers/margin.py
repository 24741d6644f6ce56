"""Line numbers in the margin, as review copies have them: found by place and by counting.

They stand on every line or on every fifth, left or right of a column or between two, restart on
each page or run on, and share no baseline with the text in templates that print a ruler. None of
that is looked at. What makes them line numbers is that they stand in one strip where the page
prints nothing else, and that they count. With a mark or a letter (`1.`, `(1)`, `L1`) they may be
those of a list as well: such a strip is asked for more, see `_numbers_lines`.
"""

import re
from collections import Counter
from itertools import pairwise
from statistics import median
from typing import Collection, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple

from .glyphs import Glyph

ALIGNED = 1.5  # points between the edges of numbers that stand below one another
APART = 0.35  # of the font size: nearer to a word than that, a number belongs to it
LEAST = 3  # numbers that make a strip certain; fewer need one that is, in place or in step
HEIGHT = 0.3  # of the page's text that a certain strip is high, at least
CROSSED = 0.4  # lines that may cross a strip (title, abstract, tables), for each line beside it
LONGEST_STEP = 20  # from one number to the next
COUNTING = 0.75  # of the steps are alike; a ruler may hide behind a figure
MAX_DIGITS = 6
MARKED_HEIGHT = 0.6  # as HEIGHT, of numbers with a mark
NEAR = 72.0  # points from a strip, in which a line begins or ends that it numbers
# What may stand before and after a number. No square brackets: these are references.
_NUMBER = re.compile(rf"([A-Za-z(|#]?)(\d{{1,{MAX_DIGITS}}})([.:;,|)]?)", re.ASCII)

Strip = List["Number"]  # numbers of a page that stand below one another, from top to bottom


class Number(NamedTuple):
    value: int
    x0: float
    x1: float
    y: float
    glyphs: Tuple[Glyph, ...]
    mark: Tuple[str, str] = ("", "")  # before and after it


def find_margin_numbers(pages: Sequence[Sequence[Sequence[Glyph]]]) -> List[Set[Glyph]]:
    """The glyphs of each page that number its lines.

    pages (Sequence): Of each page the runs of glyphs on one baseline, each from left to right.
    """
    found = [_strips(runs) for runs in pages]
    certain = [
        [strip for strip in strips if _is_high(strip, runs)]
        for strips, runs in zip(found, pages, strict=True)
    ]
    sure_strips = [strip for strips in certain for strip in strips]
    known = [(_mark(strip), edge) for strip in sure_strips for edge in _edges(strip)]
    steps = {_step(strip) for strip in sure_strips if not _is_marked(strip)}
    return [
        {
            glyph
            for strip in strips
            if strip in sure or _is_below(known, strip) or _is_in_step(steps, strip)
            for number in strip
            for glyph in number.glyphs
        }
        for strips, sure in zip(found, certain, strict=True)
    ]


def _strips(runs: Sequence[Sequence[Glyph]]) -> List[Strip]:
    """Columns of numbers that count, in a strip that the page leaves to them."""
    numbers = [number for run in runs for number in _numbers(run)]
    # Left of a text they are flush right as a rule, right of it flush left: what has more, is it.
    columns = sorted(_aligned(numbers, 0) + _aligned(numbers, 1), key=len, reverse=True)
    strips: List[Strip] = []
    taken: Set[Number] = set()
    for column in columns:
        strip = sorted((n for n in column if n not in taken), key=lambda number: -number.y)
        if strip and _counts(strip) and _is_free(strip, runs):
            strips.append(strip)
            taken.update(strip)
    return strips


def _numbers(run: Sequence[Glyph]) -> Iterator[Number]:
    """The whole numbers in a run that stand apart from the words beside them."""
    printed = [glyph for glyph in run if not glyph.text.isspace()]
    start = 0
    for end in range(1, len(printed) + 1):
        if end < len(printed):
            last, glyph = printed[end - 1], printed[end]
            if glyph.x0 - last.x1 < APART * max(glyph.size, last.size):
                continue
        word = printed[start:end]
        start = end
        text = "".join(glyph.text for glyph in word)
        if match := _NUMBER.fullmatch(text):
            before, digits, after = match.groups()
            x0, x1, y = word[0].x0, word[-1].x1, word[0].y
            yield Number(int(digits), x0, x1, y, tuple(word), (before, after))


def _aligned(numbers: Iterable[Number], edge: int) -> List[Strip]:
    """Group by the left (0) or right (1) edge, and by the mark."""
    strips: List[Strip] = []
    for number in sorted(numbers, key=lambda n: (n.mark, _edge(n, edge), -n.y)):
        is_same = bool(strips) and strips[-1][0].mark == number.mark
        if is_same and _edge(number, edge) - _edge(strips[-1][0], edge) < ALIGNED:
            strips[-1].append(number)
        else:
            strips.append([number])
    return strips


def _edge(number: Number, edge: int) -> float:
    return number.x1 if edge else number.x0


def _edges(strip: Strip) -> Tuple[float, float]:
    return min(number.x0 for number in strip), max(number.x1 for number in strip)


def _mark(strip: Strip) -> Tuple[str, str]:
    return strip[0].mark


def _is_marked(strip: Strip) -> bool:
    return any(_mark(strip))


def _step(strip: Strip) -> int:
    """From one number to the next, as a rule; 0 for one number alone."""
    steps = Counter(below.value - above.value for above, below in pairwise(strip))
    return steps.most_common(1)[0][0] if steps else 0


def _counts(strip: Strip) -> bool:
    step = _step(strip)
    if len(strip) == 1:
        return True  # whether another page has it there decides
    n = sum(below.value - above.value == step for above, below in pairwise(strip))
    return 0 < step <= LONGEST_STEP and n >= COUNTING * (len(strip) - 1)


def _is_below(known: Sequence[Tuple[Tuple[str, str], float]], strip: Strip) -> bool:
    """Whether a strip goes on where another page, or column of it, has one."""
    places = [edge for mark, edge in known if mark == _mark(strip)]
    return any(abs(a - b) < ALIGNED for a in _edges(strip) for b in places)


def _is_in_step(steps: Collection[int], strip: Strip) -> bool:
    return not _is_marked(strip) and _step(strip) in steps


def _is_free(strip: Strip, runs: Sequence[Sequence[Glyph]]) -> bool:
    left, right = _edges(strip)
    own = {glyph for number in strip for glyph in number.glyphs}
    crossing = {
        round(glyph.y)
        for run in runs
        for glyph in run
        if glyph.x1 > left and glyph.x0 < right and glyph not in own and not glyph.text.isspace()
    }
    top, bottom = strip[0].y + ALIGNED, strip[-1].y - ALIGNED
    beside = {round(run[0].y) for run in runs if bottom <= run[0].y <= top}
    return len(crossing) <= CROSSED * len(beside)


def _is_high(strip: Strip, runs: Sequence[Sequence[Glyph]]) -> bool:
    heights = [run[0].y for run in runs]
    least = MARKED_HEIGHT if _is_marked(strip) else HEIGHT
    is_high = strip[0].y - strip[-1].y >= least * (max(heights) - min(heights))
    return (
        len(strip) >= LEAST and is_high and (not _is_marked(strip) or _numbers_lines(strip, runs))
    )


def _numbers_lines(strip: Strip, runs: Sequence[Sequence[Glyph]]) -> bool:
    """Whether a strip numbers lines, not a list's items: it is not printed as the page's text is,
    and leaves no line without a number but those that its step does."""
    printed = Counter((glyph.font, glyph.size) for run in runs for glyph in run)
    first = strip[0].glyphs[0]
    if (first.font, first.size) == printed.most_common(1)[0][0]:
        return False
    lines = _lines_beside(strip, runs)
    n_steady = sum(
        sum(below.y + ALIGNED < y < above.y - ALIGNED for y in lines) < _step(strip)
        for above, below in pairwise(strip)
    )
    return n_steady >= COUNTING * (len(strip) - 1)


def _lines_beside(strip: Strip, runs: Sequence[Sequence[Glyph]]) -> Set[int]:
    """The heights of the lines on that side of a strip where they are nearer to it."""
    left, right = _edges(strip)
    numbered = {round(number.y) for number in strip}
    sides: List[Tuple[float, Set[int]]] = []
    for side in (0, 1):
        gaps = [
            (left - glyph.x1 if side == 0 else glyph.x0 - right, round(glyph.y))
            for run in runs
            for glyph in run
            if not glyph.text.isspace()
        ]
        near = sorted((gap, y) for gap, y in gaps if 0 <= gap < NEAR)
        nearest = {y: gap for gap, y in reversed(near) if y in numbered}
        if nearest:
            sides.append((median(nearest.values()), {y for _, y in near}))
    return min(sides, key=lambda side: side[0])[1] if sides else set()
