"""What a score would be on other papers: papers are drawn with replacement. Pure.

Sentences of one paper are alike, so papers are drawn first, never sentences of all papers.
"""

from typing import Any, Dict, List, Optional, Sequence, Tuple

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


def resample_nested(
    counts: Any, papers: Sequence[str], *, n_draws: int, seed: int = 0
) -> np.ndarray:
    """Totals over papers drawn with replacement, and in each over paragraphs drawn likewise.

    Three papers have ten different draws, from which nothing can be concluded with more certainty
    than those; their paragraphs have many. SOURCE: Davison & Hinkley 1997, §3.8.

    counts: Integers of each paragraph, shape (n_paragraphs, …).
    papers (Sequence[str]): The paper of each paragraph.
    RETURNS (np.ndarray): int64, shape (n_draws, …).
    """
    of_paragraphs = np.asarray(counts, dtype=np.int64)
    rows: Dict[str, List[int]] = {name: [] for name in papers}
    for i, name in enumerate(papers):
        rows[name].append(i)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, max(1, len(rows)), size=(n_draws, len(rows)))
    times = np.zeros((n_draws, len(papers)), dtype=np.int64)
    for j, name in enumerate(sorted(rows)):
        n = len(rows[name])
        # A paper drawn t times gives t × n draws of its n paragraphs.
        times[:, rows[name]] = rng.multinomial((draws == j).sum(axis=1) * n, [1 / n] * n)
    return np.tensordot(times, of_paragraphs, axes=1)


def interval(scores: np.ndarray) -> Tuple[Optional[float], Optional[float]]:
    """The 95 % percentile interval of a score over the draws; None twice without any."""
    if not len(scores):
        return None, None
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def f1_of_counts(counts: np.ndarray) -> np.ndarray:
    """F1 of (…, 3) arrays of right, predicted and gold counts; 0 where there is nothing."""
    return np.asarray(2 * counts[..., 0] / np.maximum(1, counts[..., 1] + counts[..., 2]))
