"""`sciner repeat`: the whole loop with several seeds, beside the project's own."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Dict, Optional

import typer

from ..files import read_json, write_json, write_text
from .options import Params, SeedCount, Values

LastIteration = Annotated[
    Optional[int], typer.Option(min=1, help="Last iteration; default: as in params.yaml.")
]
SplitAnew = Annotated[
    bool, typer.Option("--resplit", help="Also split gold anew, where it is split by shares.")
]
OutFolder = Annotated[Path, typer.Option(help="A folder for each seed, and the table.")]


def repeat(
    seeds: SeedCount = 5,
    to: LastIteration = None,
    resplit: SplitAnew = False,
    values: Values = None,
    jobs: Annotated[int, typer.Option(min=1, help="Seeds at a time; they share the cores.")] = 1,
    params: Params = Path("params.yaml"),
    out: OutFolder = Path("repeat"),
) -> None:
    """Is the gain real? Runs the loop with several seeds and says what an iteration is worth.

    Each seed has a folder of its own in which every stage of dvc.yaml runs; nothing of the
    project's own run changes. Goes on after an interruption, stage by stage. Writes repeat.txt and
    repeat.json: mean ± standard deviation of each iteration, paired gains, and how often each was
    shipped.
    """
    from ..models.machine import usable_cores
    from ..report.repeat import repeat_text
    from .loops import check_made, ended_with_us, read_dvc_yaml, run_loop, set_up, with_values

    root, given = Path(), list(values or ())
    dvc_yaml, text = read_dvc_yaml(root), planned(params, to)
    threads = max(1, usable_cores() // jobs)
    done: Dict[int, Any] = {}
    writing = Lock()

    def one(seed: int) -> None:
        folder = out / f"seed-{seed}"
        own = [*given, f"seed={seed}", *([f"convert.seed={seed}"] if resplit else [])]
        set_up(folder, own, root=root, params=text)
        run_loop(folder, dvc_yaml, threads=threads, say=lambda stage: tell(f"seed {seed}: {stage}"))
        found = read_json(folder / "metrics/iterations.json", list)
        with writing:
            done[seed] = found
            in_order = dict(sorted(done.items()))
            write_json(out / "repeat.json", {str(s): m for s, m in in_order.items()})
            write_text(out / "repeat.txt", repeat_text(in_order, resplit=resplit))

    options = ["resplit"] if resplit else []
    check_made(out, with_values(text, [*given, "seed=0"]), options, root=root)
    with ended_with_us(), ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, range(seeds)))
    typer.echo((out / "repeat.txt").read_text(encoding="utf8"), nl=False)


def planned(params: Path, to: Optional[int]) -> str:
    """params.yaml's text, with as many iterations as are asked for.

    RAISES (ScinerError): SCINER-E502, E520 for a file that cannot be used.
    """
    from ..settings import read_settings
    from .plan import count_iterations, extend_iterations, measure_up_to

    read_settings(params)
    text, name = params.read_text(encoding="utf8"), str(params)
    if to is None:
        return text
    if to > count_iterations(text, path=name):
        text = extend_iterations(text, to=to, path=name)
    return measure_up_to(text, last=to, path=name)


def tell(text: str) -> None:
    """What is being done, where somebody is looking."""
    if sys.stderr.isatty():
        typer.echo(text, err=True)
