"""Stages `train` and `retrain@K`: train the pipeline of one iteration."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from spacy_sciner.cli.console import run

Params = Annotated[Path, typer.Option(help="Experiment; sections `train`, `retrain`.")]


def main(
    iteration: Annotated[int, typer.Option(help="0 trains on gold alone, K on the merged file.")],
    previous: Annotated[
        Optional[int], typer.Option(help="Iteration whose pipeline a warm start goes on from.")
    ] = None,
    params: Params = Path("params.yaml"),
    out: Annotated[Optional[Path], typer.Option(help="Default: training/K/model-best.")] = None,
) -> None:
    """Train with spaCy and keep the epoch with the best F1 on the gold dev papers.

    Writes training/K/model-best, a pipeline for `spacy.load`. In several processes:
    torchrun --nproc_per_node=N scripts/train.py …
    """
    from spacy_sciner.models.distributed import group_rank
    from spacy_sciner.pipeline.experiment import Experiment
    from spacy_sciner.pipeline.train import train_pipeline

    experiment = Experiment(params, iteration, previous)
    out = out or experiment.model
    result = train_pipeline(
        experiment.recipe,
        train=experiment.training_file,
        dev=experiment.gold("dev"),
        out=out,
        start=experiment.start,
    )
    if group_rank() == 0:
        typer.echo(f"{out}: dev F1 {result['score']:.3f}, best of {result['epochs']} epochs")


if __name__ == "__main__":
    run(main)
