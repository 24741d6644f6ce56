"""What another setting gains: an adapted encoder, another head; variants × seeds of the training.

    python benchmarks/quality/variants.py --corpus scierc --variants "mlm: adapt.methods=[mlm]"

A variant's encoder is adapted once, with adapt.seed; the trainings with their seeds begin at that
encoder. Beside them "none" changes nothing. Of each the first iteration is measured, or with
--iterations the whole loop. Dev chooses; test is there to be read. Resumes; results are written
after every run to benchmarks/results/adapt-<corpus>.json, or --name, and as a table beside this
file. Several runs, each with a --work of its own, may add to the same results.
"""

import json
import sys
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Dict, List

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record, recorded, run_with_loops
from tables import generated_by, mean_sd, table, text_of, write_page

from spacy_sciner.cli.loops import check_made, read_dvc_yaml, run_loop, set_up, with_values
from spacy_sciner.cli.repeat import planned
from spacy_sciner.models.machine import usable_cores

ROOT = Path(__file__).parents[2]
NONE = "none"
SHARED = ("data", "corpus/gold", "corpus/pool.spacy", "corpus/pool_gold.spacy")
HEADER = [
    "variant",
    "iteration",
    "seeds",
    "dev F1",
    "test F1",
    "change of test, paired",
    "held-out loss",
    "training, s",
]


def main(
    corpus: Annotated[str, typer.Option(help="acl, scierc, sample or your own.")] = "scierc",
    variants: Annotated[
        List[str], typer.Option(help='"name: setting=value setting=value", several times.')
    ] = ["mlm: adapt.methods=[mlm]"],  # noqa: B006  (Typer reads it once)
    seeds: Annotated[int, typer.Option(help="How many: --first, the next, …")] = 3,
    first: Annotated[int, typer.Option(help="The first seed.")] = 0,
    iterations: Annotated[int, typer.Option(help="Of the loop; 0: gold alone.")] = 0,
    baseline: Annotated[bool, typer.Option(help='Run "none" too.')] = True,
    work: Annotated[Path, typer.Option(help="Where to work; kept for resuming.")] = ROOT / "work",
    name: Annotated[str, typer.Option(help="Results' name; default adapt-<corpus>.")] = "",
    settings: Annotated[
        List[str], typer.Option("--set", help="params.yaml value of all, as train.epochs=8.")
    ] = [],  # noqa: B006
) -> None:
    name = name or f"adapt-{corpus}"
    of_all = [f"corpus={corpus}", "evaluate.paper_protocol=false", *settings]
    of_all += [] if iterations else ["train.teachers=1"]
    changes = {**({NONE: []} if baseline else {}), **dict(parse(each) for each in variants)}
    bases = {
        variant: adapted(work / name / variant, [*of_all, *change])
        for variant, change in changes.items()
    }
    for seed in range(first, first + seeds):
        for variant, base in bases.items():
            folder = work / name / f"{variant}-seed{seed}"
            values = [*of_all, *training_of(changes[variant]), f"seed={seed}"]
            values += [f"encoder.name={base.resolve() / 'encoder'}", "encoder.sha256=null"]
            values += ["encoder.keep_layers=0"]
            for row in measured(folder, base, values, iterations):
                row.update(variant=variant, seed=seed, settings=changes[variant])
                row["adapt"] = json.loads((base / "metrics/adapt.json").read_text())
                rows = with_row(recorded(name), row)
                write_page(__file__, name, page(record(name, rows)))


def with_row(rows: List[Dict[str, Any]], row: Dict[str, Any]) -> List[Dict[str, Any]]:
    which = lambda r: (r["variant"], r["seed"], r["iteration"])  # noqa: E731
    return [r for r in rows if which(r) != which(row)] + [row]


def parse(variant: str) -> Any:
    name, _, values = variant.partition(":")
    return name.strip(), values.split()


def training_of(change: List[str]) -> List[str]:
    """What a variant changes beside the adaptation, which is done."""
    return [value for value in change if not value.startswith(("adapt.", "encoder."))]


def adapted(folder: Path, values: List[str]) -> Path:
    """The project whose encoder was adapted."""
    run(folder, values, "adapt", 1)
    return folder


def measured(folder: Path, base: Path, values: List[str], iterations: int) -> List[Dict[str, Any]]:
    """What a training gave, with the data and the encoder of another project."""
    for path in SHARED:
        if (base / path).exists() and not (folder / path).exists():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).symlink_to((base / path).resolve())
    costs = run(folder, values, "report" if iterations else "evaluate@0", max(1, iterations))
    rows = []
    for k in range(iterations + 1):
        metrics = json.loads((folder / f"metrics/iteration-{k}.json").read_text(encoding="utf8"))
        keys = ("f1", "precision", "recall", "macro_f1")
        clean = {s: {key: metrics["clean"][s][key] for key in keys} for s in ("dev", "test")}
        train_s = costs[f"retrain@{k}" if k else "train"]["seconds"]
        rows.append({"iteration": k, "train_s": train_s, **clean})
    return rows


def run(folder: Path, values: List[str], last: str, iterations: int) -> Dict[str, Any]:
    params, dvc_yaml = planned(ROOT / "params.yaml", iterations), read_dvc_yaml(ROOT)
    # Iterations may be added later.
    made = with_values(planned(ROOT / "params.yaml", 1), values)
    check_made(folder, made, [], root=ROOT)
    set_up(folder, values, root=ROOT, params=params)
    say = lambda stage: print(f"{folder.name} {stage}", flush=True)  # noqa: E731
    return run_loop(folder, dvc_yaml, threads=usable_cores(), say=say, last=last)


def page(result: Dict[str, Any]) -> str:
    rows = result["rows"]
    lines = []
    for variant in dict.fromkeys(row["variant"] for row in rows):
        for k in sorted({row["iteration"] for row in rows if row["variant"] == variant}):
            mine = {r["seed"]: r for r in rows if (r["variant"], r["iteration"]) == (variant, k)}
            base = {r["seed"]: r for r in rows if (r["variant"], r["iteration"]) == (NONE, k)}
            both = sorted(set(mine) & set(base)) if variant != NONE else []
            gains = [mine[s]["test"]["f1"] - base[s]["test"]["f1"] for s in both]
            losses = [m["held_out"] for m in next(iter(mine.values()))["adapt"]["methods"]]
            times = [m["train_s"] for m in mine.values() if "train_s" in m]
            lines.append(
                [
                    *(variant, str(k), str(len(mine))),
                    mean_sd([r["dev"]["f1"] for r in mine.values()]),
                    mean_sd([r["test"]["f1"] for r in mine.values()]),
                    mean_sd(gains) if gains else "–",
                    ", ".join(f"{loss:.2f}" for loss in losses) or "–",
                    f"{mean(times):.0f}" if times else "–",
                ]
            )
    what = "strict entity F1, mean ± sd over seeds; held-out loss of each method, nats a target."
    return text_of(generated_by(result, what), table(HEADER, lines))


if __name__ == "__main__":
    run_with_loops(main)
