"""Fixtures of all tests. Encoders are tiny, random and built here; nothing is downloaded."""

import os

# Before any import of huggingface_hub, which reads it once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import multiprocessing.spawn
import runpy
import shlex
import shutil
import sys
from contextlib import ExitStack

from warm_python import warm_python, warmed

# One warm `python` for all processes of a run; it imports beside what is imported here.
WARM = ExitStack()
if "PYTEST_XDIST_WORKER" not in os.environ:
    WARM.enter_context(warmed(at_once="-n" in sys.argv))

from functools import lru_cache
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

import catalogue
import pytest
from hypothesis import settings
from spacy.lang.en import English
from spacy.tokens import Doc
from stage_project import Done, change, plain_of
from tiny import CONFIGS, ROOT, build_bpe_encoder, build_wordpiece_encoder, gold_docs

from spacy_sciner.corpus import docbin
from spacy_sciner.corpus.annotated import standard_tokenizer
from spacy_sciner.corpus.docbin import write_docs

# Folders whose tests say nothing of how text is cut: nearly all their documents are words.
OF_WORDS = {
    *("adapt", "annotation", "evaluation", "models", "report", "review", "scoring"),
    *("scripts", "training"),
}

# The same cases in every run, and no time limit on a busy machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """xdist's workers are forks of the warm `python`."""
    if not hasattr(session.config, "workerinput"):
        session.config.add_cleanup(WARM.close)
        workers = getattr(session.config.option, "tx", None) or []
        python = f"popen//python={shlex.quote(warm_python())}"
        session.config.option.tx = [python if spec == "popen" else spec for spec in workers]


def pytest_collection_modifyitems(items: List[pytest.Item]) -> None:
    """Whole projects first: one worker makes each once, and none is left for the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Models of width 16 are slower on two threads than on one."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _sought_once() -> Iterator[None]:
    """Entry points of a group, and how arrays become bytes, are sought among all at each look: a
    fifth of a small training."""
    points = lru_cache(maxsize=None)(
        lambda group: catalogue.AVAILABLE_ENTRY_POINTS.select(group=group)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            catalogue.Registry, "_get_entry_points", lambda self: points(self.entry_point_namespace)
        )
        every = catalogue.Registry.get_all
        coders = lru_cache(maxsize=None)(every)
        patch.setattr(
            catalogue.Registry,
            "get_all",
            lambda self: coders(self) if self.namespace[0] == "srsly" else every(self),
        )
        yield


@pytest.fixture
def warm_spawn() -> Iterator[None]:
    """What multiprocessing spawns is a fork of the warm `python`; its exit code is 1 or none."""
    before = multiprocessing.spawn.get_executable()
    multiprocessing.set_executable(warm_python())
    yield
    multiprocessing.set_executable(before)


@pytest.fixture(autouse=True)
def _no_exceptions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where documents are words already, English is without its 1,600 exceptions to tokenising:
    they are half of a small training."""
    if request.path.parent.name in OF_WORDS and request.path.name != "test_round_trip.py":
        standard_tokenizer()  # made once, for other tests, too
        monkeypatch.setattr(English.Defaults, "tokenizer_exceptions", {})


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local directory with a random uncased BERT: 2 layers, width 16, 64 positions, WordPiece."""
    return build_wordpiece_encoder(tmp_path_factory.mktemp("encoder") / "bert")


@pytest.fixture(scope="session")
def tiny_bpe_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local directory with a random RoBERTa: 2 layers, width 16, byte-level BPE."""
    return build_bpe_encoder(tmp_path_factory.mktemp("encoder") / "roberta")


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory: pytest.TempPathFactory) -> Tuple[Path, Path]:
    """Two DocBins, train and dev, of the sentences in tiny.py."""
    folder = tmp_path_factory.mktemp("corpus")
    docs: List[Doc] = gold_docs()
    write_docs(folder / "train.spacy", docs)
    write_docs(folder / "dev.spacy", docs[:4])
    return folder / "train.spacy", folder / "dev.spacy"


@pytest.fixture(scope="session")
def tiny_model(tiny_corpus: Tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline trained with configs/tiny.cfg until it knows the sentences by heart."""
    from spacy_sciner.training.recipe import Recipe
    from spacy_sciner.training.train import train_pipeline

    out = tmp_path_factory.mktemp("model") / "model-best"
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=20, learn_rate=0.02, batch_words=32)
    with pytest.MonkeyPatch.context() as patch:  # as in OF_WORDS; it is loaded hundreds of times
        patch.setattr(English.Defaults, "tokenizer_exceptions", {})
        train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=out)
    return out


@pytest.fixture
def folders_of_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every DocBin of more than two docs is a folder, as those of a large pool are."""
    monkeypatch.setattr(docbin, "DOCS_IN_FILE", 2)


@pytest.fixture
def run_script(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """What `python scripts/NAME.py` does, in this process: to start one costs seconds."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(name: str, *options: str, cwd: Path) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *options])
        capfd.readouterr()
        with pytest.raises(SystemExit) as done:
            runpy.run_path(str(ROOT / "scripts" / f"{name}.py"), run_name="__main__")
        return Done(int(done.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path) -> Path:
    """Everything that iteration 1 needs, as the stages before it would have left it."""
    shutil.copy(ROOT / "configs" / "tiny.cfg", tmp_path)
    change(tmp_path)
    golds = gold_docs()
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"corpus/gold/{split}.spacy", golds)
    blank = [plain_of(gold) for gold in golds]
    write_docs(tmp_path / "corpus/pool.spacy", blank)
    write_docs(tmp_path / "corpus/pool_gold.spacy", golds)
    shutil.copytree(tiny_model, tmp_path / "training/0/model-best")
    return tmp_path
