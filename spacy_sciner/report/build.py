"""The `report` stage: every iteration's metrics in one place, and the best pipeline beside it."""

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List, Sequence

from ..errors import Errors, ScinerError
from ..files import replacing, write_json, write_text
from .page import to_html
from .select import Metrics, choose_best
from .tables import (
    calibration_rows,
    f1_csv,
    gamma_rows,
    iteration_rows,
    pool_rows,
    reliability_csv,
    to_markdown,
    to_text,
    type_rows,
    types_csv,
)


def build_report(iterations: Sequence[int], *, root: Path) -> str:
    """Write metrics/iterations.json and latest.json, plots/, report/ and training/best.

    iterations (Sequence[int]): Which ones; their metrics/iteration-K.json must be there.
    root (Path): The project's folder.
    RETURNS (str): The plain table, as in report/iterations.txt.
    RAISES (ScinerError): SCINER-E401 if an iteration was not evaluated.
    """
    metrics = [read_metrics(root / f"metrics/iteration-{k}.json") for k in sorted(iterations)]
    reliability = read_reliability(root / f"evaluation/iteration-{metrics[-1]['iteration']}.json")
    best, reason = choose_best(metrics)
    write_json(root / "metrics/iterations.json", metrics)
    write_json(root / "metrics/latest.json", metrics[-1])
    with replacing(root / "plots") as folder:
        folder.mkdir()
        write_text(folder / "f1.csv", f1_csv(metrics))
        write_text(folder / "types.csv", types_csv(metrics))
        write_text(folder / "reliability.csv", reliability_csv(reliability))
    text = summary(metrics, best, reason)
    tables: List[str] = [to_markdown(iteration_rows(metrics)), to_markdown(type_rows(metrics))]
    if any(m["pool"] for m in metrics):
        tables.append(to_markdown(pool_rows(metrics)))
    tables.append(to_markdown(calibration_rows(metrics)))
    if len(gamma_rows(metrics)) > 1:
        tables.append(to_markdown(gamma_rows(metrics)))
    with replacing(root / "report") as folder:
        folder.mkdir()
        write_text(folder / "iterations.txt", text)
        write_text(folder / "iterations.md", "\n".join(tables))
        write_text(folder / "index.html", to_html(metrics, best, reason, reliability))
    with replacing(root / "training/best") as folder:
        shutil.copytree(root / f"training/{best}/model-best", folder)
    return text


def summary(metrics: Sequence[Metrics], best: int, reason: str) -> str:
    """The table, what its columns mean, warnings, and which iteration is the best."""
    lines = [
        to_text(iteration_rows(metrics)),
        "test, dev: strict entity F1 on gold papers that no iteration trains on.",
        "self-agreement: the paper's protocol, scored on pseudo-labels too; not quality.",
        "accepted, expected: pseudo-labels. pool P: their precision where the pool has gold.",
    ]
    for m in metrics:
        if (m["pool"] or {}).get("low_yield"):
            lines.append(f"!! iteration {m['iteration']}: LOW YIELD, see report/index.html")
    why = reason.replace("; ", ";\n  ")
    return "\n".join([*lines, "", f"training/best: {why}.", ""])


def read_metrics(path: Path) -> Metrics:
    if not path.is_file():
        raise ScinerError(Errors.E401.format(path=path))
    metrics: Metrics = json.loads(path.read_text(encoding="utf8"))
    return metrics


def read_reliability(path: Path) -> Dict[str, Any]:
    """The bins of an iteration's reliability diagram; {} of one evaluated without them."""
    if not path.is_file():
        return {}
    found: Dict[str, Any] = json.loads(path.read_text(encoding="utf8")).get("reliability") or {}
    return found
