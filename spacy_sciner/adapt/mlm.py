"""`mlm`: masked words. Whole words are masked, each on its own (BERT with whole-word masking)."""

from typing import List

import numpy as np

from .job import Job, Result
from .masked import train_masked
from .masking import Masker, View, n_to_mask
from .rows import Row


def mask_words(share: float) -> Masker:
    """share (float): Of a row's pieces, about."""

    def masker(row: Row, rng: np.random.Generator) -> List[View]:
        sizes = np.diff(row.words)
        order = rng.permutation(len(sizes))
        n = int(np.searchsorted(np.cumsum(sizes[order]), n_to_mask(row, share))) + 1
        return [[(int(word), int(word) + 1) for word in np.sort(order[:n])]]

    return masker


def run(job: Job) -> Result:
    return train_masked(job, mask_words(job.settings.adapt.mask_share))
