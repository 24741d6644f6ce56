"""What a simulation of active learning says: F1 by annotated tokens, beside random. Pure."""

from statistics import mean
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from .plots import f1_lines, mean_and_sd
from .repeat import mean_interval, spread

Row = Dict[str, Any]
Curve = List[Tuple[int, float]]  # tokens, F1
BASELINE, ALL = "random", "all"


def curves_of(rows: Sequence[Row], split: str = "test") -> Dict[str, Dict[int, Curve]]:
    """F1 by tokens of each strategy and seed."""
    found: Dict[str, Dict[int, Curve]] = {}
    for row in sorted(rows, key=lambda row: row["tokens"]):
        of_seed = found.setdefault(row["strategy"], {}).setdefault(row["seed"], [])
        of_seed.append((row["tokens"], row[split]))
    return found


def area(curve: Curve, upto: int) -> float:
    """Mean F1 between the start and `upto` tokens: the area under the curve over its width."""
    tokens, f1 = zip(*curve)
    first, last = tokens[0], max(upto, tokens[0] + 1)
    x = np.array([first, *(t for t in tokens if first < t < last), last])
    y = np.interp(x, tokens, f1)
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum() / (last - first))


def tokens_to_reach(curve: Curve, f1: float) -> Optional[int]:
    """Tokens at which a curve first is at least so high, between its points; None: never."""
    for (t0, f0), (t1, f1_next) in zip(curve, curve[1:]):
        if f0 >= f1:
            return t0
        if f1_next >= f1:
            return round(t0 + (f1 - f0) / (f1_next - f0) * (t1 - t0))
    return curve[-1][0] if curve and curve[-1][1] >= f1 else None


def learning_text(rows: Sequence[Row], *, reach: float = 0.95) -> str:
    """Tables for the screen: F1 of each round, the area beside random's, tokens to full F1."""
    curves = curves_of(rows)
    full = [f1 for curve in curves.pop(ALL, {}).values() for _, f1 in curve]
    lines = [f"{'strategy':16}{'round':>6}{'tokens':>9}  test F1        against random, paired"]
    for strategy in curves:
        mine = [row for row in rows if row["strategy"] == strategy]
        for number in sorted({row["round"] for row in mine}):
            lines.append(_round_line(rows, strategy, number))
    lines += [
        "",
        f"{'strategy':16}  {'area':15}{'against random':16}{'95 %':18}tokens to {reach:.0%} of "
        "full F1",
    ]
    for strategy, of_seed in curves.items():
        lines.append(_area_line(curves, strategy, of_seed, full, reach))
    if full:
        lines += ["", f"All of the gold: test F1 {spread(full)}."]
    lines += [
        "Mean ± standard deviation over seeds; area: mean F1 over the annotated tokens, with the",
        "interval of the mean gain by Student's t.",
        "",
    ]
    return "\n".join(line.rstrip() for line in lines)


def learning_svg(rows: Sequence[Row]) -> str:
    """A line for each strategy over annotated tokens, bars of one standard deviation."""
    lines: Dict[str, Dict[int, Tuple[float, float]]] = {}
    for strategy, number in dict.fromkeys((r["strategy"], r["round"]) for r in rows):
        mine = [r for r in rows if (r["strategy"], r["round"]) == (strategy, number)]
        tokens = round(mean(r["tokens"] for r in mine))
        lines.setdefault(strategy, {})[tokens] = mean_and_sd([r["test"] for r in mine])
    return f1_lines(lines, "Test F1 by annotated tokens", xlabel="annotated tokens").svg


def _round_line(rows: Sequence[Row], strategy: str, number: int) -> str:
    mine, base = (
        {r["seed"]: r for r in rows if (r["strategy"], r["round"]) == (name, number)}
        for name in (strategy, BASELINE)
    )
    gains = [mine[s]["test"] - base[s]["test"] for s in mine if s in base]
    tokens = round(mean(r["tokens"] for r in mine.values()))
    against = "" if strategy == BASELINE or not gains else spread(gains, sign=True)
    f1 = spread([r["test"] for r in mine.values()])
    return f"{strategy:16}{number:>6}{tokens:>9,}  {f1:15}{against}"


def _area_line(
    curves: Dict[str, Dict[int, Curve]],
    strategy: str,
    of_seed: Dict[int, Curve],
    full: Sequence[float],
    reach: float,
) -> str:
    upto = min(curve[-1][0] for seeds in curves.values() for curve in seeds.values())
    areas = {seed: area(curve, upto) for seed, curve in of_seed.items()}
    base = {seed: area(curve, upto) for seed, curve in curves.get(BASELINE, {}).items()}
    gains = [areas[s] - base[s] for s in areas if s in base]
    against = between = reached = ""
    if strategy != BASELINE and gains:
        against = spread(gains, sign=True)
        if len(gains) > 1:
            between = "{:+.3f} to {:+.3f}".format(*mean_interval(gains))
    if full and mean(full):  # what learns nothing is reached by nothing
        found = [tokens_to_reach(curve, reach * mean(full)) for curve in of_seed.values()]
        known = [tokens for tokens in found if tokens is not None]
        seeds = f"({len(known)} of {len(found)} seeds)"
        reached = f"{round(mean(known)):,} {seeds}" if known else "not reached"
    return f"{strategy:16}  {spread(list(areas.values())):15}{against:16}{between:18}{reached}"
