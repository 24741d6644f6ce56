"""Loops beside the project's own, with stand-ins for the stages."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from stub_project import StubProject

from spacy_sciner.cli.loops import read_dvc_yaml, stages_of
from spacy_sciner.cli.repeat import repeat
from spacy_sciner.errors import ScinerError
from spacy_sciner.settings.read import read_yaml

HANGS = """
import os, time
from pathlib import Path

Path("pid.part").write_text(str(os.getpid()))
Path("pid.part").rename("pid")
time.sleep(60)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    made = StubProject(tmp_path / "project")
    monkeypatch.chdir(made.root)
    monkeypatch.setattr(os, "environ", made.env)
    return made


def ran(project, seed=0):
    log = project.root / f"repeat/seed-{seed}/run.log"
    return log.read_text(encoding="utf8").split() if log.exists() else []


def test_every_seed_runs_the_whole_loop_and_the_project_stays_as_it_is(project, capsys):
    repeat(seeds=2, values=["evaluate.bootstrap=10"])
    out = capsys.readouterr().out
    assert out.splitlines()[2].split()[0] == "0"
    assert "Iteration 2 against 0, same seed: test F1" in out
    assert out == (project.root / "repeat/repeat.txt").read_text(encoding="utf8")
    kept = json.loads((project.root / "repeat/repeat.json").read_text(encoding="utf8"))
    assert [len(kept[seed]) for seed in "01"] == [3, 3]
    for seed in (0, 1):
        settings = read_yaml(f"repeat/seed-{seed}/params.yaml")
        assert (settings["seed"], settings["evaluate"]["bootstrap"]) == (seed, 10)
        assert {"parse", "train@0", "train@2", "evaluate@2"} <= {*ran(project, seed)}
    # Neither outputs nor a commit, and nothing that `sciner iterate` would refuse.
    assert not (project.root / "corpus").exists()
    assert project.call("git", "status", "--porcelain") == ""
    # Once more: nothing is left to do.
    n_before = len(ran(project))
    repeat(seeds=2, values=["evaluate.bootstrap=10"])
    assert len(ran(project)) == n_before


def test_an_encoder_of_the_project_is_found_from_a_seeds_folder(project):
    project.write("mine/config.json", "{}")
    values = ["encoder.name=mine", "encoder.sha256=null", "evaluate.bootstrap=10"]
    repeat(seeds=1, values=values)
    settings = read_yaml("repeat/seed-0/params.yaml")
    assert settings["encoder"]["name"] == str((project.root / "mine").resolve())
    project.write("mine/config.json", '{"other": 1}')
    with pytest.raises(ScinerError, match=r"E519: .*: encoders changed"):
        repeat(seeds=1, values=values)


def test_a_folder_that_was_moved_goes_on(project):
    repeat(seeds=1, to=1)
    before = ran(project)
    (project.root / "work").mkdir()
    (project.root / "repeat").rename(project.root / "work/repeat")
    repeat(seeds=2, to=1, out=Path("work/repeat"))
    log = project.root / "work/repeat/seed-0/run.log"
    assert log.read_text(encoding="utf8").split() == before
    for name in ("assets", "configs", "scripts"):
        assert Path("work/repeat/seed-0", name).resolve() == (project.root / name).resolve()


def test_a_stage_that_fails_is_named_and_the_rest_is_kept(project):
    (project.root / "repeat/seed-0").mkdir(parents=True)
    (project.root / "repeat/seed-0/fail").write_text("train 1")
    with pytest.raises(ScinerError, match=r"E522: Stage retrain@1 failed.*log\.txt"):
        repeat(seeds=1)
    assert "told to fail" in (project.root / "repeat/seed-0/log.txt").read_text()
    before = ran(project)
    (project.root / "repeat/seed-0/fail").unlink()
    repeat(seeds=1)
    assert ran(project)[: len(before)] == before
    assert ran(project).count("parse") == ran(project).count("train@0") == 1


def test_a_stage_ends_with_the_command(project):
    project.write("scripts/parse.py", HANGS)
    pid_file = Path("repeat/seed-0/pid")

    def end() -> None:
        while not pid_file.exists():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end, daemon=True).start()
    with pytest.raises(SystemExit) as done:
        repeat(seeds=2)
    assert done.value.code == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
    assert not Path("repeat/seed-1").exists()


