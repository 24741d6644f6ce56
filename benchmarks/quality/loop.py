"""The loop on a whole corpus with several seeds: quality per iteration, time and memory per stage.

    python benchmarks/quality/loop.py --corpus acl --seeds 3

What `sciner repeat` does, in a folder for each seed (work/<name>-seed<S>/) and with what it costs;
stages that are done are not run again. Only the training seed differs, with --resplit the split of
gold by shares, too. Results are written after every seed to benchmarks/results/loop-<corpus>.json,
and as tables and a plot to loop-<corpus>.md and .svg (loop_report.py).
"""

import gzip
import hashlib
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Dict, List

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from loop_report import write_report
from record import record, recorded, run_with_loops

from spacy_sciner.cli.loops import check_made, read_dvc_yaml, run_loop, set_up, with_values
from spacy_sciner.cli.repeat import planned
from spacy_sciner.models.machine import usable_cores

ROOT = Path(__file__).parents[2]


def main(
    corpus: Annotated[str, typer.Option(help="acl, scierc, sample or your own.")] = "acl",
    seeds: Annotated[int, typer.Option(help="How many: --first, the next, …")] = 3,
    first: Annotated[int, typer.Option(help="The first seed.")] = 0,
    iterations: Annotated[int, typer.Option(help="After iteration 0.")] = 2,
    paper_protocol: Annotated[bool, typer.Option(help="Train its models too.")] = True,
    resplit: Annotated[bool, typer.Option(help="Split gold anew for each seed.")] = False,
    pool_papers: Annotated[int, typer.Option(help="Of the pool; 0: all.")] = 0,
    work: Annotated[Path, typer.Option(help="Where to work; kept for resuming.")] = ROOT / "work",
    name: Annotated[str, typer.Option(help="Results' name; default loop-<corpus>.")] = "",
    jobs: Annotated[int, typer.Option(help="Seeds at a time; the cores are shared out.")] = 1,
    add: Annotated[bool, typer.Option("--add", help="Keep what is recorded of others.")] = False,
    settings: Annotated[
        List[str], typer.Option("--set", help="params.yaml value, as train.epochs=8.")
    ] = [],  # noqa: B006  (Typer reads it once)
) -> None:
    name = name or f"loop-{corpus}"
    threads = max(1, usable_cores() // jobs)
    params, dvc_yaml = planned(ROOT / "params.yaml", iterations), read_dvc_yaml(ROOT)
    done = by_seed(recorded(name)) if add else {}
    writing = Lock()

    def run_seed(seed: int) -> None:
        folder = work / f"{name}-seed{seed}"
        values = [f"corpus={corpus}", f"seed={seed}", *settings]
        values.append(f"evaluate.paper_protocol={str(paper_protocol).lower()}")
        values += [f"convert.seed={seed}"] if resplit else []
        check_made(folder, with_values(params, values), [], root=ROOT)
        set_up(folder, values, root=ROOT, params=params)
        if pool_papers:
            cut_pool(folder / "assets", corpus, pool_papers)
        say = lambda stage: print(f"{folder.name} {stage}", flush=True)  # noqa: E731
        costs = run_loop(folder, dvc_yaml, threads=threads, say=say)
        found = json.loads((folder / "metrics/iterations.json").read_text(encoding="utf8"))
        measured = [{"seed": seed, **m, "cost": costs_of(costs, m["iteration"])} for m in found]
        with writing:
            done[seed] = measured
            rows = [row for seed in sorted(done) for row in done[seed]]
            write_report(record(name, rows))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run_seed, range(first, first + seeds)))


def by_seed(rows: List[Dict[str, Any]]) -> Dict[int, List[Dict[str, Any]]]:
    return {row["seed"]: [r for r in rows if r["seed"] == row["seed"]] for row in rows}


def cut_pool(assets: Path, corpus: str, n: int) -> None:
    """In place of the link a copy of the assets with n papers, chosen by the hash of their names
    or, of a collection, of their lines."""
    if not assets.is_symlink():
        return
    source = assets.resolve()
    assets.unlink()
    shutil.copytree(source, assets)
    papers = [p for p in (assets / corpus / "papers").iterdir() if not p.name.endswith(".jsonl.gz")]
    for path in sorted(papers, key=lambda path: digest(path.stem.encode()))[n:]:
        path.unlink()
    for path in (assets / corpus / "papers").glob("*.jsonl.gz"):
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
        path.write_bytes(gzip.compress(b"".join(sorted(lines, key=digest)[:n])))


def digest(name: bytes) -> str:
    return hashlib.sha1(name).hexdigest()


def costs_of(costs: Dict[str, Any], k: int) -> Dict[str, Any]:
    names = ("train", "evaluate@0") if k == 0 else ()
    return {n: c for n, c in costs.items() if n in names or n.endswith(f"@{k}")}


if __name__ == "__main__":
    run_with_loops(main)
