"""The metrics of all iterations as rows, and rows as plain text, Markdown and CSV. Pure."""

import csv
import io
from typing import Any, List, Mapping, Optional, Sequence

from .select import Metrics, Verdict, type_names

Row = List[str]
# Lines of the reliability diagram: of what, before or after calibration.
RELIABILITY = [(what, when) for what in ("entities", "tokens") for when in ("before", "after")]


def iteration_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """One row an iteration: the clean scores, the paper's protocol if any has it, and the pool."""
    agreement = has_agreement(metrics)
    rows = [
        [
            *("K", "test F1", "95 %", "P", "R", "dev F1"),
            *(["self-agreement"] if agreement else []),
            "accepted",
            "expected",
            "pool P",
            "soft P",
        ]
    ]
    for m in metrics:
        test, pool = m["clean"]["test"], m["pool"] or {}
        interval = "–"
        if test["f1_low"] is not None:
            interval = f"{test['f1_low']:.3f}–{test['f1_high']:.3f}"
        rows.append(
            [
                str(m["iteration"]),
                number(test["f1"]),
                interval,
                number(test["precision"]),
                number(test["recall"]),
                number(m["clean"]["dev"]["f1"]),
                *([number((m["paper_protocol"] or {}).get("f1"))] if agreement else []),
                count(pool.get("accepted_entities")),
                count(pool.get("expected_entities")),
                number(pool.get("precision")),
                number((pool.get("soft") or {}).get("precision")),
            ]
        )
    return rows


def has_agreement(metrics: Sequence[Metrics]) -> bool:
    """Whether any iteration was also measured as the paper does (`evaluate.paper_protocol`)."""
    return any(m["paper_protocol"] for m in metrics)


def type_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """Test F1 of each type in each iteration, and its number of gold entities."""
    rows = [["type", "gold", *(f"iteration {m['iteration']}" for m in metrics)]]
    for name in type_names(metrics):
        types = [m["clean"]["test"]["types"].get(name) for m in metrics]
        n_gold = next(t["n"] for t in types if t)
        rows.append([name, count(n_gold), *(number(t and t["f1"]) for t in types)])
    return rows


def pool_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """Accepted entities of each type in each iteration, and the tokens left unknown."""
    pools = [m for m in metrics if m["pool"]]
    names = sorted({name for m in pools for name in m["pool"]["types"]})
    rows = [["type", *(f"iteration {m['iteration']}" for m in pools)]]
    for name in names:
        rows.append([name, *(count(m["pool"]["types"].get(name, 0)) for m in pools)])
    rows.append(["(tokens unknown)", *(share(m["pool"]["unknown_share"]) for m in pools)])
    return rows


def change_rows(verdicts: Sequence[Verdict]) -> List[Row]:
    """What each iteration changed against the last promoted one: all, macro, and each type."""
    rows = [
        ["iteration", "against", "F1 of", "dev gold", "dev", "95 %", "P(rise)", "test", "P(rise)"]
    ]
    for verdict in verdicts:
        for name, dev in verdict.dev.items():
            test = verdict.test.get(name)
            interval = "–" if dev.low is None else f"{dev.low:+.3f} to {dev.high:+.3f}"
            rows.append(
                [
                    f"{verdict.iteration}{'' if verdict.promoted else ' (not promoted)'}",
                    str(verdict.against),
                    {"f1": "all", "macro_f1": "all, macro"}.get(name, name),
                    count(dev.n),
                    f"{dev.change:+.3f}",
                    interval,
                    share(dev.p_rise),
                    f"{test.change:+.3f}" if test else "–",
                    share(test.p_rise if test else None),
                ]
            )
    return rows


def acceptance_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """Accepted entities of each type as a share of the predicted ones."""
    pools = [m for m in metrics if (m["pool"] or {}).get("predicted_types")]
    names = sorted({name for m in pools for name in m["pool"]["predicted_types"]})
    rows = [["type", *(f"iteration {m['iteration']}" for m in pools)]]
    for name in names:
        cells = []
        for m in pools:
            n_predicted = m["pool"]["predicted_types"].get(name, 0)
            n_accepted = m["pool"]["types"].get(name, 0)
            part = share(n_accepted / n_predicted) if n_predicted else "–"
            cells.append(f"{part} of {count(n_predicted)}")
        rows.append([name, *cells])
    return rows


def drift_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """How far the accepted labels are from gold's and the last iteration's, and what tokens did."""
    rows = [["iteration", "from gold", "from the last", "tokens changed", "learnt", "forgotten"]]
    for m in metrics:
        if not m.get("drift"):
            continue
        tokens = m["drift"]["tokens"] or {}
        rows.append(
            [
                str(m["iteration"]),
                number(m["drift"]["from_gold"]),
                number(m["drift"]["from_previous"]),
                *(share(tokens.get(key), 2) for key in ("changed", "learnt", "forgotten")),
            ]
        )
    return rows


