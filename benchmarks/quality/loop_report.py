"""What `loop.py` measured, as tables and as a plot.

    python benchmarks/quality/loop_report.py loop-acl

Writes <name>.md, and with more than one iteration <name>.svg, beside this script, anew from
benchmarks/results/<name>.json; `loop.py` does so itself.
"""

import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Dict, Iterator, List, Tuple

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import read
from tables import generated_by, mean_sd, table, text_of, write_page

from spacy_sciner.files import replacing
from spacy_sciner.report.repeat import statements

Rows = List[Dict[str, Any]]  # one for each seed and iteration

WHEN = ("_before", "")  # the fit of the confidences
HEADER = [
    *("iteration", "test F1 (clean)", "precision", "recall", "dev F1"),
    *("paper's protocol F1 (self-agreement)", "accepted entities"),
    *(f"ECE of {kind}, raw → calibrated" for kind in ("entities", "tokens")),
    *("train seconds", "train peak GB"),
]
SPLITS = {"dev": "#8a9ba8", "test": "#2c7fb8"}


def main(name: str) -> None:
    write_report(read(name))


def write_report(result: Dict[str, Any]) -> None:
    write_page(__file__, result["name"], page(result))
    if is_curve(result["rows"]):
        with replacing(Path(__file__).with_name(f"{result['name']}.svg")) as temporary:
            plot(result["rows"], temporary)


def page(result: Dict[str, Any]) -> str:
    """A line for each iteration, changes seed by seed, F1 by type and the curve over iterations."""
    rows = result["rows"]
    n_seeds = len({row["seed"] for row in rows})
    what = f"{n_seeds} seeds, mean ± standard deviation." if n_seeds > 1 else "one seed."
    parts = [generated_by(result, what), iteration_table(rows), changes(rows), shipped(rows)]
    if is_curve(rows):
        parts += [["", *type_table(rows)], [f"![F1 by iteration]({result['name']}.svg)"]]
    return text_of(*parts)


def shipped(rows: Rows) -> List[str]:
    """What the rule made of it, where the loop's own report was kept."""
    if not all("promotion" in row for row in rows):
        return []
    seeds = {row["seed"]: [r for r in rows if r["seed"] == row["seed"]] for row in rows}
    return [f"- {line}" for line in statements(seeds) if not line.startswith("Iteration")]


def is_curve(rows: Rows) -> bool:
    return max(row["iteration"] for row in rows) > 1


def by_iteration(rows: Rows) -> Iterator[Tuple[int, Rows]]:
    for k in sorted({row["iteration"] for row in rows}):
        yield k, [row for row in rows if row["iteration"] == k]


def iteration_table(rows: Rows) -> List[str]:
    """Mean ± standard deviation over seeds."""
    lines = []
    for k, mine in by_iteration(rows):
        test = [r["clean"]["test"] for r in mine]
        accepted = [r["pool"]["accepted_entities"] for r in mine if r["pool"]]
        stage = "train" if k == 0 else f"retrain@{k}"
        costs = [r["cost"][stage] for r in mine if stage in r["cost"]]
        cells = [
            str(k),
            mean_sd([t["f1"] for t in test]),
            mean_sd([t["precision"] for t in test]),
            mean_sd([t["recall"] for t in test]),
            mean_sd([r["clean"]["dev"]["f1"] for r in mine]),
            mean_sd([(r["paper_protocol"] or {}).get("f1") for r in mine]),
            f"{mean(accepted):.0f}" if accepted else "–",
            *(
                " → ".join(
                    mean_sd([r["calibration"].get(f"{kind}ece{when}") for r in mine])
                    for when in WHEN
                )
                for kind in ("", "token_")
            ),
            f"{mean(c['seconds'] for c in costs):.0f}" if costs else "–",
            f"{max(c['peak_gb'] for c in costs):.2f}" if costs else "–",
        ]
        lines.append(cells)
    return table(HEADER, lines)


def changes(rows: Rows) -> List[str]:
    """A line for each later iteration: F1 against iteration 0 of the same seed."""
    found = {(r["seed"], r["iteration"]): r["clean"] for r in rows}
    lines = []
    for k in sorted({k for _, k in found if k}):
        seeds = sorted(seed for seed, i in found if i == k)
        cells = []
        for split in ("dev", "test"):
            deltas = [found[s, k][split]["f1"] - found[s, 0][split]["f1"] for s in seeds]
            each = ", ".join(f"{delta:+.3f}" for delta in deltas)
            cells.append(f"{split} F1 {mean_sd(deltas, '+')} ({each})")
        lines.append(f"- Iteration {k} against 0, same seed: {'; '.join(cells)}.")
    return lines


def type_table(rows: Rows) -> List[str]:
    """Which types change: test F1, and the share of the pool's predicted entities, before γ."""
    types = sorted({label for row in rows for label in row["clean"]["test"]["types"]})
    lines = []
    for k, mine in by_iteration(rows):
        cells = [str(k)]
        for label in types:
            f1 = mean(row["clean"]["test"]["types"].get(label, {"f1": 0})["f1"] for row in mine)
            cells.append(f"{f1:.3f} / {predicted_share(mine, label)}")
        lines.append(cells)
    what = "By type, means over seeds: test F1 / share of the entities that the teachers of this "
    return [what + "iteration predict in the pool.", "", *table(["iteration", *types], lines)]


def predicted_share(rows: Rows, label: str) -> str:
    counts: List[Any] = [(row["pool"] or {}).get("predicted_types") for row in rows]
    if not all(counts):
        return "–"
    return f"{mean(c.get(label, 0) / max(1, sum(c.values())) for c in counts):.1%}"


def plot(rows: Rows, path: Path) -> None:
    """F1 over iterations, mean and standard deviation; each seed's test F1 as a thin line."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"svg.hashsalt": "spacy_sciner", "font.size": 10})
    figure, axes = pyplot.subplots(figsize=(6, 3), layout="constrained")
    for seed in sorted({row["seed"] for row in rows}):
        mine = sorted((r["iteration"], r["clean"]["test"]["f1"]) for r in rows if r["seed"] == seed)
        axes.plot(*zip(*mine), color=SPLITS["test"], linewidth=0.7, alpha=0.4)
    for split, color in SPLITS.items():
        f1 = {k: [r["clean"][split]["f1"] for r in mine] for k, mine in by_iteration(rows)}
        spread = [stdev(values) if len(values) > 1 else 0.0 for values in f1.values()]
        middle = [mean(values) for values in f1.values()]
        axes.errorbar(list(f1), middle, spread, color=color, marker="o", capsize=3, label=split)
    axes.set(xlabel="iteration", ylabel="strict F1", xticks=sorted({r["iteration"] for r in rows}))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


if __name__ == "__main__":
    typer.run(main)
