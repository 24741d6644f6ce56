"""Which iteration is the best: what the dev papers say, never the test papers. Pure."""

from typing import Any, Dict, List, Optional, Sequence, Tuple

Metrics = Dict[str, Any]  # one metrics/iteration-K.json


def choose_best(metrics: Sequence[Metrics]) -> Tuple[int, str]:
    """The iteration with the highest F1 on the gold dev papers, ties to the earlier one.

    RETURNS (Tuple[int, str]): The iteration, and a sentence that says why.
    """
    scored = [m for m in metrics if dev_f1(m) is not None]
    if not scored:
        first = min(int(m["iteration"]) for m in metrics)
        return first, f"iteration {first}, since none has a dev F1 to choose by"
    best = max(scored, key=lambda m: (dev_f1(m), -m["iteration"]))
    reason = f"iteration {best['iteration']} has the highest dev F1 ({dev_f1(best):.3f})"
    last = max(scored, key=lambda m: m["iteration"])
    if best is not last:
        reason += "; the later ones did not help on dev "
        reason += f"(iteration {last['iteration']}: {dev_f1(last):.3f})"
    return int(best["iteration"]), reason


def dev_f1(metrics: Metrics) -> Optional[float]:
    f1: Optional[float] = metrics["clean"]["dev"]["f1"]
    return f1


def type_names(metrics: Sequence[Metrics]) -> List[str]:
    """Every type that the test papers have, sorted."""
    return sorted({name for m in metrics for name in m["clean"]["test"]["types"]})
