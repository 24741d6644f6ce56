"""`span-mlm`: runs of words masked as a whole, their lengths geometric (SpanBERT, TACL 2020)."""

from typing import List

import numpy as np

from .job import Job, Result
from .masked import train_masked
from .masking import Group, Masker, View, n_to_mask
from .rows import Row

P, LONGEST = 0.2, 10  # of the geometric distribution, of which no more is drawn: 3.8 on average
_WEIGHTS = (1 - P) ** np.arange(LONGEST)
_UP_TO = np.cumsum(_WEIGHTS / _WEIGHTS.sum())


def mask_spans(share: float) -> Masker:
    """share (float): Of a row's pieces, about."""

    def masker(row: Row, rng: np.random.Generator) -> List[View]:
        n_words = len(row.words) - 1
        sizes, left = np.diff(row.words), n_to_mask(row, share)
        taken = np.zeros(n_words, dtype=bool)
        view: List[Group] = []
        for _ in range(10 * n_words):  # free places may be few
            if left <= 0:
                break
            start = int(rng.integers(n_words))
            end = min(n_words, start + draw_length(rng))
            while end > start + 1 and sizes[start:end].sum() > left:
                end -= 1
            if not taken[start:end].any():
                taken[start:end] = True
                view.append((start, end))
                left -= int(sizes[start:end].sum())
        return [sorted(view)]

    return masker


def draw_length(rng: np.random.Generator) -> int:
    """Words, 1 to LONGEST."""
    return 1 + min(LONGEST - 1, int(np.searchsorted(_UP_TO, rng.random(), side="right")))


def run(job: Job) -> Result:
    return train_masked(job, mask_spans(job.settings.adapt.mask_share))
