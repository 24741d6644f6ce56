"""report/index.html: one page without links to anything, the same bytes for the same metrics."""

from typing import Any, List, Mapping, Optional, Sequence

from .plots import f1_plot, reliability_plot, type_plot
from .select import Metrics, Verdict, best_of
from .tables import (
    acceptance_rows,
    calibration_rows,
    change_rows,
    drift_rows,
    gamma_rows,
    has_agreement,
    iteration_rows,
    number,
    pool_rows,
    share_rows,
    type_rows,
)


def render(template: str, **values: Any) -> str:
    """A page from a template in templates/; every value is escaped, a plot's SVG apart."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    pages = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return pages.get_template(template).render(values)


def to_html(
    metrics: Sequence[Metrics],
    verdicts: Sequence[Verdict],
    reliability: Mapping[str, Any],
    sentence: str,
    *,
    human_f1: Optional[float] = None,
) -> str:
    """reliability (Mapping): Bins of the last iteration, {} if there are none.
    sentence (str): What was shipped, why, and how sure that is.
    """
    best = best_of(verdicts)
    numbers = [m["iteration"] for m in metrics]
    gammas = gamma_rows(metrics)
    drift = [acceptance_rows(metrics), share_rows(metrics), drift_rows(metrics)]
    return render(
        "iterations.html",
        sentence=sentence,
        best_row=numbers.index(best),
        reasons=[text for v in verdicts[1:] for text in (v.reason, *v.warnings)],
        low_yield=[m["iteration"] for m in metrics if (m["pool"] or {}).get("low_yield")],
        f1_plot=f1_plot(metrics, human_f1),
        iterations=iteration_rows(metrics),
        agreement=has_agreement(metrics),
        type_plot=type_plot(metrics),
        types=type_rows(metrics),
        changes=change_rows(verdicts) if len(verdicts) > 1 else None,
        pool=pool_rows(metrics) if any(m["pool"] for m in metrics) else None,
        drift=drift if any(m["drift"] for m in metrics) else None,
        promises=_promises(metrics),
        gamma=gammas if len(gammas) > 1 else None,
        calibration=calibration_rows(metrics),
        reliability_plot=reliability_plot(reliability, numbers[-1]) if reliability else None,
    )


def _taken(labels: Mapping[str, Any]) -> str:
    sources = {entry["source"] for entry in labels.values()}
    taken = "pooled γ" if "pooled" in sources else "labels' own γ" if "label" in sources else ""
    return f"Taken, since it accepts no less: the {taken}. " if taken else ""


def _promises(metrics: Sequence[Metrics]) -> List[str]:
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
            f"{_taken(rule['labels'])}"
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
        notes.append(text)
    return notes
