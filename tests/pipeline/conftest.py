import runpy
import shutil
import sys
from pathlib import Path
from typing import Callable

import pytest
from tiny import ROOT, gold_docs

from spacy_sciner.corpus import docbin
from spacy_sciner.corpus.docbin import write_docs

from .stage_project import Done, change, plain_of


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
