"""Whether one model is better than another on the same papers: a paired bootstrap. Pure.

Papers are drawn with replacement, the same for both models, so that what is hard for both cancels.
"""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

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
    first, second = _to_array(before, papers, types), _to_array(after, papers, types)
    n_gold = first[..., 2].sum(axis=0)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, max(1, len(papers)), size=(n_bootstrap if papers else 0, len(papers)))
    # How often each paper is drawn: a resample's counts are then one product.
    weights = np.zeros((len(draws), len(papers)), dtype=np.int64)
    for weight, draw in zip(weights, draws):
        weight += np.bincount(draw, minlength=len(papers))
    scores = {}
    for name in SCORES:
        drawn = None
        if len(draws):
            drawn = _score(second, weights, name) - _score(first, weights, name)
        whole = np.ones((1, len(papers)), dtype=np.int64)
        point = float((_score(second, whole, name) - _score(first, whole, name))[0])
        scores[name] = _change(point, drawn, int(n_gold.sum()))
    by_type = {}
    for type_i, type_name in enumerate(types):
        if not n_gold[type_i]:
            continue
        one, other = first[:, [type_i]], second[:, [type_i]]
        drawn = None
        if len(draws):
            drawn = _score(other, weights, "f1") - _score(one, weights, "f1")
        point = float(_f1(other.sum(axis=(0, 1))) - _f1(one.sum(axis=(0, 1))))
        by_type[type_name] = _change(point, drawn, int(n_gold[type_i]))
    return scores, by_type


def _to_array(counts: PaperCounts, papers: List[str], types: List[str]) -> np.ndarray:
    """Shape (n_papers, n_types, 3)."""
    rows = [[counts.get(p, {}).get(t, (0, 0, 0)) for t in types] for p in papers]
    return np.array(rows, dtype=np.int64).reshape(len(papers), len(types), 3)


def _score(counts: np.ndarray, weights: np.ndarray, name: str) -> np.ndarray:
    """F1 of each row of weights over the papers, shape (n_rows,)."""
    totals = np.einsum("rp,ptc->rtc", weights, counts)
    if name == "f1":
        return _f1(totals.sum(axis=1))
    has_gold = totals[..., 2] > 0
    sums = (_f1(totals) * has_gold).sum(axis=1)
    return np.asarray(sums / np.maximum(1, has_gold.sum(axis=1)))


def _f1(counts: np.ndarray) -> np.ndarray:
    return np.asarray(2 * counts[..., 0] / np.maximum(1, counts[..., 1] + counts[..., 2]))


def _change(point: float, drawn: Optional[np.ndarray], n_gold: int) -> Change:
    if drawn is None:
        return Change(point, None, None, None, n_gold)
    low, high = np.percentile(drawn, [2.5, 97.5])
    p_rise = float((drawn > 0).mean() + (drawn == 0).mean() / 2)
    return Change(point, float(low), float(high), p_rise, n_gold)
