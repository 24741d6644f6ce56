"""One iteration's settings and files, read from params.yaml in one place."""

from pathlib import Path
from typing import Any, List, Optional

import spacy
from spacy.language import Language

from ..errors import Errors, ScinerError
from ..models.encoders import TEACHER
from ..params import check_keys, load_params
from ..pipeline.objective import Objective
from ..pipeline.sciner import SciNER
from .recipe import Recipe

STARTS = ("warm", "fresh")
_SCHEDULE = ("epochs", "learn_rate", "batch_words")
# Settings that may be left out: then they are off.
OPTIONS = ("min_steps", "ema", "finish_epochs", "finish_learn_rate")
ENCODER = Path(Recipe._field_defaults["encoder"])
OBJECTIVE = tuple(
    name for name in Objective._fields if name != "soft_frequency"
)  # that is computed


def load_pipeline(model: Path, *, calibrated: bool = True) -> Language:
    """A trained pipeline. RAISES (ScinerError): SCINER-E314 if there is none, SCINER-E312 for
    another `calibrated` than true (confidences as fitted on dev) or false (as the model's)."""
    if not (model / "config.cfg").is_file():
        raise ScinerError(Errors.E314.format(path=model))
    if not isinstance(calibrated, bool):
        message = Errors.E312.format(name="calibrated", value=calibrated, range="true or false")
        raise ScinerError(message)
    nlp = spacy.load(model)
    for _, pipe in nlp.pipeline:
        if not calibrated and isinstance(pipe, SciNER):
            pipe.cfg.pop("calibration", None)
    return nlp


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
        """The pipeline that a warm start goes on from; None for a fresh start.

        RAISES (ScinerError): SCINER-E302 if `retrain.start` is neither.
        """
        if self.iteration == 0 or self.previous is None:
            return None
        start = self._setting("retrain.start")
        if start not in STARTS:
            known = ", ".join(STARTS)
            raise ScinerError(Errors.E302.format(name="retrain.start", value=start, known=known))
        return self.model_of(self.previous) if start == "warm" else None

    @property
    def recipe(self) -> Recipe:
        """RAISES (ScinerError): SCINER-E501 for a setting that is not there, SCINER-E210 for one
        that `train` or `retrain` does not have."""
        first = ("config", *_SCHEDULE, "teachers", "teacher_learn_rate", "calibrate", *OPTIONS)
        check_keys(self._setting("train"), first, where="`train`")
        schedule = "retrain" if self.iteration else "train"
        section = self._setting(schedule)
        options = {key: section[key] for key in OPTIONS if key in section}
        if self.iteration:
            known = ("start", *_SCHEDULE, "teachers", *OPTIONS, *OBJECTIVE)
            check_keys(section, known, where="`retrain`")
            chosen = {key: section[key] for key in OBJECTIVE if key in section}
            options["objective"] = Objective(**chosen)
        return Recipe(
            config=Path(self._setting("train.config")),
            epochs=self._setting(f"{schedule}.epochs"),
            learn_rate=self._setting(f"{schedule}.learn_rate"),
            batch_words=section.get("batch_words", self._setting("train.batch_words")),
            seed=self._setting("seed"),
            device=self._setting("device"),
            precision=self._setting("precision"),
            calibrate=self._setting("train.calibrate"),
            **options,
        )

    @property
    def teacher_recipe(self) -> Recipe:
        """How the ensemble's members beside model-best are trained: as that, or from an encoder of
        their own (`encoder.teacher`), at a rate that is lowered in every schedule as in the first.
        """
        recipe = self.recipe
        if not (ENCODER / TEACHER).is_dir():
            return recipe
        lowered = self._setting("train.teacher_learn_rate") / self._setting("train.learn_rate")
        return recipe._replace(
            encoder=str(ENCODER / TEACHER),
            learn_rate=recipe.learn_rate * lowered,
            finish_learn_rate=recipe.finish_learn_rate * lowered,
        )

    @property
    def teacher_start(self) -> Optional[Path]:
        """What a member begins at that the iteration before did not have: a pipeline, or None for
        the encoder."""
        return None if (ENCODER / TEACHER).is_dir() else self.start

    def gold(self, split: str) -> Path:
        return Path(f"corpus/gold/{split}.spacy")

    def model_of(self, iteration: int) -> Path:
        return Path(f"training/{iteration}/model-best")

    def teachers_of(self, iteration: int) -> List[Path]:
        """The other members of an iteration's ensemble, without its model-best."""
        folder = Path(f"training/{iteration}/teachers")
        return sorted(folder.iterdir(), key=lambda path: int(path.name)) if folder.is_dir() else []

    @property
    def n_teachers(self) -> int:
        """Members of this iteration's ensemble that annotates the pool next, model-best among them.

        RAISES (ScinerError): SCINER-E312 unless it is 1 or more.
        """
        schedule = "retrain" if self.iteration else "train"
        n_teachers = self._setting(schedule).get("teachers", 1)
        if type(n_teachers) is not int or n_teachers < 1:
            message = Errors.E312.format(
                name=f"{schedule}.teachers", value=n_teachers, range="a whole number from 1 on"
            )
            raise ScinerError(message)
        if n_teachers == 1 and not self.iteration and (ENCODER / TEACHER).is_dir():
            message = Errors.E312.format(
                name="train.teachers", value=1, range="2 or more with encoder.teacher"
            )
            raise ScinerError(message)
        return n_teachers

    def _setting(self, name: str) -> Any:
        return load_params(self.params, name)
