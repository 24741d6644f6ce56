"""Names for the shapes and records that cross module borders."""

from typing import Any, Callable, NamedTuple, Optional, Tuple, TypedDict

# Arrays, named by what they hold. To the type checker they are Any: NumPy and Thinc describe the
# same arrays by types that do not accept each other.
Floats1d = Any  # float32 (n_tokens,)
Floats2d = Any  # float32 (n_tokens, n_tags)
Ints1d = Any  # int64 (n_tokens,)

# Some of a document's tokens: log-probabilities of their tags, their targets, and which they are →
# each one's loss, and the gradient with respect to the log-probabilities.
TokenLoss = Callable[[Floats2d, Floats2d, Ints1d], Tuple[Floats1d, Floats2d]]


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
