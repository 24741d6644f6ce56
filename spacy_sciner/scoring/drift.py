"""How the pool's labels move between iterations, and away from gold. Pure."""

from typing import Any, Dict, Mapping, Optional

import numpy as np


def divergence(first: Mapping[str, int], second: Mapping[str, int]) -> Optional[float]:
    """Jensen–Shannon divergence of two label counts, base 2: 0 is the same shares, 1 is no label
    in common; None where one of them is empty."""
    from scipy.spatial.distance import jensenshannon  # half a second

    names = sorted({*first, *second})
    p = np.array([first.get(name, 0) for name in names], dtype=np.float64)
    q = np.array([second.get(name, 0) for name in names], dtype=np.float64)
    if not p.sum() or not q.sum():
        return None
    with np.errstate(invalid="ignore"):  # the root of -1e-17, where they are all but equal
        distance = jensenshannon(p, q, base=2)
    return float(np.nan_to_num(distance) ** 2)


def shares(counts: Mapping[str, int]) -> Dict[str, float]:
    total = max(1, sum(counts.values()))
    return {name: n / total for name, n in sorted(counts.items())}


def label_changes(before: np.ndarray, after: np.ndarray) -> Optional[Dict[str, Any]]:
    """What became of the pool's tokens since the iteration before.

    before, after (np.ndarray): Tag of each token of the same pool, -1 where it is unknown.
    RETURNS (dict): Shares of all tokens: "changed" (known in both, another tag), "learnt" (unknown
        before), "forgotten" (unknown now); None if the pools differ or are empty.
    """
    if len(before) != len(after) or not len(after):
        return None
    known, known_now = before >= 0, after >= 0
    return {
        "changed": float((known & known_now & (before != after)).mean()),
        "learnt": float((~known & known_now).mean()),
        "forgotten": float((known & ~known_now).mean()),
    }
