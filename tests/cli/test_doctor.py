"""`sciner doctor`: what it says of a machine and of an experiment."""

import json

import pytest
from console import call_sciner
from stage_project import change, make_settings
from studio_server import LEGACY, studying
from tiny import ROOT

from spacy_sciner.cli.doctor import LONG_S, _table, advice
from spacy_sciner.models import facts as facts_module
from spacy_sciner.training import measure

QUIET = {
    "cores": 4,
    "threads": 4,
    "load": 0.1,
    "device": "cpu",
    "precision": "bfloat16",
    "fast_bf16": True,
    "gpus": {},
    "encoder": {"name": "e", "megabytes": 90, "problem": None},
    "teacher": {},
    "free_memory_gb": 16.0,
    "grobid": {},
    "label_studio": {},
}
SERVER = {"url": "http://localhost:1", "timeout_s": 1, "concurrency": 1, "retries": 0}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """`sciner doctor` in a folder of its own, with the gold of the sample and nothing measured."""
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    monkeypatch.chdir(tmp_path)

    def run(*options, **sections):
        change(tmp_path, **sections)
        return call_sciner(monkeypatch, "doctor", *options), capsys.readouterr()

    return run


def test_doctor_tells_the_precision_and_the_trainings_that_can_go(run, tiny_encoder, monkeypatch):
    encoder = {"name": str(tiny_encoder), "sha256": None}
    slow = measure.Rates(train=1.0, together=0.6, predict=0.1)
    monkeypatch.setattr(measure, "measure_rates", lambda settings: slow)
    code, said = run(encoder=encoder, train={"teachers": 3})
    assert code == 0
    assert "float32 on cpu" in said.out
    assert "`train.teachers: 1` instead of 3 saves 2 trainings" in said.out
    assert "GROBID" not in said.out


def test_doctor_says_which_encoder_and_server_are_missing(run):
    encoder = {"name": "pypi:no-such-package-of-ours", "sha256": None}
    code, said = run("--json", encoder=encoder, parse={"engine": "grobid", "grobid": SERVER})
    facts = json.loads(said.out)
    assert code == 0
    assert "SCINER-E304" in facts["encoder"]["problem"]
    assert facts["stages"] == []
    assert any("SCINER-E130" in line for line in facts["advice"])


def test_doctor_says_that_a_report_is_broken_and_goes_on(run, tmp_path):
    (tmp_path / "metrics").mkdir()
    (tmp_path / "corpus").mkdir()
    one = {"types": {}, "tokens": 9, "paragraphs": 1}
    splits = dict.fromkeys(("train", "dev", "test", "pool"), one)
    report = {"corpus": "sample", "splits": splits, "repairs": {}}
    (tmp_path / "corpus/_report.json").write_text(json.dumps(report))
    (tmp_path / "metrics/iterations.json").write_text("[{")
    code, told = run(encoder={"name": "pypi:no-such-package-of-ours", "sha256": None})
    assert code == 0
    assert "- SCINER-E558: metrics/iterations.json" in told.out


@pytest.mark.parametrize(("token", "said"), [(LEGACY, "takes the token"), ("wrong", "E261")])
def test_doctor_asks_a_label_studio(run, monkeypatch, token, said):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    with studying() as studio:
        url = f"http://127.0.0.1:{studio.server_port}"
        code, told = run("--server", url, encoder={"name": "no/such", "sha256": None})
    assert code == 0
    assert f"Label Studio at {url}: " in told.out
    assert said in told.out
    assert token not in told.out


def test_doctor_ends_with_what_is_wrong_for_unusable_settings(run):
    code, said = run(seed="x")
    assert code == 1
    assert "SCINER-E520: params.yaml: 1 problem(s)" in said.err
    assert "seed: 'x' is not" in said.err


