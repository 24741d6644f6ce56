"""Fit what turns raw confidences into calibrated ones. Pure, deterministic."""

from typing import Any

import numpy as np

from ..confidence import temper
from ..types import Floats2d, Ints1d

TEMPERATURES = (0.1, 10.0)  # lowest and highest that are looked at
_NEWTON_STEPS = 100


def fit_temperature(word_logs: Floats2d, tags: Ints1d) -> float:
    """The temperature with the lowest negative log-likelihood of the gold tags.

    As if 1 of n + 2 tokens had any tag by chance: a model without an error on few tokens would else
    be taken to be sure of everything.

    word_logs (Floats2d): Log-scores of known tokens, shape (n_tokens, n_tags).
    tags (Ints1d): Their gold tags, shape (n_tokens,).
    RETURNS (float): In TEMPERATURES; 1.0 without a token.
    SOURCE: Guo et al., On calibration of modern neural networks, ICML 2017.
    """
    if not len(tags):
        return 1.0
    from scipy.optimize import minimize_scalar  # half a second

    rows = np.arange(len(tags))
    chance = 1 / (len(tags) + 2)

    def loss(log_temperature: float) -> float:
        logs = temper(word_logs, float(np.exp(log_temperature)))
        return -float((1 - chance) * logs[rows, tags].mean() + chance * logs.mean())

    # The loss is convex in 1/T, so it has one valley in log T too.
    found = minimize_scalar(
        loss, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-8}
    )
    return round(float(np.exp(found.x)), 6)


def fit_logistic(features: Any, right: Any, *, centre: Any, penalty: Any) -> np.ndarray:
    """Weights of a logistic regression, drawn to `centre` by a quadratic penalty.

    features: Shape (n, n_features); a constant column makes an intercept.
    right: Shape (n,), bool or a probability.
    centre, penalty: Shape (n_features,); penalties above 0 keep every weight finite.
    RETURNS (np.ndarray): float64, shape (n_features,).
    """
    x, y = np.asarray(features, dtype=np.float64), np.asarray(right, dtype=np.float64)
    centre, penalty = np.asarray(centre, dtype=np.float64), np.asarray(penalty, dtype=np.float64)
    weights = centre.copy()

    def loss(w: np.ndarray) -> float:
        margins = x @ w
        fit = np.logaddexp(0.0, margins).sum() - (y * margins).sum()
        return float(fit + 0.5 * (penalty * (w - centre) ** 2).sum())

    for _ in range(_NEWTON_STEPS):
        probs = 1.0 / (1.0 + np.exp(-np.clip(x @ weights, -500, 500)))
        gradient = x.T @ (probs - y) + penalty * (weights - centre)
        hessian = (x.T * (probs * (1.0 - probs))) @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        size = 1.0
        # Newton's step may overshoot where the curve is flat.
        while loss(weights - size * step) > loss(weights) and size > 1e-8:
            size /= 2
        weights = weights - size * step
        if np.abs(step).max() < 1e-9:
            break
    return weights
