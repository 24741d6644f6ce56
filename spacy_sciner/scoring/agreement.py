"""How far several annotators of the same tokens agree: κ, α and entity F1. Pure.

Every figure has a 95 % interval from papers drawn with replacement, as scores have: of the papers
that have something to count, and none of fewer than two. What is not defined is None.
"""

import warnings
from itertools import combinations
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..types import Ints1d
from .bootstrap import interval, resample
from .changes import Entity

MISSING = -1  # of a token that an annotator says nothing of
ALL = "all"
# Totals of counts, shape (n, …), to figures (n,); NaN where a figure is not defined.
_Figure = Callable[[np.ndarray], np.ndarray]


class Estimate(NamedTuple):
    """A figure and its interval."""

    value: Optional[float]
    low: Optional[float] = None
    high: Optional[float] = None


class Matches(NamedTuple):
    """Entities of two annotators: how many each has, and how many both have."""

    n_first: int
    n_second: int
    n_same: int  # same tokens, same label
    n_touching: int  # a common token, same label; each matched once
    strict: Estimate  # F1, which is the same whoever is taken for gold
    relaxed: Estimate


def cohen_kappa(
    first: Ints1d, second: Ints1d, papers: Ints1d, *, n_draws: int = 1000, seed: int = 0
) -> Estimate:
    """Cohen's κ of two annotators, by scikit-learn; not defined if both know one category alone.

    first, second (Ints1d): The category of each token, 0 or more. Shape (n_tokens,).
    papers (Ints1d): The number of each token's paper, counted from 0.
    """
    from sklearn.metrics import cohen_kappa_score

    if not len(first):
        return Estimate(None)
    # A count for each pair of categories that occurs: κ needs no more, a thousand times.
    pairs, cells = np.unique(np.stack([first, second]), axis=1, return_inverse=True)

    def of(totals: np.ndarray) -> float:
        a, b = pairs[:, totals > 0]
        if len({*a, *b}) < 2:
            return float("nan")
        with warnings.catch_warnings():
            # scikit-learn 1.7 takes few pairs for a regression problem, and says so.
            warnings.filterwarnings("ignore", message="The number of unique classes")
            return float(cohen_kappa_score(a, b, sample_weight=totals[totals > 0]))

    counts = _by_paper(papers, cells.reshape(-1), shape=(_n(papers), pairs.shape[1]))
    return _estimate(counts, lambda n: np.array([of(row) for row in n]), n_draws, seed)


def fleiss_kappa(
    ratings: Any, papers: Ints1d, *, n_draws: int = 1000, seed: int = 0
) -> Tuple[Estimate, int]:
    """Fleiss' κ over the tokens that all annotators know, and how many these are.

    ratings: Categories, MISSING where there is none. Shape (n_annotators, n_tokens).
    SOURCE: Fleiss 1971, Psychological Bulletin 76 (5).
    """
    n_raters = len(ratings)
    known = (ratings != MISSING).all(axis=0)
    ratings, papers = ratings[:, known], papers[known]
    one_column = np.zeros(len(papers), dtype=np.int64)
    agreeing = _by_paper(papers, one_column, shape=(_n(papers), 1), weights=_agreeing(ratings))
    counts = np.concatenate([agreeing, _of_categories(ratings, papers)], axis=1)

    def of(totals: np.ndarray) -> np.ndarray:
        n = totals[:, 1:].sum(axis=1)  # categories given: n_raters for each token
        observed = totals[:, 0] / (n * (n_raters - 1))
        expected = ((totals[:, 1:] / n[:, None]) ** 2).sum(axis=1)
        return np.asarray((observed - expected) / (1 - expected))

    return _estimate(counts, of, n_draws, seed), int(known.sum())


def krippendorff_alpha(
    ratings: Any, papers: Ints1d, *, n_draws: int = 1000, seed: int = 0
) -> Estimate:
    """Krippendorff's α for categories without an order; annotators may be missing anywhere.

    ratings: Categories, MISSING where there is none. Shape (n_annotators, n_tokens).
    SOURCE: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", §C.
    """
    n_known = (ratings != MISSING).sum(axis=0)
    paired = n_known >= 2
    ratings, papers, n_known = ratings[:, paired], papers[paired], n_known[paired]
    differing = n_known * (n_known - 1) - _agreeing(ratings)
    n_by = len(ratings) + 1
    # Tokens with m categories count 1 / (m - 1): kept apart by m, so that counts are whole.
    by_number = _by_paper(papers, n_known, shape=(_n(papers), n_by), weights=differing)
    counts = np.concatenate([by_number, _of_categories(ratings, papers)], axis=1)
    parts = 1 / np.maximum(1, np.arange(n_by) - 1)

    def of(totals: np.ndarray) -> np.ndarray:
        of_categories = totals[:, n_by:].astype(float)
        n = of_categories.sum(axis=1)
        expected = n**2 - (of_categories**2).sum(axis=1)
        return np.asarray(1 - (n - 1) * (totals[:, :n_by] @ parts) / expected)

    return _estimate(counts, of, n_draws, seed)


