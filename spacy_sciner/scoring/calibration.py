"""How far confidences are from how often they are right."""

from typing import Any, Dict, Iterable, List, Optional

import numpy as np

N_BINS = 10


def expected_calibration_error(
    scores: Iterable[float], right: Iterable[bool], *, n_bins: int = N_BINS
) -> Optional[float]:
    """Mean |confidence − share right| over equal-width bins, weighted by their size.

    RETURNS (float): In [0, 1]; None where there is no prediction.
    SOURCE: Guo et al., On calibration of modern neural networks, ICML 2017.
    """
    bins = reliability_bins(scores, right, n_bins=n_bins)
    total = sum(b["n"] for b in bins)
    if not total:
        return None
    return float(sum(b["n"] * abs(b["confidence"] - b["right"]) for b in bins) / total)


def reliability_bins(
    scores: Iterable[float], right: Iterable[bool], *, n_bins: int = N_BINS
) -> List[Dict[str, Any]]:
    """The bins of equal width that have a prediction, from unsure to sure.

    RETURNS (List[dict]): "confidence" (mean), "right" (share), "n".
    """
    confidence = np.asarray(list(scores), dtype=np.float64)
    correct = np.asarray(list(right), dtype=np.float64)
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    return [
        {
            "confidence": float(confidence[inside].mean()),
            "right": float(correct[inside].mean()),
            "n": int(inside.sum()),
        }
        for inside in (bins == i for i in range(n_bins))
        if inside.any()
    ]


def error_of_perfect(scores: Iterable[float], *, n_draws: int = 200, seed: int = 0) -> float:
    """The calibration error to expect if each prediction were right as often as it says.

    Few predictions scatter: what is measured cannot be expected to fall below this.
    """
    confidence = np.asarray(list(scores), dtype=np.float64)
    draws = np.random.default_rng(seed).random((n_draws, len(confidence))) < confidence
    errors = [expected_calibration_error(confidence, right) or 0.0 for right in draws]
    return float(np.mean(errors))
