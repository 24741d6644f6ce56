"""Predict shards on whichever engine is wanted."""

from pathlib import Path

from .engine import Engine, Results, Tasks
from .local import run_locally
from .ray import run_on_ray


def run_shards(model: Path, tasks: Tasks, n_tasks: int, engine: Engine) -> Results:
    """Predict shards; yield each one's number and bytes as it is ready, in any order.

    n_tasks (int): How many shards.
    RAISES (ScinerError): SCINER-E317 if worker after worker died over one shard, E318 if Ray is
        wanted and not installed; what loading the pipeline raises.
    """
    run = run_on_ray if engine.name == "ray" else run_locally
    return run(model, tasks, n_tasks, engine)
