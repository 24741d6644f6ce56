"""How many steps a training takes, and the learning rate of each."""

import math
from typing import Any, Dict, List, NamedTuple, Union

from spacy.training import Example
from spacy.util import registry
from thinc.api import Config

from ..errors import Errors, ScinerError
from ..loading import blank
from ..pipeline.objective import Objective, training_frequency
from .recipe import Recipe

WARMUP = 0.1  # share of the steps in which the learning rate rises


# Words in a batch that is chosen by the size of the data, and steps that it is chosen for: smaller
# batches and more steps learn less where there is much gold (docs/encoder.md).
LEAST_WORDS, MOST_WORDS, STEPS = 256, 1024, 800


class Schedule(NamedTuple):
    """Epochs of equally many steps."""

    epochs: int
    steps: int  # in each epoch; of every process

    @property
    def total(self) -> int:
        return self.epochs * self.steps


def batch_size(
    batch_words: Union[int, str], n_words: int, *, epochs: int, n_processes: int = 1
) -> int:
    """Words in a batch of one process; "auto" is as many as make some 800 steps of all epochs.

    n_words (int): In the training data.
    """
    if isinstance(batch_words, int):
        return batch_words
    return min(MOST_WORDS, max(LEAST_WORDS, round(n_words * epochs / (STEPS * n_processes))))


def plan_steps(n_batches: int, *, epochs: int, min_steps: int, n_processes: int = 1) -> Schedule:
    """As many whole passes over the data an epoch as `min_steps` of all epochs together take.

    n_batches (int): In one pass, shared out among the processes.
    """
    steps = math.ceil(n_batches / n_processes)
    passes = max(1, math.ceil(min_steps / (steps * epochs)))
    return Schedule(epochs, steps * passes)


def add_schedule(config: Config, recipe: Recipe, *, n_processes: int = 1) -> Schedule:
    """Write batches, steps, learning rate and objective into a training config.

    RAISES (ScinerError): SCINER-E313 if the training or dev data are empty.
    """
    examples = _read_examples(config)
    n_words = sum(len(eg.reference) for eg in examples)
    config["training"]["batcher"]["size"] = batch_size(
        recipe.batch_words, n_words, epochs=recipe.epochs, n_processes=n_processes
    )
    schedule = plan_steps(
        _batches_per_pass(config, examples),
        epochs=recipe.epochs,
        min_steps=recipe.min_steps,
        n_processes=n_processes,
    )
    training = config["training"]
    training.update(
        max_steps=schedule.total, eval_frequency=schedule.steps, max_epochs=0, patience=0
    )
    given = training["optimizer"]["learn_rate"]
    training["optimizer"]["learn_rate"] = _learn_rate(given, recipe.learn_rate, schedule.total)
    if recipe.objective != Objective():
        settings = recipe.objective._asdict()
        if recipe.objective.soft_labels:
            settings["soft_frequency"] = training_frequency(eg.reference for eg in examples)
        if recipe.objective.loss == "gce" and "source" not in config["components"]["sciner"]:
            settings["gce_steps"] = schedule.total // 2
        training["before_update"] = {"@callbacks": "spacy-sciner.objective.v1", **settings}
    return schedule


def _learn_rate(given: Any, rate: float, n_steps: int) -> Dict[str, Any]:
    """A config's constant rate stays constant; any other is warmed up and falls to 0."""
    if isinstance(given, dict) and given.get("@schedules") == "constant.v1":
        return {**given, "rate": rate}
    return {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": max(1, round(WARMUP * n_steps)),
        "total_steps": n_steps,
        "initial_rate": rate,
    }


def _read_examples(config: Config) -> List[Example]:
    """The training examples, with the config's own reader. SCINER-E313 without any, or any dev."""
    resolved = config.interpolate()
    ours = all(
        isinstance(corpus, dict) and corpus.get("@readers") == "spacy-sciner.Corpus.v1"
        for corpus in resolved["corpora"].values()
    )
    # Another's reader may cut texts into words.
    nlp = blank(config["nlp"]["lang"], tokenizes=not ours)
    corpora: Dict[str, Any] = registry.resolve({"corpora": resolved["corpora"]})["corpora"]
    if not any(True for _ in corpora["dev"](nlp)):
        raise ScinerError(Errors.E313.format(path=resolved["paths"]["dev"]))
    examples = list(corpora["train"](nlp))
    if not examples:
        raise ScinerError(Errors.E313.format(path=resolved["paths"]["train"]))
    return examples


def _batches_per_pass(config: Config, examples: List[Example]) -> int:
    """Batches in one pass over the training data, with the config's own batcher."""
    settings = config.interpolate()["training"]["batcher"]
    batcher = registry.resolve({"batcher": settings})["batcher"]
    return sum(1 for _ in batcher(examples))
