"""Stage `evaluate@K`: measure one iteration on gold that never moves."""

from pathlib import Path
from typing import Annotated, Any, Dict

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.files import fingerprint, remove, replacing, write_json
from spacy_sciner.params import load_params


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
    from spacy_sciner.corpus.docbin import read_docs
    from spacy_sciner.evaluation.measure import (
        measure_calibration,
        measure_clean,
        measure_paper_protocol,
        measure_pool,
        pool_tags,
    )
    from spacy_sciner.pipeline.sciner import find_sciner
    from spacy_sciner.training.experiment import Experiment, load_pipeline
    from spacy_sciner.training.narrate import Narrator

    settings = load_params(params, "evaluate", require=["bootstrap", "paper_protocol", "seed"])
    experiment = Experiment(params, iteration)
    resume = resume / f"protocol-{iteration}"
    bootstrap = {"n_bootstrap": settings["bootstrap"], "seed": settings["seed"]}
    nlp = load_pipeline(experiment.model)
    golds = read_docs(experiment.gold("test"), nlp.vocab)
    test = measure_clean(nlp, golds, **bootstrap)
    dev = measure_clean(nlp, read_docs(experiment.gold("dev"), nlp.vocab), **bootstrap)
    papers = {"dev": dev.pop("papers"), "test": test.pop("papers")}
    metrics: Dict[str, Any] = {"iteration": iteration, "clean": {"test": test, "dev": dev}}
    metrics["paper_protocol"] = None
    if settings["paper_protocol"]:
        metrics["paper_protocol"] = measure_paper_protocol(
            experiment.recipe,
            merged=experiment.training_file,
            dev=experiment.gold("dev"),
            start=experiment.start,
            seed=settings["seed"],
            resume=resume,
            report=Narrator(f"for the paper's protocol, iteration {iteration}"),
        )
    metrics["pool"] = None
    tags = b""
    if iteration:
        folder = experiment.training_file.parent
        metrics["pool"] = measure_pool(
            folder / "pseudo.spacy", Path("corpus/pool_gold.spacy"), folder / "_pseudo.json"
        )
        tags = pool_tags(folder / "pseudo.spacy", nlp.get_pipe(find_sciner(nlp)).labels)
    metrics["calibration"], reliability = measure_calibration(nlp, golds)
    write_json(Path(f"metrics/iteration-{iteration}.json"), metrics)
    details = {
        "model": fingerprint(experiment.model),
        "metrics": metrics,
        "reliability": reliability,
        "papers": papers,
    }
    write_json(Path(f"evaluation/iteration-{iteration}.json"), details)
    with replacing(Path(f"evaluation/iteration-{iteration}.tags")) as temporary:
        temporary.write_bytes(tags)
    remove(resume)
    interval = f"{test['f1_low']:.3f}–{test['f1_high']:.3f}" if settings["bootstrap"] else "none"
    typer.echo(f"iteration {iteration}: test F1 {test['f1']:.3f} (95 % {interval})")


if __name__ == "__main__":
    run(main)
