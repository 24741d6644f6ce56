"""What every method gets, and what it gives back."""

from pathlib import Path
from typing import Any, Callable, Dict, NamedTuple

from ..errors import Errors, ScinerError
from ..settings.tree import Settings
from .checkpoint import Checkpoint, Curve, place_of_best
from .loop import AdaptLoop, Report, Schedule, Task
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

    def say(self, line: str) -> None:
        """What is done beside the training, for who is told of that."""
        say: Callable[[str], None] = getattr(self.report, "say", lambda line: None)
        say(f"  {line}")


class Result(NamedTuple):
    figures: Dict[str, Any]  # for metrics/adapt.json
    curve: Curve  # "step", "loss", "held_out" of each evaluation


Method = Callable[[Job], Result]


def train_task(job: Job, task: Task) -> Result:
    """Train what a method made; the best weights are left in its module.

    RAISES (ScinerError): SCINER-E559 without anything to learn from.
    RETURNS (Result): With "steps" (of the kept weights), and "held_out_before" and "held_out",
        None without any text kept aside.
    """
    settings, adapt = job.settings, job.settings.adapt
    if not task.batches(0):
        raise ScinerError(Errors.E559)
    schedule = Schedule(
        adapt.epochs,
        adapt.learn_rate,
        adapt.patience,
        adapt.seed,
        settings.device,
        settings.precision,
    )
    loop = AdaptLoop(task, schedule, checkpoint=Checkpoint(job.work), report=job.report)
    curve = loop.run()
    best = curve[place_of_best(curve)]
    losses = {"held_out_before": curve[0]["held_out"], "held_out": best["held_out"]}
    rounded = {name: None if loss is None else round(loss, 4) for name, loss in losses.items()}
    return Result({"steps": best["step"], **rounded}, curve)
