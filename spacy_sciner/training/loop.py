"""Train a pipeline with spaCy's own loop, for epochs instead of steps, and keep the best."""

import shutil
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List, NamedTuple, Optional, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training import Example
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
from ..pipeline.objective import Objective, training_frequency
from ..pipeline.sciner import find_sciner
from .average import Average
from .calibrate import calibrate_pipeline
from .processes import Group, if_first, training_group


class Recipe(NamedTuple):
    """What an experiment sets; everything else is in the training config."""

    config: Path
    epochs: int
    learn_rate: float  # peak, after a linear warm-up, before a linear decay to 0
    batch_words: int  # words in a batch, padding counted
    min_steps: int = 0  # of all epochs together: else each is several passes over the data
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    encoder: str = "encoder"
    calibrate: bool = True  # fit the confidences on dev once the best epoch is known
    objective: Objective = Objective()
    ema: float = 0.0  # decay of the average of weights that is evaluated and saved; 0 for none
    finish_epochs: int = 0  # after the others, on gold alone
    finish_learn_rate: float = 1e-4  # peak of theirs


WARMUP = 0.1  # share of the steps in which the learning rate rises


def train_pipeline(
    recipe: Recipe, *, train: Path, dev: Path, out: Path, start: Optional[Path] = None
) -> Dict[str, Any]:
    """Train and write the pipeline of the epoch with the best dev F1 to `out`.

    With `recipe.finish_epochs` the best one goes on with the gold of `train` alone, on a schedule
    of its own, and is kept as it was unless an epoch of that is better on dev.

    train, dev (Path): DocBins; unknown tokens do not count.
    out (Path): Replaced as a whole at the end; after a kill it is what it was before.
    start (Path): A trained pipeline to go on from (a warm start); None begins at the encoder.
    RETURNS (dict): "epochs", "steps", and the best "score" on dev, in [0, 1].
    RAISES (ScinerError): SCINER-E302 or E312 for a setting out of range, SCINER-E313 if the
        training or dev data are empty, SCINER-E330 without soft labels to train
        on, SCINER-E314 without the config or the pipeline to start from.
    """
    recipe = _checked(recipe)
    for path in [recipe.config, *([start / "config.cfg"] if start else [])]:
        if not path.is_file():
            raise ScinerError(Errors.E314.format(path=path))
    with training_group() as group, if_first(group, replacing(out)) as own:
        folder = group.first_only(lambda: own)
        files: Dict[str, Any] = {"train": train, "dev": dev, "group": group}
        steps, score = _train(recipe, start=start, out=folder, **files)
        if recipe.finish_epochs:
            finish = recipe._replace(
                epochs=recipe.finish_epochs,
                min_steps=0,
                learn_rate=recipe.finish_learn_rate,
                objective=Objective(),
            )
            scratch = tempfile.TemporaryDirectory(prefix=f".{out.name}-finish", dir=out.parent)
            with if_first(group, scratch) as own:
                second = group.first_only(lambda: Path(own) / "model")
                more, better = _train(finish, start=folder, out=second, gold_only=True, **files)
                if better > score and group.is_first:
                    shutil.rmtree(folder)
                    second.rename(folder)
                steps, score = steps + more, max(score, better)
        if recipe.calibrate and group.is_first and folder.is_dir():
            calibrate_pipeline(folder, dev)
    return {"epochs": recipe.epochs + recipe.finish_epochs, "steps": steps, "score": score}


