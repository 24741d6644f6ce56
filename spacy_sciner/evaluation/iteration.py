"""The evaluate stage: one iteration on gold that never moves, its pool, its confidences."""

from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

from spacy.language import Language

from ..corpus.docbin import read_docs, write_docs
from ..files import fingerprint, replacing, write_json
from ..pipeline.sciner import find_sciner
from ..training.experiment import Experiment, load_pipeline
from ..training.narrate import quiet
from ..training.train import Report
from .measure import (
    entities_alone,
    measure_calibration,
    measure_clean,
    measure_paper_protocol,
    measure_pool,
    pool_tags,
    predict,
    score_clean,
)

Narrate = Callable[[str], Report]


def evaluate_iteration(
    experiment: Experiment, *, resume: Optional[Path] = None, narrate: Narrate = quiet
) -> Dict[str, Any]:
    """Write `metrics/iteration-K.json`, and in `evaluation/` three files: what the report needs
    (counts of each paragraph, the pool's tags), and the test papers as predicted.

    resume (Path): As in `train_pipeline`, for the model of the paper's protocol.
    narrate (Callable): Gives what is told of its epochs.
    RETURNS (dict): The metrics.
    RAISES (ScinerError): SCINER-E314 without the pipeline, SCINER-E201 without its data.
    """
    k, settings = experiment.iteration, experiment.settings.evaluate
    bootstrap = {"n_bootstrap": settings.bootstrap, "seed": settings.seed}
    nlp = load_pipeline(experiment.model)
    golds = read_docs(experiment.gold("test"), nlp.vocab)
    found = predict(nlp, golds)
    test = score_clean(golds, found, **bootstrap)
    dev = measure_clean(nlp, read_docs(experiment.gold("dev"), nlp.vocab), **bootstrap)
    papers = {"dev": dev.pop("papers"), "test": test.pop("papers")}
    metrics: Dict[str, Any] = {"iteration": k, "clean": {"test": test, "dev": dev}}
    metrics["paper_protocol"] = None
    if settings.paper_protocol:
        report = narrate(f"for the paper's protocol, iteration {k}")
        metrics["paper_protocol"] = _retrain_and_measure(experiment, resume=resume, report=report)
    metrics["pool"], tags = _measure_own_pool(experiment, nlp) if k else (None, b"")
    metrics["calibration"], reliability = measure_calibration(nlp, golds)
    write_json(Path(f"metrics/iteration-{k}.json"), metrics)
    details = {
        "model": fingerprint(experiment.model),
        "metrics": metrics,
        "reliability": reliability,
        "papers": papers,
    }
    write_json(Path(f"evaluation/iteration-{k}.json"), details)
    write_docs(Path(f"evaluation/iteration-{k}.spacy"), entities_alone(golds, found))
    with replacing(Path(f"evaluation/iteration-{k}.tags")) as temporary:
        temporary.write_bytes(tags)
    return metrics


def _retrain_and_measure(
    experiment: Experiment, *, resume: Optional[Path], report: Report
) -> Dict[str, float]:
    """The paper's protocol, on the iteration's own training file."""
    return measure_paper_protocol(
        experiment.recipe,
        merged=experiment.training_file,
        dev=experiment.gold("dev"),
        start=experiment.start,
        seed=experiment.settings.evaluate.seed,
        resume=resume,
        report=report,
    )


def _measure_own_pool(experiment: Experiment, nlp: Language) -> Tuple[Dict[str, Any], bytes]:
    """What was accepted for the iteration, and the tag of every token of its pool."""
    folder = experiment.training_file.parent
    pseudo = folder / "pseudo.spacy"
    counts = measure_pool(pseudo, Path("corpus/pool_gold.spacy"), folder / "_pseudo.json")
    labels = nlp.get_pipe(find_sciner(nlp)).labels  # type: ignore[attr-defined]
    return counts, pool_tags(pseudo, labels)
