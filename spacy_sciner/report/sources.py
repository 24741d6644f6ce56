"""What a comparison of annotation sources says. Pure."""

from typing import Any, Dict, List, Sequence, Tuple

from .plots import f1_lines, mean_and_sd
from .repeat import spread

ALONE = "gold alone"
Row = Dict[str, Any]


def sources_text(rows: Sequence[Row]) -> str:
    """A line for each share of gold and each way of using it, and what the other's labels add."""
    head = f"{'gold':>6}{'paragraphs':>12}  {'trained on':14}{'dev F1':16}{'test F1':16}"
    lines = [head + "against gold alone, paired"]
    keys = dict.fromkeys((r["share"], r["kind"], r["loss"]) for r in _sorted(rows))
    for share, kind, loss in keys:
        mine = [r for r in rows if (r["share"], r["kind"], r["loss"]) == (share, kind, loss)]
        base = {r["seed"]: r for r in rows if (r["share"], r["kind"]) == (share, ALONE)}
        gains = [r["test"]["f1"] - base[r["seed"]]["test"]["f1"] for r in mine if r["seed"] in base]
        name = kind if kind == ALONE else f"both, {loss}" if share else f"other's, {loss}"
        n = round(sum(r["paragraphs"] for r in mine) / len(mine))
        dev, test = (spread([r[split]["f1"] for r in mine]) for split in ("dev", "test"))
        against = spread(gains, sign=True) if gains and kind != ALONE else ""
        lines.append(f"{share:>6.0%}{n:>12,}  {name:14}{dev:16}{test:16}{against}")
    note = "gold: share of its paragraphs. Strict entity F1, mean ± standard deviation over seeds."
    lines += ["", note, ""]
    return "\n".join(line.rstrip() for line in lines)


def sources_svg(rows: Sequence[Row]) -> str:
    """A line for each way of using gold over its share, bars of one standard deviation."""
    lines: Dict[str, Dict[int, Tuple[float, float]]] = {}
    for share, kind, loss in dict.fromkeys((r["share"], r["kind"], r["loss"]) for r in rows):
        mine = [r for r in rows if (r["share"], r["kind"], r["loss"]) == (share, kind, loss)]
        name = kind if kind == ALONE else f"both, {loss}"
        scores = mean_and_sd([r["test"]["f1"] for r in mine])
        lines.setdefault(name, {})[round(100 * share)] = scores
    return f1_lines(lines, "Test F1 by the share of gold", xlabel="gold, % of paragraphs").svg


def _sorted(rows: Sequence[Row]) -> List[Row]:
    return sorted(rows, key=lambda r: (r["share"], r["kind"] == ALONE, r["loss"] != "nll"))
