"""How far confidences are from how often they are right."""

import pytest

from spacy_sciner.scoring.calibration import expected_calibration_error


def test_ece_by_hand():
    # Bin [0.8, 0.9): two, mean 0.85, one right. Bin [0.1, 0.2): one, 0.1, wrong.
    # Bin [0.9, 1.0]: one, certain and right.
    scores, right = [0.8, 0.9 - 1e-9, 0.1, 1.0], [True, False, False, True]
    expected = (2 / 4) * abs(0.85 - 0.5) + (1 / 4) * 0.1 + (1 / 4) * 0.0
    assert expected_calibration_error(scores, right) == pytest.approx(expected)


def test_the_number_of_bins_matters():
    scores, right = [0.6, 0.9], [False, True]
    assert expected_calibration_error(scores, right, n_bins=2) == pytest.approx(0.25)
    assert expected_calibration_error(scores, right, n_bins=10) == pytest.approx(0.35)


def test_perfect_calibration_is_zero_and_certain_mistakes_are_one():
    assert expected_calibration_error([0.5, 0.5], [True, False]) == 0.0
    assert expected_calibration_error([1.0, 1.0], [False, False]) == 1.0


def test_nothing_predicted_is_none():
    assert expected_calibration_error([], []) is None
