"""Stage `evaluate@K`: measure one iteration on gold that never moves."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.files import remove
from spacy_sciner.settings import read_settings


def main(
    iteration: Annotated[int, typer.Option(help="K; 0 is the model trained on gold alone.")],
    params: Annotated[
        Path, typer.Option(help="Experiment; sections `evaluate`, `train`, `retrain`.")
    ] = Path("params.yaml"),
    resume: Annotated[
        Path, typer.Option(help="Checkpoints: a run that was killed goes on from them.")
    ] = Path(".sciner-cache/training"),
) -> None:
    """Score training/K/model-best on the gold test and dev papers, and describe its pool.

    With `evaluate.paper_protocol` a second model is trained on 80 % of the iteration's training
    file and scored on the other 20 %: the paper's figure, which is self-agreement, not quality.
    """
    from spacy_sciner.evaluation.iteration import evaluate_iteration
    from spacy_sciner.training.experiment import Experiment
    from spacy_sciner.training.measure import narrator_for

    settings = read_settings(params)
    resume = resume / f"protocol-{iteration}"
    experiment = Experiment(settings, iteration)
    narrate = narrator_for(experiment)
    test = evaluate_iteration(experiment, resume=resume, narrate=narrate)["clean"]["test"]
    remove(resume)
    interval = "unknown: it takes two papers" if settings.evaluate.bootstrap else "none"
    if test["f1_low"] is not None:
        interval = f"{test['f1_low']:.3f}–{test['f1_high']:.3f}"
    typer.echo(f"iteration {iteration}: test F1 {test['f1']:.3f} (95 % {interval})")


if __name__ == "__main__":
    run(main)
