"""`sciner iterate` on a project of stand-in scripts: Git and DVC are real."""

import json
import sys

import pytest
from stub_project import StubProject
from warm_python import warm_python

from spacy_sciner.cli.iterate import _git, iterate
from spacy_sciner.errors import ScinerError
from spacy_sciner.settings import read_yaml

pytestmark = pytest.mark.slow
DVC = ("python", "-m", "dvc")
SCINER = ("python", "-c", "from spacy_sciner.cli import main; main()", "iterate", "--to")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> StubProject:
    """Stopped in iteration 2 of 2, then run to the end, and on to 3."""
    project = StubProject(tmp_path_factory.mktemp("iterate") / "project")
    project.edit("params.yaml", r'("1": .*gamma: )[\d.]+', r"\g<1>0.8")
    project.edit("params.yaml", r'("2": .*gamma: )[\d.]+', r"\g<1>0.9")
    project.commit("another γ")
    project.write("fail", "train 2")
    project.stopped = project.attempt(*SCINER, "2")
    project.tags_then = project.call("git", "tag").split()
    project.gammas_then = gammas(project)
    (project.root / "fail").unlink()
    project.resumed = project.call(*SCINER, "2")
    project.extended = project.call(*SCINER, "3")
    return project


@pytest.fixture
def at_end(project, monkeypatch):
    """In the project; afterwards it is what it was."""
    monkeypatch.chdir(project.root)
    monkeypatch.setattr(sys, "executable", warm_python())
    monkeypatch.setenv("PATH", project.env["PATH"])
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "test@example.org")
    yield project
    project.call("git", "reset", "-q", "--hard", "iteration-3")
    project.call("git", "clean", "-qfd")


def gammas(project):
    iterations = read_yaml(project.root / "params.yaml")["iterations"]
    return [iteration["gamma"] for iteration in iterations.values()]


def stages(text):
    return [line.split("'")[1] for line in text.splitlines() if line.startswith("Running stage")]


def test_an_iteration_that_fails_leaves_the_others(project):
    assert project.stopped.returncode == 1
    last = project.stopped.stderr.splitlines()[-1]
    assert last.startswith("✘ SCINER-E515: Iteration 2 stopped")
    assert "`sciner iterate --to 2`" in last
    assert project.tags_then == ["iteration-0", "iteration-1"]
    # The second iteration's settings are still there, though it is not measured yet.
    assert project.gammas_then == [0.8, 0.9]


def test_going_on_runs_only_what_is_missing(project):
    assert stages(project.resumed) == ["retrain@2", "evaluate@2", "report"]


def test_extension_runs_only_the_new_iteration(project):
    new = ["pseudo-label@3", "merge@3", "retrain@3", "evaluate@3", "report"]
    assert stages(project.extended) == new
    assert gammas(project) == [0.8, 0.9, 0.9]


def test_every_iteration_is_a_tagged_commit_with_its_own_metrics(project):
    for k in range(4):
        every = json.loads(project.call("git", "show", f"iteration-{k}:metrics/iterations.json"))
        assert [metrics["iteration"] for metrics in every] == list(range(k + 1))
        latest = json.loads(project.call("git", "show", f"iteration-{k}:metrics/latest.json"))
        assert latest["test"]["f1"] == round(every[-1]["clean"]["test"]["f1"], 4)
        assert f"Iteration {k}: test F1 0." in project.call("git", "log", "-1", f"iteration-{k}")
    assert project.call("git", "status", "--porcelain") == ""


def test_metrics_diff_shows_the_change_of_f1(project):
    diff = project.call(*DVC, "metrics", "diff", "iteration-0", "iteration-1", "--json")
    f1 = json.loads(diff)["metrics/latest.json"]["test.f1"]
    assert f1["diff"] == pytest.approx(f1["new"] - f1["old"])
    assert f1["diff"] != 0
    # All that it prints is read at a glance.
    lines = project.call(*DVC, "metrics", "diff", "iteration-0", "iteration-1").splitlines()
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 100


def test_all_done(at_end, capsys):
    iterate(to=3)
    assert "Iterations 0 to 3 are tagged already" in capsys.readouterr().out
    assert at_end.call("git", "rev-parse", "HEAD") == at_end.call("git", "rev-parse", "iteration-3")


def test_fewer_than_there_are(at_end):
    with pytest.raises(ScinerError, match=r"SCINER-E511: --to 1 is less than the 3 iterations"):
        iterate(to=1)


def test_settings_are_checked_before_anything_runs(at_end):
    at_end.edit("params.yaml", '  "1": {prev', "  1: {prev")
    with pytest.raises(ScinerError, match=r"E520: params\.yaml.*\n.*iterations\.1: needs quotes"):
        iterate(to=3)


