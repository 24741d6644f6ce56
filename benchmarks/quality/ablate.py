"""What each option of the loop does: one iteration from one base, one change at a time.

    python benchmarks/quality/ablate.py --corpus scierc --seeds 3

All variants of a seed share its iteration 0 (the teachers and their scores of the pool), unless the
change is one of its own. Variants are compared on dev, which is what chooses the default; the test
column is there to be read, not to choose by. Resumes; results are written after every run to
benchmarks/results/ablation-<corpus>.json and as a table to ablation-<corpus>.md.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Dict, List

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record, recorded, run_with_loops
from tables import generated_by, mean_sd, table, text_of, write_page

from spacy_sciner.cli.loops import COSTS, check_made, read_dvc_yaml, run_loop, set_up, with_values
from spacy_sciner.cli.repeat import planned
from spacy_sciner.files import write_json
from spacy_sciner.models.machine import usable_cores

ROOT = Path(__file__).parents[2]

# The distribution of an ensemble as the target, every token of the pool.
BASE = [
    "train.teachers=3",
    "annotate.soft=true",
    "retrain.soft_labels=true",
    "retrain.soft_power=1",
    "retrain.soft_min=0",
    "merge.max_all_o_ratio=null",
]


class Start(str, Enum):
    warm = "warm"
    fresh = "fresh"


STARTS = {
    Start.warm: ["retrain.start=warm", "retrain.learn_rate=1e-4"],
    Start.fresh: ["retrain.start=fresh", "retrain.learn_rate=3e-4"],
}
HEADER = [
    *("change against the base", "seeds", "dev F1", "change", "test F1", "change"),
    *("test precision", "test recall"),
]
HARD = ["retrain.soft_labels=false", "annotate.soft=false"]


def variants(start: Start) -> Dict[str, List[str]]:
    """What is changed, by name; the base first. Their order numbers their folders."""
    other = Start.fresh if start is Start.warm else Start.warm
    return {
        f"base: soft labels of 3 teachers, {start.value} start": [],
        "one teacher": ["train.teachers=1"],
        "soft labels sharpened (BOND: power 2, tokens above 0.9)": [
            "retrain.soft_power=2",
            "retrain.soft_min=0.9",
        ],
        "hard labels, by token, γ = 0.98": HARD,
        "hard labels, by entity, γ = 0.7 calibrated": [
            *HARD,
            "annotate.accept=entity",
            "annotate.calibrated=true",
            "annotate.gamma_o=0.7",
            "iterations.1.gamma=0.7",
        ],
        "hard labels, γ = 0.7, O tokens 0.95": [
            *HARD,
            "annotate.gamma_o=0.95",
            "iterations.1.gamma=0.7",
        ],
        "hard labels, γ = 0.7, generalised cross-entropy": [
            *HARD,
            "retrain.loss=gce",
            "iterations.1.gamma=0.7",
        ],
        "at most one paragraph without entity for one with": ["merge.max_all_o_ratio=1"],
        f"{other.value} start": STARTS[other],
        "gold counts 5 times": ["retrain.gold_weight=5"],
        "moving average of weights, 0.99": ["retrain.ema=0.99"],
        "then 5 epochs on gold alone": ["retrain.finish_epochs=5"],
        "rare labels drawn more often": ["merge.balance=1"],
        "published recipe: one teacher, token, γ = 0.98, warm": [
            *HARD,
            "train.teachers=1",
            "retrain.start=warm",
            "retrain.learn_rate=3e-4",
            "merge.max_all_o_ratio=1",
        ],
    }


def main(
    corpus: Annotated[str, typer.Option(help="acl, scierc, sample or your own.")] = "scierc",
    seeds: Annotated[int, typer.Option(help="How many: 0, 1, 2, …")] = 3,
    only: Annotated[
        List[str], typer.Option(help="Variants whose name has this; default all.")
    ] = [],  # noqa: B006  (Typer reads it once)
    start: Annotated[Start, typer.Option(help="Of the base's student.")] = Start.warm,
    work: Annotated[Path, typer.Option(help="Where to work; kept for resuming.")] = ROOT / "work",
    jobs: Annotated[int, typer.Option(help="Runs at a time; the cores are shared out.")] = 1,
    settings: Annotated[
        List[str], typer.Option("--set", help="params.yaml value of all, as retrain.epochs=4.")
    ] = [],  # noqa: B006
) -> None:
    threads = max(1, usable_cores() // jobs)
    params, dvc_yaml = planned(ROOT / "params.yaml", 1), read_dvc_yaml(ROOT)
    changes = variants(start)
    names = [n for n in changes if not only or any(part in n for part in only)]
    name = f"ablation-{corpus}"
    rows = recorded(name)
    writing = Lock()

    def run(variant: str, seed: int) -> None:
        number = list(changes).index(variant)
        folder = work / f"ablation-{corpus}-seed{seed}" / f"variant-{number}"
        values = [*BASE, *STARTS[start], *settings, *changes[variant]]
        values += [f"corpus={corpus}", f"seed={seed}", "evaluate.paper_protocol=false"]
        check_made(folder, with_values(params, values), [], root=ROOT)
        set_up(folder, values, root=ROOT, params=params)
        first = folder.with_name("variant-0")
        if folder != first:
            share(first, folder, alone="train.teachers=1" in changes[variant])
        say = lambda stage: print(f"{folder.parent.name} {variant}: {stage}", flush=True)  # noqa: E731
        run_loop(folder, dvc_yaml, threads=threads, say=say)
        row = {"variant": variant, "seed": seed, "settings": changes[variant], **measured(folder)}
        with writing:
            rows[:] = [r for r in rows if (r["variant"], r["seed"]) != (variant, seed)] + [row]
            order = list(changes)
            rows.sort(key=lambda r: (order.index(r["variant"]), r["seed"]))
            write_page(__file__, name, page(record(name, rows)))

    with ThreadPoolExecutor(jobs) as pool:
        # Everything else stands on the base.
        list(pool.map(lambda seed: run(next(iter(changes)), seed), range(seeds)))
        list(pool.map(lambda at: run(*at), [(n, s) for n in names for s in range(seeds)]))


def measured(folder: Path) -> Dict[str, Any]:
    """On dev and test: what iteration 1 reaches, and F1 before it."""
    files = [folder / f"metrics/iteration-{k}.json" for k in (0, 1)]
    both = [json.loads(file.read_text())["clean"] for file in files]
    found: Dict[str, Any] = {}
    for split in ("dev", "test"):
        before, after = (clean[split] for clean in both)
        found[split] = {key: after[key] for key in ("f1", "precision", "recall")}
        found[f"{split}_before"] = before["f1"]
    return found


SHARED = ("parse", "convert", "adapt", "train", "evaluate@0")  # stages


def share(base: Path, folder: Path, *, alone: bool) -> None:
    """Let a variant read what the base has made: data, iteration 0, the teachers' scores."""
    for name in ("data", "encoder", "corpus/gold", "corpus/pool.spacy", "corpus/pool_gold.spacy"):
        link(base / name, folder / name)
    link(base / "corpus/_report.json", folder / "corpus/_report.json")
    for path in base.glob("*/iteration-0.*"):  # metrics and evaluation
        link(path, folder / path.relative_to(base))
    link(base / "training/0/model-best", folder / "training/0/model-best")
    if alone:
        (folder / "training/0/teachers").mkdir(exist_ok=True)
    else:
        link(base / "training/0/teachers", folder / "training/0/teachers")
        link(base / ".sciner-cache", folder / ".sciner-cache")
    if not (folder / COSTS).exists():
        costs = json.loads((base / COSTS).read_text(encoding="utf8"))
        write_json(folder / COSTS, {name: costs[name] for name in SHARED})


def link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.exists() and not target.is_symlink():
        target.symlink_to(source.resolve())


def page(result: Dict[str, Any]) -> str:
    lines = []
    for variant in dict.fromkeys(r["variant"] for r in result["rows"]):
        mine = [r for r in result["rows"] if r["variant"] == variant]
        cells = [variant, str(len(mine))]
        for split in ("dev", "test"):
            cells.append(mean_sd([r[split]["f1"] for r in mine]))
            cells.append(mean_sd([r[split]["f1"] - r[f"{split}_before"] for r in mine], "+"))
        cells += [mean_sd([r["test"][key] for r in mine]) for key in ("precision", "recall")]
        lines.append(cells)
    what = "F1 after one iteration, mean ± standard deviation over seeds; changes are against "
    return text_of(generated_by(result, what + "iteration 0."), table(HEADER, lines))


if __name__ == "__main__":
    run_with_loops(main)
