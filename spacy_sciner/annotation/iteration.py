"""The pseudo-label stage: the pool as the pipeline of the iteration before sees it."""

from pathlib import Path
from typing import Any, Dict

from ..corpus.docbin import count_docs
from ..errors import Errors, ScinerError
from ..files import write_json
from ..training.ensemble import mean_scores
from ..training.experiment import Experiment
from .engine import Engine
from .gamma import GammaRule, resolve_gamma
from .pseudo_label import predict_members, pseudo_label

POOL = Path("corpus/pool.spacy")


def annotate_pool(experiment: Experiment, *, cache: Path) -> Dict[str, Any]:
    """Write `corpus/iteration-K/pseudo.spacy` and `_pseudo.json`, which says what γ was and why.

    experiment (Experiment): Of the iteration that will train on it; not of iteration 0.
    cache (Path): Where the pool's scores are kept, so that another γ is quick.
    RETURNS (dict): What `pseudo_label` counts.
    RAISES (ScinerError): SCINER-E566 for an empty pool, and what `resolve_gamma` and `pseudo_label`
        raise.
    """
    settings, k, previous = experiment.settings, experiment.iteration, experiment.previous or 0
    if POOL.exists() and not count_docs(POOL):
        raise ScinerError(Errors.E566.format(k=k, path=POOL, corpus=settings.corpus))
    annotate = settings.annotate
    engine = Engine.of(annotate)
    model, teachers = experiment.model_of(previous), experiment.teachers_of(previous)
    cache = cache / f"iteration-{k}"
    rule = GammaRule.of(settings.iteration_of(k).gamma, annotate)
    # Else pseudo_label alone asks for them.
    needs_scores = rule.gamma == "adaptive"
    members = predict_members(model, teachers, POOL, cache, engine=engine) if needs_scores else []
    gamma, certificate = resolve_gamma(
        rule,
        model=model,
        scores=mean_scores(members) if members else (),
        teachers=teachers,
        calibrated=annotate.calibrated,
        calibration=experiment.gold("calibration"),
        dev=experiment.gold("dev"),
    )
    folder = experiment.training_file.parent
    counts = pseudo_label(
        model,
        POOL,
        folder / "pseudo.spacy",
        gold=experiment.gold("train"),
        iteration=k,
        gamma=gamma,
        gamma_o=annotate.gamma_o,
        accept=annotate.accept,
        engine=engine,
        soft=annotate.soft,
        teachers=teachers,
        calibrated=annotate.calibrated,
        cache=cache,
    )
    write_json(folder / "_pseudo.json", {**counts, "gamma": certificate})
    return counts
