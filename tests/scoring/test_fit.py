"""Fits that make confidences as often right as they say."""

import numpy as np
import pytest

from spacy_sciner.confidence import temper
from spacy_sciner.scoring.fit import fit_logistic, fit_temperature


def drawn(temperature: float, *, n: int = 4000, seed: int = 0):
    """Log-scores that are too sure by a temperature, and tags drawn from what they should be."""
    rng = np.random.default_rng(seed)
    logs = temper(rng.normal(0, 3, (n, 5)), 1.0)
    probs = np.exp(temper(logs, temperature))
    tags = (probs.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return logs, np.minimum(tags, 4)


@pytest.mark.parametrize("temperature", [0.7, 1.0, 2.5])
def test_the_temperature_that_made_the_tags_is_found(temperature):
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.1)


def test_without_a_token_the_temperature_is_one():
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)) == 1.0


def test_without_an_error_the_more_tokens_the_surer():
    logs = temper(np.eye(4) * 3, 1.0)
    few = fit_temperature(logs, np.arange(4))
    many = fit_temperature(np.tile(logs, (500, 1)), np.tile(np.arange(4), 500))
    assert 0.1 < many < few < 1.0


def test_logistic_regression_finds_the_weights_of_its_data():
    rng = np.random.default_rng(0)
    x = np.stack([rng.normal(size=8000), np.ones(8000)], axis=1)
    right = rng.random(8000) < 1 / (1 + np.exp(-(x @ [0.8, -0.5])))
    found = fit_logistic(x, right, centre=[1, 0], penalty=[1, 1])
    np.testing.assert_allclose(found, [0.8, -0.5], atol=0.08)


def test_few_data_stay_near_the_centre_and_none_at_it():
    x = np.array([[2.0, 1.0]])
    found = fit_logistic(x, [False], centre=[1, 0], penalty=[100, 100])
    np.testing.assert_allclose(found, [1, 0], atol=0.05)
    none = fit_logistic(np.zeros((0, 2)), [], centre=[1, 0], penalty=[1, 1])
    np.testing.assert_allclose(none, [1, 0])


def test_separable_data_give_finite_weights():
    x = np.array([[-5.0, 1], [-4, 1], [4, 1], [5, 1]])
    found = fit_logistic(x, [False, False, True, True], centre=[0, 0], penalty=[0.1, 0.1])
    assert np.isfinite(found).all()
    assert found[0] > 0