def share_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """Each type's share of gold's entities and of every iteration's accepted ones."""
    drifts = [m for m in metrics if m.get("drift")]
    if not drifts:
        return [["type", "gold"]]
    rows = [["type", "gold", *(f"iteration {m['iteration']}" for m in drifts)]]
    gold = drifts[-1]["drift"]["gold_shares"]
    for name in sorted({*gold, *(n for m in drifts for n in m["drift"]["shares"])}):
        cells = [share(m["drift"]["shares"].get(name, 0.0)) for m in drifts]
        rows.append([name, share(gold.get(name, 0.0)), *cells])
    return rows


def shares_csv(metrics: Sequence[Metrics]) -> str:
    """Long table for the plot: gold's shares stand at iteration 0."""
    rows = [["iteration", "series", "share"]]
    drifts = [m for m in metrics if m.get("drift")]
    if drifts:
        gold = drifts[-1]["drift"]["gold_shares"]
        rows += [["0", name, f"{value:.6f}"] for name, value in gold.items()]
    for m in drifts:
        shares = m["drift"]["shares"].items()
        rows += [[str(m["iteration"]), name, f"{value:.6f}"] for name, value in shares]
    return to_csv(rows)


def calibration_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """Expected calibration errors of each iteration, before and after the fit on dev."""
    heads = {
        "entities, before": "ece_before",
        "entities, after": "ece",
        "if perfect": "ece_of_perfect",
        "tokens, before": "token_ece_before",
        "tokens, after": "token_ece",
        "temperature": "temperature",
    }
    rows = [["iteration", *heads]]
    for m in metrics:
        figures = m["calibration"] or {}
        rows.append([str(m["iteration"]), *(number(figures.get(key)) for key in heads.values())])
    return rows


def gamma_rows(metrics: Sequence[Metrics]) -> List[Row]:
    """γ of each label in each iteration that has one of its own, and what certifies it."""
    rows = [["iteration", "label", "γ", "source", "accepted", "wrong", "at most wrong", "yield"]]
    for m in metrics:
        rule = (m["pool"] or {}).get("gamma") or {}
        if rule.get("rule") not in ("auto", "adaptive"):
            continue
        entries = dict(rule["labels"])
        if "pooled" in rule:
            entries["(pooled)"] = rule["pooled"]
        for label, entry in entries.items():
            source = entry.get("source", "")
            if entry.get("gamma") is None:
                source = "none: accepts nothing"
            rows.append(
                [
                    str(m["iteration"]),
                    label,
                    number(entry.get("gamma")),
                    source or rule["rule"],
                    count(entry.get("accepted")),
                    count(entry.get("wrong")),
                    share(entry.get("bound")),
                    share(entry.get("yield", entry.get("share"))),
                ]
            )
    return rows


def reliability_csv(reliability: Mapping[str, Any]) -> str:
    """Long table for the plot: series, mean confidence of a bin, share right, its size."""
    rows = [["series", "confidence", "right", "n"]]
    rows += [["as often right as sure", edge, edge, "0"] for edge in ("0.000000", "1.000000")]
    for what, when in RELIABILITY:
        for one in reliability.get(what, {}).get(when, ()):
            cells = [f"{one['confidence']:.6f}", f"{one['right']:.6f}", str(one["n"])]
            rows.append([f"{what}, {when}", *cells])
    return to_csv(rows)


def f1_csv(metrics: Sequence[Metrics], human_f1: Optional[float] = None) -> str:
    """Long table for the plot: iteration, which F1, its value."""
    rows = [["iteration", "series", "f1"]]
    for m in metrics:
        test = m["clean"]["test"]
        series = {
            "test": test["f1"],
            "test, low end of 95 %": test["f1_low"],
            "test, high end of 95 %": test["f1_high"],
            "dev": m["clean"]["dev"]["f1"],
            "self-agreement (paper's protocol)": (m["paper_protocol"] or {}).get("f1"),
            "one annotator against another": human_f1,
        }
        rows += [[str(m["iteration"]), k, f"{v:.6f}"] for k, v in series.items() if v is not None]
    return to_csv(rows)


def types_csv(metrics: Sequence[Metrics]) -> str:
    rows = [["iteration", "series", "f1"]]
    for m in metrics:
        for name, figures in sorted(m["clean"]["test"]["types"].items()):
            if figures["f1"] is not None:
                rows.append([str(m["iteration"]), name, f"{figures['f1']:.6f}"])
    return to_csv(rows)


def to_csv(rows: Sequence[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def to_text(rows: Sequence[Row]) -> str:
    """Columns aligned with spaces, the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines) + "\n"


def to_markdown(rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|---" * len(rows[0]) + "|")
    return "\n".join(lines) + "\n"


def number(value: Optional[float]) -> str:
    return "–" if value is None else f"{value:.3f}"


def share(value: Optional[float], digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}%}"


def count(value: Any) -> str:
    return "–" if value is None else f"{value:,}"
