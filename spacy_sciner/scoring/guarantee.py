"""Learn-Then-Test: a γ that lets through at most so many errors, with a probability. Pure.

Precision among the accepted is not monotone in γ, so no single bound does. Instead γ goes from
strict to lax; at each value the hypothesis "more than α of what is accepted is wrong" is tested
with the exact binomial tail (Clopper–Pearson), and the walk ends at the first that cannot be
rejected. Whatever the true errors are, the γ it ends with breaks the promise with probability δ at
most.

SOURCE: Angelopoulos et al., Learn then test, arXiv 2110.01052, fixed-sequence testing.
"""

import math
from typing import Any, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .bootstrap import resample

GROWTH = 1.1  # each γ of a grid lets through so many times more than the one before


class Tally(NamedTuple):
    """What a γ lets through on the calibration papers."""

    gamma: float
    n_accepted: int
    n_wrong: int


class Certificate(NamedTuple):
    """The laxest γ that could be certified; None if not even the strictest could."""

    gamma: Optional[float]
    n_accepted: int
    n_wrong: int
    bound: float  # upper Clopper–Pearson bound of the share of wrong ones, in [0, 1]
    reason: str  # why not, or why no laxer; "" if the grid ended


def binomial_tail(n_wrong: int, n: int, alpha: float) -> float:
    """P(X ≤ n_wrong) for X ~ Binomial(n, alpha): the p-value of "the error is above alpha"."""
    if n_wrong >= n:  # and where there is nothing, n = 0
        return 1.0
    from scipy.stats import binom  # a second, and few runs promise anything

    return float(binom.cdf(n_wrong, n, alpha))


def upper_bound(n_wrong: int, n: int, delta: float) -> float:
    """The one-sided upper Clopper–Pearson bound: errors above it have p-values below delta."""
    if n_wrong >= n:
        return 1.0
    from scipy.stats import beta

    return float(beta.ppf(1 - delta, n_wrong + 1, n - n_wrong))


def least_accepted(alpha: float, delta: float) -> int:
    """How many accepted entities without an error it takes: 45 for 0.05 and 0.1."""
    return math.ceil(math.log(delta) / math.log1p(-alpha) - 1e-9)


def gamma_grid(scores: Any, *, least: int) -> List[float]:
    """From strict to lax: the γ that lets `least` of the scores through, then 10 % more each.

    The grid is made of the scores alone, never of what is right, so the test stays valid.

    scores: Confidences of all predicted entities, shape (n,).
    RETURNS (List[float]): Strictly falling; empty if there are fewer than `least` scores.
    """
    falling = np.sort(np.asarray(scores, dtype=np.float64))[::-1]
    grid: List[float] = []
    n = least
    while n <= len(falling):
        if not grid or falling[n - 1] < grid[-1]:
            grid.append(float(falling[n - 1]))
        if n == len(falling):
            break
        n = min(len(falling), math.ceil(n * GROWTH))
    return grid


def fixed_sequence(tallies: Iterable[Tally], *, alpha: float, delta: float) -> Certificate:
    """Walk from the strictest γ to the laxest while "error above alpha" can be rejected at delta.

    tallies (Iterable[Tally]): γ falling; read no further than the walk goes.
    """
    best: Optional[Tally] = None
    reason = f"it takes {least_accepted(alpha, delta)} predicted entities, even without error"
    for tally in tallies:
        if binomial_tail(tally.n_wrong, tally.n_accepted, alpha) > delta:
            reason = (
                f"at γ {tally.gamma:.4f} {tally.n_wrong} of {tally.n_accepted} are wrong: "
                f"up to {upper_bound(tally.n_wrong, tally.n_accepted, delta):.1%}"
            )
            break
        best, reason = tally, ""
    if best is None:
        return Certificate(None, 0, 0, 1.0, reason)
    bound = upper_bound(best.n_wrong, best.n_accepted, delta)
    return Certificate(best.gamma, best.n_accepted, best.n_wrong, bound, reason)


def bootstrap_precision(
    papers: Sequence[Tuple[int, int]], *, delta: float, n_draws: int = 1000, seed: int = 0
) -> Optional[float]:
    """The precision that a share 1 − delta of draws of whole papers reaches.

    The binomial bound takes entities as independent, those of one paper are not: where this falls
    short of 1 − alpha, the papers differ more than the bound allows for.

    papers (Sequence[Tuple[int, int]]): Accepted and wrong entities of each paper.
    RETURNS (float): In [0, 1]; None with fewer than two papers or nothing accepted.
    """
    counts = np.array(papers, dtype=np.int64).reshape(-1, 2)
    if len(counts) < 2 or not counts[:, 0].sum():
        return None
    accepted, wrong = resample(counts, n_draws=n_draws, seed=seed).T
    some = accepted > 0
    return float(np.quantile(1.0 - wrong[some] / accepted[some], delta))
