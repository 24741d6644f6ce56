"""`sciner review` with a running Label Studio, and as one's model backend."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import spacy
from studio_server import LEGACY, PERSONAL, studying

from . import test_review
from .test_review import texts_in

mine, sciner = test_review.mine, test_review.sciner  # fixtures

PIPELINE = ("--pipeline", "training/0/model-best")


@pytest.fixture
def studio(monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", PERSONAL)
    with studying() as server:
        yield server


def at(studio, title="Round 1"):
    return ("--server", f"http://127.0.0.1:{studio.server_port}", "--project", title)


def test_a_round_goes_to_a_server_and_comes_back(mine, sciner, run_script, studio):
    run_script("convert", "--corpus", "mine", cwd=mine)
    code, said = sciner("export", "--n", "3", *PIPELINE, *at(studio, " Round 1 "))
    assert code == 0, said.err
    address = f"http://127.0.0.1:{studio.server_port}/projects/1/data"
    assert f"✔ 3 tasks sent to 'Round 1': {address}" in said.out
    assert studio.tasks == [
        {"id": n, **task}
        for n, task in enumerate(json.loads(Path("review/round-1/tasks.json").read_text()))
    ]
    (project,) = studio.projects
    assert project["model_version"] == studio.tasks[0]["predictions"][0]["model_version"]
    assert project["label_config"] == Path("review/round-1/tasks.config.xml").read_text()

    again = ("--out", "review/round-1", "--force")
    code, said = sciner("export", "--n", "3", *PIPELINE, *at(studio), *again)
    assert "✔ 0 tasks sent to 'Round 1', 3 were there" in said.out

    for task in studio.tasks[:2]:
        (shown,) = task.pop("predictions")
        task["annotations"] = [{"completed_by": 7, "result": shown["result"]}]
    studio.tasks[2]["annotations"] = []  # not finished
    code, said = sciner("import", *at(studio))
    assert code == 0, said.err
    assert "✔ 'Round 1' of http://127.0.0.1" in said.out
    assert "✔ 2 paragraphs reviewed: 2 new" in said.out
    assert "1 not annotated" in said.out
    assert json.loads(Path("review/Round 1.export.json").read_text()) == studio.tasks
    reviewed = {task["data"]["text"] for task in studio.tasks[:2]}
    run_script("convert", "--corpus", "mine", cwd=mine)
    assert reviewed < set(texts_in("corpus/gold/train.spacy"))


def test_a_later_round_never_hides_proposals_that_are_still_needed(
    mine, sciner, run_script, studio
):
    run_script("convert", "--corpus", "mine", cwd=mine)
    assert sciner("export", "--n", "1", *PIPELINE, *at(studio))[0] == 0
    (project,) = studio.projects
    project["model_version"] = "iteration-0-older"
    code, said = sciner("export", "--n", "1", *PIPELINE, *at(studio))
    assert (code, "E549" in said.err, "1 tasks there are not" in said.err) == (1, True, True)
    assert (len(studio.tasks), project["model_version"]) == (1, "iteration-0-older")
    assert not Path("review/round-2").exists()
    studio.tasks[0]["annotations"] = [{"completed_by": 1, "result": []}]
    assert sciner("export", "--n", "1", *PIPELINE, *at(studio))[0] == 0
    assert len(studio.tasks) == 2


def test_what_did_not_get_there_goes_with_the_same_command(mine, sciner, run_script, studio):
    run_script("convert", "--corpus", "mine", cwd=mine)
    studio.fail["/api/projects/1/import"] = [(500, {"detail": "disk full"})]
    options = ("export", "--n", "3", *PIPELINE, *at(studio))
    code, said = sciner(*options)
    assert code == 1
    assert "SCINER-E262" in said.err
    again = re.search(r"the same command with (.*) sends what is missing", said.err)[1].split()
    assert "✔ 3 tasks sent" in sciner(*options, *again)[1].out
    assert len(studio.tasks) == 3


def test_it_is_refused_before_anything_is_chosen(mine, sciner, studio, monkeypatch):
    refusals = {
        ("export", "--project", "Round 1"): "E554: --project needs --server",
        ("export", *at(studio)[:2]): "E554: --server needs --project",
        ("export", *at(studio), "--format", "prodigy"): "E554: --server needs --format label",
        ("export", *at(studio)[:2], "--project", "R1"): "E554: --project 'R1' needs 3 to 50 char",
        ("import",): "E554: Import needs a file, or --server",
        ("import", *at(studio)): "E263: No project 'Round 1'",
        ("export", "--server", "localhost:8080", "--project", "a"): "E552: .* needs http://",
        ("export", "--server", "http://me:pw@a", "--project", "a"): "E552: .*: a name or password",
        ("export", "--server", "http://127.0.0.1:1", "--project", "a"): "E260: No Label Studio",
    }
    for options, message in refusals.items():
        code, said = sciner(*options)
        assert (code, re.search(message, said.err) is not None) == (1, True), said.err
        assert "pw" not in said.err
    for token, message in {"": "E550", "a b": "E550", "ä": "E550", "wrong": "E261"}.items():
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
        assert f"SCINER-{message}" in sciner("export", *at(studio))[1].err
    assert not Path("review").exists()
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", f" {LEGACY}\n")
    assert "E263" in sciner("import", *at(studio))[1].err


def test_serve_answers_until_it_is_told_to_end(tiny_model):
    pytest.importorskip("uvicorn", reason="The server is not installed: pip install -e '.[review]'")
    command = [sys.executable, "-c", "from spacy_sciner.cli import main; main()", "review", "serve"]
    with subprocess.Popen(
        [*command, "--pipeline", str(tiny_model), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf8",
    ) as process:
        said = process.stdout.readline()
        url = re.search(r"answers at (http://127\.0\.0\.1:\d+) ", said)[1]
        version = requests.get(f"{url}/health", timeout=60).json()["model_version"]
        assert said.startswith(f"✔ {version} ")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_serve_says_what_is_in_its_way(tiny_model, tmp_path, sciner, monkeypatch, studio):
    options = ("serve", "--pipeline", tiny_model)
    pytest.importorskip("uvicorn", reason="The server is not installed: pip install -e '.[review]'")
    code, said = sciner(*options, "--port", studio.server_port)
    assert (code, "SCINER-E551: Nothing can listen at 127.0.0.1" in said.err) == (1, True)
    spacy.blank("en").to_disk(tmp_path / "none")
    code, said = sciner("serve", "--pipeline", tmp_path / "none", "--port", "0")
    assert (code, "SCINER-E316" in said.err) == (1, True)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, said = sciner(*options)
    assert (code, "SCINER-E553: The server is not installed" in said.err) == (1, True)


def test_a_project_that_lacks_a_label_uses_up_no_paragraph(mine, sciner, run_script, studio):
    run_script("convert", "--corpus", "mine", cwd=mine)
    options = ("export", "--n", "3", *PIPELINE, *at(studio))
    assert sciner(*options)[0] == 0
    studio.projects[0]["parsed_label_config"] = {}
    code, said = sciner(*options)
    assert (code, "SCINER-E264" in said.err) == (1, True)
    assert not Path("review/round-2").exists()
