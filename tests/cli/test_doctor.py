"""`sciner doctor`: what it says of a machine and of an experiment."""

import json
import sys

import pytest

from spacy_sciner.cli import main
from spacy_sciner.cli.doctor import advice

QUIET = {
    "cores": 4,
    "load": 0.1,
    "device": "cpu",
    "precision": "bfloat16",
    "bf16": True,
    "gpus": {},
    "encoder": {"name": "e", "problem": None},
    "grobid": {},
}
PARAMS = """
device: cpu
precision: fp32
parse: {engine: %s, grobid: {url: "http://localhost:1", timeout_s: 1, concurrency: 1, retries: 0}}
encoder: {name: "%s"}
train: {teachers: 3}
evaluate: {paper_protocol: true}
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    def run(text, *options):
        (tmp_path / "params.yaml").write_text(text, encoding="utf8")
        command = ["sciner", "doctor", "--params", str(tmp_path / "params.yaml"), *options]
        monkeypatch.setattr(sys, "argv", command)
        with pytest.raises(SystemExit) as done:
            main()
        return done.value.code, capsys.readouterr()

    return run


def test_doctor_tells_the_precision_and_the_trainings_that_can_go(run, tmp_path):
    code, said = run(PARAMS % ("embedded", tmp_path))
    assert code == 0
    assert "float32 on cpu" in said.out
    assert "`train.teachers: 1` instead of 3 saves 2 trainings" in said.out
    assert "GROBID" not in said.out


def test_doctor_says_which_encoder_and_server_are_missing(run):
    code, said = run(PARAMS % ("grobid", "pypi:no-such-package-of-ours"), "--json")
    facts = json.loads(said.out)
    assert code == 0
    assert "SCINER-E304" in facts["encoder"]["problem"]
    assert any("SCINER-E130" in line for line in facts["advice"])


def test_doctor_ends_with_one_line_for_unusable_settings(run):
    code, said = run("device: cpu\n")
    assert code == 1
    assert "SCINER-E501" in said.err


def test_a_quiet_machine_gets_no_advice():
    assert advice(QUIET, protocol=True, teachers=3) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"load": 3.9}, "A load of 3.9 on 4 cores"),
        ({"gpus": {"0: A": 80.0}}, "There is a GPU, unused"),
        ({"precision": "float32"}, "set `precision: auto`"),
    ],
)
def test_advice_names_what_is_wrong(change, words):
    assert any(words in line for line in advice({**QUIET, **change}, protocol=False, teachers=1))
