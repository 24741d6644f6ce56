"""Which iteration is the best: what the dev papers say, never the test papers. Pure."""

from typing import Any, Dict, List, Sequence, Tuple

Metrics = Dict[str, Any]  # one metrics/iteration-K.json


def choose_best(metrics: Sequence[Metrics]) -> Tuple[int, str]:
    """The iteration with the highest F1 on the gold dev papers, ties to the earlier one.

    RETURNS (Tuple[int, str]): The iteration, and a sentence that says why.
    """
    best = max(metrics, key=lambda m: (dev_f1(m), -m["iteration"]))
    reason = f"iteration {best['iteration']} has the highest dev F1 ({dev_f1(best):.3f})"
    last = max(m["iteration"] for m in metrics)
    if best["iteration"] != last:
        reason += f"; the later ones did not help on dev (iteration {last}: "
        reason += f"{dev_f1(next(m for m in metrics if m['iteration'] == last)):.3f})"
    return int(best["iteration"]), reason


def dev_f1(metrics: Metrics) -> float:
    f1: float = metrics["clean"]["dev"]["f1"]
    return f1


def type_names(metrics: Sequence[Metrics]) -> List[str]:
    """Every type that the test papers have, sorted."""
    return sorted({name for m in metrics for name in m["clean"]["test"]["types"]})
