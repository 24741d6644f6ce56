"""The training loop: steps, an evaluation after each epoch, the best epoch's pipeline on disk.

spaCy does the update and the evaluation. Its own loop is not used: it cannot go on in the middle,
and evaluates before the first epoch, which is no candidate here (see `TrainingLoop`).
"""

import random
import sys
import time
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, Iterator, List, NamedTuple, Tuple

from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.schemas import ConfigSchemaTraining
from spacy.training import Example
from spacy.training.loop import create_evaluation_callback, subdivide_batch, update_meta
from spacy.util import registry, resolve_dot_names
from thinc.api import fix_random_seed

from ..files import replacing
from .average import Average
from .checkpoint import Checkpoint, Progress
from .processes import Group
from .schedule import Schedule

Batch = Tuple[int, List[Example]]  # pass over the data, examples


class EpochDone(NamedTuple):
    """What a person may want to know after an epoch."""

    epoch: int  # from 1
    n_epochs: int
    steps: int  # in this epoch
    batch_words: int  # at most, in each
    seconds: float  # of this epoch's steps
    score: float  # dev F1 in [0, 1]
    best: float  # so far


def no_report(done: EpochDone) -> None:
    """Say nothing."""


Logger = Tuple[Callable[[Dict[str, Any]], None], Callable[[], None]]
_SILENT: Logger = (lambda info: None, lambda: None)


def _open_logger(nlp: Language, settings: Dict[str, Any]) -> Logger:
    """The config's logger, but for spaCy's table on the screen, whose place `report` takes."""
    wanted = nlp.config["training"]["logger"]
    is_table = wanted["@loggers"].startswith("spacy.ConsoleLogger")
    if is_table and wanted.get("console_output", True):
        return _SILENT
    logger: Logger = settings["logger"](nlp, sys.stdout, sys.stderr)
    return logger


