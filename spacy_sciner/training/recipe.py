"""How one pipeline is trained: what the experiment sets, put into a training config."""

from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

from spacy.util import load_config
from thinc.api import Config

from ..errors import Errors, ScinerError
from ..pipeline.objective import Objective


class Recipe(NamedTuple):
    """What an experiment sets; everything else is in the training config."""

    config: Path
    epochs: int
    learn_rate: float  # peak, after a linear warm-up, before a linear decay to 0
    batch_words: Union[int, str]  # words in a batch, padding counted; auto: see `batch_size`
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

    @property
    def finish(self) -> "Recipe":
        """The schedule on gold alone that follows."""
        return self._replace(
            epochs=self.finish_epochs,
            min_steps=0,
            learn_rate=self.finish_learn_rate,
            objective=Objective(),
            finish_epochs=0,
        )


def configure(
    recipe: Recipe, *, train: Path, dev: Path, start: Optional[Path], gold_only: bool = False
) -> Config:
    """The training config with an experiment's settings put in.

    RAISES (ScinerError): SCINER-E561 for a config that trains no sciner.
    """
    config = _config_of(recipe.config)
    config["paths"].update(train=str(train), dev=str(dev))
    config["system"]["seed"] = recipe.seed
    if gold_only:
        config["corpora"]["train"]["gold_only"] = True
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
    return Config(config)


def _config_of(path: Path) -> Config:
    try:
        config = load_config(path)
    except (ValueError, OSError) as e:  # what it says ends with pages of the config
        reason = f"it is no config ({str(e).strip().splitlines()[0]})"
        raise ScinerError(Errors.E561.format(path=path, reason=reason)) from e
    components = config.get("components", {})
    if "sciner" not in components:
        names = ", ".join(components) or "none"
        reason = f"it has no component sciner (components: {names})"
        raise ScinerError(Errors.E561.format(path=path, reason=reason))
    for section in ("nlp", "paths", "system", "corpora.train", "training.batcher"):
        node: Any = config
        for part in section.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            reason = f"it has no section [{section}]"
            raise ScinerError(Errors.E561.format(path=path, reason=reason))
    return config
