"""Stages `train` and `retrain@K`: train the pipeline of one iteration."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.files import remove
from spacy_sciner.settings import read_settings

Params = Annotated[Path, typer.Option(help="Experiment; sections `train`, `retrain`.")]


def main(
    iteration: Annotated[int, typer.Option(help="0 trains on gold alone, K on the merged file.")],
    previous: Annotated[
        Optional[int], typer.Option(help="Iteration whose pipeline a warm start goes on from.")
    ] = None,
    params: Params = Path("params.yaml"),
    out: Annotated[Optional[Path], typer.Option(help="Default: training/K/model-best.")] = None,
    resume: Annotated[
        Path, typer.Option(help="Checkpoints: a run that was killed goes on from them.")
    ] = Path(".sciner-cache/training"),
) -> None:
    """Train with spaCy and keep the epoch with the best F1 on the gold dev papers.

    Writes training/K/model-best, a pipeline for `spacy.load`, and training/K/teachers, the other
    members of the ensemble that annotates the pool (`train.teachers`); with --out only the former.
    In several processes: torchrun --nproc_per_node=N scripts/train.py …
    """
    from spacy_sciner.training.ensemble import train_teachers
    from spacy_sciner.training.experiment import Experiment
    from spacy_sciner.training.measure import narrator_for
    from spacy_sciner.training.narrate import quiet
    from spacy_sciner.training.processes import training_group
    from spacy_sciner.training.train import train_pipeline

    settings = read_settings(params)
    experiment = Experiment(settings, iteration, previous)
    n_teachers = 1 if out else experiment.n_teachers
    resume = resume / f"iteration-{iteration}"
    with training_group() as group:
        narrate = narrator_for(experiment) if group.is_first else quiet
        result = train_pipeline(
            experiment.recipe,
            train=experiment.training_file,
            dev=experiment.gold("dev"),
            out=out or experiment.model,
            start=experiment.start,
            resume=resume,
            report=narrate(f"iteration {iteration}, model 1 of {n_teachers}"),
        )
        if out is None:
            train_teachers(experiment, resume=resume, narrate=narrate)
    if group.is_first:
        remove(resume)
        if n_teachers > 1:
            typer.echo(f"{n_teachers} teachers annotate the pool next, one is model-best")
        score, epochs = result["score"], result["epochs"]
        typer.echo(f"{out or experiment.model}: dev F1 {score:.3f}, best of {epochs} epochs")


if __name__ == "__main__":
    run(main)
