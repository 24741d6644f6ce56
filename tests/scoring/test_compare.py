"""Paired comparisons against counts made by hand."""

import itertools

import numpy as np
import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.scoring.compare import compare, holm
from spacy_sciner.scoring.drift import divergence, label_changes, shares

# Three papers of one paragraph each.
BEFORE = {
    "a": [{"M": [5, 10, 10], "D": [1, 2, 4]}],
    "b": [{"M": [0, 0, 2]}],
    "c": [{"M": [3, 4, 8]}],
}
AFTER = {
    "a": [{"M": [8, 10, 10], "D": [0, 2, 4]}],
    "b": [{"M": [1, 1, 2]}],
    "c": [{"M": [3, 4, 8]}],
}


def f1(right, predicted, gold):
    return 2 * right / (predicted + gold)


def test_changes_by_hand():
    scores, types = compare(BEFORE, AFTER, n_bootstrap=0)
    assert scores["f1"].change == pytest.approx(f1(12, 17, 24) - f1(9, 16, 24))
    methods = f1(12, 15, 20) - f1(8, 14, 20)
    datasets = 0 - f1(1, 2, 4)
    assert types["M"].change == pytest.approx(methods)
    assert types["D"].change == pytest.approx(datasets)
    assert scores["macro_f1"].change == pytest.approx((methods + datasets) / 2)
    assert (types["M"].n, types["D"].n, scores["f1"].n) == (20, 4, 24)
    assert (scores["f1"].low, scores["f1"].high, scores["f1"].p_rise) == (None, None, None)


def test_the_bootstrap_is_paired_and_over_papers():
    """Against all 27 draws of three papers."""
    changes = []
    for draw in itertools.product("abc", repeat=3):
        totals = [
            np.sum([c for p in draw for row in counts[p] for c in row.values()], axis=0)
            for counts in (BEFORE, AFTER)
        ]
        changes.append(f1(*totals[1]) - f1(*totals[0]))
    change = compare(BEFORE, AFTER, n_bootstrap=4000, seed=1)[0]["f1"]
    exact = np.mean(np.array(changes) > 0) + np.mean(np.array(changes) == 0) / 2
    assert change.p_rise == pytest.approx(exact, abs=0.02)
    assert change.low == pytest.approx(min(changes), abs=0.02)
    assert change.high == pytest.approx(max(changes), abs=0.02)
    assert change == compare(BEFORE, AFTER, n_bootstrap=4000, seed=1)[0]["f1"]


def test_no_change_is_a_coin():
    scores, types = compare(BEFORE, BEFORE, n_bootstrap=50)
    assert scores["f1"][:5] == (0, 0, 0, 0.5, 0)
    assert {change.p_rise for change in types.values()} == {0.5}


def test_a_type_that_is_only_predicted_costs_f1_and_is_no_type_of_its_own():
    after = {**BEFORE, "b": [{"M": [0, 0, 2], "X": [0, 9, 0]}]}
    scores, types = compare(BEFORE, after, n_bootstrap=10)
    assert set(types) == {"M", "D"}
    assert scores["f1"].change < 0
    assert scores["macro_f1"].change == 0


def test_nothing_to_compare():
    scores, types = compare({}, {}, n_bootstrap=10)
    assert scores["f1"] == (0, None, None, None, None, 0, 0, 0)
    assert types == {}


def test_paragraphs_of_few_papers_say_how_little_is_known():
    """Two papers that rise, but only in one of their ten paragraphs: no certainty."""
    same = [{"M": [5, 10, 10]}] * 9
    before = {paper: [*same, {"M": [5, 10, 10]}] for paper in "ab"}
    after = {paper: [*same, {"M": [6, 10, 10]}] for paper in "ab"}
    change = compare(before, after, n_bootstrap=4000)[0]["f1"]
    # Neither of the two is among 20 draws in (9/10)^20 of the cases: a tie, which counts by half.
    assert change.p_rise == pytest.approx(1 - 0.9**20 / 2, abs=0.01)
    assert change.low == 0.0


def test_a_drop_is_a_fall_by_more_than_is_tolerated():
    before = {f"P{i}": [{"M": [50, 100, 100]}] for i in range(3)}
    after = {f"P{i}": [{"M": [48, 100, 100]}] for i in range(3)}
    changes = {
        t: compare(before, after, n_bootstrap=20, tolerance=t)[0]["f1"] for t in (0.01, 0.03)
    }
    assert (changes[0.01].p_drop, changes[0.03].p_drop) == (1.0, 0.0)


def test_counts_of_different_gold_are_refused():
    with pytest.raises(ScinerError, match=r"E402.*2 papers.*b, c"):
        compare(BEFORE, {"a": BEFORE["a"], "b": [*BEFORE["b"], {}]}, n_bootstrap=0)


def test_holm_by_hand():
    """0.01 ≤ 0.05 / 4, 0.015 ≤ 0.05 / 3, 0.03 > 0.05 / 2: the last two stay, though 0.04 < 0.05."""
    assert holm({"a": 0.01, "b": 0.03, "c": 0.015, "d": 0.04}, 0.05) == {"a", "c"}
    assert holm({}, 0.05) == set()


def test_divergence_by_hand():
    assert divergence({"a": 1, "b": 3}, {"a": 10, "b": 30}) == 0
    assert divergence({"a": 5}, {"b": 7}) == pytest.approx(1)
    middle = -0.5 * np.log2(0.75) + 0.5 * (0.5 * np.log2(0.5 / 0.75) + 0.5)
    assert divergence({"a": 1}, {"a": 1, "b": 1}) == pytest.approx(middle)
    assert divergence({}, {"a": 1}) is None
    # So near that rounding would make a root of less than nothing.
    assert divergence({"a": 10**9, "b": 3}, {"a": 10**9 + 1, "b": 3}) == pytest.approx(0, abs=1e-12)
    assert shares({"b": 3, "a": 1}) == {"a": 0.25, "b": 0.75}


def test_label_changes_by_hand():
    before = np.array([0, 0, 1, 2, -1, -1, 3, 0])
    after = np.array([0, 1, 1, 0, -1, 5, -1, 0])
    assert label_changes(before, after) == {"changed": 2 / 8, "learnt": 1 / 8, "forgotten": 1 / 8}
    assert label_changes(before, after[1:]) is None
    assert label_changes(before[:0], after[:0]) is None
