"""Models of an iteration side by side: the same ones, and no process is left behind."""

import multiprocessing
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest
from stage_project import change, make_settings
from tiny import ROOT
from warm_python import warm_python

from spacy_sciner.errors import ScinerError
from spacy_sciner.models.machine import usable_cores
from spacy_sciner.settings import read_settings
from spacy_sciner.training import experiment as experiment_module
from spacy_sciner.training import members
from spacy_sciner.training.experiment import Experiment
from spacy_sciner.training.members import train_members
from spacy_sciner.training.recipe import Recipe

from .helpers import files_of


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread each, however many are trained at the same time."""
    monkeypatch.setattr(experiment_module, "usable_cores", lambda: 2)
    monkeypatch.setattr(members, "threads_of_each", lambda processes: 1)


@pytest.fixture
def three(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose first iteration has three models, and the current folder."""
    monkeypatch.chdir(project)
    return project


def experiment(project: Path, *, at_once: int, epochs: int = 3) -> Experiment:
    change(project, train={"epochs": epochs, "teachers": 3, "at_once": at_once})
    return Experiment(read_settings(project / "params.yaml"), 0)


def models(project: Path) -> List[Dict[str, bytes]]:
    folder = project / "training/0"
    return [files_of(folder / name) for name in ("model-best", "teachers/1", "teachers/2")]


def test_side_by_side_the_models_are_the_same(three, tmp_path, capfd):
    first = train_members(experiment(three, at_once=1), resume=tmp_path / "one")
    alone = models(three)
    said = capfd.readouterr().err
    assert said.count("training iteration 0, model 2 of 3\n  epoch 1/3  dev F1 ") == 1
    # Two processes for three models.
    assert train_members(experiment(three, at_once=2), resume=tmp_path / "two") == first
    assert models(three) == alone
    said = capfd.readouterr().err
    for n in (1, 2, 3):  # whose an epoch is, since they come in any order
        assert said.count(f"  model {n}  epoch 3/3  dev F1 ") == 1
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_is_an_error_and_the_next_run_goes_on(three, tmp_path, monkeypatch):
    made = experiment(three, at_once=3)
    train_members(made, resume=tmp_path / "undisturbed")
    undisturbed = models(three)
    whole = members.train_pipeline

    def dies(recipe: Recipe, **options: Any) -> Any:
        if recipe.seed == members.SEED_STEP:
            while not list(options["resume"].glob("*/done.json")):  # of one of the others
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(recipe, **options)

    monkeypatch.setattr(members, "train_pipeline", dies)
    with pytest.raises(ScinerError, match=r"SCINER-E302: One of 3 processes.*Lower train\.at_once"):
        train_members(made, resume=tmp_path / "checkpoints")
    assert multiprocessing.active_children() == []
    monkeypatch.setattr(members, "train_pipeline", whole)
    train_members(made, resume=tmp_path / "checkpoints")
    assert models(three) == undisturbed
    assert sorted(p.name for p in (three / "training/0").iterdir()) == ["model-best", "teachers"]


@pytest.mark.skipif(usable_cores() == 1, reason="one core trains one at a time")
def test_a_killed_stage_leaves_no_process_behind(three):
    experiment(three, at_once=2, epochs=10_000)
    command = [warm_python(), str(ROOT / "scripts/train.py"), "--iteration=0"]
    log = three / "log"
    with log.open("w") as stream:
        run = subprocess.Popen(command, cwd=three, stdout=stream, stderr=stream)
    try:
        wait_for(lambda: "model 2  epoch " in log.read_text(), log)
        at_work = [child for child in children_of_project(three) if child != run.pid]
        assert len(at_work) >= 2
    finally:
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    wait_for(lambda: not children_of_project(three), log)


def children_of_project(project: Path) -> List[int]:
    """Processes whose current folder it is, but for this one."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.resolve() == project.resolve() and int(link.parent.name) != os.getpid():
                found.append(int(link.parent.name))
        except OSError:  # it has just ended
            continue
    return found


def wait_for(condition: Any, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_an_error_of_one_ends_the_others_and_is_told(three, tmp_path, monkeypatch, capfd):
    """Also one that cannot go from a process to another, as spaCy's of a config."""

    class Odd(Exception):
        def __init__(self, one: str, two: str):
            super().__init__(f"{one} and {two}")

    def fails(recipe: Recipe, **options: Any) -> Any:
        if recipe.seed == 2 * members.SEED_STEP:  # not the first whose result is asked for
            raise Odd("this", "that")
        time.sleep(60)

    monkeypatch.setattr(members, "train_pipeline", fails)
    began = time.monotonic()
    with pytest.raises(ScinerError, match=r"SCINER-E340: Model 3 .*: Odd: this and that\."):
        train_members(experiment(three, at_once=3), resume=tmp_path / "checkpoints")
    assert time.monotonic() - began < 50
    assert "in fails" in capfd.readouterr().err
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("settings", "world", "cores", "expected"),
    [
        ({"teachers": 3, "at_once": 2}, "1", 2, 2),
        ({"teachers": 2, "at_once": 3}, "1", 2, 2),
        ({"teachers": 3, "at_once": 3}, "1", 2, 3),  # the system shares two cores out
        ({"teachers": 3, "at_once": 1}, "1", 2, 1),
        ({"teachers": 3, "at_once": 3}, "1", 1, 1),
        ({"teachers": 3, "at_once": 3}, "2", 2, 1),  # torchrun has the cores already
    ],
)
def test_how_many_at_once(monkeypatch, settings, world, cores, expected):
    monkeypatch.setattr(experiment_module, "usable_cores", lambda: cores)
    monkeypatch.setenv("WORLD_SIZE", world)
    assert Experiment(make_settings(train=settings), 0).at_once == expected


def test_a_gpu_trains_one_at_a_time(monkeypatch):
    monkeypatch.setattr(experiment_module, "resolve_device", lambda device: "cuda")
    settings = make_settings(train={"teachers": 3, "at_once": 3})
    assert Experiment(settings, 0).at_once == 1
