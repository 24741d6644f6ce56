"""Cut a document into overlapping windows at token boundaries, and say who owns each token. Pure.

Every token is in at least one window and owned by exactly one: the window in which it is most
central, which for two overlapping windows means the border is the middle of their overlap.
"""

from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from ..errors import Errors, ScinerError

LENGTH_STEP = 16  # padded lengths are multiples of it: few shapes keep memory flat
_OFFSET_POSITIONS = {"roberta", "xlm-roberta", "camembert", "mpnet", "longformer"}


class Window(NamedTuple):
    """Tokens [start, end) go through the encoder; those in [own_start, own_end) are kept."""

    start: int
    end: int
    own_start: int
    own_end: int


def padded_length(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def cut_windows(n_pieces: np.ndarray, *, size: int, overlap: int) -> List[Window]:
    """Windows over a document's tokens.

    n_pieces (Ints1d): Word-pieces of each token, each ≥ 1 and ≤ size, shape (n_tokens,).
    size (int): Most pieces in a window, special tokens not counted.
    overlap (int): Pieces that neighbours share, about: at most size // 2 is used.
    RETURNS (List[Window]): Of about equal length, since two windows of 180 pieces cost less than
        one of 256 and one of 104 padded to it.
    """
    ends = np.cumsum(n_pieces)
    total = int(ends[-1])
    if total <= size:
        return [Window(0, len(n_pieces), 0, len(n_pieces))]
    overlap = min(overlap, size // 2)
    n_windows = -(-(total - overlap) // (size - overlap))
    target = min(size, -(-(total + (n_windows - 1) * overlap) // n_windows) + int(n_pieces.max()))
    begins = ends - n_pieces
    bounds: List[List[int]] = []
    start = 0
    while True:
        end = int(np.searchsorted(ends, begins[start] + target, side="right"))
        bounds.append([start, end])
        if end == len(n_pieces):
            break
        # The first token that begins within the overlap, yet always one further than this window.
        nearest = int(np.searchsorted(begins, ends[end - 1] - overlap, side="left"))
        start = min(max(nearest, start + 1), end)
    cuts = [0]
    for (_, left_end), (right_start, _) in zip(bounds, bounds[1:]):
        middle = (begins[right_start] + ends[left_end - 1]) / 2
        cuts.append(int(np.clip(np.searchsorted(begins, middle), right_start, left_end)))
    cuts.append(len(n_pieces))
    # Among very long tokens a window may be the best place of none of them.
    return [Window(s, e, a, b) for (s, e), a, b in zip(bounds, cuts, cuts[1:]) if a < b]


def check_window(window: int, data: Dict[str, Any], *, name: str = "window") -> None:
    """window (int): Without the special tokens. name (str): Of the setting.

    RAISES (ScinerError): SCINER-E309 if a window would not fit the encoder's positions.
    """
    room = room_for(data)
    if room is not None and padded_length(window + _n_special(data)) > room + _n_special(data):
        raise ScinerError(Errors.E309.format(name=name, window=window, limit=room))


def room_for(data: Dict[str, Any]) -> Optional[int]:
    """Pieces that an encoder has positions for beside its special tokens; None without a limit."""
    positions = data["encoder"].get("max_position_embeddings")
    if positions is None:
        return None
    # RoBERTa's kind numbers its positions from pad + 1 on.
    pad = data["wordpieces"]["special"]["pad"]
    offset = pad + 1 if data["encoder"]["model_type"] in _OFFSET_POSITIONS else 0
    # Padding is rounded up, and pads take positions too in encoders that do not mask them.
    limit: int = (positions - offset) // LENGTH_STEP * LENGTH_STEP
    return limit - _n_special(data)


def _n_special(data: Dict[str, Any]) -> int:
    special = data["wordpieces"]["special"]
    return len(special["prefix"]) + len(special["suffix"])
