"""What every method gets, and what it gives back."""

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

from ..settings.tree import Settings
from .checkpoint import Checkpoint, Curve
from .loop import AdaptLoop, Report, Schedule, Task, best_of
from .text import Text


class Job(NamedTuple):
    """One method's work: `run(job)` of each method's file."""

    encoder: Path  # in Hugging Face's format; read only
    out: Path  # the adapted one, to be made
    work: Path  # for checkpoints
    text: Text
    settings: Settings
    root: Path  # the project's folder
    report: Report


class Result(NamedTuple):
    figures: Dict[str, Any]  # for metrics/adapt.json
    curve: Curve  # "step", "loss", "held_out" of each evaluation


Method = Callable[[Job], Result]


def train_task(job: Job, task: Task) -> Result:
    """Train what a method made; the best weights are left in its module.

    RETURNS (Result): With "steps" (of the kept weights), "held_out_before" and "held_out".
    """
    settings, adapt = job.settings, job.settings.adapt
    schedule = Schedule(
        adapt.epochs,
        adapt.learn_rate,
        adapt.patience,
        adapt.seed,
        settings.device,
        settings.precision,
    )
    loop = AdaptLoop(task, schedule, checkpoint=Checkpoint(job.work), report=job.report)
    curve: List[Dict[str, float]] = loop.run()
    best = best_of(curve)
    figures = {
        "steps": int(best["step"]),
        "held_out_before": round(curve[0]["held_out"], 4),
        "held_out": round(best["held_out"], 4),
    }
    return Result(figures, curve)
