"""The stages' scripts tell what is wrong, where and what to do, and leave nothing behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest
from stage_project import ANNOTATE, PARAMS, change
from tiny import ROOT


@pytest.mark.parametrize("name", ["adapt", "train", "pseudo_label", "evaluate"])
def test_help(run_script, name: str, tmp_path: Path):
    done = run_script(name, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "--params" in done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "options", "sections", "message"),
    [
        ("adapt", [], {}, "SCINER-E304"),
        ("adapt", [], {"adapt": {}}, "SCINER-E501: No section 'adapt.method'"),
        ("adapt", [], {"encoder": {}}, "SCINER-E501: No section 'encoder.name'"),
        ("train", ["--iteration", "1"], {}, "SCINER-E201"),
        ("train", ["--iteration", "7"], {}, "SCINER-E501: No section 'iterations.7.prev'"),
        ("train", ["--iteration", "0"], {"train": {}}, "SCINER-E501: No section 'train.config'"),
        (
            "train",
            ["--iteration", "0"],
            {"train": {**PARAMS["train"], "epochs": "all"}},
            "SCINER-E312: epochs is 'all'",
        ),
        (
            "train",
            ["--iteration", "0"],
            {"train": {**PARAMS["train"], "config": "other.cfg"}},
            "SCINER-E314: Stage input other.cfg",
        ),
        (
            "train",
            ["--iteration", "0"],
            {"train": {**PARAMS["train"], "epoch": 3}},
            "SCINER-E210: Unknown setting 'epoch' in `train`",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {**ANNOTATE, "acept": "entity"}},
            "SCINER-E210: Unknown setting 'acept' in `annotate`",
        ),
        (
            "train",
            ["--iteration", "1"],
            {"retrain": {**PARAMS["retrain"], "gold_wieght": 2}},
            "SCINER-E210: Unknown setting 'gold_wieght' in `retrain`",
        ),
        (
            "train",
            ["--iteration", "1"],
            {"retrain": {**PARAMS["retrain"], "loss": "mse"}},
            "SCINER-E302: Unknown loss 'mse'",
        ),
        (
            "train",
            ["--iteration", "0"],
            {"train": {**PARAMS["train"], "teachers": 0}},
            "SCINER-E312: train.teachers is 0",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {**PARAMS["annotate"], "soft": "yes"}},
            "SCINER-E312: annotate.soft is 'yes'",
        ),
        ("pseudo_label", ["--iteration", "3", "--previous", "0"], {}, "SCINER-E501"),
        ("pseudo_label", ["--iteration", "1", "--previous", "5"], {}, "SCINER-E314"),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": 98}}},
            "SCINER-E001",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": 1.5}}},
            "SCINER-E001",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": "high"}}},
            "SCINER-E302: Unknown gamma 'high'",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {**ANNOTATE, "delta": 0}},
            "SCINER-E312: annotate.delta is 0",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": {"Method": 0.5}}}},
            "SCINER-E002",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {**ANNOTATE, "accept": "sentence"}},
            "SCINER-E302: Unknown accept 'sentence'",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {}},
            "SCINER-E501: No section 'annotate.",
        ),
        ("evaluate", ["--iteration", "1"], {}, "SCINER-E314"),
        ("evaluate", ["--iteration", "0"], {"evaluate": {}}, "SCINER-E501"),
        (
            "evaluate",
            ["--iteration", "0", "--params", "other.yaml"],
            {},
            "SCINER-E502: other.yaml",
        ),
    ],
)
def test_bad_input_is_one_clear_message(
    run_script, name: str, options: list, sections: Dict[str, Any], message: str, project: Path
):
    change(project, **sections)
    done = run_script(name, *options, cwd=project)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert message in lines[0]


def test_a_wrong_number_of_teachers_fails_before_anything_is_trained(run_script, project: Path):
    shutil.rmtree(project / "training", ignore_errors=True)
    change(project, train={**PARAMS["train"], "teachers": 0})
    assert run_script("train", "--iteration", "0", cwd=project).returncode == 1
    assert not (project / "training/0/model-best").exists()


def test_a_damaged_corpus_is_one_clear_message(run_script, project: Path):
    (project / "corpus/pool.spacy").write_bytes(b"not a DocBin")
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SCINER-E202" in done.stderr
    assert not (project / "corpus/iteration-1").exists()


def test_bad_input_in_a_process_of_its_own(project: Path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/train.py"), "--iteration", "1"],
        cwd=project,
        env={**os.environ, "PYTHONWARNINGS": "error::UserWarning"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("✘ SCINER-E201: No docs at corpus/iteration-1/train.spacy")
    assert len(done.stderr.splitlines()) == 1
