"""Whether one model is better than another on the same papers: a paired bootstrap. Pure.

Papers are drawn with replacement, the same for both models, so that what is hard for both cancels.
"""

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .bootstrap import f1_of_counts, interval, resample

# Of each paper and type: right, predicted and gold entities.
PaperCounts = Mapping[str, Mapping[str, Sequence[int]]]
SCORES = ("f1", "macro_f1")


class Change(NamedTuple):
    """A score's change from one model to the other, in points of 1."""

    change: float  # on the papers as they are
    low: Optional[float]  # 95 % of the resamples; None without any
    high: Optional[float]
    p_rise: Optional[float]  # share of the resamples in which it rises, ties by half
    n: int  # gold entities behind it

    def to_dict(self) -> Dict[str, Any]:
        return dict(self._asdict())


def compare(
    before: PaperCounts, after: PaperCounts, *, n_bootstrap: int, seed: int = 0
) -> Tuple[Dict[str, Change], Dict[str, Change]]:
    """The change of F1 and macro F1, and of the F1 of each type that gold has.

    before, after (PaperCounts): Counts on the same papers.
    n_bootstrap (int): Resamples; 0 leaves the intervals None.
    RETURNS (Tuple[dict, dict]): By the names in SCORES, and by type.
    """
    papers = sorted({*before, *after})
    types = sorted({name for counts in (before, after) for p in counts.values() for name in p})
    arrays = [_to_array(counts, papers, types) for counts in (before, after)]
    totals = [counts.sum(axis=0)[None] for counts in arrays]
    # One seed: the same papers for both.
    n_draws = n_bootstrap if papers else 0
    drawn = [resample(counts, n_draws=n_draws, seed=seed) for counts in arrays]
    n_gold = totals[0][0, :, 2]
    scores = {
        name: _change(_rise(of, totals)[0], _rise(of, drawn), int(n_gold.sum()))
        for name, of in zip(SCORES, (_micro_f1, _macro_f1))
    }
    # (n, n_types): F1 of each type.
    points, rises = _rise(f1_of_counts, totals)[0], _rise(f1_of_counts, drawn)
    by_type = {
        name: _change(points[i], rises[:, i], int(n_gold[i]))
        for i, name in enumerate(types)
        if n_gold[i]
    }
    return scores, by_type


def _to_array(counts: PaperCounts, papers: List[str], types: List[str]) -> np.ndarray:
    """Shape (n_papers, n_types, 3)."""
    rows = [[counts.get(p, {}).get(t, (0, 0, 0)) for t in types] for p in papers]
    return np.array(rows, dtype=np.int64).reshape(len(papers), len(types), 3)


def _rise(score: Callable[[np.ndarray], np.ndarray], counts: Sequence[np.ndarray]) -> np.ndarray:
    """How much higher a score is on the second counts than on the first, row by row."""
    return score(counts[1]) - score(counts[0])


def _micro_f1(counts: np.ndarray) -> np.ndarray:
    """Shape (n, n_types, 3) → (n,)."""
    return f1_of_counts(counts.sum(axis=1))


def _macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean over the types that gold has, shape (n, n_types, 3) → (n,)."""
    has_gold = counts[..., 2] > 0
    sums = (f1_of_counts(counts) * has_gold).sum(axis=1)
    return np.asarray(sums / np.maximum(1, has_gold.sum(axis=1)))


def _change(point: float, drawn: np.ndarray, n_gold: int) -> Change:
    p_rise = float((drawn > 0).mean() + (drawn == 0).mean() / 2) if len(drawn) else None
    return Change(float(point), *interval(drawn), p_rise, n_gold)
