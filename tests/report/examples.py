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
        "predicted_types": {"DatasetName": 10, "TaskName": 2468},
        "gold_types": {"DatasetName": 300, "TaskName": 100},
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


def papers_of(metrics: Dict[str, Any]) -> Dict[str, Any]:
    """Counts of four papers with about the F1 that the metrics have, a type each in all of them."""
    return {
        split: {
            f"P{i}": [
                {
                    name: [round(100 * (figures["f1"] or 0)), 100, 100 if figures["f1"] else 0]
                    for name in figures["types"]
                }
            ]
            for i in range(4)
        }
        for split, figures in metrics["clean"].items()
    }


def nothing_known(k: int) -> Dict[str, Any]:
    """Every figure that may be null is."""
    metrics = iteration(k, test=None, dev=None)
    metrics["paper_protocol"] = None
    metrics["calibration"] = {"ece": None, "temperature": None}
    if metrics["pool"]:
        metrics["pool"] = {**dict.fromkeys(metrics["pool"]), "types": {}}
        del metrics["pool"]["gold_types"]
    return metrics
