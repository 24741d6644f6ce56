"""Metrics files with figures made up for the tests."""

from typing import Any, Dict, Optional

NAMES = ("DatasetName", "TaskName")


def scores(f1: Optional[float], *, interval: bool = True) -> Dict[str, Any]:
    known = f1 is not None
    return {
        "precision": f1,
        "recall": f1,
        "f1": f1,
        "macro_f1": f1,
        "token_accuracy": 0.95,
        "f1_low": f1 - 0.05 if known and interval else None,
        "f1_high": f1 + 0.05 if known and interval else None,
        "types": {name: {"precision": f1, "recall": f1, "f1": f1, "n": 1200} for name in NAMES},
    }


def iteration(
    k: int,
    *,
    test: Optional[float] = 0.5,
    dev: Optional[float] = 0.5,
    low_yield: bool = False,
) -> Dict[str, Any]:
    pool = {
        "paragraphs": 2000,
        "accepted_paragraphs": 700,
        "accepted_entities": 1234,
        "expected_entities": 2345,
        "unknown_share": 0.125,
        "low_yield": low_yield,
        "types": {"TaskName": 1234},
        "precision": 0.9,
        "recall": 0.4,
    }
    return {
        "iteration": k,
        "clean": {"test": scores(test), "dev": scores(dev)},
        "paper_protocol": {"f1": 0.8 + k / 100, "token_accuracy": 0.99},
        "pool": pool if k else None,
        "calibration": {"ece": 0.03, "temperature": 1.0},
    }


def nothing_known(k: int) -> Dict[str, Any]:
    """Every figure that may be null is."""
    metrics = iteration(k, test=None, dev=None)
    metrics["paper_protocol"] = None
    metrics["calibration"] = {"ece": None, "temperature": None}
    if metrics["pool"]:
        for key in metrics["pool"]:
            if key != "types":
                metrics["pool"][key] = None
    return metrics
