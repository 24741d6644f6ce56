"""Train a pipeline with spaCy's own loop, for epochs instead of steps, and keep the best."""

import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import spacy
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training.initialize import init_nlp
from spacy.training.loop import (
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
    update_meta,
)
from spacy.util import load_config, registry, resolve_dot_names
from thinc.api import Config, fix_random_seed

from ..errors import Errors, ScinerError
from ..files import replacing
from .calibrate import calibrate_pipeline, sciner_name


class Recipe(NamedTuple):
    """What an experiment sets; everything else is in the training config."""

    config: Path
    epochs: int
    learn_rate: float  # peak, after a linear warm-up, before a linear decay to 0
    batch_words: int  # words in a batch, padding counted
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    encoder: str = "encoder"
    calibrate: bool = True  # fit the confidences on dev once the best epoch is known


WARMUP = 0.1  # share of the steps in which the learning rate rises


def train_pipeline(
    recipe: Recipe, *, train: Path, dev: Path, out: Path, start: Optional[Path] = None
) -> Dict[str, Any]:
    """Train and write the pipeline of the epoch with the best dev F1 to `out`.

    train, dev (Path): DocBins; unknown tokens do not count.
    out (Path): Replaced as a whole at the end; after a kill it is what it was before.
    start (Path): A trained pipeline to go on from (a warm start); None begins at the encoder.
    RETURNS (dict): "epochs", "steps", and the best "score" on dev, in [0, 1].
    RAISES (ScinerError): SCINER-E312 for a setting out of range, SCINER-E313 if the training or dev
        data are empty, SCINER-E314 without the config or the pipeline to start from.
    """
    recipe = _checked(recipe)
    for path in [recipe.config, *([start / "config.cfg"] if start else [])]:
        if not path.is_file():
            raise ScinerError(Errors.E314.format(path=path))
    config = _configure(recipe, train=train, dev=dev, start=start)
    n_steps = _steps_per_epoch(config)
    total = n_steps * recipe.epochs
    config["training"].update(max_steps=total, eval_frequency=n_steps, max_epochs=0, patience=0)
    rate = {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": max(1, round(WARMUP * total)),
        "total_steps": total,
        "initial_rate": recipe.learn_rate,
    }
    config["training"]["optimizer"]["learn_rate"] = rate
    nlp = init_nlp(config)
    with replacing(out) as temporary:
        # A warm start must not inherit what was fitted to another model.
        nlp.get_pipe(sciner_name(nlp)).cfg.pop("calibration", None)  # type: ignore[attr-defined]
        score = _run(nlp, temporary)
        if recipe.calibrate and temporary.is_dir():
            calibrate_pipeline(temporary, dev)
    return {"epochs": recipe.epochs, "steps": total, "score": score}


def _run(nlp: Language, out: Path) -> float:
    """Train, write the best epoch's pipeline to `out`, give its dev score.

    spaCy evaluates before the first epoch too. That is no candidate: after a warm start it is the
    pipeline of the iteration before, and an iteration that only made things worse would pass for
    one that changed nothing.
    """
    config = nlp.config.interpolate()
    settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    fix_random_seed(settings["seed"])
    train, dev = resolve_dot_names(config, [settings["train_corpus"], settings["dev_corpus"]])
    evaluate = create_evaluation_callback(nlp, dev, settings["score_weights"])
    best = 0.0
    n_evaluated = 0

    def evaluate_epoch() -> Tuple[float, Dict[str, Any]]:
        nonlocal n_evaluated
        score, scores = evaluate()
        n_evaluated += 1
        return (score if n_evaluated > 1 else 0.0), scores

    steps = train_while_improving(
        nlp,
        settings["optimizer"],
        create_train_batches(nlp, train, settings["batcher"], settings["max_epochs"]),
        evaluate_epoch,
        dropout=settings["dropout"],
        accumulate_gradient=settings["accumulate_gradient"],
        patience=settings["patience"],
        max_steps=settings["max_steps"],
        eval_frequency=settings["eval_frequency"],
        exclude=settings["frozen_components"],
        annotating_components=settings["annotating_components"],
        before_update=settings["before_update"],
    )
    log_step, finish_log = settings["logger"](nlp, sys.stdout, sys.stderr)
    try:
        for _, info, is_best in steps:
            if is_best and n_evaluated > 1:
                best = info["score"]
                update_meta(settings, nlp, info)
                nlp.to_disk(out)
            log_step(info if is_best is not None else None)
    finally:
        finish_log()
    return best


def _checked(recipe: Recipe) -> Recipe:
    """The same with a number for the learning rate: to YAML 1.1, `3e-4` without a dot is text."""
    for name in ("epochs", "batch_words"):
        value = getattr(recipe, name)
        if not isinstance(value, int) or value < 1:
            message = Errors.E312.format(name=name, value=value, range="a whole number from 1 on")
            raise ScinerError(message)
    try:
        learn_rate = float(recipe.learn_rate)
    except (TypeError, ValueError):
        learn_rate = 0.0
    if not 0 < learn_rate < 1:
        message = Errors.E312.format(name="learn_rate", value=recipe.learn_rate, range="in (0, 1)")
        raise ScinerError(message)
    return recipe._replace(learn_rate=learn_rate)


def _configure(recipe: Recipe, *, train: Path, dev: Path, start: Optional[Path]) -> Config:
    """The training config with an experiment's settings put in."""
    config = load_config(recipe.config)
    config["paths"].update(train=str(train), dev=str(dev))
    config["system"]["seed"] = recipe.seed
    config["training"]["batcher"]["size"] = recipe.batch_words
    if "encoder" in config["paths"]:
        config["paths"]["encoder"] = recipe.encoder
    model = config["components"]["sciner"].get("model", {})
    for name in ("device", "precision"):
        if name in model:
            model[name] = getattr(recipe, name)
    if start is not None:
        for name in config["nlp"]["pipeline"]:
            config["components"][name] = {"source": str(start)}
    if sys.stderr.isatty():
        config["training"]["logger"] = {
            "@loggers": "spacy.ConsoleLogger.v3",
            "progress_bar": "train",
        }
    return Config(config)


def _steps_per_epoch(config: Config) -> int:
    """Batches in one pass over the training data, with the config's own reader and batcher."""
    nlp = spacy.blank(config["nlp"]["lang"])
    resolved = config.interpolate()
    corpora = registry.resolve({"corpora": resolved["corpora"]})["corpora"]
    batcher = registry.resolve({"batcher": resolved["training"]["batcher"]})["batcher"]
    examples: Dict[str, List[Any]] = {}
    for name in ("train", "dev"):
        examples[name] = list(corpora[name](nlp))
        if not examples[name]:
            raise ScinerError(Errors.E313.format(path=resolved["paths"][name]))
    return sum(1 for _ in batcher(examples["train"]))
