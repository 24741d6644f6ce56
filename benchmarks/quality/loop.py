"""The loop on a whole corpus with several seeds: quality per iteration, time and memory per stage.

    python benchmarks/quality/loop.py --corpus acl --seeds 3

Runs the stages' own scripts in a folder per seed (work/<corpus>-seed<S>/), so what is measured is
what `dvc repro` runs; stages whose output is there are not run again. Only the training seed
differs: the split into train, dev and test is the corpus' own. Results are written after every
seed to benchmarks/results/loop-<corpus>.json, and as tables and a plot to loop-<corpus>.md and
.svg (loop_report.py).
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Dict, List, Tuple

import typer
from ruamel.yaml import YAML

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from loop_report import write_report
from record import record

ROOT = Path(__file__).parents[2]
LINKED = ("assets", "configs", "scripts")


def main(
    corpus: Annotated[str, typer.Option(help="acl, scierc, sample or your own.")] = "acl",
    seeds: Annotated[int, typer.Option(help="How many: 0, 1, 2, …")] = 3,
    iterations: Annotated[int, typer.Option(help="After iteration 0.")] = 2,
    paper_protocol: Annotated[bool, typer.Option(help="Train its models too.")] = True,
    work: Annotated[Path, typer.Option(help="Where to work; kept for resuming.")] = ROOT / "work",
    name: Annotated[str, typer.Option(help="Results' name; default loop-<corpus>.")] = "",
    jobs: Annotated[int, typer.Option(help="Seeds at a time; the cores are shared out.")] = 1,
    settings: Annotated[
        List[str], typer.Option("--set", help="params.yaml value, as train.epochs=8.")
    ] = [],  # noqa: B006  (Typer reads it once)
) -> None:
    name = name or f"loop-{corpus}"
    threads = max(1, len(os.sched_getaffinity(0)) // jobs)
    done: Dict[int, List[Dict[str, Any]]] = {}
    writing = Lock()

    def run_seed(seed: int) -> None:
        folder = work / f"{name}-seed{seed}"
        values = [f"corpus={corpus}", f"seed={seed}", *settings]
        values.append(f"evaluate.paper_protocol={str(paper_protocol).lower()}")
        set_up(folder, values)
        costs = run_stages(folder, corpus, iterations, threads)
        measured = []
        for k in range(iterations + 1):
            metrics = json.loads((folder / f"metrics/iteration-{k}.json").read_text())
            measured.append({"seed": seed, **metrics, "cost": costs_of(costs, k)})
        with writing:
            done[seed] = measured
            rows = [row for seed in sorted(done) for row in done[seed]]
            write_report(record(name, rows))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run_seed, range(seeds)))


def set_up(folder: Path, values: List[str]) -> None:
    """A project folder with its own params.yaml; sources are linked, the data are its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for linked in LINKED:
        if not (folder / linked).exists():
            (folder / linked).symlink_to(ROOT / linked)
    yaml = YAML()
    params = yaml.load((ROOT / "params.yaml").read_text(encoding="utf8"))
    for value in values:
        key, _, text = value.partition("=")
        *path, last = key.split(".")
        node = params
        for part in path:
            node = node[part]
        node[last] = YAML(typ="safe").load(text)
    for k in range(1, 10):  # as many iterations as may be asked for, with the last one's settings
        known = params["iterations"]
        last_known = list(known)[-1]
        known.setdefault(str(k), dict(known[last_known], prev=str(k - 1)))
    with (folder / "params.yaml").open("w", encoding="utf8") as file:
        yaml.dump(params, file)


def run_stages(
    folder: Path, corpus: str, iterations: int, threads: int
) -> Dict[str, Dict[str, Any]]:
    """Every stage in order; wall seconds and peak memory of each, kept in costs.json."""
    costs_path = folder / "costs.json"
    costs = json.loads(costs_path.read_text()) if costs_path.exists() else {}
    stages: List[Tuple[str, List[str], str]] = [
        ("parse", ["parse.py", "--corpus", corpus], "data/parsed/_report.json"),
        ("convert", ["convert.py", "--corpus", corpus], "corpus/_report.json"),
        ("adapt", ["adapt.py"], "encoder/config.json"),
    ]
    for k in range(iterations + 1):
        previous = ["--previous", str(k - 1)] if k else []
        at = ["--iteration", str(k)]
        if k:
            pseudo = f"corpus/iteration-{k}/_pseudo.json"
            stages.append((f"pseudo-label@{k}", ["pseudo_label.py", *at, *previous], pseudo))
            merged = f"corpus/iteration-{k}/train.spacy"
            stages.append((f"merge@{k}", ["merge.py", *at], merged))
        name = f"retrain@{k}" if k else "train"
        model = f"training/{k}/model-best/meta.json"
        stages.append((name, ["train.py", *at, *previous], model))
        metrics = f"metrics/iteration-{k}.json"
        stages.append((f"evaluate@{k}", ["evaluate.py", *at], metrics))
    for name, command, made in stages:
        if (folder / made).exists():
            continue
        print(f"{folder.name} {name}", flush=True)
        costs[name] = run_measured(folder, ["scripts/" + command[0], *command[1:]], threads)
        costs_path.write_text(json.dumps(costs, indent=1))
    return costs


def run_measured(folder: Path, command: List[str], threads: int) -> Dict[str, Any]:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1"}
    started = time.monotonic()
    with (folder / "log.txt").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        samples: List[float] = []
        ended = 0
        while not ended:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if not ended:
                samples.append(resident_gb(process.pid))
                time.sleep(1)
    if status:
        sys.exit(f"{' '.join(command)} failed, see {folder / 'log.txt'}")
    return {
        "threads": threads,
        "seconds": round(time.monotonic() - started, 1),
        "peak_gb": round(usage.ru_maxrss / 2**20, 2),
        # At each tenth of the run: flat means that it does not grow with the epochs.
        "resident_gb": [samples[i * len(samples) // 10] for i in range(10) if samples],
    }


def resident_gb(pid: int) -> float:
    """Memory a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**30, 2)


def costs_of(costs: Dict[str, Any], k: int) -> Dict[str, Any]:
    names = ("train", "evaluate@0") if k == 0 else ()
    return {n: c for n, c in costs.items() if n in names or n.endswith(f"@{k}")}


if __name__ == "__main__":
    typer.run(main)
