"""What a line looks like: running text, a row, a formula. Pure."""

import re
from collections import Counter
from itertools import pairwise
from statistics import median
from typing import NamedTuple, Sequence, Tuple

from .layout import Line

SIZE_TOLERANCE = 0.035  # of the font size: text of one kind
WORD = re.compile(r"[^\W\d_]{3,}")
_EQUATION_NUMBER = re.compile(r"\(\s*[A-Z]?\.?\d{1,3}(?:\.\d+)?[a-z]?\s*\)\s*$")

Style = Tuple[str, float]  # font, size


class Styles(NamedTuple):
    """What running text looks like in a paper."""

    font: str
    size: float
    leading: float  # from baseline to baseline


def find_styles(lines: Sequence[Line]) -> Styles:
    """Font, size and leading that print most of the paper."""
    weights: Counter[Style] = Counter()
    for line in lines:
        weights[line.font, line.size] += line.n_chars
    sizes: Counter[float] = Counter()
    for (_, size), n in weights.items():
        sizes[size] += n
    size = sizes.most_common(1)[0][0]
    font = max((n, f) for (f, s), n in weights.items() if s == size)[1]
    steps = [
        a.y - b.y
        for a, b in pairwise(lines)
        if a.page == b.page and a.size == b.size == size and 0 < a.y - b.y < 3 * size
    ]
    return Styles(font, size, median(steps) if steps else 1.2 * size)


def is_plain(line: Line, styles: Styles) -> bool:
    return line.lead == styles.font and is_size(line, styles.size)


def is_row(line: Line) -> bool:
    """A table's row: gaps, and not only because the line was stretched to both edges."""
    left, right = line.column
    stretched = line.x0 - left < 0.05 * (right - left) and right - line.x1 < 0.03 * (right - left)
    return line.gaps > (2 if stretched and len(WORD.findall(line.text)) >= 3 else 0)


def is_full(line: Line) -> bool:
    left, right = line.column
    return not line.gaps and line.x1 - line.x0 > 0.86 * (right - left)


def is_size(line: Line, size: float) -> bool:
    return abs(line.size - size) <= SIZE_TOLERANCE * size


def same_style(a: Line, b: Line) -> bool:
    return a.font == b.font and abs(a.size - b.size) < 0.2


def is_prose(line: Line) -> bool:
    return not line.gaps and len(WORD.findall(line.text)) >= 3


def is_formula(line: Line, styles: Styles) -> bool:
    """A line of its own with few words in it, set in from the margin or in many fonts."""
    wordy = sum(len(word) for word in WORD.findall(line.text)) / max(1, line.n_chars)
    inset = line.x0 - line.column[0] > 0.2 * styles.size
    if inset and _EQUATION_NUMBER.search(line.text) and wordy < 0.6:
        return True
    if inset and line.purity > 0.85 and line.n_chars >= 20:
        return False  # code, numbers: whatever it is, it is not typeset as a formula
    return wordy < 0.35 and (inset or (line.purity < 0.6 and not is_full(line)))
