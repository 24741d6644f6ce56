"""The graph in dvc.yaml: what runs after which change. Scripts are stand-ins, DVC is real."""

import json

import pytest
from stub_project import StubProject

pytestmark = pytest.mark.slow
FIRST = ["parse", "convert", "adapt", "train", "evaluate@0", "report"]


def loop(k):
    return [f"{stage}@{k}" for stage in ("pseudo-label", "merge", "retrain", "evaluate")]


def restore(project: StubProject) -> None:
    """Back to the first run, without running anything."""
    project.call("git", "checkout", "-q", ".")
    project.call("python", "-m", "dvc", "checkout", "-q")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> StubProject:
    project = StubProject(tmp_path_factory.mktemp("dvc") / "project")
    project.first = project.repro()
    project.commit("first run")
    return project


def test_stage_names(project):
    listed = project.call("python", "-m", "dvc", "stage", "list", "--name-only").split()
    assert sorted(listed) == sorted([*FIRST, *loop(1), *loop(2)])


def test_first_run_runs_everything_once(project):
    assert sorted(project.first) == sorted([*FIRST, *loop(1), *loop(2)])
    assert project.first[-1] == "report"


def test_second_run_does_nothing(project):
    """Though Python leaves bytecode beside the code, and a desktop its notes beside the data."""
    left = [
        "spacy_sciner/training/__pycache__/loop.cpython-311.pyc",
        "scripts/__pycache__/train.cpython-311.pyc",
        *("assets/sample/.DS_Store", "assets/sample/papers/._a.tei.xml"),
        *("assets/sample/Thumbs.db", "assets/sample/gold/desktop.ini"),
    ]
    for name in left:
        project.write(name, "left here")
    assert project.repro() == []
    status = project.call("python", "-m", "dvc", "status", "--json")
    assert json.loads(status) == {}
    for name in left:  # a stand-in reads all that is there
        (project.root / name).unlink()


def test_gamma_of_iteration_2(project):
    project.edit("params.yaml", r'("2": .*gamma: )[\d.]+', r"\g<1>0.5")
    assert sorted(project.repro()) == sorted([*loop(2), "report"])
    restore(project)


def test_another_rule_of_promotion_measures_nothing_again(project):
    project.edit("params.yaml", r"min_p_rise: [\d.]+", "min_p_rise: 0.95")
    assert project.repro() == ["report"]
    restore(project)


def test_one_more_iteration(project):
    third = r'\g<0>  "3": {prev: "2", gamma: 0.9}\n'
    project.edit("params.yaml", r'  "2": {prev: .*\n', third)
    third = r'\g<0>  "3": {data: corpus/iteration-3}\n'
    project.edit("params.yaml", r'  "2": {data: .*\n', third)
    assert sorted(project.repro()) == sorted([*loop(3), "report"])
    assert len(json.loads((project.root / "metrics/iterations.json").read_text())) == 4
    restore(project)


def test_corpus_switches_in_one_place(project):
    project.edit("params.yaml", "corpus: sample", "corpus: acl")
    ran = project.repro()
    assert {"parse", "convert", "adapt", "train", "report", *loop(1), *loop(2)} <= set(ran)
    restore(project)


def test_code_re_runs_what_uses_it_and_no_more(project):
    project.write("spacy_sciner/corpus/merge.py", "# changed")
    # Their outputs are the same bytes as before, so that nothing after them runs.
    assert sorted(project.repro()) == ["convert", "merge@1", "merge@2"]
    restore(project)


def test_what_trains_a_model_is_measured_again(project):
    """The stand-ins' models are the same bytes as before; the paper's protocol trains its own."""
    project.write("spacy_sciner/training/loop.py", "# changed")
    ran = project.repro()
    measured = [f"evaluate@{k}" for k in range(3)]
    assert sorted(ran) == sorted(["train", "retrain@1", "retrain@2", *measured])
    assert project.repro() == []
    restore(project)


def test_plots_draw_a_line_for_each_series(project):
    shown = json.loads(project.call("python", "-m", "dvc", "plots", "show", "--json"))
    assert not shown.get("errors")
    plots = {name: plot[0]["content"] for name, plot in shown["data"].items() if plot}
    by_iteration = {"F1 by iteration", "Test F1 by type", "Pseudo-labels by type"}
    assert set(plots) == {*by_iteration, "Reliability"}
    drawn = {row["series"] for row in plots["Reliability"]["data"]["values"]}
    assert drawn >= {"entities, before", "entities, after", "tokens, before", "tokens, after"}
    assert plots["Reliability"]["encoding"]["x"]["field"] == "confidence"
    f1 = plots["F1 by iteration"]
    assert f1["encoding"]["color"]["field"] == "series"
    assert f1["encoding"]["x"]["field"] == "iteration"
    rows = {(row["iteration"], row["series"]) for row in f1["data"]["values"]}
    assert rows >= {(k, series) for k in "012" for series in ("test", "dev")}


def test_metrics_diff_between_commits(project):
    project.call("git", "tag", "before")
    project.edit("params.yaml", r"epochs: 10\b", "epochs: 99")
    project.repro()
    project.commit("more epochs")
    dvc = ["python", "-m", "dvc"]
    diff = json.loads(project.call(*dvc, "metrics", "diff", "before", "HEAD", "--json"))
    f1 = diff["metrics/latest.json"]["test.f1"]
    assert f1["new"] - f1["old"] == pytest.approx(f1["diff"])
    assert f1["diff"] != 0
    project.call("git", "reset", "-q", "--hard", "before")
    project.call(*dvc, "checkout", "-q")
