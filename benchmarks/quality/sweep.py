"""γ against F1 under the published recipe: the paper's choice of 0.98 beside its neighbours.

    python benchmarks/quality/sweep.py --corpus acl --seeds 1

Trains iteration 0 in a folder per seed as loop.py does, then runs `sciner sweep --retrain` there:
hard labels, warm start, raw products of word-piece probabilities (arXiv 2502.16312). What is there
is not run again. Writes benchmarks/results/sweep-<corpus>.json and sweep-<corpus>.md.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from loop import ROOT
from record import record, run_with_loops
from tables import generated_by, mean_sd, table, text_of, write_page

from spacy_sciner.cli.loops import check_made, read_dvc_yaml, run_loop, set_up, with_values
from spacy_sciner.cli.repeat import planned

GAMMAS = "0.995,0.99,0.98,0.95,0.92,0.9"
RECIPE = (  # docs/learning.md, but for the epochs, which --set gives
    "train.teachers=1",
    "train.min_steps=0",
    "retrain.start=warm",
    "retrain.learn_rate=3.0e-4",
    "retrain.soft_labels=false",
    "annotate.accept=token",
    "annotate.calibrated=false",
    "annotate.soft=false",
    "merge.max_all_o_ratio=1.0",
    "evaluate.paper_protocol=false",
)

HEADER = [
    *("γ", "seeds", "accepted entities", "paragraphs with one", "precision in the pool"),
    *("dev F1", "test F1"),
]


def main(
    corpus: Annotated[str, typer.Option(help="acl, scierc, sample or your own.")] = "acl",
    gamma: Annotated[str, typer.Option(help="γs, divided by commas.")] = GAMMAS,
    seeds: Annotated[int, typer.Option(help="How many: 0, 1, 2, …")] = 1,
    threads: Annotated[int, typer.Option(help="Of the stages before the sweep.")] = 2,
    work: Annotated[Path, typer.Option(help="Where to work; kept for resuming.")] = ROOT / "work",
    settings: Annotated[
        List[str], typer.Option("--set", help="params.yaml value, as train.epochs=8.")
    ] = [],  # noqa: B006  (Typer reads it once)
) -> None:
    rows: List[Dict[str, Any]] = []
    params, dvc_yaml = planned(ROOT / "params.yaml", 0), read_dvc_yaml(ROOT)
    for seed in range(seeds):
        folder = work / f"sweep-{corpus}-seed{seed}"
        values = [f"corpus={corpus}", f"seed={seed}", *RECIPE, *settings]
        check_made(folder, with_values(params, values), [], root=ROOT)
        set_up(folder, values, root=ROOT, params=params)
        run_loop(folder, dvc_yaml, threads=threads, say=print)
        sciner = [sys.executable, "-c", "from spacy_sciner.cli import main; main()"]
        subprocess.run([*sciner, "sweep", "--retrain", "--gamma", gamma], cwd=folder, check=True)
        before = json.loads((folder / "metrics/iteration-0.json").read_text())["clean"]
        start = {f"{split}_f1": before[split]["f1"] for split in ("dev", "test")}
        found = json.loads((folder / "sweep/iteration-1/sweep.json").read_text())["gammas"]
        rows += [{"seed": seed, "gamma": None, **start}, *({"seed": seed, **r} for r in found)]
        write_page(__file__, f"sweep-{corpus}", page(record(f"sweep-{corpus}", rows)))


def page(result: Dict[str, Any]) -> str:
    rows, lines = result["rows"], []
    gammas: List[Optional[float]] = list(dict.fromkeys(row["gamma"] for row in rows))
    for gamma in gammas:
        same = [row for row in rows if row["gamma"] == gamma]
        cells = ["iteration 0" if gamma is None else f"{gamma:g}", str(len(same))]
        cells += [average(same, key) for key in ("accepted", "accepted_paragraphs")]
        cells.append(mean_sd([row.get("precision") for row in same]))
        cells += [mean_sd([row[key] for row in same]) for key in ("dev_f1", "test_f1")]
        lines.append(cells)
    what = "clean F1 after one iteration of the published recipe, mean ± standard deviation over "
    return text_of(generated_by(result, what + "seeds."), table(HEADER, lines))


def average(rows: List[Dict[str, Any]], key: str) -> str:
    known = [row[key] for row in rows if key in row]
    return f"{sum(known) / len(known):,.0f}" if known else "–"


if __name__ == "__main__":
    run_with_loops(main)
