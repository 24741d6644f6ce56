"""`sciner sweep`: what each γ would let through, and with --retrain the F1 it leads to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional

import typer

from ..files import write_json, write_text
from ..settings import read_settings
from .options import POOL, Params

if TYPE_CHECKING:
    from ..selection import Accept
    from ..training.experiment import Experiment

GAMMAS = "0.995,0.99,0.98,0.95,0.92,0.9,0.85,0.8,0.7,0.6,0.5"

Iteration = Annotated[
    int, typer.Option(min=1, help="K: the pipeline of the iteration before it annotates.")
]
AcceptedBy = Annotated[
    Optional[str], typer.Option(help="token or entity; default: annotate.accept.")
]
Retrained = Annotated[
    bool, typer.Option("--retrain", help="Also train with each γ: dev and test F1. Goes on.")
]


def sweep(
    gamma: Annotated[str, typer.Option(help="γs, each in [0, 1], divided by commas.")] = GAMMAS,
    iteration: Iteration = 1,
    accept: AcceptedBy = None,
    retrain: Retrained = False,
    params: Params = Path("params.yaml"),
    out: Annotated[Optional[Path], typer.Option(help="Default: sweep/iteration-K.")] = None,
    cache: Annotated[Path, typer.Option(help="Of the pool's scores.")] = Path(".sciner-cache/pool"),
) -> None:
    """Yield, precision and recall of the pseudo-labels at each γ, without training.

    The pool is predicted once; later runs, and the pseudo-label stage, read the same scores. Writes
    sweep.json, sweep.tsv and sweep.html.
    """
    from ..annotation.pseudo_label import predict_members
    from ..annotation.sweep import sweep_gammas
    from ..training.ensemble import mean_scores
    from ..training.experiment import Experiment

    gammas = read_gammas(gamma)
    settings = read_settings(params)
    annotate = settings.annotate
    rule = annotate.accept if accept is None else read_accept(accept)
    experiment = Experiment(settings, iteration)
    out = out or Path(f"sweep/iteration-{iteration}")
    cache = cache / f"iteration-{iteration}"
    previous = experiment.model_of(experiment.previous or 0)
    teachers = experiment.teachers_of(experiment.previous or 0)
    members = predict_members(previous, teachers, POOL, cache)
    figures = sweep_gammas(
        previous,
        mean_scores(members),
        Path("corpus/pool_gold.spacy"),
        n_docs=len(members[0]),
        gammas=gammas,
        accept=rule,
        gamma_o=annotate.gamma_o,
        calibrated=annotate.calibrated,
    )
    if retrain:
        _retrain(experiment, figures, accept=rule, pool=POOL, cache=cache, out=out)
    how = {"iteration": iteration, "accept": rule, "gamma_o": annotate.gamma_o}
    _write(out, how, figures)


def _retrain(
    experiment: "Experiment",
    figures: List[Dict[str, Any]],
    *,
    accept: "Accept",
    pool: Path,
    cache: Path,
    out: Path,
) -> None:
    """Train with each γ, in a folder of its own, and put the F1 beside its other figures."""
    from ..annotation.sweep import retrain_at

    if experiment.settings.retrain.soft_labels:
        typer.echo("retrain.soft_labels is true: γ decides nothing that is learnt", err=True)
    for one in figures:
        gamma, folder = one["gamma"], out / f"gamma-{one['gamma']:g}"
        result = retrain_at(experiment, gamma, accept=accept, pool=pool, cache=cache, out=folder)
        one.update(dev_f1=result["dev_f1"], test_f1=result["test_f1"])
        typer.echo(f"γ {gamma:g}: dev F1 {one['dev_f1']:.3f}")


def _write(out: Path, how: Dict[str, Any], figures: List[Dict[str, Any]]) -> None:
    from ..report.sweep import sweep_html, sweep_rows, sweep_tsv, sweep_type_rows
    from ..report.tables import to_text

    title = f"γ of iteration {how['iteration']}, accepted by {how['accept']}"
    write_json(out / "sweep.json", {**how, "gammas": figures})
    write_text(out / "sweep.tsv", sweep_tsv(figures))
    write_text(out / "sweep.html", sweep_html(figures, title))
    typer.echo(to_text(sweep_rows(figures)))
    typer.echo(to_text(sweep_type_rows(figures)))
    typer.echo(f"Of types: accepted precision/recall. {out}/sweep.json, .tsv, .html")


def read_accept(text: str) -> "Accept":
    """RAISES (ScinerError): SCINER-E521 for what is no such rule."""
    from ..settings.arguments import AcceptRule
    from ..settings.read import check_section

    return check_section(AcceptRule, {"accept": text}, where="the command").accept


def read_gammas(text: str) -> List[float]:
    """RAISES (ScinerError): SCINER-E521 for what is no number in [0, 1]."""
    from ..settings.arguments import GammaList
    from ..settings.read import check_section, parse_yaml

    numbers = [parse_yaml(part, "--gamma") for part in text.split(",") if part.strip()]
    return list(check_section(GammaList, {"gamma": numbers}, where="the command").gamma)
