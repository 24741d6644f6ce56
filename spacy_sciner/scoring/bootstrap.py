"""What a score would be on other papers: whole papers are drawn with replacement. Pure.

Sentences of one paper are alike, so papers are drawn, never sentences.
"""

from typing import Any, Optional, Tuple

import numpy as np


def resample(counts: Any, *, n_draws: int, seed: int = 0) -> np.ndarray:
    """Totals of counts over as many papers as there are, drawn with replacement.

    One seed draws the same papers for all counts that are of as many papers: a paired bootstrap.

    counts: Integers of each paper, shape (n_papers, …).
    RETURNS (np.ndarray): int64, shape (n_draws, …); nothing but 0 where there are no papers.
    """
    of_papers = np.asarray(counts, dtype=np.int64)
    n_papers = len(of_papers)
    draws = np.random.default_rng(seed).integers(0, n_papers, size=(n_draws, n_papers))
    # How often each paper is drawn: a draw's totals are then one product.
    times = np.zeros((n_draws, n_papers), dtype=np.int64)
    for row, draw in zip(times, draws):
        row += np.bincount(draw, minlength=n_papers)
    return np.tensordot(times, of_papers, axes=1)


def interval(scores: np.ndarray) -> Tuple[Optional[float], Optional[float]]:
    """The 95 % percentile interval of a score over the draws; None twice without any."""
    if not len(scores):
        return None, None
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def f1_of_counts(counts: np.ndarray) -> np.ndarray:
    """F1 of (…, 3) arrays of right, predicted and gold counts; 0 where there is nothing."""
    return np.asarray(2 * counts[..., 0] / np.maximum(1, counts[..., 1] + counts[..., 2]))
