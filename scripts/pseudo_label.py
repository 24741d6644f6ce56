"""Stage `pseudo-label@K`: annotate the pool with the pipeline of the iteration before."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.settings import read_settings

LOW_YIELD = """
!! LOW YIELD: {accepted_entities} entities accepted where gold's density predicts about \
{expected_entities}.
!! With retrain.soft_labels the next model learns from the distributions, and γ only counts.
!! Without, it will learn next to nothing from the pool. What to do then, in this order:
!!   1. train longer: raise train.epochs (an undertrained model is sure of nothing);
!!   2. {advice};
!!   3. look at metrics/iteration-{k}.json: is the pool of the same kind of text as gold?
"""
ADVICE = {  # by γ
    "auto": "gamma: auto accepts no more than a promise of 1 − alpha allows: keep more gold papers "
    "apart for it (split calibration), or raise annotate.alpha (docs/gamma.md)",
    "adaptive": "lower annotate.adaptive_gamma, or set annotate.gamma_o for O tokens apart",
}
LOWER = "lower iterations.{k}.gamma, or set annotate.gamma_o for O tokens apart"


def main(
    iteration: Annotated[int, typer.Option(help="K: the iteration that will train on this.")],
    previous: Annotated[int, typer.Option(help="The iteration whose pipeline annotates.")],
    params: Annotated[
        Path, typer.Option(help="Experiment; sections `annotate`, `iterations.K`.")
    ] = Path("params.yaml"),
    cache: Annotated[
        Path, typer.Option(help="Where the pool's scores are kept, so that another γ is quick.")
    ] = Path(".sciner-cache/pool"),
) -> None:
    """Keep what the model is sure of (γ), mark the rest as unknown, write corpus/iteration-K/."""
    from spacy_sciner.annotation.iteration import annotate_pool
    from spacy_sciner.training.experiment import Experiment

    settings = read_settings(params)
    experiment = Experiment(settings, iteration, previous)
    counts = annotate_pool(experiment, cache=cache)
    typer.echo(
        "{accepted_entities} entities accepted (gold's density predicts {expected_entities}) in "
        "{accepted_paragraphs} of {paragraphs} paragraphs; ".format(**counts)
        + f"{counts['unknown_share']:.1%} of tokens unknown"
    )
    if counts["low_yield"]:
        advice = ADVICE.get(str(settings.iteration_of(iteration).gamma), LOWER.format(k=iteration))
        said = LOW_YIELD.format(k=iteration, advice=advice, **counts)
        typer.secho(said, fg="red", bold=True, err=True)


if __name__ == "__main__":
    run(main)
