"""Papers drawn with replacement: the same ones for the same seed, whatever is counted."""

import numpy as np
import pytest

from spacy_sciner.scoring.bootstrap import interval, resample, resample_nested


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
    assert resample_nested(np.zeros((0, 3)), [], n_draws=4).tolist() == [[0, 0, 0]] * 4


def test_paragraphs_are_drawn_from_the_papers_that_were_drawn():
    papers = ["a", "a", "b", "a", "c"]
    drawn = resample_nested(np.eye(5, dtype=int), papers, n_draws=400, seed=1)
    of_paper = {name: drawn[:, [p == name for p in papers]].sum(axis=1) for name in "abc"}
    # Each time that a paper is drawn, as many of its paragraphs as it has.
    assert set(of_paper["a"]) == {0, 3, 6, 9}
    assert ((of_paper["a"] // 3 + of_paper["b"] + of_paper["c"]) == 3).all()
    assert drawn[of_paper["a"] == 3].max() == 3  # one paragraph three times
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=0.15)


def test_interval_of_the_draws():
    low, high = interval(np.arange(1001) / 1000)
    assert (low, high) == pytest.approx((0.025, 0.975))
    assert interval(np.zeros(0)) == (None, None)
