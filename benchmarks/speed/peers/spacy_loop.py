"""Ours and stock spaCy, both through spaCy's own training loop and `nlp.pipe`."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import spacy
from spacy.cli.init_config import init_config
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import Doc
from spacy.training.initialize import init_nlp
from spacy.training.loop import create_train_batches, train_while_improving
from spacy.util import load_config, registry
from thinc.api import Config, fix_random_seed

from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.settings import read_settings
from spacy_sciner.training.experiment import Experiment
from spacy_sciner.training.recipe import configure

from . import Job, read_part

ROOT = Path(__file__).parents[3]


class SpacyLoop(ABC):
    """What is common: only the config differs."""

    def __init__(self, job: Job):
        self.job = job
        self.nlp: Any = None

    @abstractmethod
    def config(self) -> Config:
        """The training config."""

    def build(self) -> None:
        fix_random_seed(self.job.seed)
        self.nlp = init_nlp(self.config())

    def training(self, part: str, *, epochs: int) -> Callable[[], None]:
        """spaCy's loop as `spacy train` runs it, without its evaluations."""
        n_steps = sum(1 for _ in self._batches(*self._settings(part, 1)[:2], 1))
        settings, corpus, optimizer = self._settings(part, n_steps * epochs)

        def run() -> None:
            steps = train_while_improving(
                self.nlp,
                optimizer,
                self._batches(settings, corpus, epochs),
                lambda: (0.0, {}),
                dropout=settings["dropout"],
                accumulate_gradient=settings["accumulate_gradient"],
                patience=0,
                max_steps=0,
                eval_frequency=10**9,
                exclude=[],
                annotating_components=[],
                before_update=settings["before_update"],
            )
            for _ in steps:
                pass

        return run

    def save(self, path: Path) -> None:
        self.nlp.to_disk(path)

    def load(self, path: Path) -> None:
        self.nlp = spacy.load(path)

    def prediction(self, part: str) -> Callable[[], int]:
        texts = [paragraph["text"] for paragraph in read_part(self.job, part)]
        return lambda: sum(len(doc.ents) for doc in self.nlp.pipe(texts))

    def tags(self, part: str) -> List[List[Optional[str]]]:
        words = [paragraph["words"] for paragraph in read_part(self.job, part)]
        docs = self.nlp.pipe(Doc(self.nlp.vocab, words=w) for w in words)
        return [iob_tags(doc) for doc in docs]

    def _settings(self, part: str, total: int) -> Tuple[Dict[str, Any], Any, Any]:
        """Training settings, reader and optimiser, as the config says, for so many steps."""
        config = Config(self.nlp.config.copy())
        config["paths"]["train"] = f"{self.job.folder}/{part}.spacy"
        config["training"]["optimizer"]["learn_rate"] = warm_up_linear(self.job.learn_rate, total)
        config = config.interpolate()
        settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
        corpora = registry.resolve({"corpora": config["corpora"]})["corpora"]
        return settings, corpora["train"], settings["optimizer"]

    def _batches(self, settings: Dict[str, Any], corpus: Any, epochs: int) -> Any:
        return create_train_batches(self.nlp, corpus, settings["batcher"], epochs)


class Ours(SpacyLoop):
    """configs/transformer.cfg with the settings of params.yaml, but with its own batches."""

    def config(self) -> Config:
        folder = Path(self.job.folder)
        path = ROOT / "configs" / "transformer.cfg"
        recipe = Experiment(read_settings(ROOT / "params.yaml"), 0).recipe._replace(
            config=path,
            batch_words=load_config(path)["training"]["batcher"]["size"],
            encoder=self.job.encoder,
            seed=self.job.seed,
        )
        train, dev = folder / "train.spacy", folder / "train.spacy"
        return configure(recipe, train=train, dev=dev, start=None)


class StockSpacy(SpacyLoop):
    """What spaCy's quickstart gives for English, `ner`, a transformer; with our encoder's path."""

    def config(self) -> Config:
        config = init_config(lang="en", pipeline=["ner"], optimize="efficiency", gpu=True)
        for split in ("train", "dev"):
            config["paths"][split] = f"{self.job.folder}/train.spacy"
        config["components"]["transformer"]["model"]["name"] = self.job.encoder
        config["system"]["seed"] = self.job.seed
        config["training"]["gpu_allocator"] = config["system"]["gpu_allocator"] = None
        return config


def warm_up_linear(rate: float, total: int) -> Dict[str, Any]:
    return {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": max(1, round(0.1 * total)),
        "total_steps": total,
        "initial_rate": rate,
    }
