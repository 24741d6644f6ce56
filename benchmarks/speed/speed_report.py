"""What `speed.py` measured, as tables and as a plot.

    python benchmarks/speed/speed_report.py speed

Writes <name>.md and <name>.svg beside this script, anew from benchmarks/results/<name>.json;
`speed.py` does so itself. Medians of runs; ratios are those of the medians.
"""

import sys
from pathlib import Path
from statistics import median
from typing import Any, Dict, List, Tuple

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import read
from tables import generated_by, table, text_of, write_page

from spacy_sciner.files import replacing

OURS = "spacy_sciner"
TASKS = {"train": "Training", "predict": "Prediction"}
Rows = List[Dict[str, Any]]


def main(name: str) -> None:
    write_report(read(name))


def write_report(result: Dict[str, Any]) -> None:
    write_page(__file__, result["name"], page(result))
    with replacing(Path(__file__).with_name(f"{result['name']}.svg")) as temporary:
        plot(result["rows"], temporary)


def page(result: Dict[str, Any]) -> str:
    rows = result["rows"]
    data = the(rows, "data")
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    what = (
        f"{data['threads']} threads; {data['paragraphs']} paragraphs of `{data['corpus']}`, "
        f"{data['words']:,} words, {data['pieces']:,} pieces; medians of {data['runs']} "
        f"alternating runs (lowest–highest); {versions}. "
        "How: the docstring of `benchmarks/speed/speed.py`."
    )
    tasks = [task_table(rows, t) for t in TASKS if any(row["task"] == t for row in rows)]
    return text_of(
        ["# Speed", ""],
        generated_by(result, what),
        *tasks,
        quality_table(rows),
        closing(rows),
        [f"![Words a second]({result['name']}.svg)"],
    )


def task_table(rows: Rows, task: str) -> List[str]:
    data, matrix = the(rows, "data"), the(rows, "matrix")
    header = [TASKS[task], "words/s", "ours is faster by", "pieces/s", "GFLOP/s"]
    header += ["of the bf16 product", "of the fp32 product", "peak GB"]
    lines = []
    for row in rows:
        if row["task"] != task:
            continue
        seconds = median(row["seconds"])
        low, high = words_per_second(rows, row)[1:]
        gflops = data[f"{task}_operations"] / seconds / 1e9
        cells = [
            row["contestant"],
            f"{data['words'] / seconds:,.0f} ({low:,.0f}–{high:,.0f})",
            ratio(rows, row),
            f"{data['pieces'] / seconds:,.0f}",
            f"{gflops:,.0f}",
            *(f"{gflops / median(matrix[f'{kind}_gflops']):.0%}" for kind in ("bf16", "fp32")),
            f"{median(row['peak_gb']):.2f}",
        ]
        lines.append(cells)
    return table(header, lines, left=1)


def quality_table(rows: Rows) -> List[str]:
    scored = [row for row in rows if row["task"] == "quality"]
    if not scored:
        return []
    epochs = f"{the(rows, 'data')['quality_epochs']} epochs on all of train"
    header = [epochs, "strict F1 on test", "precision", "recall", "training seconds", "peak GB"]
    cells = []
    for row in scored:
        f1 = f"{median(row['f1']):.3f}"
        if len(row["f1"]) > 1:
            f1 += f" ({min(row['f1']):.3f}–{max(row['f1']):.3f})"
        cells.append(
            [
                row["contestant"],
                f1,
                *(f"{median(row[name]):.3f}" for name in ("precision", "recall")),
                f"{median(row['seconds']):,.0f}",
                f"{median(row['peak_gb']):.2f}",
            ]
        )
    lines = table(header, cells, left=1)
    for contestant, minutes in the(rows, "data").get("no_quality", {}).items():
        lines += [f"{contestant} was left out of this: it would train for {minutes} minutes.", ""]
    return lines


def closing(rows: Rows) -> List[str]:
    matrix = the(rows, "matrix")
    kinds = (f"{median(matrix[f'{kind}_gflops']):,.0f} in {kind}" for kind in ("bf16", "fp32"))
    lines = [f"A product of two 2048 × 2048 matrices, GFLOP/s: {', '.join(kinds)}.", ""]
    for row in rows:
        if row["task"] == "failed":
            lines += [f"{row['contestant']} could not be measured. {row['reason']}", ""]
    return lines


def words_per_second(rows: Rows, row: Dict[str, Any]) -> Tuple[float, float, float]:
    """At the median run, the slowest, the fastest."""
    words, seconds = the(rows, "data")["words"], row["seconds"]
    return words / median(seconds), words / max(seconds), words / min(seconds)


def ratio(rows: Rows, row: Dict[str, Any]) -> str:
    """A peer's median seconds over ours."""
    ours = [r for r in rows if r["task"] == row["task"] and r["contestant"] == OURS]
    if row["contestant"] == OURS or not ours:
        return "–"
    return f"{median(row['seconds']) / median(ours[0]['seconds']):.1f}×"


def the(rows: Rows, task: str) -> Dict[str, Any]:
    """The one row of this kind."""
    return next(row for row in rows if row["task"] == task)


def plot(rows: Rows, path: Path) -> None:
    """Words a second as bars, the lowest and the highest run as whiskers; the same bytes always."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"svg.hashsalt": "spacy_sciner", "font.size": 10})
    figure, panels = pyplot.subplots(1, len(TASKS), figsize=(9, 2.6), layout="constrained")
    for axes, (task, title) in zip(panels, TASKS.items()):
        mine = [row for row in rows if row["task"] == task][::-1]
        rates = [words_per_second(rows, row) for row in mine]
        names = [row["contestant"] for row in mine]
        colors = ["#2c7fb8" if name == OURS else "#b8c4ce" for name in names]
        errors = [[m - low for m, low, _ in rates], [high - m for m, _, high in rates]]
        axes.barh(names, [m for m, _, _ in rates], xerr=errors if rates else None, color=colors)
        for y, (middle, _, high) in enumerate(rates):
            axes.text(high, y, f" {middle:,.0f}", va="center", fontsize=9)
        axes.set(title=f"{title}, words/s", xticks=[])
        axes.margins(x=0.2)
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


if __name__ == "__main__":
    typer.run(main)