def _train(
    recipe: Recipe,
    *,
    train: Path,
    dev: Path,
    start: Optional[Path],
    out: Path,
    group: Group,
    gold_only: bool = False,
) -> Tuple[int, float]:
    """One schedule from warm-up to 0. RETURNS: Steps, and the best dev score."""
    config = configure(recipe, train=train, dev=dev, start=start)
    if gold_only:
        config["corpora"]["train"]["gold_only"] = True
    examples = _read_examples(config)
    n_steps = -(-_steps_per_epoch(config, examples) // group.size)
    n_steps *= max(1, -(-recipe.min_steps // (n_steps * recipe.epochs)))
    total = n_steps * recipe.epochs
    config["training"].update(max_steps=total, eval_frequency=n_steps, max_epochs=0, patience=0)
    rate = {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": max(1, round(WARMUP * total)),
        "total_steps": total,
        "initial_rate": recipe.learn_rate,
    }
    config["training"]["optimizer"]["learn_rate"] = rate
    if recipe.objective != Objective():
        settings = recipe.objective._asdict()
        if recipe.objective.soft_labels:
            settings["soft_frequency"] = training_frequency(eg.reference for eg in examples)
        config["training"]["before_update"] = {
            "@callbacks": "spacy-sciner.objective.v1",
            **settings,
        }
    nlp = init_nlp(config)
    # A warm start must not inherit what was fitted to another model.
    nlp.get_pipe(find_sciner(nlp)).cfg.pop("calibration", None)  # type: ignore[attr-defined]
    return total, _run(nlp, out, group, ema=recipe.ema)


def _run(nlp: Language, out: Path, group: Group, *, ema: float = 0.0) -> float:
    """Train, write the best epoch's pipeline to `out`, give its dev score.

    Of several processes only the first evaluates, logs and writes.

    ema (float): Evaluate and write the moving average of the weights with this decay; 0 for none.

    spaCy evaluates before the first epoch too. That is no candidate: after a warm start it is the
    pipeline of the iteration before, and an iteration that only made things worse would pass for
    one that changed nothing.
    """
    config = nlp.config.interpolate()
    settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    fix_random_seed(settings["seed"])
    group.join(nlp, seed=settings["seed"])
    train, dev = resolve_dot_names(config, [settings["train_corpus"], settings["dev_corpus"]])
    evaluate = create_evaluation_callback(nlp, dev, settings["score_weights"])
    best = 0.0
    n_evaluated = 0
    average = _average_of(nlp, ema, exclude=settings["frozen_components"])
    applied: Callable[[], ContextManager[None]] = average.applied if average else nullcontext
    after_step: Callable[[], None] = average.update if average else lambda: None
    is_averaged = False  # this step's weights; the evaluation comes before the loop's own turn

    def evaluate_epoch() -> Tuple[float, Dict[str, Any]]:
        nonlocal n_evaluated, is_averaged
        after_step()
        is_averaged = True
        with applied():
            score, scores = group.first_only(evaluate)
        n_evaluated += 1
        return (score if n_evaluated > 1 else 0.0), scores

    steps = train_while_improving(
        nlp,
        settings["optimizer"],
        group.share(create_train_batches(nlp, train, settings["batcher"], settings["max_epochs"])),
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
    logger = settings["logger"] if group.is_first else _no_logger
    log_step, finish_log = logger(nlp, sys.stdout, sys.stderr)
    try:
        for _, info, is_best in steps:
            losses = group.total_losses(info["losses"], restart=is_best is not None)
            info = {**info, "losses": losses}
            if not is_averaged:
                after_step()
            is_averaged = False
            if is_best and n_evaluated > 1:
                best = info["score"]
                update_meta(settings, nlp, info)
                if group.is_first:
                    with applied():
                        nlp.to_disk(out)
            log_step(info if is_best is not None else None)
    finally:
        finish_log()
    return best


def _no_logger(*streams: Any) -> Tuple[Callable[[Any], None], Callable[[], None]]:
    return lambda info: None, lambda: None


def _average_of(nlp: Language, ema: float, *, exclude: Sequence[str]) -> Optional[Average]:
    if not ema:
        return None
    pipes: List[Any] = [pipe for name, pipe in nlp.pipeline if name not in exclude]
    return Average([p.model for p in pipes if getattr(p, "is_trainable", False)], decay=ema)


def _checked(recipe: Recipe) -> Recipe:
    """The same with numbers for the learning rates: to YAML 1.1, `3e-4` without a dot is text."""
    whole = (("epochs", 1), ("batch_words", 1), ("min_steps", 0), ("finish_epochs", 0))
    for name, least in whole:
        value = getattr(recipe, name)
        if type(value) is not int or value < least:
            raise _out_of_range(name, value, f"a whole number from {least} on")
    if isinstance(recipe.ema, bool) or not isinstance(recipe.ema, (int, float)):
        raise _out_of_range("ema", recipe.ema, "in [0, 1), 0 for none")
    if not 0 <= recipe.ema < 1:
        raise _out_of_range("ema", recipe.ema, "in [0, 1), 0 for none")
    rates: Dict[str, Any] = {}
    for name in ("learn_rate", "finish_learn_rate"):
        try:
            rates[name] = float(getattr(recipe, name))
        except (TypeError, ValueError):
            rates[name] = 0.0
        if not 0 < rates[name] < 1:
            raise _out_of_range(name, getattr(recipe, name), "in (0, 1)")
    return recipe._replace(objective=recipe.objective.checked(), **rates)


def _out_of_range(name: str, value: Any, shown: str) -> ScinerError:
    return ScinerError(Errors.E312.format(name=name, value=value, range=shown))


def configure(recipe: Recipe, *, train: Path, dev: Path, start: Optional[Path]) -> Config:
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
        # A trained pipeline has its own word-pieces, and needs its encoder's folder no longer.
        if "encoder" in config["training"]["batcher"]:
            config["training"]["batcher"]["encoder"] = str(start)
    if sys.stderr.isatty():
        config["training"]["logger"] = {
            "@loggers": "spacy.ConsoleLogger.v3",
            "progress_bar": "train",
        }
    return Config(config)


def _read_examples(config: Config) -> List[Example]:
    """The training examples, with the config's own reader. SCINER-E313 without any, or any dev."""
    nlp = spacy.blank(config["nlp"]["lang"])
    resolved = config.interpolate()
    corpora = registry.resolve({"corpora": resolved["corpora"]})["corpora"]
    examples: Dict[str, List[Example]] = {}
    for name in ("train", "dev"):
        examples[name] = list(corpora[name](nlp))
        if not examples[name]:
            raise ScinerError(Errors.E313.format(path=resolved["paths"][name]))
    return examples["train"]


def _steps_per_epoch(config: Config, examples: List[Example]) -> int:
    """Batches in one pass over the training data, with the config's own batcher."""
    settings = config.interpolate()["training"]["batcher"]
    batcher = registry.resolve({"batcher": settings})["batcher"]
    return sum(1 for _ in batcher(examples))
