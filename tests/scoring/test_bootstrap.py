"""Papers drawn with replacement: the same ones for the same seed, whatever is counted."""

import numpy as np
import pytest

from spacy_sciner.scoring.bootstrap import interval, resample


def test_a_draw_is_of_as_many_whole_papers():
    n_papers = 7
    one_a_paper = resample(np.ones((n_papers, 1), dtype=int), n_draws=50)
    assert (one_a_paper == n_papers).all()
    which = resample(np.eye(n_papers, dtype=int), n_draws=50)
    assert (which.sum(axis=1) == n_papers).all()
    assert which.max() > 1  # with replacement


def test_one_seed_draws_the_same_papers_for_all_counts():
    counts = np.arange(24).reshape(6, 2, 2)
    paired = resample(np.concatenate([counts, counts * 10], axis=2), n_draws=30, seed=3)
    np.testing.assert_array_equal(paired[..., :2], resample(counts, n_draws=30, seed=3))
    np.testing.assert_array_equal(paired[..., 2:], 10 * paired[..., :2])
    assert (resample(counts, n_draws=30, seed=4) != paired[..., :2]).any()


def test_no_papers_are_nothing():
    assert resample(np.zeros((0, 3)), n_draws=4).tolist() == [[0, 0, 0]] * 4


def test_interval_of_the_draws():
    low, high = interval(np.arange(1001) / 1000)
    assert (low, high) == pytest.approx((0.025, 0.975))
    assert interval(np.zeros(0)) == (None, None)
