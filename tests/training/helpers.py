"""What the tests of training share."""

from pathlib import Path
from typing import Any, Dict, Tuple

from tiny import CONFIGS

from spacy_sciner.training.loop import no_report
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline

Corpus = Tuple[Path, Path]


def make_recipe(config: str = "tiny.cfg", **settings: Any) -> Recipe:
    fixed: Dict[str, Any] = {
        "epochs": 20,
        "learn_rate": 0.02,
        "batch_words": 32,
        "device": "cpu",
        "precision": "fp32",
    }
    return Recipe(config=CONFIGS / config, **{**fixed, **settings})


def train(
    corpus: Corpus,
    out: Path,
    *,
    start: Any = None,
    resume: Any = None,
    report: Any = no_report,
    **settings: Any,
) -> Dict[str, Any]:
    recipe = make_recipe(**settings)
    files = {"train": corpus[0], "dev": corpus[1], "out": out, "start": start}
    return train_pipeline(recipe, **files, resume=resume, report=report)


def files_of(model: Path) -> Dict[str, bytes]:
    files = sorted(p for p in model.rglob("*") if p.is_file())
    return {p.relative_to(model).as_posix(): p.read_bytes() for p in files}
