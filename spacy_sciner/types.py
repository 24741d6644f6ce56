"""Names for the shapes and records that cross module borders."""

from typing import NamedTuple, Optional, TypedDict

import numpy as np
from numpy.typing import NDArray

Floats1d = NDArray[np.float32]  # (n_tokens,)
Floats2d = NDArray[np.float32]  # (n_tokens, n_tags)
Ints1d = NDArray[np.int64]  # (n_tokens,)


class Paragraph(TypedDict):
    """One line of `data/parsed/<paper>.jsonl`."""

    paper: str  # the file's name without its suffix
    paragraph: int  # 0-based position in the paper
    section: str  # heading it stands under, "" if none; "Title" and "Abstract" by these names
    text: str


class ScoredSpan(NamedTuple):
    """An entity over tokens [start, end) with its confidence in [0, 1], None if unknown."""

    start: int
    end: int
    label: str
    score: Optional[float] = None
