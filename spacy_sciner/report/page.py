"""report/index.html: one page without links to anything, the same bytes for the same metrics."""

import io
from html import escape
from typing import Any, Iterable, List, Mapping, Optional, Sequence

from .select import Metrics, Verdict, best_of, type_names
from .tables import (
    RELIABILITY,
    Row,
    acceptance_rows,
    calibration_rows,
    change_rows,
    drift_rows,
    gamma_rows,
    iteration_rows,
    number,
    pool_rows,
    share_rows,
    type_rows,
)

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
       color: #1d2733; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
td, th { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #dfe4ea; }
td:first-child, th:first-child { text-align: left; }
th { font-weight: 600; background: #f5f7f9; }
.best td { background: #e8f4ec; }
.warn { background: #fdecea; border-left: 4px solid #c0392b; padding: .6rem 1rem; }
.note { color: #566; font-size: .9rem; max-width: 46rem; }
svg { max-width: 100%; height: auto; }
"""

_BY_ITERATION = {"xlabel": "iteration", "ylabel": "strict entity F1"}


def to_html(
    metrics: Sequence[Metrics], verdicts: Sequence[Verdict], reliability: Mapping[str, Any]
) -> str:
    """reliability (Mapping): Bins of the last iteration, {} if there are none."""
    best = best_of(verdicts)
    low = [m["iteration"] for m in metrics if (m["pool"] or {}).get("low_yield")]
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>spacy_sciner: iterations</title><style>{STYLE}</style></head><body>",
        "<h1>What the iterations were worth</h1>",
        f"<p><code>training/best</code>: iteration {best}.</p>",
        *(f"<p>{escape(verdict.reason)}.</p>" for verdict in verdicts[1:]),
    ]
    if low:
        names = ", ".join(map(str, low))
        parts.append(
            f"<p class='warn'><b>Low yield in iteration {names}.</b> γ let through under 1 % of "
            "the entities that gold's density predicts, so without soft labels the pool taught "
            "next to nothing. Train longer, lower γ, or check that pool and gold are the same "
            "kind of text.</p>"
        )
    parts += [
        _f1_plot(metrics),
        _table(iteration_rows(metrics), best_row=[m["iteration"] for m in metrics].index(best)),
        "<p class='note'><b>test, dev</b>: strict entity F1 on gold papers that are the same in "
        "every iteration and never in the pool; the interval is a bootstrap over papers. "
        "<b>self-agreement</b>: the paper's protocol, a random 20 % of each iteration's own "
        "training file, pseudo-labels included. It is not quality and rises even when the loop "
        "does not help. <b>accepted, expected, pool P</b>: pseudo-labels γ let through, what "
        "gold's density predicts, and which share was right where that can be known; "
        "<b>soft P</b>: the same share of all that the soft labels hold likeliest.</p>",
        "<h2>Test F1 by type</h2>",
        _type_plot(metrics),
        _table(type_rows(metrics)),
    ]
    if len(verdicts) > 1:
        parts += [
            "<h2>What each iteration changed</h2>",
            "<p class='note'>F1 against the last promoted iteration, on the same papers; the "
            "interval and the share of rises are a paired bootstrap over papers. dev decides, "
            "test is only shown.</p>",
            _table(change_rows(verdicts)),
        ]
    if any(m["pool"] for m in metrics):
        parts += ["<h2>Accepted pseudo-labels by type</h2>", _table(pool_rows(metrics))]
    if any(m["drift"] for m in metrics):
        parts += [
            "<h2>Drift of the pseudo-labels</h2>",
            "<p class='note'>Accepted entities as a share of the predicted ones; each type's share "
            "of what was accepted, beside gold; Jensen–Shannon divergence of these shares (0 is "
            "the same, 1 nothing in common); and the share of the pool's tokens that changed their "
            "label, got one, or lost it since the iteration before.</p>",
            _table(acceptance_rows(metrics)),
            _table(share_rows(metrics)),
            _table(drift_rows(metrics)),
        ]
    if len(gamma_rows(metrics)) > 1:
        parts += ["<h2>γ</h2>", *_gamma_notes(metrics), _table(gamma_rows(metrics))]
    parts += [
        "<h2>Calibration</h2>",
        "<p class='note'>Expected calibration error on the test papers, ten bins of equal width: "
        "how far confidence and share of right ones are apart, before and after the fit on dev. An "
        "entity is right if gold has exactly it. 0 is best; <b>if perfect</b> is what so few "
        "entities would show if each were right as often as the model says.</p>",
        _table(calibration_rows(metrics)),
    ]
    if reliability:
        parts.append(_reliability_plot(reliability, metrics[-1]["iteration"]))
    return "\n".join([*parts, "</body></html>\n"])


def _gamma_notes(metrics: Sequence[Metrics]) -> List[str]:
    """What each certified γ promises, on which papers, and whether draws of papers bear it out."""
    notes = []
    for m in metrics:
        rule = (m["pool"] or {}).get("gamma") or {}
        if rule.get("rule") != "auto":
            continue
        check, goal = rule["check"], 1 - rule["alpha"]
        certified = [label for label, entry in rule["labels"].items() if entry["certified"]]
        text = (
            f"Iteration {m['iteration']}: precision of at least {goal:.0%} with probability "
            f"{1 - rule['delta']:.0%}, from {rule['papers']} {rule['papers_of']} papers. Certified "
            f"by themselves: {', '.join(certified) or 'no label'}; pooled: "
            f"{'yes' if rule['pooled']['certified'] else 'no, ' + rule['pooled']['reason']}. "
            f"Accepted there: {check['accepted']}, precision {number(check['precision'])}"
        )
        if check["precision_low"] is not None:
            text += f", {number(check['precision_low'])} or more in most draws of whole papers"
        text += "."
        if rule["nominal"]:
            text += (
                " Nominal only: these papers also chose the epoch. For a promise that holds, give "
                "the corpus a split `calibration`."
            )
        notes.append(f"<p class='note'>{escape(text)}</p>")
    return notes


def _table(rows: List[Row], best_row: int = -1) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    lines = [f"<table><tr>{head}</tr>"]
    for i, row in enumerate(rows[1:]):
        mark = " class='best'" if i == best_row else ""
        lines.append(f"<tr{mark}>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>")
    return "\n".join(lines) + "</table>"


def _f1_plot(metrics: Sequence[Metrics]) -> str:
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
    return _finish(figure, axes, "F1 by iteration", **_BY_ITERATION, xticks=x)


def _reliability_plot(reliability: Mapping[str, Any], iteration: int) -> str:
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


def _type_plot(metrics: Sequence[Metrics]) -> str:
    figure, axes = _axes()
    x = [m["iteration"] for m in metrics]
    for name in type_names(metrics):
        types = [m["clean"]["test"]["types"].get(name, {}).get("f1") for m in metrics]
        axes.plot(x, _floats(types), "o-", label=name)
    return _finish(figure, axes, "Test F1 by type and iteration", **_BY_ITERATION, xticks=x)


def draw(
    x: List[int], lines: Mapping[str, Sequence[Optional[float]]], title: str, **labels: Any
) -> str:
    """Lines with values in [0, 1] as an SVG; what is unknown is a gap."""
    figure, axes = _axes()
    for name, y in lines.items():
        axes.plot(x, _floats(y), "o-", label=name)
    return _finish(figure, axes, title, **labels)


def _floats(values: Iterable[Optional[float]]) -> List[float]:
    """What is unknown is a gap in the line."""
    return [float("nan") if value is None else value for value in values]


def _axes():  # type: ignore[no-untyped-def]
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    # Without these the SVG carries random ids: other bytes for the same figure.
    pyplot.rcParams.update({"svg.hashsalt": "spacy_sciner", "font.size": 10})
    figure, axes = pyplot.subplots(figsize=(7.5, 3.6), layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _finish(figure, axes, title: str, **labels: Any) -> str:  # type: ignore[no-untyped-def]
    from matplotlib import pyplot

    axes.set(ylim=(0, 1), **labels)
    axes.grid(axis="y", color="#e5e8ec")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    svg = text.getvalue()
    return f"<div role='img' aria-label='{title}'>{svg[svg.index('<svg') :]}</div>"
