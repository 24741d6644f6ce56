"""The models of one iteration: model-best and its teachers, each with a seed of its own.

A step on little text is too short to use many threads well, so that on a CPU several models, each
in a process with its share of the cores, take less time side by side than one after the other.
"""

import multiprocessing
import sys
import traceback
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

from ..errors import Errors, ScinerError
from ..files import replacing
from ..models.machine import set_threads, threads_of_each
from ..pools import end_with_parent, process_pool
from .experiment import Experiment
from .measure import narrator_for
from .narrate import quiet
from .processes import group_rank, if_first, training_group
from .train import train_pipeline

SEED_STEP = 1000  # between members, so that experiments with neighbouring seeds share none
# A fork has imported everything. It is made before anything is computed: threads of a computation
# are not there in a fork, which would wait for them for ever.
_context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def train_members(experiment: Experiment, *, resume: Path) -> Dict[str, Any]:
    """Train model-best, and the other members into training/K/teachers/1, 2, …, an empty folder if
    there are none. A warm start goes on from the same member of the iteration before.

    resume (Path): As in `train_pipeline`: those that a killed run finished are not trained again.
    RETURNS (dict): What `train_pipeline` says of model-best.
    RAISES (ScinerError): SCINER-E302 if a process died, SCINER-E340 if one met an error that is
        none of ours; what `train_pipeline` raises.
    """
    n, at_once = experiment.n_teachers, experiment.at_once
    with training_group() as group, if_first(group, replacing(_teachers(experiment))) as own:
        folder = group.first_only(lambda: own)
        if group.is_first:
            folder.mkdir()
        outs = [experiment.model, *(folder / str(member) for member in range(1, n))]
        train = partial(train_member, experiment, resume=resume)
        if at_once > 1:
            results = _side_by_side(partial(train, at_once=at_once), outs, at_once)
        else:
            results = [train(member, out) for member, out in enumerate(outs)]
    return results[0]


def train_member(
    experiment: Experiment, member: int, out: Path, *, resume: Path, at_once: int = 1
) -> Dict[str, Any]:
    """Train one of them.

    member (int): 0 is model-best.
    at_once (int): How many are trained at the same time, each with its share of the cores.
    """
    recipe, start = experiment.recipe, experiment.start
    if member:
        before = []
        if start is not None and experiment.previous is not None:
            before = experiment.teachers_of(experiment.previous)
        start = before[member - 1] if member <= len(before) else experiment.teacher_start
        recipe = experiment.teacher_recipe
        recipe = recipe._replace(seed=recipe.seed + SEED_STEP * member)
    narrate = quiet if group_rank() else narrator_for(experiment, at_once=at_once)
    name = f"model {member + 1}"
    title = f"iteration {experiment.iteration}, {name} of {experiment.n_teachers}"
    return train_pipeline(
        recipe,
        train=experiment.training_file,
        dev=experiment.gold("dev"),
        out=out,
        start=start,
        resume=resume,
        report=narrate(title, name if at_once > 1 else ""),
    )


def _side_by_side(
    train: Callable[..., Dict[str, Any]], outs: Sequence[Path], at_once: int
) -> List[Dict[str, Any]]:
    options = {"mp_context": _context, "initializer": _start, "initargs": (at_once,)}
    with process_pool(at_once, **options) as pool:
        futures = [pool.submit(_plainly, train, member, out) for member, out in enumerate(outs)]
        try:
            for future in as_completed(futures):
                future.result()  # an error ends the others, too
        except BrokenProcessPool as e:
            raise ScinerError(Errors.E302.format(n=at_once)) from e
        return [future.result() for future in futures]


def _plainly(train: Callable[..., Dict[str, Any]], member: int, out: Path) -> Dict[str, Any]:
    """Not every exception can go from one process to another: what is none of ours is told here."""
    try:
        return train(member, out)
    except (ScinerError, OSError):
        raise
    except Exception as e:
        traceback.print_exc()
        reason = f"{type(e).__name__}: {e}"
        raise ScinerError(Errors.E340.format(n=member + 1, reason=reason)) from None


def _start(at_once: int) -> None:
    end_with_parent()
    set_threads(threads_of_each(at_once))


def _teachers(experiment: Experiment) -> Path:
    return experiment.model.with_name("teachers")
