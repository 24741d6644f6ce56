"""metrics/latest.json: the few figures that `dvc metrics` lists and compares. Pure."""

from typing import Any, Dict

from .select import Metrics

MOST = 20  # figures: `dvc metrics diff` then fits a small terminal
DIGITS = 4


def headline(metrics: Metrics) -> Dict[str, Any]:
    """Numbers only, None where nothing is known; one iteration has the names of every other.

    metrics (Metrics): metrics/iteration-K.json with its `promotion`.
    RETURNS (dict): "test" (F1, precision, recall, macro F1), "dev" (F1), "type" (test F1 of each
        type; of many, those with most test entities), "calibration" (error of the entities'
        confidences), "pool" (accepted entities and their precision), "promoted" (1 or 0).
    """
    test, pool = metrics["clean"]["test"], metrics["pool"] or {}
    figures: Dict[str, Any] = {
        "test": {key: _number(test[key]) for key in ("f1", "precision", "recall", "macro_f1")},
        "dev": {"f1": _number(metrics["clean"]["dev"]["f1"])},
        "calibration": {"ece": _number(metrics["calibration"]["ece"])},
        "pool": {
            "accepted": pool.get("accepted_entities", 0),
            "precision": _number(pool.get("precision")),
        },
        "promoted": int(metrics["promotion"]["promoted"]),
    }
    n_left = MOST - sum(len(v) if isinstance(v, dict) else 1 for v in figures.values())
    types = sorted(test["types"], key=lambda name: (-test["types"][name]["n"], name))[:n_left]
    figures["type"] = {name: _number(test["types"][name]["f1"]) for name in sorted(types)}
    return figures


def _number(value: Any) -> Any:
    return None if value is None else round(float(value), DIGITS)
