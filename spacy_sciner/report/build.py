"""The `report` stage: every iteration's metrics in one place, and the best pipeline beside it."""

import shutil
from pathlib import Path
from textwrap import fill
from typing import Any, Dict, Optional, Sequence

from ..errors import Errors, ScinerError
from ..files import read_json, replacing, write_json, write_text
from .drift import drifts
from .headline import headline
from .page import to_html
from .select import Metrics, Papers, Rule, Verdict, best_of, judge, shipped
from .tables import (
    acceptance_rows,
    calibration_rows,
    change_rows,
    drift_rows,
    f1_csv,
    gamma_rows,
    has_agreement,
    iteration_rows,
    pool_rows,
    reliability_csv,
    share_rows,
    shares_csv,
    to_markdown,
    to_text,
    type_rows,
    types_csv,
)

WIDTH = 100  # of the plain text


def build_report(
    iterations: Sequence[int], *, root: Path, rule: Rule, human_f1: Optional[float] = None
) -> str:
    """Write metrics/iterations.json and latest.json, plots/, report/ and training/best.

    iterations (Sequence[int]): Which ones; their metrics/iteration-K.json must be there.
    root (Path): The project's folder.
    rule (Rule): When an iteration is promoted; training/best is the last one that was.
    human_f1 (Optional[float]): Of one annotator against another, for the curves; None: unknown.
    RETURNS (str): The plain table, as in report/iterations.txt.
    RAISES (ScinerError): SCINER-E401 if an iteration was not evaluated.
    """
    iterations = sorted(iterations)
    metrics = [read_metrics(root / f"metrics/iteration-{k}.json") for k in iterations]
    papers = {k: read_papers(root / f"evaluation/iteration-{k}.json") for k in iterations}
    verdicts = judge(iterations, papers, rule)
    best = best_of(verdicts)
    for m, verdict, drift in zip(metrics, verdicts, drifts(metrics, root)):
        m.update(promotion=verdict.to_dict(), drift=drift)
    reliability = read_reliability(root / f"evaluation/iteration-{metrics[-1]['iteration']}.json")
    write_json(root / "metrics/iterations.json", metrics)
    write_json(root / "metrics/latest.json", headline(metrics[-1]))
    with replacing(root / "plots") as folder:
        folder.mkdir()
        write_text(folder / "f1.csv", f1_csv(metrics, human_f1))
        write_text(folder / "types.csv", types_csv(metrics))
        write_text(folder / "shares.csv", shares_csv(metrics))
        write_text(folder / "reliability.csv", reliability_csv(reliability))
    sentence = shipped(verdicts, papers, rule)
    text = summary(metrics, verdicts, sentence)
    rows = [iteration_rows(metrics), type_rows(metrics), change_rows(verdicts)]
    if any(m["pool"] for m in metrics):
        rows += [pool_rows(metrics), acceptance_rows(metrics), share_rows(metrics)]
        rows.append(drift_rows(metrics))
    rows += [calibration_rows(metrics), gamma_rows(metrics)]
    tables = [to_markdown(table) for table in rows if len(table) > 1]
    with replacing(root / "report") as folder:
        folder.mkdir()
        write_text(folder / "iterations.txt", text)
        write_text(folder / "iterations.md", "\n".join(tables))
        page = to_html(metrics, verdicts, reliability, sentence, human_f1=human_f1)
        write_text(folder / "index.html", page)
    with replacing(root / "training/best") as folder:
        shutil.copytree(root / f"training/{best}/model-best", folder)
    return text


def summary(metrics: Sequence[Metrics], verdicts: Sequence[Verdict], sentence: str) -> str:
    """The table, what its columns mean, warnings, what was promoted and why, and how sure it is."""
    lines = [
        to_text(iteration_rows(metrics)),
        "K: iteration. test, dev: strict entity F1 on gold papers that no iteration trains on.",
    ]
    if has_agreement(metrics):
        lines.append(
            "self-agreement: the paper's protocol, scored on pseudo-labels too; not quality."
        )
    lines += [
        "accepted, expected: pseudo-labels that pass γ. pool P: their precision where the pool has",
        "gold. soft P: that of the likeliest tags of the soft labels, accepted or not.",
    ]
    for m in metrics:
        pool = m["pool"] or {}
        if pool.get("low_yield"):
            soft = " (soft labels do not need any)" if pool.get("soft") else ""
            lines.append(f"!! iteration {m['iteration']}: LOW YIELD{soft}, see report/index.html")
    lines.append("")
    for verdict in verdicts[1:]:
        for text in (verdict.reason, *(f"  {warning}" for warning in verdict.warnings)):
            lines.append(fill(f"{text}.", width=WIDTH, subsequent_indent="  "))
    lines += [fill(sentence, width=WIDTH, subsequent_indent="  "), ""]
    return "\n".join(lines)


def read_papers(path: Path) -> Papers:
    """Counts of each paragraph of each paper, of dev and test.

    SCINER-E401 if the evaluation did not write them, as those of earlier releases.
    """
    papers: Papers = read_metrics(path).get("papers", {})
    if not papers or not all(
        isinstance(rows, list) for of in papers.values() for rows in of.values()
    ):
        raise ScinerError(Errors.E401.format(path=f"{path} with its `papers`"))
    return papers


def read_metrics(path: Path) -> Metrics:
    if not path.is_file():
        raise ScinerError(Errors.E401.format(path=path))
    metrics: Metrics = read_json(path)
    return metrics


def read_reliability(path: Path) -> Dict[str, Any]:
    """The bins of an iteration's reliability diagram; {} of one evaluated without them."""
    if not path.is_file():
        return {}
    found: Dict[str, Any] = read_json(path).get("reliability") or {}
    return found
