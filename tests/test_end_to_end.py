"""The whole project on the sample corpus, with a tiny model: run, run again, kill, go on."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml
from console import call_sciner
from doc_pages import inline_commands, shell_lines
from stage_project import overlaid
from tiny import ROOT
from warm_python import warm_python

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
# One iteration, few epochs, a convolutional model: every stage runs, none is worth waiting for.
SMALL = {
    "train": {
        "config": "configs/tiny.cfg",
        "epochs": 3,
        "learn_rate": 0.01,
        "batch_words": 512,
        "min_steps": 0,
        "teachers": 1,
    },
    "retrain": {
        "epochs": 1,
        "learn_rate": 0.01,
        "batch_words": 512,
        "soft_labels": False,
    },
    "evaluate": {"bootstrap": 50},
}
ITERATIONS = {
    "iterations": {"1": {"prev": "0", "gamma": 0.5}},
    "evaluations": {"0": {"data": "corpus/gold"}, "1": {"data": "corpus/iteration-1"}},
}

# Commands of README and docs that ask for no more than a finished project, and by what else their
# placeholders and iterations are replaced.
IN_A_PROJECT = re.compile(
    r"sciner (agree assets/sample|candidates|check$|concepts --from abbreviations --out|diff 0|"
    r"doctor --plan|export corpus|review export --n \d+ --per-paper \d+$|.*--dry-run)"
    r"|dvc repro( (parse )?convert| adapt| convert adapt)?$"
)
# The other lines of their shell blocks, and where they are run instead, or why nowhere.
ELSEWHERE = {
    "make (repro|test)$": "by a person and by CI",
    "python benchmarks/|cd work/(few|adapt)": "nowhere: hours on corpora; test_doc_commands.py",
    "spacy (train|evaluate) ": "tests/pipeline/test_spans.py",
    "spacy find-threshold": "tests/pipeline/test_spacy_commands.py",
    "mkdir -p packages|spacy package|pip wheel|pip install packages|python -c": "there, too",
    "sciner (learn|few-shot|sources|start) ": "tests/cli, tests/review: of several trainings each",
    "sciner annotate-llm": "tests/cli/test_annotate_llm.py: needs a language model",
    "sciner concepts --from abbreviations --from": "tests/cli/test_concepts.py: public corpora",
    "sciner (agree ann|check export|check assets/mine|review import export)": "a reader's files",
    "sciner review .*--server|.*label-studio": "tests/review/label_studio: needs the server",
    "sciner review serve|pip install 'spacy-sciner": "tests/cli/test_review_server.py",
    "dvc (remote|push)": "nowhere: needs a store",
}
REPLACED = {" 2 ": " 1 ", "MODEL": "some-model"}


def make_project(folder: Path, encoder: Path) -> Path:
    """A copy of what Git tracks, with small parameters and a DVC cache of its own."""
    files = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    for name in files:
        if name and (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf8"))
    params = {**overlaid(params, SMALL), **ITERATIONS}
    params["encoder"] = {"name": str(encoder), "sha256": None, "keep_layers": 0}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf8")
    subprocess.check_call(["git", "init", "-q"], cwd=folder)
    return folder


def environment(python: str = sys.executable) -> Dict[str, str]:
    """With it as `python`."""
    folders = [str(Path(path).parent) for path in (python, sys.executable)]
    tools = os.pathsep.join([*folders, os.environ["PATH"]])
    return {**os.environ, "PATH": tools, "DVC_NO_ANALYTICS": "1", "OMP_NUM_THREADS": "1"}


def repro(folder: Path, python: str = sys.executable, *stages: str) -> str:
    command = [python, "-m", "dvc", "repro", *stages]
    done = subprocess.run(
        command, cwd=folder, env=environment(python), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def outputs(folder: Path) -> Dict[str, str]:
    """DVC's hash of every output of every stage."""
    lock = yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf8"))
    return {o["path"]: o["md5"] for s in lock["stages"].values() for o in s["outs"]}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Path:
    folder = make_project(tmp_path_factory.mktemp("project"), tiny_encoder)
    # The run that is killed has Python itself in two of its parts, and ends with the same bytes.
    folder.joinpath("log.txt").write_text(repro(folder, warm_python()), encoding="utf8")
    return folder


def test_metrics_of_every_iteration_have_the_contracts_shape(project):
    iterations = json.loads((project / "metrics/iterations.json").read_text(encoding="utf8"))
    assert [m["iteration"] for m in iterations] == [0, 1]
    for metrics in iterations:
        assert set(metrics) == {
            *("iteration", "clean", "paper_protocol", "pool", "calibration", "promotion", "drift")
        }
        for split in ("test", "dev"):
            figures = metrics["clean"][split]
            assert figures["f1_low"] <= figures["f1_high"]
            assert len(figures["types"]) == 7
        assert metrics["paper_protocol"] is None  # as params.yaml says; scripts' tests ask for it
    assert iterations[0]["pool"] is None
    pool = iterations[1]["pool"]
    assert pool["paragraphs"] > 100
    assert 0 <= pool["unknown_share"] <= 1
    assert iterations[1]["promotion"]["against"] == 0
    assert set(iterations[1]["promotion"]["dev"]) >= {"f1", "macro_f1", "MethodName"}
    assert set(iterations[1]["drift"]["gold_shares"]) == set(pool["gold_types"])
    latest = json.loads((project / "metrics/latest.json").read_text())
    assert latest["test"]["f1"] == pytest.approx(iterations[1]["clean"]["test"]["f1"], abs=1e-4)


