"""The stages' scripts as a user runs them: in a folder, by themselves, with wrong input too."""

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, NamedTuple

import pytest
import yaml
from tiny import ROOT, gold_docs, make_doc

from spacy_sciner.corpus.docbin import read_docs, write_docs

ANNOTATE: Dict[str, Any] = {
    "accept": "token",
    "gamma_o": None,
    "calibrated": False,
    "engine": "local",
    "workers": 1,
    "ray_address": None,
    "alpha": 0.05,
    "delta": 0.1,
    "adaptive_gamma": 0.98,
}
PARAMS: Dict[str, Any] = {
    "seed": 0,
    "device": "cpu",
    "precision": "fp32",
    "encoder": {"name": "no/such/encoder", "sha256": None, "keep_layers": 0},
    "adapt": {"method": "none"},
    "train": {
        "config": "tiny.cfg",
        "epochs": 20,
        "learn_rate": 0.02,
        "batch_words": 32,
        "calibrate": True,
    },
    "retrain": {"start": "warm", "epochs": 2, "learn_rate": 0.01},
    "annotate": ANNOTATE,
    "evaluate": {"paper_protocol": True, "bootstrap": 10, "seed": 0},
    "iterations": {"1": {"prev": "0", "gamma": 0.5}, "2": {"prev": "1", "gamma": 1.0}},
}
SCRIPTS = ["adapt", "train", "pseudo_label", "evaluate"]


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run_script(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """What `python scripts/NAME.py` does, in this process: to start one costs seconds."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(name: str, *options: str, cwd: Path) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *options])
        capfd.readouterr()
        with pytest.raises(SystemExit) as done:
            runpy.run_path(str(ROOT / "scripts" / f"{name}.py"), run_name="__main__")
        return Done(int(done.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path) -> Path:
    """Everything that iteration 1 needs, as the stages before it would have left it."""
    shutil.copy(ROOT / "configs" / "tiny.cfg", tmp_path)
    change(tmp_path)
    golds = gold_docs()
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"corpus/gold/{split}.spacy", golds)
    blank = [plain_of(gold) for gold in golds]
    write_docs(tmp_path / "corpus/pool.spacy", blank)
    write_docs(tmp_path / "corpus/pool_gold.spacy", golds)
    shutil.copytree(tiny_model, tmp_path / "training/0/model-best")
    return tmp_path


def plain_of(gold: Any) -> Any:
    doc = make_doc([t.text for t in gold], None, vocab=gold.vocab)
    doc.user_data.update(gold.user_data, source="")
    return doc


def change(project: Path, **sections: Any) -> None:
    params = {**PARAMS, **sections}
    (project / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def test_iteration_one_from_pool_to_figures(run_script, project: Path):
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    counts = json.loads((project / "corpus/iteration-1/_pseudo.json").read_text())
    assert counts["accepted_entities"] == sum(len(gold.ents) for gold in gold_docs())
    assert f"{counts['accepted_entities']} entities accepted" in done.stdout
    assert "0.0% of tokens unknown" in done.stdout

    pseudo = project / "corpus/iteration-1/pseudo.spacy"
    golds = gold_docs()
    merged = [*golds, *read_docs(pseudo, golds[0].vocab)]
    write_docs(project / "corpus/iteration-1/train.spacy", merged)
    done = run_script("train", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "training/1/model-best: dev F1 1.000" in done.stdout
    assert sorted(p.name for p in (project / "training/1").iterdir()) == ["model-best", "teachers"]
    assert not list((project / "training/1/teachers").iterdir())

    done = run_script("evaluate", "--iteration", "1", cwd=project)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((project / "metrics/iteration-1.json").read_text())
    assert metrics["iteration"] == 1
    assert metrics["clean"]["test"]["f1"] == 1.0
    assert metrics["paper_protocol"]["f1"] > 0.9
    assert (metrics["pool"]["precision"], metrics["pool"]["recall"]) == (1.0, 1.0)
    figures = metrics["calibration"]
    assert 0 <= figures["ece"] <= 1
    assert 0 <= figures["token_ece_before"] <= 1
    assert figures["temperature"] > 0
    details = json.loads((project / "evaluation/iteration-1.json").read_text())
    assert set(details["reliability"]["entities"]) == {"before", "after"}


@pytest.mark.parametrize("reserved", [True, False])
def test_gamma_auto_says_what_it_certified(run_script, project: Path, reserved: bool):
    golds = gold_docs(n_papers=4) * 8
    write_docs(project / f"corpus/gold/{'calibration' if reserved else 'dev'}.spacy", golds)
    change(project, iterations={"1": {"prev": "0", "gamma": "auto"}})
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 0, done.stderr
    rule = json.loads((project / "corpus/iteration-1/_pseudo.json").read_text())["gamma"]
    assert rule["papers_of"] == ("calibration" if reserved else "dev")
    assert rule["nominal"] is not reserved
    assert rule["papers"] == 4
    # 112 right predictions, 32 to 40 a label: enough for all together, too few for any by itself.
    assert rule["pooled"]["certified"]
    assert {entry["source"] for entry in rule["labels"].values()} == {"pooled"}
    assert rule["check"]["precision"] == rule["check"]["precision_low"] == 1.0


def test_gamma_adaptive_is_written_down(run_script, project: Path):
    change(project, iterations={"1": {"prev": "0", "gamma": "adaptive"}})
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 0, done.stderr
    rule = json.loads((project / "corpus/iteration-1/_pseudo.json").read_text())["gamma"]
    assert rule["rule"] == "adaptive"
    assert max(entry["gamma"] for entry in rule["labels"].values()) == pytest.approx(0.98)


def test_an_ensemble_is_trained_and_annotates(run_script, project: Path):
    change(project, train={**PARAMS["train"], "epochs": 3, "teachers": 3})
    done = run_script("train", "--iteration", "0", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "3 teachers" in done.stdout
    folder = project / "training/0"
    members = [folder / "model-best", folder / "teachers/1", folder / "teachers/2"]
    assert len({(member / "sciner/model").read_bytes() for member in members}) == 3
    assert run_script("pseudo_label", "--iteration=1", "--previous=0", cwd=project).returncode == 0
    pseudo = project / "corpus/iteration-1/pseudo.spacy"
    with_all = read_docs(pseudo, gold_docs()[0].vocab)
    shutil.rmtree(folder / "teachers")
    assert run_script("pseudo_label", "--iteration=1", "--previous=0", cwd=project).returncode == 0
    alone = read_docs(pseudo, gold_docs()[0].vocab)
    scores = [
        [s for doc in docs for s in doc.spans["sciner"].attrs["scores"]]
        for docs in (with_all, alone)
    ]
    assert scores[0] != scores[1]
    assert "+" in with_all[0].user_data["sciner"]["fingerprint"]


def test_a_warm_ensemble_goes_on_member_by_member(run_script, project: Path):
    """With next to no learning rate, each member stays what it was."""
    other = {**PARAMS["train"], "epochs": 3}
    change(project, seed=7, train=other)
    done = run_script("train", "--iteration=0", "--out=training/0/teachers/1", cwd=project)
    assert done.returncode == 0, done.stderr
    still = {"start": "warm", "epochs": 1, "learn_rate": 1e-9, "teachers": 2}
    change(project, train=other, retrain=still)
    write_docs(project / "corpus/iteration-1/train.spacy", gold_docs())
    assert run_script("train", "--iteration=1", cwd=project).returncode == 0
    first, second = (
        [head_of(project / f"training/{k}/{name}") for name in ("model-best", "teachers/1")]
        for k in (0, 1)
    )
    assert first[0] == pytest.approx(second[0], abs=1e-5)
    assert first[1] == pytest.approx(second[1], abs=1e-5)
    assert first[0] != pytest.approx(first[1], abs=1e-2)


def head_of(model: Path) -> Any:
    """The weights of the output layer."""
    import spacy

    shims = [s for node in spacy.load(model).get_pipe("sciner").model.walk() for s in node.shims]
    return next(iter(shims[0].module.parameters())).detach().numpy().ravel()


def test_soft_labels_from_the_pool_to_training(run_script, project: Path):
    """As if γ had accepted nothing: the student still learns what its teacher knows."""
    change(
        project,
        annotate={**PARAMS["annotate"], "soft": True},
        retrain={
            "start": "fresh",
            "epochs": 20,
            "learn_rate": 0.02,
            "soft_labels": True,
            "gold_weight": 0.0,
            "soft_min": 0.5,
        },
        merge={"max_all_o_ratio": None},
    )
    assert run_script("pseudo_label", "--iteration=1", "--previous=0", cwd=project).returncode == 0
    pseudo = read_docs(project / "corpus/iteration-1/pseudo.spacy", gold_docs()[0].vocab)
    for doc in pseudo:
        doc.set_ents([], default="missing")
    golds = gold_docs(pseudo[0].vocab)  # they weigh 0: they only say which labels there are
    write_docs(project / "corpus/iteration-1/train.spacy", [*golds, *pseudo])
    done = run_script("train", "--iteration=1", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "dev F1 1.000" in done.stdout


def test_soft_labels_that_are_not_there(run_script, project: Path):
    change(project, retrain={**PARAMS["retrain"], "soft_labels": True})
    assert run_script("pseudo_label", "--iteration=1", "--previous=0", cwd=project).returncode == 0
    folder = project / "corpus/iteration-1"
    shutil.copy(folder / "pseudo.spacy", folder / "train.spacy")
    done = run_script("train", "--iteration=1", cwd=project)
    assert done.returncode == 1
    assert "SCINER-E330" in done.stderr
    assert "annotate.soft" in done.stderr


def test_a_low_yield_is_shouted(run_script, project: Path):
    shutil.copytree(project / "training/0", project / "training/1")
    change(project, annotate={**ANNOTATE, "gamma_o": 0.0})
    # Words without any entity in them: gold's density predicts some.
    words = ["the", "paper", "reaches", "nothing", "."] * 40
    nothing = make_doc(words, None, vocab=gold_docs()[0].vocab)
    write_docs(project / "corpus/pool.spacy", [nothing])
    done = run_script("pseudo_label", "--iteration", "2", "--previous", "1", cwd=project)
    assert done.returncode == 0
    assert "LOW YIELD: 0 entities accepted" in done.stderr
    assert "iterations.2.gamma" in done.stderr
    assert json.loads((project / "corpus/iteration-2/_pseudo.json").read_text())["low_yield"]


def test_the_pool_is_optional_in_iteration_0(run_script, project: Path):
    change(project, evaluate={"paper_protocol": False, "bootstrap": 0, "seed": 0})
    done = run_script("evaluate", "--iteration", "0", cwd=project)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((project / "metrics/iteration-0.json").read_text())
    assert (metrics["pool"], metrics["paper_protocol"]) == (None, None)
    assert metrics["clean"]["test"]["f1_low"] is None


def test_adapt_puts_the_encoder_beside_params(run_script, project: Path, tiny_encoder: Path):
    change(project, encoder={"name": str(tiny_encoder), "sha256": None, "keep_layers": 1})
    done = run_script("adapt", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "layers 1" in done.stdout
    assert (project / "encoder" / "model.safetensors").is_file()


@pytest.mark.parametrize("name", SCRIPTS)
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


def test_a_damaged_corpus_is_one_clear_message(run_script, project: Path):
    (project / "corpus/pool.spacy").write_bytes(b"not a DocBin")
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SCINER-E202" in done.stderr
    assert not (project / "corpus/iteration-1").exists()


def test_the_same_figures_are_the_same_bytes(run_script, project: Path):
    """Running a stage again leaves the same bytes, so that DVC sees no change."""
    change(project, evaluate={"paper_protocol": False, "bootstrap": 5, "seed": 0})
    found = []
    for _ in range(2):
        assert run_script("evaluate", "--iteration", "0", cwd=project).returncode == 0
        found.append((project / "metrics/iteration-0.json").read_bytes())
    assert found[0] == found[1]


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
    assert done.stderr.startswith("✘ SCINER-E201: No file corpus/iteration-1/train.spacy")
    assert len(done.stderr.splitlines()) == 1
