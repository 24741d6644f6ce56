"""Train a pipeline with spaCy's own loop, for epochs instead of steps, and keep the best."""

import shutil
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import spacy
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as run_training
from spacy.util import load_config, registry
from thinc.api import Config

from ..errors import Errors, ScinerError
from ..files import replacing


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
        work = temporary.with_name(temporary.name + ".work")
        work.mkdir()
        try:
            run_training(nlp, work, stdout=sys.stdout, stderr=sys.stderr)
            (work / "model-best").rename(temporary)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    score = spacy.util.load_meta(out / "meta.json")["performance"].get("ents_f", 0.0)
    return {"epochs": recipe.epochs, "steps": total, "score": score}


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
