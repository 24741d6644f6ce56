"""Train one pipeline: go on where a killed run was, keep the best epoch, calibrate it."""

import hashlib
import shutil
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, NamedTuple, Optional

from spacy.training.initialize import init_nlp

from ..errors import Errors, ScinerError
from ..files import code_fingerprint, fingerprint, read_json, replacing, write_json
from ..loading import factories_of, only
from ..pipeline.sciner import find_sciner
from .calibrate import calibrate_pipeline
from .checkpoint import Checkpoint
from .loop import EpochDone, TrainingLoop, no_report
from .processes import Group, if_first, training_group
from .recipe import Recipe, configure
from .schedule import add_schedule

# What a checkpoint depends on besides the recipe and the files it names.
MODULES = ["models", "pipeline", "training", "confidence.py", "content.py", "tagging.py"]
MODULES += ["corpus/docbin.py", "corpus/reader.py", "corpus/soft.py"]
LIBRARIES = ("numpy", "spacy", "spacy-transformers", "thinc", "tokenizers", "torch", "transformers")
Report = Callable[[EpochDone], None]


class Trained(NamedTuple):
    """What one schedule ended with."""

    model: Path  # the best epoch's pipeline
    steps: int
    score: float  # on dev, in [0, 1]


class Files(NamedTuple):
    """What a pipeline is trained from, and where its checkpoints lie."""

    train: Path
    dev: Path
    work: Path
    resumes: bool  # whether `work` outlives a kill


def train_pipeline(
    recipe: Recipe,
    *,
    train: Path,
    dev: Path,
    out: Path,
    start: Optional[Path] = None,
    resume: Optional[Path] = None,
    report: Report = no_report,
) -> Dict[str, Any]:
    """Train and write the pipeline of the epoch with the best dev F1 to `out`.

    With `recipe.finish_epochs` the best one goes on with the gold of `train` alone, on a schedule
    of its own, and is kept as it was unless an epoch of that is better on dev.

    train, dev (Path): DocBins; unknown tokens do not count.
    out (Path): Replaced as a whole at the end; after a kill it is what it was before.
    start (Path): A trained pipeline to go on from (a warm start); None begins at the encoder.
    resume (Path): A folder for checkpoints. A run that was killed goes on from its last epoch and
        ends with the same bytes; one that was finished is not done again. None keeps nothing. It
        belongs to the caller, who removes it.
    report (Callable): Told of each epoch.
    RETURNS (dict): "epochs", "steps", and the best "score" on dev, in [0, 1].
    RAISES (ScinerError): SCINER-E313 if the training or dev data are empty, SCINER-E330 without
        soft labels to train on, SCINER-E561 without the config, SCINER-E314 without the pipeline to
        start from.
    """
    if not recipe.config.is_file():
        reason = "there is no such file"
        raise ScinerError(Errors.E561.format(path=recipe.config, reason=reason))
    if start and not (start / "config.cfg").is_file():
        raise ScinerError(Errors.E314.format(path=start / "config.cfg"))
    with training_group() as group, if_first(group, replacing(out)) as own:
        with if_first(group, _workplace(resume, out)) as place:
            work = Path(group.first_only(lambda: place))
            files = Files(train, dev, work, resumes=resume is not None)
            best = _train(recipe, files, group, start=start, report=report)
            steps = best.steps
            if recipe.finish_epochs:
                more = _train(
                    recipe.finish, files, group, start=best.model, gold_only=True, report=report
                )
                steps += more.steps
                best = more if more.score > best.score else best
            if group.is_first:
                shutil.copytree(best.model, own)
        if recipe.calibrate and group.is_first:
            calibrate_pipeline(own, dev)
    epochs = recipe.epochs + recipe.finish_epochs
    return {"epochs": epochs, "steps": steps, "score": best.score}


def _workplace(resume: Optional[Path], out: Path) -> ContextManager[Any]:
    if resume is None:
        return tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent)
    resume.mkdir(parents=True, exist_ok=True)
    return nullcontext(resume)


def _train(
    recipe: Recipe,
    files: Files,
    group: Group,
    *,
    start: Optional[Path],
    report: Report,
    gold_only: bool = False,
) -> Trained:
    """One schedule from warm-up to 0; read again if it was finished before."""
    key = group.first_only(lambda: _key(recipe, files, start, gold_only, group.size))
    folder = files.work / key[:16]
    model, done = folder / "best", folder / "done.json"
    found = group.first_only(lambda: done.is_file() and read_json(done))
    if found:
        return Trained(model, **found)
    config = configure(recipe, train=files.train, dev=files.dev, start=start, gold_only=gold_only)
    schedule = add_schedule(config, recipe, n_processes=group.size)
    with only(factories_of(config)):
        nlp = init_nlp(config)
    # A warm start must not inherit what was fitted to another model.
    nlp.get_pipe(find_sciner(nlp)).cfg.pop("calibration", None)  # type: ignore[attr-defined]
    loop = TrainingLoop(
        nlp,
        schedule,
        group=group,
        best=model,
        checkpoint=Checkpoint(folder if files.resumes else None, group),
        ema=recipe.ema,
        report=report,
    )
    score = loop.run()
    if group.is_first:
        write_json(done, {"steps": schedule.total, "score": score})
    return Trained(model, schedule.total, score)


def _key(
    recipe: Recipe, files: Files, start: Optional[Path], gold_only: bool, n_processes: int
) -> str:
    """SHA-256 over all that the weights after each epoch depend on."""
    if not files.resumes:
        return hashlib.sha256(repr((start, gold_only)).encode("utf8")).hexdigest()
    origin = start or Path(recipe.encoder)
    parts = [repr(recipe), str(gold_only), str(n_processes), fingerprint(recipe.config)]
    parts += [fingerprint(path) for path in (files.train, files.dev, origin) if path.exists()]
    parts += code_fingerprint(MODULES, LIBRARIES)
    return hashlib.sha256("\n".join(parts).encode("utf8")).hexdigest()
