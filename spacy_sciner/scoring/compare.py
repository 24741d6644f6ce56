"""Whether one model is better than another on the same papers: a paired bootstrap. Pure.

Papers and in them paragraphs are drawn with replacement, the same for both models, so that what is
hard for both cancels.
"""

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

import numpy as np

from ..errors import Errors, ScinerError
from .bootstrap import f1_of_counts, interval, resample_nested

# Right, predicted and gold entities of each type, in each paragraph of each paper.
Counts = Mapping[str, Sequence[int]]
PaperCounts = Mapping[str, Sequence[Counts]]
SCORES = ("f1", "macro_f1")


class Change(NamedTuple):
    """A score's change from one model to the other, in points of 1."""

    change: float  # on the papers as they are
    low: Optional[float]  # 95 % of the resamples; None without any
    high: Optional[float]
    p_rise: Optional[float]  # share of the resamples in which it rises, ties by half
    p_drop: Optional[float]  # share of the resamples in which it falls by more than is tolerated
    n: int  # gold entities behind it
    before: float
    after: float

    def to_dict(self) -> Dict[str, Any]:
        return dict(self._asdict())


def compare(
    before: PaperCounts,
    after: PaperCounts,
    *,
    n_bootstrap: int,
    seed: int = 0,
    tolerance: float = 0.0,
) -> Tuple[Dict[str, Change], Dict[str, Change]]:
    """The change of F1 and macro F1, and of the F1 of each type that gold has.

    before, after (PaperCounts): Counts on the same paragraphs of the same papers.
    n_bootstrap (int): Resamples; 0 leaves the intervals None.
    tolerance (float): A fall by more than this is a drop.
    RETURNS (Tuple[dict, dict]): By the names in SCORES, and by type.
    RAISES (ScinerError): SCINER-E402 if the paragraphs are not the same.
    """
    sizes = [{paper: len(rows) for paper, rows in c.items()} for c in (before, after)]
    if sizes[0] != sizes[1]:
        names = {*sizes[0], *sizes[1]}
        differ = [p for p in sorted(names) if sizes[0].get(p) != sizes[1].get(p)]
        raise ScinerError(Errors.E402.format(papers=", ".join(differ[:5]), n=len(differ)))
    papers = [paper for paper in sorted(before) for _ in before[paper]]
    types = sorted({t for c in (before, after) for p in c.values() for row in p for t in row})
    arrays = [_to_array(counts, types) for counts in (before, after)]
    totals = [counts.sum(axis=0)[None] for counts in arrays]
    # One seed: the same paragraphs for both.
    n_draws = n_bootstrap if papers else 0
    drawn = [resample_nested(counts, papers, n_draws=n_draws, seed=seed) for counts in arrays]
    n_gold = totals[0][0, :, 2]
    scores = {
        name: _change([of(t)[0] for t in totals], _rise(of, drawn), int(n_gold.sum()), tolerance)
        for name, of in zip(SCORES, (_micro_f1, _macro_f1))
    }
    # (n, n_types): F1 of each type.
    points, rises = [f1_of_counts(t)[0] for t in totals], _rise(f1_of_counts, drawn)
    by_type = {
        name: _change([p[i] for p in points], rises[:, i], int(n_gold[i]), tolerance)
        for i, name in enumerate(types)
        if n_gold[i]
    }
    return scores, by_type


def holm(p_values: Mapping[str, float], alpha: float) -> Set[str]:
    """Which of several hypotheses to reject so that the chance of any wrong one is at most alpha.

    SOURCE: Holm 1979, a simple sequentially rejective multiple test procedure.
    """
    rejected: Set[str] = set()
    for name, p in sorted(p_values.items(), key=lambda item: item[1]):
        if p > alpha / (len(p_values) - len(rejected)):
            break
        rejected.add(name)
    return rejected


def _to_array(counts: PaperCounts, types: List[str]) -> np.ndarray:
    """Shape (n_paragraphs, n_types, 3), papers in order of their names."""
    rows = [[row.get(t, (0, 0, 0)) for t in types] for p in sorted(counts) for row in counts[p]]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(types), 3)


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


def _change(points: Sequence[float], drawn: np.ndarray, n_gold: int, tolerance: float) -> Change:
    """points (Sequence[float]): The score before and after, on the papers as they are."""
    p_rise = p_drop = None
    if len(drawn):
        p_rise = float((drawn > 0).mean() + (drawn == 0).mean() / 2)
        p_drop = float((drawn < -tolerance).mean())
    before, after = map(float, points)
    return Change(after - before, *interval(drawn), p_rise, p_drop, n_gold, before, after)
