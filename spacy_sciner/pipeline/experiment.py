"""One iteration's settings and files, read from params.yaml in one place."""

from pathlib import Path
from typing import Any, Dict, Optional

from ..params import load_params
from .train import Recipe


class Experiment:
    """Where iteration K reads and writes, and how it is trained.

    params (Path): params.yaml; the files lie beside it as DESIGN.md and README.md draw them.
    iteration (int): K; 0 is training on gold alone.
    previous (int): The iteration before it; None reads it from params.yaml.
    """

    def __init__(self, params: Path, iteration: int, previous: Optional[int] = None):
        self.params = params
        self.iteration = iteration
        if iteration and previous is None:
            previous = int(load_params(params, f"iterations.{iteration}.prev"))
        self.previous = previous
        self.retrain: Dict[str, Any] = load_params(params, "retrain") if iteration else {}

    @property
    def model(self) -> Path:
        return self.model_of(self.iteration)

    @property
    def training_file(self) -> Path:
        if self.iteration == 0:
            return self.gold("train")
        return Path(f"corpus/iteration-{self.iteration}/train.spacy")

    @property
    def start(self) -> Optional[Path]:
        """The pipeline that a warm start goes on from; None for a fresh start."""
        warm = self.retrain.get("start") == "warm" and self.previous is not None
        return self.model_of(self.previous or 0) if warm else None

    @property
    def recipe(self) -> Recipe:
        train = load_params(self.params, "train")
        schedule = self.retrain or train
        return Recipe(
            config=Path(train["config"]),
            epochs=schedule["epochs"],
            learn_rate=schedule["learn_rate"],
            batch_words=train["batch_words"],
            seed=load_params(self.params, "seed"),
            device=load_params(self.params, "device"),
            precision=load_params(self.params, "precision"),
        )

    def gold(self, split: str) -> Path:
        return Path(f"corpus/gold/{split}.spacy")

    def model_of(self, iteration: int) -> Path:
        return Path(f"training/{iteration}/model-best")
