"""A loop run with several seeds: what an iteration gains, and how much one run says of it. Pure."""

from statistics import mean, stdev
from typing import Any, Dict, List, Sequence, Tuple

from .select import Metrics
from .tables import Row, to_text

Seeds = Dict[int, List[Metrics]]  # by seed: metrics/iterations.json


def repeat_rows(seeds: Seeds) -> List[Row]:
    """A row for each iteration: mean ± standard deviation, and how often it was shipped."""
    rows = [["K", "test F1", "P", "R", "macro F1", "dev F1", "ECE", "shipped"]]
    for k in iterations_of(seeds):
        found = [metrics[k] for metrics in seeds.values()]
        test = [m["clean"]["test"] for m in found]
        n_shipped = sum(shipped_of(metrics) == k for metrics in seeds.values())
        rows.append(
            [
                str(k),
                *(spread([t[key] for t in test]) for key in ("f1", "precision", "recall")),
                spread([t["macro_f1"] for t in test]),
                spread([m["clean"]["dev"]["f1"] for m in found]),
                spread([m["calibration"]["ece"] for m in found]),
                f"{n_shipped} of {len(seeds)}",
            ]
        )
    return rows


def repeat_text(seeds: Seeds, *, resplit: bool = False) -> str:
    """The table and what it says: paired gains, what was shipped, what one run may differ by.

    resplit (bool): Whether each seed has splits of its own.
    """
    of_what = "training and of the splits" if resplit else "training, on the same gold"
    lines = [
        to_text(repeat_rows(seeds)).rstrip(),
        f"K: iteration. Mean ± standard deviation over seeds of {of_what}.",
        "",
    ]
    return "\n".join([*lines, *statements(seeds)]) + "\n"


def statements(seeds: Seeds) -> List[str]:
    """One sentence each."""
    first, *others = iterations_of(seeds)
    lines = []
    for k in others:
        lines.append(f"Iteration {k} against {first}, same seed: {gain(seeds, first, k)}.")
    shipped = [_f1(m, shipped_of(m)) - _f1(m, first) for m in seeds.values()]
    lines.append(
        f"What was shipped against iteration {first}: test F1 {spread(shipped, sign=True)}."
    )
    gained = [s for s, m in seeds.items() if any(_f1(m, k) > _f1(m, first) for k in others)]
    n_right = sum(_f1(seeds[s], shipped_of(seeds[s])) > _f1(seeds[s], first) for s in gained)
    if others:
        lines.append(
            f"In {len(gained)} of {len(seeds)} seeds an iteration was better on test than "
            f"iteration {first}; in {n_right} of these such a one was shipped."
        )
    if len(others) > 1:
        stops = [before_stop(m) for m in seeds.values()]
        cost = [_f1(m, shipped_of(m)) - _f1(m, k) for m, k in zip(seeds.values(), stops)]
        n_early = sum(k + 2 < len(m) for m, k in zip(seeds.values(), stops))
        lines.append(
            f"`--until-stop` would have ended before the last iteration in {n_early} of "
            f"{len(seeds)} seeds; against it, going on gained {spread(cost, sign=True)} test F1."
        )
    if len(seeds) > 1:
        last = stdev([_f1(m, -1) for m in seeds.values()])
        lines.append(
            f"One run alone: its last test F1 is within {2 * last:.3f} of the mean in about 95 of "
            "100 runs."
        )
    return lines


def gain(seeds: Seeds, before: int, after: int) -> str:
    """The paired change of test F1, the interval of its mean, and how often it rises."""
    changes = [_f1(m, after) - _f1(m, before) for m in seeds.values()]
    text = f"test F1 {spread(changes, sign=True)}"
    if len(changes) > 1:
        low, high = mean_interval(changes)
        text += f" (the mean, 95 %: {low:+.3f} to {high:+.3f})"
    return text + f", higher in {sum(c > 0 for c in changes)} of {len(changes)}"


def mean_interval(values: Sequence[float]) -> Tuple[float, float]:
    """95 % interval of a mean by Student's t; two values or more."""
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * stdev(values) / len(values) ** 0.5
    return mean(values) - half, mean(values) + half


def iterations_of(seeds: Seeds) -> List[int]:
    """Those that every seed has."""
    return list(range(min(len(metrics) for metrics in seeds.values())))


def shipped_of(metrics: Sequence[Metrics]) -> int:
    """The iteration in training/best."""
    return [k for k, m in enumerate(metrics) if m["promotion"]["promoted"]][-1]


def before_stop(metrics: Sequence[Metrics]) -> int:
    """The iteration that `sciner iterate --until-stop` ships: all up to it were promoted."""
    refused = (k for k, m in enumerate(metrics) if not m["promotion"]["promoted"])
    return next(refused, len(metrics)) - 1


def spread(values: Sequence[Any], *, sign: bool = False) -> str:
    """mean ± sd; "–" where a value is not known."""
    if any(value is None for value in values):
        return "–"
    plus = "+" if sign else ""
    text = f"{mean(values):{plus}.3f}"
    return f"{text} ± {stdev(values):.3f}" if len(values) > 1 else text


def _f1(metrics: Sequence[Metrics], k: int) -> float:
    return float(metrics[k]["clean"]["test"]["f1"])
