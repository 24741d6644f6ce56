"""Learn-Then-Test keeps its promise, and its arithmetic."""

import numpy as np
import pytest

from spacy_sciner.scoring.guarantee import (
    Tally,
    binomial_tail,
    bootstrap_precision,
    fixed_sequence,
    gamma_grid,
    least_accepted,
    upper_bound,
)

ALPHA, DELTA = 0.05, 0.1


def test_least_accepted_without_an_error():
    assert least_accepted(ALPHA, DELTA) == 45
    assert least_accepted(ALPHA, DELTA / 7) == 83
    for n, delta in ((45, DELTA), (83, DELTA / 7)):
        assert binomial_tail(0, n, ALPHA) <= delta < binomial_tail(0, n - 1, ALPHA)


def test_binomial_tail_by_hand():
    # Two coins: none 1/4, at most one 3/4.
    assert binomial_tail(0, 2, 0.5) == pytest.approx(0.25)
    assert binomial_tail(1, 2, 0.5) == pytest.approx(0.75)
    assert binomial_tail(2, 2, 0.5) == binomial_tail(0, 0, 0.5) == 1.0


def test_upper_bound_is_where_the_tail_is_delta():
    # Clopper–Pearson for 0 of n: 1 − δ^(1/n).
    assert upper_bound(0, 45, 0.1) == pytest.approx(1 - 0.1 ** (1 / 45), abs=1e-6)
    bound = upper_bound(3, 100, 0.1)
    assert binomial_tail(3, 100, bound) == pytest.approx(0.1, abs=1e-6)
    assert upper_bound(4, 4, 0.1) == 1.0


def test_the_grid_goes_from_strict_to_lax_in_steps_of_a_tenth():
    grid = gamma_grid(np.arange(100) / 100, least=45)
    assert grid[0] == 0.55  # 45 scores are at least this
    assert grid[-1] == 0.0
    assert all(a > b for a, b in zip(grid, grid[1:]))
    assert gamma_grid(np.arange(44) / 100, least=45) == []
    assert gamma_grid([0.5] * 60, least=45) == [0.5]


def test_the_walk_stops_at_the_first_that_is_not_certain():
    tallies = [Tally(0.9, 60, 0), Tally(0.8, 80, 1), Tally(0.7, 100, 9), Tally(0.6, 900, 9)]
    found = fixed_sequence(tallies, alpha=ALPHA, delta=DELTA)
    assert (found.gamma, found.n_accepted, found.n_wrong) == (0.8, 80, 1)
    assert found.bound < ALPHA
    assert "at γ 0.7000 9 of 100 are wrong" in found.reason


def test_nothing_certified_says_why():
    assert fixed_sequence([Tally(0.9, 45, 1)], alpha=ALPHA, delta=DELTA).gamma is None
    found = fixed_sequence([], alpha=ALPHA, delta=DELTA)
    assert found.gamma is None
    assert "45 predicted entities" in found.reason


@pytest.mark.parametrize("steep", [0.1, 0.3])
def test_the_promise_is_broken_with_probability_delta_at_most(steep):
    """Draw calibration sets from a known world; count γs whose true error is above α."""

    def error(score):  # of an entity with this score; rises as scores fall
        return steep * (1 - score)

    rng = np.random.default_rng(0)
    n_draws = n_broken = n_found = 0
    for _ in range(1500):
        scores = rng.random(400)
        wrong = rng.random(400) < error(scores)
        tallies = [
            Tally(g, int((scores >= g).sum()), int(wrong[scores >= g].sum()))
            for g in gamma_grid(scores, least=least_accepted(ALPHA, DELTA))
        ]
        gamma = fixed_sequence(tallies, alpha=ALPHA, delta=DELTA).gamma
        n_draws += 1
        if gamma is not None:
            n_found += 1
            # Scores are uniform: the mean of the error over [γ, 1].
            n_broken += error((gamma + 1) / 2) > ALPHA
    assert n_found > 0.3 * n_draws  # it does certify
    assert n_broken / n_draws <= DELTA


def test_where_every_gamma_is_bad_it_seldom_finds_one():
    rng = np.random.default_rng(1)
    n_found = 0
    for _ in range(1500):
        scores, wrong = rng.random(300), rng.random(300) < 1.001 * ALPHA
        tallies = [
            Tally(g, int((scores >= g).sum()), int(wrong[scores >= g].sum()))
            for g in gamma_grid(scores, least=45)
        ]
        n_found += fixed_sequence(tallies, alpha=ALPHA, delta=DELTA).gamma is not None
    assert 0 < n_found / 1500 <= DELTA + 0.015  # two standard errors


def test_bootstrap_over_papers_sees_that_papers_differ():
    alike = bootstrap_precision([(50, 1)] * 10, delta=DELTA)
    assert alike == pytest.approx(0.98)
    differ = bootstrap_precision([(50, 0)] * 9 + [(50, 10)], delta=DELTA)
    assert differ is not None
    assert differ < 0.97
    assert bootstrap_precision([(50, 1)], delta=DELTA) is None
    assert bootstrap_precision([(0, 0), (0, 0)], delta=DELTA) is None
