"""`sciner learn`."""

import json
import shutil

import pytest
from console import call_sciner
from stage_project import PARAMS, overlaid
from tiny import ROOT, gold_docs

from spacy_sciner.cli import learn as module
from spacy_sciner.corpus.docbin import write_docs


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """In a project whose corpus and encoder are made; training is a stand-in."""
    import yaml

    for name in ("dvc.yaml", "configs", "assets"):
        (tmp_path / name).symlink_to(ROOT / name)
    params = overlaid(PARAMS, {"corpus": "sample"})
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf8")
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"corpus/gold/{split}.spacy", gold_docs(n_papers=8))
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder/config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    trained = []

    def trainer(values, text, dvc_yaml, say):
        def train(folder, iteration):
            trained.append((folder.as_posix(), values))
            (folder / "metrics").mkdir(exist_ok=True)
            clean = {"test": {"f1": 0.1 * len(folder.name)}, "dev": {"f1": 0.5}}
            path = folder / f"metrics/iteration-{iteration}.json"
            path.write_text(json.dumps({"clean": clean}))

        return train

    monkeypatch.setattr(module, "_trainer", trainer)
    monkeypatch.setattr(
        "spacy_sciner.review.simulate.probabilities",
        lambda model, docs: [__import__("numpy").full((len(doc), 3), 1 / 3) for doc in docs],
    )

    def run(*options):
        return call_sciner(monkeypatch, "learn", *options), capsys.readouterr()

    run.root, run.trained = tmp_path, trained
    return run


@pytest.fixture
def undrawn(monkeypatch):
    """Curves are drawn anew after each training, which here takes no time."""
    monkeypatch.setattr("spacy_sciner.report.learning.learning_svg", lambda rows: "")


SMALL = ("--simulate", "--start", "10", "--budget", "10", "--rounds", "2", "--seeds", "2")


def test_every_strategy_and_all_of_the_gold_are_run_and_shown(run):
    code, said = run(*SMALL, "--strategies", "random, entropy, random")
    assert code == 0, said.err
    folders = {folder for folder, _ in run.trained}
    assert {
        f"learn/{name}-seed{s}/round-2" for name in ("random", "entropy") for s in (0, 1)
    } <= folders
    assert {"learn/all-seed0/round-0", "learn/all-seed1/round-0"} <= folders
    assert len(folders) == 2 * (1 + 2 * 2 + 1)  # both begin with what the same start taught
    assert said.out == (run.root / "learn/learn.txt").read_text(encoding="utf8")
    assert "All of the gold" in said.out
    drawn = (run.root / "learn/learn.svg").read_text(encoding="utf8")
    assert all(name in drawn for name in ("random", "entropy", "annotated tokens"))
    rows = json.loads((run.root / "learn/learn.json").read_text())
    assert len(rows) == len(run.trained) == 2 * (2 * 3 + 1)
    assert len((run.root / "learn/learn.csv").read_text().splitlines()) == len(rows) + 1
    assert all("train.teachers=1" in values for _, values in run.trained)


def test_other_gold_is_not_mixed_into_a_folder(run, undrawn):
    assert run(*SMALL)[0] == 0
    write_docs(run.root / "corpus/gold/train.spacy", gold_docs(n_papers=8)[:5])
    code, said = run(*SMALL)
    assert code == 1
    assert "SCINER-E519" in said.err


def test_a_copied_project_measures_on_its_own_gold(run, undrawn, tmp_path_factory, monkeypatch):
    assert run(*SMALL)[0] == 0
    copy = tmp_path_factory.mktemp("copy") / "project"
    shutil.copytree(run.root, copy, symlinks=True)
    monkeypatch.chdir(copy)
    assert run(*SMALL)[0] == 0
    for split in ("dev", "test"):
        measured_on = copy / f"learn/all-seed0/round-0/corpus/gold/{split}.spacy"
        assert measured_on.resolve() == (copy / f"corpus/gold/{split}.spacy").resolve()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "SCINER-E536"),
        (("--simulate", "--strategies", "random,best"), "SCINER-E535: --strategies 'random,best'"),
        (("--simulate", "--strategies", " "), "SCINER-E535"),
        (("--simulate", "--strategies", "disagreement"), "SCINER-E538: train.teachers is 1"),
    ],
)
def test_what_cannot_be_simulated_is_said(run, options, message):
    code, said = run(*options)
    assert code == 1
    assert message in said.err
    assert not (run.root / "learn").exists()


def test_without_gold_it_says_what_to_run(run):
    (run.root / "corpus/gold/train.spacy").unlink()
    code, said = run(*SMALL)
    assert code == 1
    assert "SCINER-E537" in said.err
    assert "dvc repro convert adapt" in said.err
