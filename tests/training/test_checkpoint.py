"""A training that was killed goes on from its last epoch and ends with the same bytes."""

from pathlib import Path
from typing import Any, List

import pytest
import torch
from tiny import CONFIGS, gold_docs

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.training.loop import EpochDone
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline

from .helpers import files_of


class Killed(BaseException):
    """Not an error that anything would catch."""


class Told:
    """Collects what is reported, and kills after an epoch."""

    def __init__(self, kill_after: int = 0):
        self.epochs: List[EpochDone] = []
        self.kill_after = kill_after

    def __call__(self, done: EpochDone) -> None:
        self.epochs.append(done)
        if done.epoch == self.kill_after:
            raise Killed


@pytest.fixture(params=["tiny.cfg", "transformer.cfg", "crf.cfg", "listener.cfg"])
def recipe(request: Any, tiny_encoder: Path, tmp_path: Path) -> Recipe:
    path = tmp_path / "train.cfg"
    text = (CONFIGS / request.param).read_text()
    # The tiny encoder has 64 positions.
    path.write_text(text.replace("window = 256", "window = 32"))
    return Recipe(path, epochs=4, learn_rate=0.01, batch_words=32, encoder=str(tiny_encoder))


@pytest.mark.parametrize("ema", [0.0, 0.9])
@pytest.mark.parametrize("kill_after", [1, 3])
def test_a_killed_training_goes_on_with_the_same_bytes(
    recipe: Recipe, tiny_corpus: Any, tmp_path: Path, kill_after: int, ema: float
):
    recipe = recipe._replace(ema=ema)
    corpus = {"train": tiny_corpus[0], "dev": tiny_corpus[1]}
    undisturbed = train_pipeline(recipe, **corpus, out=tmp_path / "undisturbed")
    resume, out = tmp_path / "resume", tmp_path / "killed"
    with pytest.raises(Killed):
        train_pipeline(recipe, **corpus, out=out, resume=resume, report=Told(kill_after))
    assert not out.exists()
    told = Told()
    result = train_pipeline(recipe, **corpus, out=out, resume=resume, report=told)
    assert result == undisturbed
    assert files_of(out) == files_of(tmp_path / "undisturbed")
    # Torch modules of other packages keep their optimisers to themselves: from the beginning.
    is_foreign = "spacy-transformers" in recipe.config.read_text()
    begins = 1 if is_foreign else kill_after + 1
    assert [one.epoch for one in told.epochs] == list(range(begins, 5))


def test_what_was_finished_is_not_trained_again(recipe: Recipe, tiny_corpus: Any, tmp_path: Path):
    corpus = {"train": tiny_corpus[0], "dev": tiny_corpus[1], "resume": tmp_path / "resume"}
    first = train_pipeline(recipe, **corpus, out=tmp_path / "first")
    told = Told()
    assert train_pipeline(recipe, **corpus, out=tmp_path / "second", report=told) == first
    assert told.epochs == []
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


@pytest.mark.parametrize("change", ["seed", "data"])
def test_nothing_is_continued_with_another_setting_or_other_data(
    recipe: Recipe, tiny_corpus: Any, tmp_path: Path, change: str
):
    corpus = {"train": tiny_corpus[0], "dev": tiny_corpus[1], "resume": tmp_path / "resume"}
    with pytest.raises(Killed):
        train_pipeline(recipe, **corpus, out=tmp_path / "out", report=Told(2))
    if change == "seed":
        recipe = recipe._replace(seed=7)
    else:
        write_docs(tmp_path / "other.spacy", gold_docs()[:5])
        corpus["train"] = tmp_path / "other.spacy"
    told = Told()
    train_pipeline(recipe, **corpus, out=tmp_path / "out", report=told)
    assert [one.epoch for one in told.epochs] == [1, 2, 3, 4]


def test_a_kill_in_the_finish_on_gold_does_not_repeat_what_came_before(
    recipe: Recipe, tiny_corpus: Any, tmp_path: Path
):
    recipe = recipe._replace(finish_epochs=2, finish_learn_rate=0.001)
    corpus = {"train": tiny_corpus[0], "dev": tiny_corpus[1]}
    train_pipeline(recipe, **corpus, out=tmp_path / "undisturbed")
    corpus["resume"] = tmp_path / "resume"

    def kill_in_finish(done: EpochDone) -> None:
        if done.n_epochs == 2:
            raise Killed

    with pytest.raises(Killed):
        train_pipeline(recipe, **corpus, out=tmp_path / "out", report=kill_in_finish)
    told = Told()
    train_pipeline(recipe, **corpus, out=tmp_path / "out", report=told)
    assert {one.n_epochs for one in told.epochs} <= {2}
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")


def test_on_the_cpu_of_a_machine_with_a_gpu_the_gpu_is_left_alone(
    tiny_corpus: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Models side by side are forks, in which CUDA cannot be begun."""

    def refuse() -> None:
        raise RuntimeError("Cannot re-initialize CUDA in forked subprocess")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state", refuse)
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=1, learn_rate=0.01, batch_words=32, device="cpu")
    files = {"train": tiny_corpus[0], "dev": tiny_corpus[1], "out": tmp_path / "model"}
    train_pipeline(recipe, **files, resume=tmp_path / "resume")
    assert list((tmp_path / "resume").glob("*/checkpoint.safetensors"))
