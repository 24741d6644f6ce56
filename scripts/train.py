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
    from spacy_sciner.training.experiment import Experiment
    from spacy_sciner.training.members import train_member, train_members
    from spacy_sciner.training.processes import group_rank

    experiment = Experiment(read_settings(params), iteration, previous)
    resume = resume / f"iteration-{iteration}"
    if out:
        result = train_member(experiment, 0, out, resume=resume)
    else:
        result = train_members(experiment, resume=resume)
    if group_rank():
        return
    remove(resume)
    n_teachers = 1 if out else experiment.n_teachers
    if n_teachers > 1:
        typer.echo(f"{n_teachers} teachers annotate the pool next, one is model-best")
    score, epochs = result["score"], result["epochs"]
    typer.echo(f"{out or experiment.model}: dev F1 {score:.3f}, best of {epochs} epochs")


if __name__ == "__main__":
    run(main)
