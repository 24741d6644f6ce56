"""Which words are masked, and the tensors of a batch that is.

A group of words is masked as a whole: of ten groups eight become masks, one random pieces, one
stays as it is (BERT). All of its pieces are to be predicted.
"""

from typing import Callable, List, NamedTuple, Sequence, Tuple

import numpy as np
import torch

from ..types import Ints1d
from .rows import Row, Vocabulary, pad_rows

KEPT, RANDOM = 0.1, 0.1  # shares of groups
PLACES_STEP = 64  # masked places are a multiple of it: few shapes keep memory flat

Group = Tuple[int, int]  # words [start, end) of a row
View = List[Group]  # groups of one copy of the row, in order, none overlapping
Masker = Callable[[Row, np.random.Generator], List[View]]


class Batch(NamedTuple):
    """What `MaskedModel` takes, in its order."""

    input_ids: torch.Tensor
    places: torch.Tensor
    targets: torch.Tensor
    lengths: torch.Tensor


def mask_batch(
    rows: Sequence[Row], masker: Masker, vocabulary: Vocabulary, rng: np.random.Generator
) -> Batch:
    """Every view of every row, masked."""
    copies: List[Ints1d] = []
    masked: List[Ints1d] = []  # places in each copy
    targets: List[Ints1d] = []
    for row in rows:
        for view in masker(row, rng):
            ids, places = _masked(row, view, vocabulary, rng)
            copies.append(ids)
            masked.append(places)
            targets.append(row.ids[places])
    padded, lengths = pad_rows(copies, vocabulary)
    width, before = padded.shape[1], len(vocabulary.prefix)
    flat = [places + before + copy_i * width for copy_i, places in enumerate(masked)]
    places, wanted = np.concatenate(flat), np.concatenate(targets)
    n_pad = -len(places) % PLACES_STEP
    return Batch(
        torch.from_numpy(padded),
        torch.from_numpy(np.pad(places, (0, n_pad)).astype(np.int64)),
        torch.from_numpy(np.pad(wanted, (0, n_pad), constant_values=-100).astype(np.int64)),
        torch.from_numpy(lengths),
    )


def _masked(
    row: Row, view: View, vocabulary: Vocabulary, rng: np.random.Generator
) -> Tuple[Ints1d, Ints1d]:
    """RETURNS (Tuple[Ints1d, Ints1d]): The row's pieces with the masks in; the masked places."""
    ids = row.ids.copy()
    places: List[Ints1d] = []
    for (start, end), fate in zip(view, rng.random(len(view))):
        inside = np.arange(row.words[start], row.words[end])
        places.append(inside)
        if fate < KEPT:
            continue
        ids[inside] = vocabulary.mask
        if fate < KEPT + RANDOM:
            ids[inside] = rng.choice(vocabulary.ordinary, len(inside))
    return ids, np.concatenate(places) if places else np.zeros(0, dtype=np.int64)


def n_to_mask(row: Row, share: float) -> int:
    """Pieces of a row that are masked, about: at least one."""
    return max(1, round(share * len(row.ids)))