def test_gold_papers_are_not_in_the_pool(project):
    import spacy

    from spacy_sciner.corpus.docbin import read_docs

    vocab = spacy.blank("en").vocab
    papers = {
        name: {doc.user_data["paper"] for doc in read_docs(project / f"corpus/{name}.spacy", vocab)}
        for name in ("gold/train", "gold/dev", "gold/test", "pool")
    }
    assert [len(p) for p in papers.values()] == [9, 3, 4, 16]
    assert len(set().union(*papers.values())) == 32


def test_commands_of_the_docs_run_in_a_finished_project(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    monkeypatch.chdir(project)
    lines = filter(IN_A_PROJECT.match, dict.fromkeys([*shell_lines(), *inline_commands()]))
    said = {}
    for line in lines:
        for old, new in REPLACED.items():
            line = f"{line} ".replace(old, new).strip()
        if line.startswith("dvc"):
            assert "up to date" in repro(project, warm_python(), *line.split()[2:])
            continue
        code = call_sciner(monkeypatch, *shlex.split(line)[1:])
        said[line] = capsys.readouterr()
        assert (code, bool(said[line].out.strip())) == (0, True), (line, said[line].err)
    assert len(said) > 10


def test_every_line_of_a_shell_block_is_run_or_has_its_reason():
    others = [line for line in shell_lines() if not IN_A_PROJECT.match(line)]
    assert [line for line in others if not any(re.match(e, line) for e in ELSEWHERE)] == []
    assert [e for e in ELSEWHERE if not any(re.match(e, line) for line in others)] == []


def test_second_run_does_nothing(project):
    before = outputs(project)
    assert "Data and pipelines are up to date." in repro(project, warm_python())
    assert outputs(project) == before


def test_best_pipeline_loads_where_the_package_was_never_imported(project):
    code = (
        "import spacy, sys; nlp = spacy.load('training/best');"
        "doc = nlp('We train BERT with a learning rate of 3e-5.');"
        "assert len(doc._.sciner_confidence) == len(doc);"
        "print(sorted(nlp.get_pipe('sciner').labels)[0])"
    )
    env = {**environment(), "HF_HUB_OFFLINE": "1"}
    out = subprocess.check_output([sys.executable, "-c", code], cwd=project, env=env, text=True)
    assert out.strip() == "DatasetName"


def test_report_says_what_the_best_iteration_is(project):
    text = (project / "report/iterations.txt").read_text(encoding="utf8")
    assert "training/best: iteration" in text
    assert text in (project / "log.txt").read_text(encoding="utf8")
    assert "<svg" in (project / "report/index.html").read_text(encoding="utf8")


@pytest.mark.parametrize("is_inside", [False, True])
def test_a_revision_is_compared_from_the_cache(project, tmp_path, is_inside):
    """What a commit's `dvc.lock` names comes from DVC's cache; the folder itself stays as it is.
    The project is a repository, or a folder of one."""
    copied = tmp_path / "copy"
    shutil.copytree(project, copied, symlinks=True)
    if is_inside:
        (copied / ".git").rename(tmp_path / ".git")
    name = ["-c", "user.name=x", "-c", "user.email=x"]
    for command in (["add", "-A"], [*name, "commit", "-qm", "x"], ["tag", "measured"]):
        subprocess.check_call(["git", *command], cwd=copied)
    shutil.rmtree(copied / "corpus")
    (copied / "evaluation/iteration-1.spacy").unlink()

    def diff():
        code = "from spacy_sciner.cli import main; main()"
        command = [warm_python(), "-c", code, "diff", "measured", "measured:1", "--json"]
        return subprocess.run(
            command, cwd=copied, env=environment(), capture_output=True, text=True, check=False
        )

    found = json.loads(diff().stdout)
    best = json.loads((project / "metrics/latest.json").read_text())["promoted"]
    what = "" if best else "; iteration 0 is training/best there"
    assert found["before"] == f"measured (iteration 1{what})"
    assert found["after"] == found["before"]
    assert found["scores"]["test"]["papers"] == 4
    assert found["scores"]["test"]["changes"]["f1"]["change"] == 0
    assert found["settings"] == []
    assert found["pool"]["examples"] == found["test"]["examples"] == []
    assert not (copied / "corpus").exists()
    shutil.rmtree(copied / ".dvc/cache")
    assert "SCINER-E518: Revision measured has no evaluation/iteration-1.json" in diff().stderr


def test_killed_run_goes_on_and_ends_with_the_same_bytes(project, tmp_path, tiny_encoder):
    """Kills the run, and whatever stage it is in, a few times; nothing of it is seen at the end."""
    folder = make_project(tmp_path, tiny_encoder)
    for marker, python in {
        "encoder": sys.executable,
        "training/0": warm_python(),
        "corpus/iteration-1": warm_python(),
        "metrics/iteration-1.json": sys.executable,
    }.items():
        unlock(folder)
        with (folder / "killed.txt").open("w") as log:
            run = subprocess.Popen(
                [python, "-m", "dvc", "repro"],
                cwd=folder,
                env=environment(python),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            deadline = time.monotonic() + 240
            while run.poll() is None and not (folder / marker).exists():
                assert time.monotonic() < deadline, (folder / "killed.txt").read_text()
                time.sleep(0.05)
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
            run.wait()
    unlock(folder)
    repro(folder, warm_python())
    assert outputs(folder) == outputs(project)


def unlock(folder: Path) -> None:
    """As `make repro` begins, and docs/commands.md says it: DVC writes this file in place."""
    lock = folder / ".dvc/tmp/rwlock"
    if lock.exists() and not lock.stat().st_size:
        lock.unlink()