@pytest.mark.parametrize(("place", "last"), [("iteration-2", "2"), ("iteration-0~1", "None")])
def test_a_tag_that_was_moved(at_end, place, last):
    was = at_end.call("git", "rev-parse", "iteration-1").strip()
    at_end.call("git", "tag", "-f", "iteration-1", place)
    try:
        with pytest.raises(ScinerError, match=f"E513: Tag iteration-1 .* there is {last}: it was"):
            iterate(to=3)
    finally:
        at_end.call("git", "tag", "-f", "iteration-1", was)


def test_what_a_kill_left_is_no_change(at_end, capsys):
    for name in (".report.1-2.part/a.txt", "plots/.f1.csv.1-2.part", ".encoder.1-2.part.adapted/a"):
        at_end.write(name, "half")
    iterate(to=3)
    assert "tagged already" in capsys.readouterr().out


def test_a_lock_that_a_kill_cut_short(at_end):
    at_end.write(".dvc/tmp/rwlock", "")
    with pytest.raises(ScinerError, match=r"E514: .*rwlock.* remove it while no DVC runs"):
        iterate(to=3)
    (at_end.root / ".dvc/tmp/rwlock").unlink()


def test_uncommitted_changes(at_end):
    at_end.write("notes.txt", "")
    at_end.edit("params.yaml", "corpus: sample", "corpus: acl")
    with pytest.raises(ScinerError, match=r"SCINER-E512: .*params\.yaml, notes\.txt"):
        iterate(to=3)


def test_other_settings_than_a_tag_s(at_end):
    at_end.edit("params.yaml", r'("2":.*gamma:) [0-9.]+', r"\1 0.5")
    at_end.commit("another γ")
    match = r"SCINER-E513: Tag iteration-2 .*iterations in .*git tag -d iteration-2 iteration-3"
    with pytest.raises(ScinerError, match=match):
        iterate(to=3)


def test_other_code_than_a_tag_s(at_end):
    at_end.write("spacy_sciner/corpus/merge.py", "# changed")
    at_end.commit("another rule")
    match = r"SCINER-E513: .*stage \S+ has changed since: spacy_sciner/corpus"
    with pytest.raises(ScinerError, match=match):
        iterate(to=3)


def test_a_tag_of_another_branch(at_end):
    at_end.call("git", "reset", "-q", "--hard", "iteration-2")
    with pytest.raises(ScinerError, match=r"SCINER-E513: Tag iteration-3 .*history"):
        iterate(to=3)


def test_a_gap_between_tags(at_end):
    at_end.call("git", "tag", "-d", "iteration-0")
    with pytest.raises(ScinerError, match=r"SCINER-E513: Tag iteration-1 .*iteration-0 is not"):
        iterate(to=3)
    at_end.call("git", "tag", "iteration-0", "iteration-1~")


def decide(project, dev):
    """Let the stand-in evaluation give these dev F1 in iteration 0, 1, …"""
    project.edit("scripts/evaluate.py", r"f1 = int\(.*", f"f1 = {dev}[int(k)]")
    project.commit("figures to decide by")


def test_until_stop_ends_where_an_iteration_does_not_help(tmp_path):
    project = StubProject(tmp_path / "project")
    decide(project, [0.3, 0.4, 0.35, 0.9])
    out = project.call(*SCINER, "3", "--until-stop")
    assert "Stopped after iteration 2: iteration 2 is not promoted over iteration 1" in out
    assert "training/best is still iteration 1." in out
    assert "Up to 3 iterations stay planned; `sciner iterate --to 3` makes them." in out
    assert project.call("git", "tag").split() == [f"iteration-{k}" for k in range(3)]
    assert json.loads((project.root / "metrics/latest.json").read_text())["promoted"] == 0
    weights = [project.root / f"training/{name}/weights" for name in ("best", "1/model-best")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    # Once more: it does not go on, and says why. Without the option it does.
    again = project.call(*SCINER, "3", "--until-stop")
    assert stages(again) == []
    assert "Stopped after iteration 2" in again
    assert "training/best: iteration 3, on dev" in project.call(*SCINER, "3")


def test_until_stop_without_commits(tmp_path):
    project = StubProject(tmp_path / "project")
    decide(project, [0.3, 0.2, 0.9])
    out = project.call(*SCINER, "2", "--until-stop", "--no-commit")
    assert "Stopped after iteration 1" in out
    assert "retrain@2" not in stages(out)


def test_no_commit(at_end):
    before = at_end.call("git", "rev-parse", "HEAD")
    out = at_end.call(*SCINER, "4", "--no-commit")
    assert stages(out)[-2:] == ["evaluate@4", "report"]
    assert at_end.call("git", "rev-parse", "HEAD") == before
    assert "iteration-4" not in at_end.call("git", "tag")


def test_no_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScinerError, match=r"SCINER-E510: .*no \.git, \.dvc, dvc\.yaml, params\.y"):
        iterate(to=1)


def test_git_says_no(at_end):
    with pytest.raises(ScinerError, match=r"SCINER-E514: `git tag iteration-0` failed: .*exists"):
        _git("tag", "iteration-0")