def test_the_plan_names_every_stage_and_is_measured_once(run, tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "WINDOW", 32)  # the tiny encoder has 64 positions
    monkeypatch.setattr(measure, "is_busy", lambda: False)
    monkeypatch.setattr(facts_module.os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    encoder = {"name": str(tiny_encoder), "sha256": None}
    code, said = run("--plan", encoder=encoder, train={"teachers": 3})
    assert code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("What `dvc repro` does")
    names = [line.split("  ")[1] for line in lines[1:]]
    assert names == [
        *("parse, convert, adapt", "train", "pseudo-label@1", "merge@1, retrain@1"),
        *("pseudo-label@2", "merge@2, retrain@2", "evaluate@0", "evaluate@1", "evaluate@2"),
        *("report", "all"),
    ]
    assert "3 models on 6,557 words" in lines[2]
    kept = (tmp_path / ".sciner-cache/machine.json").read_text()
    run("--plan", encoder=encoder, train={"teachers": 3})
    assert (tmp_path / ".sciner-cache/machine.json").read_text() == kept


def test_the_plan_says_what_has_run_before_and_that_the_machine_is_busy(run, tmp_path, monkeypatch):
    monkeypatch.setattr(facts_module.os, "getloadavg", lambda: (99.0, 0.0, 0.0))
    (tmp_path / "there").touch()
    outs = "{{outs: [{{path: there}}, {{path: {}}}]}}"
    (tmp_path / "dvc.lock").write_text(
        f"schema: '2.0'\nstages: {{a: {outs.format('there')}, b: {outs.format('gone')}}}\n"
    )
    said = run("--plan", encoder={"name": "no/such"})[1].out
    assert "1 stage has run here before: what nothing changed for is passed over" in said
    assert "A load of 99.0" in said
    (tmp_path / "dvc.lock").write_text("<<<<<<< ours\n")
    assert "before" not in run("--plan", encoder={"name": "no/such"})[1].out


@pytest.mark.parametrize("options", [(), ("--plan",)])
def test_what_a_kill_left_of_dvcs_locks_is_named(run, tmp_path, options):
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    lock = tmp_path / ".dvc/tmp/rwlock"
    lock.touch()
    assert ".dvc/tmp/rwlock is empty" in run(*options, encoder={"name": "no/such"})[1].out
    lock.write_text("{}")
    assert "rwlock" not in run(*options, encoder={"name": "no/such"})[1].out


def test_the_plan_of_an_encoder_that_is_not_there_says_so(run):
    code, said = run("--plan", encoder={"name": "pypi:no-such-package-of-ours", "sha256": None})
    assert code == 0
    assert "not known: SCINER-E304" in said.out


def test_a_quiet_machine_gets_no_advice():
    assert advice(QUIET, make_settings(train={"teachers": 3}), total_s=LONG_S) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"load": 3.9}, "A load of 3.9 on 4 cores"),
        ({"threads": 2}, "torch uses 2 threads on 4 cores: set OMP_NUM_THREADS=4"),
        ({"gpus": {"0: A": 80.0}}, "There is a GPU, unused"),
        ({"precision": "float32"}, "set `precision: auto`"),
    ],
)
def test_advice_names_what_is_wrong(change, words):
    (line,) = advice({**QUIET, **change}, make_settings(), total_s=0)
    assert words in line


def test_teachers_side_by_side_that_memory_does_not_hold():
    settings = make_settings(train={"teachers": 3, "at_once": 2})
    large = {**QUIET, "encoder": {"megabytes": 1340, "problem": None}, "free_memory_gb": 8.0}
    (line,) = advice(large, settings, total_s=0)
    assert "`train.at_once: 1` instead of 2" in line
    assert "take about 13 GB, and 8.0 GB are free" in line
    assert advice({**large, "free_memory_gb": 14.0}, settings, total_s=0) == []
    # Two of the teachers are larger than model-best.
    mixed = {**QUIET, "teacher": {"megabytes": 440, "problem": None}, "free_memory_gb": 6.0}
    (line,) = advice(mixed, make_settings(train={"teachers": 3, "at_once": 3}), total_s=0)
    assert "`train.at_once: 2` instead of 3" in line
    assert "take about 7 GB" in line
    one = make_settings(train={"teachers": 3, "at_once": 1})
    assert advice(large, one, total_s=0) == []
    assert advice({**large, "device": "cuda", "gpus": {"0: A": 80.0}}, settings, total_s=0) == []


def test_a_long_plan_without_a_gpu_says_what_can_go():
    settings = make_settings(
        train={"teachers": 3}, evaluate={"paper_protocol": True}, encoder={"keep_layers": 0}
    )
    said = advice(QUIET, settings, total_s=LONG_S + 1)
    assert [line.split("`")[1] for line in said] == [
        *("evaluate.paper_protocol: false", "train.teachers: 1", "encoder.keep_layers")
    ]
    on_gpu = {**QUIET, "device": "cuda", "gpus": {"0: A": 80.0}}
    assert advice(on_gpu, settings, total_s=LONG_S + 1) == []


def test_memory_that_is_not_known_is_not_none_gigabytes(monkeypatch):
    monkeypatch.setattr(facts_module, "read_proc", lambda path: {})  # as where Linux is not
    found = facts_module.machine_facts("cpu", "auto")
    encoder = {"name": "e", "megabytes": 1, "problem": None}
    found.update(encoder=encoder, grobid={}, label_studio={})
    assert "memory     unknown" in _table(found)


@pytest.mark.parametrize(
    ("fast", "flags", "row"),
    [
        (True, "avx512_bf16 amx_bf16", "bf16       yes, faster than fp32;"),
        (False, "avx2 avx512_bf16", "bf16       yes, but fp32 is faster without AMX;"),
        (False, "avx2", "bf16       no;"),
    ],
)
def test_bf16_is_what_precision_auto_goes_by(fast, flags, row, monkeypatch):
    monkeypatch.setattr(facts_module, "has_fast_bf16", lambda: fast)
    monkeypatch.setattr(facts_module, "read_proc", lambda path: {"flags": flags})
    found = facts_module.machine_facts("cpu", "fp32")
    encoder = {"name": "e", "megabytes": 1, "problem": None}
    found.update(encoder=encoder, grobid={}, label_studio={})
    assert row in _table(found)
