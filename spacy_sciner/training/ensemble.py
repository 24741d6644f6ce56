"""An ensemble of seeds as the teacher: trained beside model-best, averaged over the pool.

Models that differ by their seed alone err differently; their mean is right more often than each,
and unsure where they disagree (RoSTER, EMNLP 2021). The others may have a larger encoder, of which
the student learns what its own would not find. model-best alone is evaluated and published.
"""

from functools import reduce
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Sequence

import numpy as np

from ..files import fingerprint, replacing
from ..tagging import are_words
from ..types import Floats2d
from .experiment import Experiment
from .narrate import quiet
from .processes import if_first, training_group
from .train import Report, train_pipeline

SEED_STEP = 1000  # between members, so that experiments with neighbouring seeds share none


def train_teachers(
    experiment: Experiment,
    *,
    resume: Optional[Path] = None,
    narrate: Callable[[str], Report] = quiet,
) -> None:
    """Train the members besides model-best into training/K/teachers/1, 2, …, an empty folder if
    there are none. A warm start goes on from the same member of the iteration before.

    resume (Path): As in `train_pipeline`: those that a killed run finished are not trained again.
    narrate (Callable): Gives what is told of the epochs of the training of that title.
    """
    recipe, start = experiment.teacher_recipe, experiment.start
    before = experiment.teachers_of(experiment.previous) if experiment.previous is not None else []
    teachers = experiment.model.with_name("teachers")
    with training_group() as group, if_first(group, replacing(teachers)) as own:
        folder = group.first_only(lambda: own)
        if group.is_first:
            folder.mkdir()
        n = experiment.n_teachers
        for member in range(1, n):
            inherited = start is not None and member <= len(before)
            train_pipeline(
                recipe._replace(seed=recipe.seed + SEED_STEP * member),
                train=experiment.training_file,
                dev=experiment.gold("dev"),
                out=folder / str(member),
                start=before[member - 1] if inherited else experiment.teacher_start,
                resume=resume,
                report=narrate(f"iteration {experiment.iteration}, model {member + 1} of {n}"),
            )


def mean_scores(members: Sequence[Iterable[Floats2d]]) -> Iterator[Floats2d]:
    """Log of the members' mean probabilities, document by document; of one member, its own."""
    if len(members) == 1:
        yield from members[0]
        return
    for rows in zip(*members):
        total = reduce(np.logaddexp, [row.astype(np.float64) for row in rows])
        # What has no content to one of the tokenizers has none to all.
        words = np.all([are_words(row) for row in rows], axis=0)
        mean = np.where(words[:, None], total - np.log(len(rows)), 0.0)
        yield mean.astype(np.float32)


def describe(model: Path, teachers: Sequence[Path]) -> str:
    """Fingerprint of all members, for the provenance of what they annotate."""
    return "+".join(fingerprint(path) for path in (model, *teachers))
