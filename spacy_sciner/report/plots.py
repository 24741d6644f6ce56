"""The report's plots: SVG that stands in a page, the same bytes for the same figures."""

import io
from statistics import mean, stdev
from typing import Any, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .select import Metrics, type_names
from .tables import RELIABILITY

_BY_ITERATION = {"xlabel": "iteration", "ylabel": "strict entity F1"}


class Plot(NamedTuple):
    """svg (str): An <svg> element; matplotlib escaped the names in it."""

    title: str
    svg: str


def f1_plot(metrics: Sequence[Metrics], human_f1: Optional[float] = None) -> Plot:
    """human_f1 (Optional[float]): Of one annotator against another, a line across."""
    figure, axes = _axes()
    x = [m["iteration"] for m in metrics]
    test = [m["clean"]["test"] for m in metrics]
    low, high = _floats(t["f1_low"] for t in test), _floats(t["f1_high"] for t in test)
    # Bars, not a band: between iterations there is nothing.
    axes.vlines(x, low, high, color="#2c7fb8", alpha=0.25, linewidth=6)
    axes.plot(x, _floats(t["f1"] for t in test), "o-", color="#2c7fb8", label="test, 95 % interval")
    dev = _floats(m["clean"]["dev"]["f1"] for m in metrics)
    axes.plot(x, dev, "s--", color="#41ab5d", label="dev")
    agreement = [(m["paper_protocol"] or {}).get("f1") for m in metrics]
    if any(value is not None for value in agreement):
        label = "self-agreement, not quality\n(the paper's protocol)"
        axes.plot(x, _floats(agreement), "^:", color="#999999", label=label)
    if human_f1 is not None:
        label = "one annotator\nagainst another"
        axes.axhline(human_f1, color="#e6550d", linestyle=":", label=label)
    return _finish(figure, axes, "F1 by iteration", **_BY_ITERATION, xticks=x)


def reliability_plot(reliability: Mapping[str, Any], iteration: int) -> Plot:
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="as often right as sure")
    colors = {"entities": "#2c7fb8", "tokens": "#41ab5d"}
    for what, when in RELIABILITY:
        bins = reliability[what][when]
        line = "o-" if when == "after" else "x:"
        x, y = [b["confidence"] for b in bins], [b["right"] for b in bins]
        axes.plot(x, y, line, color=colors[what], label=f"{what}, {when}")
    title = f"Reliability on the test papers, iteration {iteration}"
    return _finish(figure, axes, title, xlabel="confidence", ylabel="share right", xlim=(0, 1))


def type_plot(metrics: Sequence[Metrics]) -> Plot:
    figure, axes = _axes()
    x = [m["iteration"] for m in metrics]
    for name in type_names(metrics):
        types = [m["clean"]["test"]["types"].get(name, {}).get("f1") for m in metrics]
        axes.plot(x, _floats(types), "o-", label=_as_text(name))
    return _finish(figure, axes, "Test F1 by type and iteration", **_BY_ITERATION, xticks=x)


def draw(
    x: List[int], lines: Mapping[str, Sequence[Optional[float]]], title: str, **labels: Any
) -> Plot:
    """Lines with values in [0, 1]; what is unknown is a gap."""
    figure, axes = _axes()
    for name, y in lines.items():
        axes.plot(x, _floats(y), "o-", label=_as_text(name))
    return _finish(figure, axes, title, **labels)


def f1_lines(
    lines: Mapping[str, Mapping[int, Tuple[float, float]]],
    title: str,
    *,
    xlabel: str,
    log: bool = False,
) -> Plot:
    """A line of each name with its spread.

    lines (Mapping): Of each name and place on the x-axis, mean and standard deviation of test F1.
    log (bool): Over the logarithm of x, with a tick at each place.
    """
    figure, axes = _axes()
    if log:
        axes.set_xscale("log", base=2)
    for name, points in lines.items():
        x = sorted(points)
        means, deviations = zip(*(points[k] for k in x))
        axes.errorbar(x, means, yerr=deviations, marker="o", capsize=3, label=_as_text(name))
    every = sorted({k for points in lines.values() for k in points})
    ticks = {"xticks": every, "xticklabels": [str(k) for k in every]} if log else {}
    return _finish(figure, axes, title, xlabel=xlabel, ylabel="strict test F1", **ticks)


def mean_and_sd(values: Sequence[float]) -> Tuple[float, float]:
    """For `f1_lines`; of one value the deviation is 0."""
    return mean(values), stdev(values) if len(values) > 1 else 0.0


def _floats(values: Iterable[Optional[float]]) -> List[float]:
    """What is unknown is a gap in the line."""
    return [float("nan") if value is None else value for value in values]


def _as_text(name: str) -> str:
    """Between two $ matplotlib reads mathematics."""
    return name.replace("$", r"\$")


def _axes():  # type: ignore[no-untyped-def]
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # Without these the SVG carries random ids: other bytes for the same figure.
    pyplot.rcParams.update({"svg.hashsalt": "spacy_sciner", "font.size": 10})
    figure, axes = pyplot.subplots(figsize=(7.5, 3.6), layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _finish(figure, axes, title: str, **labels: Any) -> Plot:  # type: ignore[no-untyped-def]
    from matplotlib import pyplot

    axes.set(ylim=(0, 1), **labels)
    axes.grid(axis="y", color="#e5e8ec")
    if axes.get_legend_handles_labels()[0]:  # no type has a test entity: no line
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    svg = text.getvalue()
    return Plot(title, svg[svg.index("<svg") :])
