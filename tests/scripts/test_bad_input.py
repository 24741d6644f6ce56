"""The stages' scripts tell what is wrong, where and what to do, and leave nothing behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest
from stage_project import change
from tiny import ROOT

from spacy_sciner.corpus.docbin import write_docs


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
        (
            "adapt",
            [],
            {"adapt": {"methods": ["mlm"], "window": 9}},
            "adapt.window: 9 is not a whole number of 64",
        ),
        ("adapt", [], {"adapt": {"methods": ["masks"]}}, "adapt.methods"),
        ("adapt", [], {"adapt": {"method": "none"}}, "adapt.method: was renamed: adapt.methods"),
        ("adapt", [], {"encoder": {"name": 3}}, "encoder.name: 3 is not text"),
        ("train", ["--iteration", "1"], {}, "SCINER-E201"),
        ("train", ["--iteration", "7"], {}, "SCINER-E501: No entry '7' under `iterations`"),
        ("train", ["--iteration", "0"], {"train": None}, "train: is missing; it is a section with"),
        (
            "train",
            ["--iteration", "0"],
            {"train": {"epochs": "all"}},
            "train.epochs: 'all' is not a whole number of 1 or more",
        ),
        (
            "train",
            ["--iteration", "0"],
            {"train": {"config": "other.cfg"}},
            "SCINER-E561: train.config is other.cfg, with which no iteration can be trained",
        ),
        (
            "train",
            ["--iteration", "0"],
            {"train": {"epoch": 3}},
            "train.epoch: no such setting; did you mean `epochs`?",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {"acept": "entity"}},
            "annotate.acept: no such setting; did you mean `accept`?",
        ),
        (
            "train",
            ["--iteration", "1"],
            {"retrain": {"gold_wieght": 2}},
            "retrain.gold_wieght: no such setting; did you mean `gold_weight`?",
        ),
        (
            "train",
            ["--iteration", "1"],
            {"retrain": {"loss": "mse"}},
            "retrain.loss: 'mse' is not one of nll, gce",
        ),
        (
            "train",
            ["--iteration", "0"],
            {"train": {"teachers": 0}},
            "train.teachers: 0 is not a whole number of 1 or more",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {"soft": "yes"}},
            "annotate.soft: 'yes' is not true or false",
        ),
        ("pseudo_label", ["--iteration", "3", "--previous", "0"], {}, "SCINER-E501"),
        ("pseudo_label", ["--iteration", "1", "--previous", "5"], {}, "SCINER-E314"),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": 98}}},
            "iterations.1.gamma: 98 is not",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": 1.5}}},
            "iterations.1.gamma: 1.5 is not",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": "high"}}},
            "iterations.1.gamma: 'high' is not a number in [0, 1]",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {"delta": 0}},
            "annotate.delta: 0 is not in (0, 1)",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"iterations": {"1": {"prev": "0", "gamma": {"Method": 0.5}}}},
            "iterations.1.gamma: no γ for MethodName",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": {"accept": "sentence"}},
            "annotate.accept: 'sentence' is not one of token, entity",
        ),
        (
            "pseudo_label",
            ["--iteration", "1", "--previous", "0"],
            {"annotate": None},
            "annotate: is missing",
        ),
        ("evaluate", ["--iteration", "1"], {}, "SCINER-E314"),
        ("evaluate", ["--iteration", "0"], {"evaluate": None}, "evaluate: is missing"),
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
    lines = [ln for ln in done.stderr.strip().splitlines() if not ln.startswith("training ")]
    assert lines[0].startswith("✘ SCINER-")
    assert len(lines) == 1 or "SCINER-E520: params.yaml: " in lines[0], done.stderr
    assert message in done.stderr


def test_a_wrong_number_of_teachers_fails_before_anything_is_trained(run_script, project: Path):
    shutil.rmtree(project / "training", ignore_errors=True)
    change(project, train={"teachers": 0})
    assert run_script("train", "--iteration", "0", cwd=project).returncode == 1
    assert not (project / "training/0/model-best").exists()


def test_a_damaged_corpus_is_one_clear_message(run_script, project: Path):
    (project / "corpus/pool.spacy").write_bytes(b"not a DocBin")
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SCINER-E202" in done.stderr
    assert not (project / "corpus/iteration-1").exists()


def test_without_a_pool_no_iteration_passes_for_one_that_learnt_from_it(run_script, project: Path):
    write_docs(project / "corpus/pool.spacy", [])
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 1
    assert "SCINER-E566: The pool is empty, so that iteration 1 has nothing" in done.stderr
    assert "`dvc repro evaluate@0`" in done.stderr
    assert not (project / "corpus/iteration-1").exists()


@pytest.mark.parametrize(
    ("gamma", "advice"),
    [
        (1.0, "lower iterations.1.gamma"),
        ("adaptive", "lower annotate.adaptive_gamma"),
        ("auto", "split calibration"),
    ],
)
def test_what_helps_against_a_low_yield_depends_on_gamma(
    run_script, project: Path, monkeypatch: pytest.MonkeyPatch, gamma: Any, advice: str
):
    counts = {"accepted_entities": 0, "expected_entities": 9, "accepted_paragraphs": 0}
    counts |= {"paragraphs": 9, "unknown_share": 1.0, "low_yield": True}
    monkeypatch.setattr(
        "spacy_sciner.annotation.iteration.annotate_pool", lambda experiment, cache: counts
    )
    change(project, iterations={"1": {"prev": "0", "gamma": gamma}})
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 0
    (line,) = [line for line in done.stderr.splitlines() if "!!   2." in line]
    assert advice in line


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
    lines = done.stderr.splitlines()
    assert lines[0] == "training iteration 1, model 1 of 1"
    assert lines[1].startswith("✘ SCINER-E201: No docs at corpus/iteration-1/train.spacy")
    assert len(lines) == 2
