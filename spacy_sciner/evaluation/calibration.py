"""How far confidences are from how often they are right."""

from typing import Iterable, List, Optional, Tuple

import numpy as np
from spacy.tokens import Doc

N_BINS = 10


def entity_outcomes(
    golds: Iterable[Doc], predictions: Iterable[Doc], *, spans_key: str = "sciner"
) -> Tuple[List[float], List[bool]]:
    """Confidence of every predicted entity, and whether gold has exactly that entity."""
    scores: List[float] = []
    right: List[bool] = []
    for gold, predicted in zip(golds, predictions):
        known = {(e.start, e.end, e.label_) for e in gold.ents}
        group = predicted.spans[spans_key]
        for span, mark in zip(group, group.attrs["scores"]):
            scores.append(float(mark))
            right.append((span.start, span.end, span.label_) in known)
    return scores, right


def expected_calibration_error(
    scores: Iterable[float], right: Iterable[bool], *, n_bins: int = N_BINS
) -> Optional[float]:
    """Mean |confidence − share right| over equal-width bins, weighted by their size.

    RETURNS (float): In [0, 1]; None where there is no prediction.
    SOURCE: Guo et al., On calibration of modern neural networks, ICML 2017.
    """
    confidence = np.asarray(list(scores), dtype=np.float64)
    correct = np.asarray(list(right), dtype=np.float64)
    if not len(confidence):
        return None
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    error = 0.0
    for i in range(n_bins):
        inside = bins == i
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    return float(error)
