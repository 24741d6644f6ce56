"""How the pool's labels moved, from what each iteration's evaluation left behind."""

import zlib
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ..errors import Errors, ScinerError
from ..scoring.drift import divergence, label_changes, shares
from .select import Metrics


def drifts(metrics: Sequence[Metrics], root: Path) -> List[Optional[Dict[str, Any]]]:
    """One for each iteration, None for those without a pool.

    RETURNS (list): "from_gold" and "from_previous" (Jensen–Shannon divergence of the accepted
        entities' types, base 2), "shares" and "gold_shares" by type, and "tokens", what became of
        the pool's tokens since the iteration before (`label_changes`).
    RAISES (ScinerError): SCINER-E401 without an iteration's tags.
    """
    found: List[Optional[Dict[str, Any]]] = []
    previous: Optional[Metrics] = None
    tags_before: Optional[np.ndarray] = None
    for m in metrics:
        pool = m["pool"] or {}
        if "gold_types" not in pool:
            found.append(None)
            continue
        tags = read_tags(root / f"evaluation/iteration-{m['iteration']}.tags")
        found.append(
            {
                "from_gold": divergence(pool["gold_types"], pool["types"]),
                "from_previous": divergence(previous["pool"]["types"], pool["types"])
                if previous
                else None,
                "gold_shares": shares(pool["gold_types"]),
                "shares": shares(pool["types"]),
                "tokens": None if tags_before is None else label_changes(tags_before, tags),
            }
        )
        previous, tags_before = m, tags
    return found


def read_tags(path: Path) -> np.ndarray:
    """The pool's tags as the evaluate stage wrote them: int16, deflated."""
    if not path.is_file():
        raise ScinerError(Errors.E401.format(path=path))
    return np.frombuffer(zlib.decompress(path.read_bytes()), dtype="<i2")
