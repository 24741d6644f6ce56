"""`sciner sweep`'s figures as a table, as TSV and as a plot."""

import csv
import io
from typing import Any, Dict, List, Sequence

from .page import render
from .plots import Plot, draw
from .tables import Row, count, number, share

Figures = Dict[str, Any]  # one γ


def sweep_rows(figures: Sequence[Figures]) -> List[Row]:
    """One row a γ; F1 only where a model was trained with it."""
    head = ["γ", "accepted", "paragraphs", "unknown", "precision", "recall"]
    trained = any("dev_f1" in f for f in figures)
    rows = [[*head, "dev F1", "test F1"] if trained else head]
    for f in figures:
        row = [
            f"{f['gamma']:g}",
            count(f["accepted"]),
            count(f["accepted_paragraphs"]),
            share(f["unknown_share"]),
            number(f["precision"]),
            number(f["recall"]),
        ]
        if trained:
            row += [number(f.get("dev_f1")), number(f.get("test_f1"))]
        rows.append(row)
    return rows


def sweep_type_rows(figures: Sequence[Figures]) -> List[Row]:
    """Accepted entities of each type at each γ, and their precision and recall where known."""
    rows = [["type", *(f"γ {f['gamma']:g}" for f in figures)]]
    for label in figures[0]["types"] if figures else ():
        cells = []
        for f in figures:
            one = f["types"][label]
            known = one["precision"] is not None
            judged = f" {one['precision']:.2f}/{one['recall'] or 0.0:.2f}" if known else ""
            cells.append(count(one["accepted"]) + judged)
        rows.append([label, *cells])
    return rows


def sweep_tsv(figures: Sequence[Figures]) -> str:
    """Long: one line a γ and label, "all" for all labels together."""
    keys = ("accepted", "precision", "recall")
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(["gamma", "label", *keys, "dev_f1", "test_f1"])
    for f in figures:
        f1 = [f.get("dev_f1"), f.get("test_f1")]
        for label, one in {"all": f, **f["types"]}.items():
            values = [one[key] for key in keys] + (f1 if label == "all" else [None, None])
            cells = ["" if value is None else str(value) for value in values]
            writer.writerow([f"{f['gamma']:g}", label, *cells])
    return text.getvalue()


def sweep_html(figures: Sequence[Figures], title: str) -> str:
    """A page with the plot and both tables; it loads nothing."""
    return render(
        "sweep.html",
        plot=sweep_plot(figures, title),
        gammas=sweep_rows(figures),
        types=sweep_type_rows(figures),
    )


def sweep_plot(figures: Sequence[Figures], title: str) -> Plot:
    """Precision, recall and F1 by γ, and the share of the largest yield."""
    x = list(range(len(figures)))
    most = max((f["accepted"] for f in figures), default=0)
    lines = {
        "accepted, of the most": [f["accepted"] / most if most else 0.0 for f in figures],
        "precision": [f["precision"] for f in figures],
        "recall": [f["recall"] for f in figures],
        "dev F1": [f.get("dev_f1") for f in figures],
        "test F1": [f.get("test_f1") for f in figures],
    }
    known = {name: y for name, y in lines.items() if any(value is not None for value in y)}
    names = [f"{f['gamma']:g}" for f in figures]
    return draw(x, known, title, xlabel="γ, from strict to lax", xticks=x, xticklabels=names)
