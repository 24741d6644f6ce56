"""Stage `pseudo-label@K`: annotate the pool with the pipeline of the iteration before."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.files import write_json
from spacy_sciner.params import check_keys, load_params

SETTINGS = ["accept", "gamma_o", "alpha", "delta", "adaptive_gamma"]
SETTINGS += ["calibrated", "engine", "workers", "ray_address"]
LOW_YIELD = """
!! LOW YIELD: {accepted_entities} entities accepted where gold's density predicts about \
{expected_entities}.
!! With retrain.soft_labels the next model learns from the distributions, and γ only counts.
!! Without, it will learn next to nothing from the pool. What to do then, in this order:
!!   1. train longer: raise train.epochs (an undertrained model is sure of nothing);
!!   2. lower iterations.{k}.gamma, or set annotate.gamma_o for O tokens apart;
!!   3. look at metrics/iteration-{k}.json: is the pool of the same kind of text as gold?
"""


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
    from spacy_sciner.annotation.engine import Engine
    from spacy_sciner.annotation.gamma import GammaRule, check_rule, resolve_gamma
    from spacy_sciner.annotation.pseudo_label import predict_members, pseudo_label
    from spacy_sciner.training.ensemble import mean_scores
    from spacy_sciner.training.experiment import Experiment

    experiment = Experiment(params, iteration, previous)
    annotate = load_params(params, "annotate", require=SETTINGS)
    check_keys(annotate, [*SETTINGS, "soft"], where="`annotate`")
    engine = Engine(annotate["engine"], annotate["workers"], annotate["ray_address"])
    folder = experiment.training_file.parent
    model, pool = experiment.model_of(previous), Path("corpus/pool.spacy")
    cache = cache / f"iteration-{iteration}"
    rule = GammaRule(
        load_params(params, f"iterations.{iteration}.gamma"),
        annotate["accept"],
        alpha=annotate["alpha"],
        delta=annotate["delta"],
        base=annotate["adaptive_gamma"],
    )
    check_rule(rule)
    teachers = experiment.teachers_of(previous)
    gamma, certificate = resolve_gamma(
        rule,
        model=model,
        # Else pseudo_label alone asks for them.
        scores=mean_scores(predict_members(model, teachers, pool, cache, engine=engine))
        if rule.gamma == "adaptive"
        else (),
        teachers=teachers,
        calibrated=annotate["calibrated"],
        calibration=experiment.gold("calibration"),
        dev=experiment.gold("dev"),
    )
    counts = pseudo_label(
        model,
        pool,
        folder / "pseudo.spacy",
        gold=experiment.gold("train"),
        iteration=iteration,
        gamma=gamma,
        gamma_o=annotate["gamma_o"],
        accept=annotate["accept"],
        engine=engine,
        soft=annotate.get("soft", False),
        teachers=teachers,
        calibrated=annotate["calibrated"],
        cache=cache,
    )
    write_json(folder / "_pseudo.json", {**counts, "gamma": certificate})
    typer.echo(
        "{accepted_entities} entities accepted (gold's density predicts {expected_entities}) in "
        "{accepted_paragraphs} of {paragraphs} paragraphs; ".format(**counts)
        + f"{counts['unknown_share']:.1%} of tokens unknown"
    )
    if counts["low_yield"]:
        typer.secho(LOW_YIELD.format(k=iteration, **counts), fg="red", bold=True, err=True)


if __name__ == "__main__":
    run(main)