class TrainingLoop:
    """Train a pipeline epoch by epoch and keep the best.

    Of several processes only the first evaluates and writes. The pipeline as it was before the
    first epoch is no candidate: after a warm start it is that of the iteration before, and an
    iteration that only made things worse would pass for one that changed nothing.

    nlp (Language): Initialised, with its training config.
    schedule (Schedule): Its epochs and steps.
    best (Path): Folder of the best epoch's pipeline, replaced as a whole.
    ema (float): Evaluate and write the moving average of the weights with this decay; 0 for none.
    checkpoint (Checkpoint): Written after each epoch, read at the start; see there.
    report (Callable): Told of each epoch.
    """

    def __init__(
        self,
        nlp: Language,
        schedule: Schedule,
        *,
        group: Group,
        best: Path,
        checkpoint: Checkpoint,
        ema: float = 0.0,
        report: Callable[[EpochDone], None] = no_report,
    ):
        config = nlp.config.interpolate()
        self.nlp = nlp
        self.schedule = schedule
        self.group = group
        self.best = best
        self.checkpoint = checkpoint
        self.report = report
        self.settings: Dict[str, Any] = registry.resolve(
            config["training"], schema=ConfigSchemaTraining
        )
        self.batch_words: int = config["training"]["batcher"]["size"]
        names = [self.settings["train_corpus"], self.settings["dev_corpus"]]
        self.train, dev = resolve_dot_names(config, names)
        self.evaluate = create_evaluation_callback(nlp, dev, self.settings["score_weights"])
        self.ema = ema
        self.progress = Progress()
        self.log, self.end_log = _open_logger(nlp, self.settings) if group.is_first else _SILENT

    def run(self) -> float:
        """RETURNS (float): The best dev score, in [0, 1]."""
        seed = self.settings["seed"]
        fix_random_seed(seed)
        self.progress = self.checkpoint.restore_weights(self.nlp, self.settings["optimizer"])
        self.group.join(self.nlp, seed=seed)
        self.average = self._make_average()
        self.checkpoint.restore_rest(self.average)
        batches = self.group.share(self._batches(seed))
        # One step more than the epochs have: the first epoch's evaluation comes after it.
        done = self.progress.step + 1 if self.progress.epoch else 0
        batches = islice(batches, done, None)
        if not done:
            self._step(0, next(batches), {})
        try:
            while self.progress.epoch < self.schedule.epochs:
                self._epoch(batches)
        finally:
            self.end_log()
        return self.progress.best

    def _epoch(self, batches: Iterator[Batch]) -> None:
        start = time.monotonic()
        losses: Dict[str, float] = {}
        first = self.progress.step + 1
        for step in range(first, first + self.schedule.steps):
            self._step(step, next(batches), losses)
            self.group.count_losses(losses)
        seconds = time.monotonic() - start
        total = self.group.total_losses()
        with self._averaged():
            score, scores = self.group.first_only(self.evaluate)
        best = max(score, self.progress.best)
        self.progress = Progress(self.progress.epoch + 1, step, best)
        if score == best:  # of equally good epochs the last
            self._keep(total, scores)
        self.checkpoint.save(self.nlp, self.settings["optimizer"], self.average, self.progress)
        self.log(self._info(score, scores, total, seconds))
        if self.group.is_first:
            epoch, n_epochs = self.progress.epoch, self.schedule.epochs
            steps, words = self.schedule.steps, self.batch_words
            self.report(EpochDone(epoch, n_epochs, steps, words, seconds, score, best))

    def _info(
        self, score: float, scores: Dict[str, Any], losses: Dict[str, float], seconds: float
    ) -> Dict[str, Any]:
        """What spaCy's loggers are told."""
        return {
            "epoch": self.progress.epoch,
            "step": self.progress.step,
            "score": score,
            "other_scores": scores,
            "losses": losses,
            "checkpoints": [(self.progress.best, self.progress.step)],
            "seconds": int(seconds),
            "words": 0,
        }

    def _step(self, step: int, batch: Batch, losses: Dict[str, float]) -> None:
        epoch, examples = batch
        settings = self.settings
        if settings["before_update"]:
            settings["before_update"](self.nlp, {"step": step, "epoch": epoch})
        n_known = 0
        for part in subdivide_batch(examples, settings["accumulate_gradient"]):
            for pipe in self._trained_pipes():
                if hasattr(pipe, "n_known"):
                    pipe.n_known = 0  # without any token no loss is asked for
            self.nlp.update(
                part,
                drop=settings["dropout"],
                losses=losses,
                sgd=False,  # type: ignore[arg-type]
                exclude=settings["frozen_components"],
                annotates=settings["annotating_components"],
            )
            n_known += sum(getattr(pipe, "n_known", 0) for pipe in self._trained_pipes())
        self.group.weigh(n_known)
        for pipe in self._trained_pipes():
            pipe.finish_update(settings["optimizer"])
        settings["optimizer"].step_schedules()
        if self.average:
            self.average.update()

    def _keep(self, losses: Dict[str, float], scores: Dict[str, Any]) -> None:
        update_meta(self.settings, self.nlp, {"losses": losses, "other_scores": scores})
        if self.group.is_first:
            with self._averaged(), replacing(self.best) as temporary:
                self.nlp.to_disk(temporary)

    def _batches(self, seed: int) -> Iterator[Batch]:
        """Passes over the training data without end, each in an order of its own.

        Nothing but the seed decides them, so that a training that goes on can skip those it has
        had."""
        rng = random.Random(seed)
        examples: List[Example] = list(self.train(self.nlp))
        n_passes = 0
        while True:
            rng.shuffle(examples)
            for batch in self.settings["batcher"](examples):
                yield n_passes, batch
            n_passes += 1

    def _trained_pipes(self) -> Iterator[Any]:
        for name, pipe in self.nlp.pipeline:
            is_frozen = name in self.settings["frozen_components"]
            if isinstance(pipe, TrainablePipe) and not is_frozen:
                yield pipe

    def _make_average(self) -> Any:
        if not self.ema:
            return None
        return Average([pipe.model for pipe in self._trained_pipes()], decay=self.ema)

    def _averaged(self) -> ContextManager[None]:
        return self.average.applied() if self.average else nullcontext()
