"""One iteration: how it is trained, and where it reads and writes."""

from pathlib import Path
from typing import List, Optional

from spacy.language import Language

from ..errors import Errors, ScinerError
from ..loading import load
from ..models.encoders import TEACHER
from ..models.machine import usable_cores
from ..models.shim import resolve_device
from ..pipeline.objective import Objective
from ..pipeline.sciner import SciNER
from ..settings.schedules import Machines
from ..settings.tree import Settings, Train
from .processes import group_size
from .recipe import Recipe

ENCODER = Path(Recipe._field_defaults["encoder"])


def load_pipeline(model: Path, *, calibrated: bool = True) -> Language:
    """A trained pipeline, with confidences as fitted on dev or as the model's own.

    RAISES (ScinerError): SCINER-E314 if there is none, E560 if it cannot be loaded; its own errors.
    """
    if not (model / "config.cfg").is_file():
        raise ScinerError(Errors.E314.format(path=model))
    try:
        nlp = load(model)
    except ScinerError:
        raise
    except (ValueError, OSError, EOFError) as e:
        reason = " ".join(str(e).split())
        raise ScinerError(Errors.E560.format(path=model, reason=reason)) from e
    for _, pipe in nlp.pipeline:
        if not calibrated and isinstance(pipe, SciNER):
            pipe.cfg.pop("calibration", None)
    return nlp


class Experiment:
    """Where iteration K reads and writes, and how it is trained.

    settings (Settings): params.yaml; files lie where DESIGN and README draw them.
    iteration (int): K; 0 is training on gold alone.
    previous (int): The iteration before it; None takes it from the settings.
    RAISES (ScinerError): SCINER-E501 for an iteration that the settings do not have.
    """

    def __init__(self, settings: Settings, iteration: int, previous: Optional[int] = None):
        self.settings = settings
        self.iteration = iteration
        if iteration and previous is None:
            previous = int(settings.iteration_of(iteration).prev)
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
        """The pipeline that a warm start goes on from; None for a fresh start."""
        if self.iteration == 0 or self.previous is None or self.settings.retrain.start == "fresh":
            return None
        return self.model_of(self.previous)

    @property
    def recipe(self) -> Recipe:
        train, retrain = self.settings.train, self.settings.retrain
        section = retrain if self.iteration else train
        recipe = Recipe(
            config=Path(train.config),
            epochs=section.epochs,
            learn_rate=section.learn_rate,
            batch_words=section.batch_words,
            min_steps=section.min_steps,
            ema=section.ema,
            seed=self.settings.seed,
            device=self.settings.device,
            precision=self.settings.precision,
            calibrate=train.calibrate,
        )
        if isinstance(section, Train):
            machines = {key: getattr(section, key) for key in Machines.model_fields}
            return recipe._replace(objective=Objective(**machines))
        return recipe._replace(
            objective=Objective.of(retrain),
            finish_epochs=retrain.finish_epochs,
            finish_learn_rate=retrain.finish_learn_rate,
        )

    @property
    def teacher_recipe(self) -> Recipe:
        """How the ensemble's members beside model-best are trained: as that, or from an encoder of
        their own (`encoder.teacher`), at a rate that is lowered in every schedule as in the first.
        """
        recipe, train = self.recipe, self.settings.train
        if not (ENCODER / TEACHER).is_dir():
            return recipe
        lowered = train.teacher_learn_rate / train.learn_rate
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

    @property
    def n_teachers(self) -> int:
        """Members of the ensemble that annotates the pool next, model-best among them."""
        section = self.settings.retrain if self.iteration else self.settings.train
        return section.teachers

    @property
    def at_once(self) -> int:
        """Members that are trained at the same time: one on a GPU or a single core, and where
        torchrun has started several processes for one."""
        settings = self.settings
        if group_size() > 1 or usable_cores() == 1 or resolve_device(settings.device) != "cpu":
            return 1
        return min(settings.train.at_once, self.n_teachers)

    def gold(self, split: str) -> Path:
        return Path(f"corpus/gold/{split}.spacy")

    def model_of(self, iteration: int) -> Path:
        return Path(f"training/{iteration}/model-best")

    def teachers_of(self, iteration: int) -> List[Path]:
        """The other members of an iteration's ensemble, without its model-best."""
        folder = Path(f"training/{iteration}/teachers")
        members = [path for path in folder.glob("*") if path.name.isdecimal()]  # no .DS_Store
        return sorted(members, key=lambda path: int(path.name))