def entity_agreement(
    paragraphs: Sequence[Tuple[str, Sequence[Entity], Sequence[Entity]]],
    *,
    n_draws: int = 1000,
    seed: int = 0,
) -> Dict[str, Matches]:
    """Matching entities of two annotators: ALL of them, then label by label (a label of that name
    as "label all").

    paragraphs: Paper, the first's entities, the second's; no two of one annotator share a token.
    """
    names = sorted({e.label for _, *sides in paragraphs for side in sides for e in side})
    numbers = {paper: i for i, paper in enumerate(sorted({paper for paper, *_ in paragraphs}))}
    columns = {name: i for i, name in enumerate(names, start=1)}
    counts = np.zeros((len(numbers), len(names) + 1, 4), dtype=np.int64)
    for paper, first, second in paragraphs:
        for label in {e.label for e in [*first, *second]}:
            one, other = ([e for e in side if e.label == label] for side in (first, second))
            row = [len(one), len(other), len({*one} & {*other}), count_touching(one, other)]
            counts[numbers[paper], columns[label]] += row
    counts[:, 0] = counts[:, 1:].sum(axis=1)
    found = {}
    for i, name in enumerate([ALL, *(f"label {la}" if la == ALL else la for la in names)]):
        f1 = [_estimate(counts[:, i, [both, 0, 1]], _f1, n_draws, seed) for both in (2, 3)]
        n_first, n_second, n_same, n_touching = counts[:, i].sum(axis=0).tolist()
        found[name] = Matches(n_first, n_second, n_same, n_touching, f1[0], f1[1])
    return found


def count_touching(first: Sequence[Entity], second: Sequence[Entity]) -> int:
    """The most pairs that share a token, each entity in one of them; labels don't count."""
    ones, others = sorted(first), sorted(second)
    n = i = j = 0
    while i < len(ones) and j < len(others):
        touches = min(ones[i].end, others[j].end) > max(ones[i].start, others[j].start)
        n += touches
        # The one that ends first can touch nothing further on.
        ends_first, ends_last = ones[i].end <= others[j].end, others[j].end <= ones[i].end
        i += touches or ends_first
        j += touches or ends_last
    return n


def _f1(totals: np.ndarray) -> np.ndarray:
    """Of (n, 3) counts: both have it, the first has it, the second."""
    return np.asarray(2 * totals[:, 0] / (totals[:, 1] + totals[:, 2]))


def _agreeing(ratings: np.ndarray) -> np.ndarray:
    """Ordered pairs of annotators that say the same of a token; shape (n_tokens,)."""
    agreeing = np.zeros(ratings.shape[1], dtype=np.int64)
    for one, other in combinations(ratings, 2):
        agreeing += 2 * ((one == other) & (one != MISSING))
    return agreeing


def _of_categories(ratings: np.ndarray, papers: Ints1d) -> np.ndarray:
    """How often each paper was given each category; shape (n_papers, n_categories)."""
    shape = (_n(papers), int(ratings.max(initial=0)) + 1)
    rows = [(row, row != MISSING) for row in ratings]
    return np.sum([_by_paper(papers[own], row[own], shape=shape) for row, own in rows], axis=0)


def _n(papers: Ints1d) -> int:
    return int(papers.max(initial=-1)) + 1


def _by_paper(
    papers: Ints1d, columns: Ints1d, *, shape: Tuple[int, int], weights: Any = 1
) -> np.ndarray:
    """Tokens, or their weights, by paper and column."""
    counts = np.zeros(shape, dtype=np.int64)
    np.add.at(counts, (papers, columns), weights)
    return counts


def _estimate(counts: np.ndarray, figure: _Figure, n_draws: int, seed: int) -> Estimate:
    """counts: Whole numbers of each paper, shape (n_papers, n)."""
    counts = counts[counts.any(axis=1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(figure(counts.sum(axis=0, keepdims=True))[0]) if len(counts) else np.nan
        if not np.isfinite(value):
            return Estimate(None)
        if len(counts) < 2 or not n_draws:
            return Estimate(value)
        # Few papers have few different draws, and a figure may take a while.
        totals = resample(counts, n_draws=n_draws, seed=seed)
        different, which = np.unique(totals, axis=0, return_inverse=True)
        draws = figure(different)[which.reshape(-1)]
    return Estimate(value, *interval(draws[np.isfinite(draws)]))
