"""Paired comparisons against counts made by hand."""

import itertools

import numpy as np
import pytest

from spacy_sciner.scoring.compare import compare
from spacy_sciner.scoring.drift import divergence, label_changes, shares

BEFORE = {"a": {"M": [5, 10, 10], "D": [1, 2, 4]}, "b": {"M": [0, 0, 2]}, "c": {"M": [3, 4, 8]}}
AFTER = {"a": {"M": [8, 10, 10], "D": [0, 2, 4]}, "b": {"M": [1, 1, 2]}, "c": {"M": [3, 4, 8]}}


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
            np.sum([c for p in draw for c in counts[p].values()], axis=0)
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
    assert scores["f1"][:4] == (0, 0, 0, 0.5)
    assert {change.p_rise for change in types.values()} == {0.5}


def test_a_type_that_is_only_predicted_costs_f1_and_is_no_type_of_its_own():
    after = {**BEFORE, "b": {"M": [0, 0, 2], "X": [0, 9, 0]}}
    scores, types = compare(BEFORE, after, n_bootstrap=10)
    assert set(types) == {"M", "D"}
    assert scores["f1"].change < 0
    assert scores["macro_f1"].change == 0


def test_nothing_to_compare():
    scores, types = compare({}, {}, n_bootstrap=10)
    assert scores["f1"] == (0, None, None, None, 0)
    assert types == {}


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