def test_other_settings_or_data_are_not_mixed_in(project):
    project.edit(
        "params.yaml",
        "\ncorpora:\n",
        "\ncorpora:\n  2020: {labels: [A], gold: [{path: g, format: conll, split: train}]}\n",
    )
    repeat(seeds=1, to=1)
    text = (project.root / "params.yaml").read_text(encoding="utf8")
    project.write("params.yaml", f"# a comment more\n{text}")
    repeat(seeds=1, to=1)
    with pytest.raises(ScinerError, match=r"E519: repeat was made .*: settings changed"):
        repeat(seeds=1, to=1, values=["train.epochs=3"])
    project.write("assets/sample/gold/gold.json", "corrected gold")
    with pytest.raises(ScinerError, match=r"E519: .*: assets changed"):
        repeat(seeds=2, to=1)
    settings = read_yaml("repeat/seed-0/params.yaml")
    assert settings["train"]["epochs"] != 3
    assert len(settings["evaluations"]) == 2
    # What was planned and is not asked for is not made.
    assert "train@1" in ran(project)
    assert "train@2" not in ran(project)


@pytest.mark.parametrize("value", ["train.epoch=3", "train", "nothing.at.all=1"])
def test_a_setting_that_there_is_not(project, value):
    with pytest.raises(ScinerError, match=f"E523: --set {value}"):
        repeat(seeds=1, values=[value])


@pytest.mark.parametrize("value", ["train.epochs=[", "train.epochs=2020-13-45"])
def test_a_value_that_is_no_yaml(project, value):
    with pytest.raises(ScinerError, match=r"E523: --set train\.epochs="):
        repeat(seeds=1, values=[value])


@pytest.mark.parametrize(("value", "resplit"), [("seed=7", False), ("convert.seed=7", True)])
def test_a_seed_is_not_taken_and_then_ignored(project, value, resplit):
    with pytest.raises(ScinerError, match=f"E571: --set {value}: the seeds are 0, 1, 2"):
        repeat(seeds=1, values=[value], resplit=resplit)


def test_a_wrong_value_leaves_nothing_behind_that_a_right_one_meets(project):
    with pytest.raises(ScinerError, match=r"E520: params\.yaml with train\.epochs=all.*\n.*'all'"):
        repeat(seeds=1, values=["train.epochs=all"])
    assert not (project.root / "repeat").exists()


@pytest.mark.parametrize(
    ("name", "text", "match"),
    [
        ("dvc.yaml", None, "E502: dvc.yaml cannot be read"),
        ("dvc.yaml", "stages: none\n", "E502: dvc.yaml .*no `stages`"),
        ("params.yaml", None, "E502: params.yaml cannot be read"),
        ("params.yaml", "a: 1\na: 2\n", "E520: params.yaml"),
    ],
)
def test_a_project_that_is_none(project, name, text, match):
    (project.root / name).unlink()
    if text:
        project.write(name, text)
    with pytest.raises(ScinerError, match=match):
        repeat(seeds=1)


def test_gold_is_split_anew_on_request(project):
    repeat(seeds=2, to=1, resplit=True)
    seeds = [read_yaml(f"repeat/seed-{s}/params.yaml")["convert"]["seed"] for s in (0, 1)]
    assert seeds == [0, 1]


def test_stages_are_those_of_dvc(project):
    """The order is one that DVC's own graph allows, and the commands are the same."""
    stages = stages_of(read_dvc_yaml(project.root), read_yaml("params.yaml"))
    listed = project.call("python", "-m", "dvc", "stage", "list", "--name-only").split()
    assert sorted(stage.name for stage in stages) == sorted(listed)
    edges = subprocess.check_output(
        ["python", "-m", "dvc", "dag", "--mermaid"], text=True, env=project.env
    )
    names = dict(
        line.strip().rstrip(']"').split('["') for line in edges.splitlines() if '["' in line
    )
    place = {stage.name: i for i, stage in enumerate(stages)}
    arrows = [line.strip().split("-->") for line in edges.splitlines() if "-->" in line]
    assert len(arrows) > 10
    for before, after in arrows:
        assert place[names[before]] < place[names[after]]
