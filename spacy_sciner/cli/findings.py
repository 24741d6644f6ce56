"""What the last run says of entities that are not found: gold, settings, and where to begin."""

from pathlib import Path
from typing import Any, Dict, List, Optional

from ..files import read_json
from ..settings import Settings

FEW = 30  # train entities of a type: the sample's TaskName has 21, and its lowest test F1
BEHIND = 0.05  # recall below precision from which on what is missing weighs more than what is wrong
MIN_TEST = 10  # test entities below which a type's recall says nothing
LOW_RECALL = 0.5
MUCH_TEXT = 300_000  # words of a pool from which on an encoder has learnt from it (docs/adapt.md)


def findings(settings: Settings, *, root: Path = Path()) -> List[str]:
    """Reasons why entities are missed, in the files that `convert` and `report` have left.

    RETURNS (List[str]): A sentence each, with what to do; empty before the first run.
    RAISES (ScinerError): SCINER-E558 for a file that is broken.
    """
    report = _report(root, settings.corpus)
    said = [*_of_gold(report, settings)] if report else []
    metrics = root / "metrics/iterations.json"
    if report and metrics.is_file():
        iterations = read_json(metrics, list)
        types = {name for m in iterations for name in m["clean"]["test"]["types"]}
        if types == set(report["splits"]["test"]["types"]):  # else they are of the corpus before
            said += _of_metrics(iterations, settings)
    return said


def _report(root: Path, corpus: str) -> Optional[Dict[str, Any]]:
    path = root / "corpus/_report.json"
    report: Optional[Dict[str, Any]] = read_json(path) if path.is_file() else None
    return report if report and report.get("corpus") == corpus else None


def _of_gold(report: Dict[str, Any], settings: Settings) -> List[str]:
    types = report["splits"]["train"]["types"]
    few = [f"{label} ({n})" for label, n in sorted(types.items(), key=lambda i: i[1]) if n < FEW]
    said = []
    if few:
        said.append(
            f"Little gold in train to learn from: {', '.join(few)}. Annotate more of it; `sciner "
            "review export` chooses paragraphs that are worth it."
        )
    lost = report["repairs"].get("unknown-label", {}).get("count", 0)
    if lost:
        said.append(
            f"{lost} annotations have a label that `labels` in params.yaml lacks: their words are "
            "taught to be no entity. corpus/_report.json has examples."
        )
    words = report["splits"].get("pool", {}).get("tokens", 0)
    if words >= MUCH_TEXT and not settings.adapt.methods:
        said.append(
            f"`adapt.methods: [mlm]` lets the encoder learn the field from the pool's {words:,} "
            "words first: it has found more on each corpus so far (docs/adapt.md)."
        )
    return said


def _of_metrics(iterations: List[Dict[str, Any]], settings: Settings) -> List[str]:
    shipped = [m for m in iterations if m["promotion"]["promoted"]][-1:]
    said = []
    for metrics in shipped:
        test = metrics["clean"]["test"]
        if test["recall"] < test["precision"] - BEHIND:
            types = {k: t for k, t in test["types"].items() if t["n"] >= MIN_TEST}
            low = [k for k, t in types.items() if t["recall"] < LOW_RECALL]
            least = ", ".join(f"{k} ({types[k]['recall']:.2f})" for k in low)
            said.append(
                f"training/best finds {test['recall']:.0%} of the test entities, and "
                f"{test['precision']:.0%} of what it finds is right"
                + (f"; least of {least}." if least else ".")
                + " Gold of what is found least helps most."
            )
    is_hard = not settings.retrain.soft_labels
    if is_hard and any(m["pool"] and not m["pool"]["accepted_entities"] for m in iterations):
        said.append(
            "No pseudo-label passes γ, and nothing else is learnt from the pool: set "
            "`retrain.soft_labels: true`, or a lower γ (`sciner sweep`)."
        )
    return said
