"""The stages' scripts as a user runs them, one after the other, in a folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from stage_project import change
from tiny import CONFIGS, gold_docs, make_doc

from spacy_sciner.corpus.docbin import read_docs, write_docs


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


@pytest.mark.usefixtures("folders_of_docs")
def test_what_a_large_pool_leaves_as_folders_goes_the_same_way(run_script, project: Path):
    merge = {"max_all_o_ratio": None, "max_paragraphs": None, "balance": 0, "seed": 0}
    change(project, merge=merge)
    folder, at = project / "corpus/iteration-1", ["--iteration", "1"]
    for name in ("pseudo_label", "merge", "train", "evaluate"):
        previous = ["--previous", "0"] if name in ("pseudo_label", "train") else []
        done = run_script(name, *at, *previous, cwd=project)
        assert done.returncode == 0, done.stderr
    docs = [project / "corpus/pool.spacy", folder / "pseudo.spacy", folder / "train.spacy"]
    assert all(path.is_dir() for path in docs)
    metrics = json.loads((project / "metrics/iteration-1.json").read_text())
    assert metrics["clean"]["test"]["f1"] == 1.0
    assert metrics["pool"]["recall"] == 1.0
    assert metrics["paper_protocol"]["f1"] > 0.9


@pytest.mark.usefixtures("folders_of_docs")
@pytest.mark.parametrize("reserved", [True, False])
def test_gamma_auto_says_what_it_certified(run_script, project: Path, reserved: bool):
    golds = gold_docs(n_papers=4) * 13
    write_docs(project / f"corpus/gold/{'calibration' if reserved else 'dev'}.spacy", golds)
    change(project, iterations={"1": {"prev": "0", "gamma": "auto"}})
    done = run_script("pseudo_label", "--iteration", "1", "--previous", "0", cwd=project)
    assert done.returncode == 0, done.stderr
    rule = json.loads((project / "corpus/iteration-1/_pseudo.json").read_text())["gamma"]
    assert rule["papers_of"] == ("calibration" if reserved else "dev")
    assert rule["nominal"] is not reserved
    assert rule["papers"] == 4
    # 182 predictions, 52 to 78 a label: enough for all together, too few for any by itself.
    assert rule["pooled"]["certified"], rule["pooled"]
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
    change(project, train={"epochs": 3, "teachers": 3})
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
    other = {"epochs": 3}
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


def test_a_teacher_of_another_encoder(run_script, project: Path, tiny_encoder, tiny_bpe_encoder):
    """It annotates beside model-best, which stays what it is, and later goes on as itself."""
    text = (CONFIGS / "transformer.cfg").read_text()
    small = text.replace("window = 256", "window = 32").replace("overlap = 64", "overlap = 8")
    (project / "small.cfg").write_text(small)
    train = {"config": "small.cfg", "epochs": 2, "teacher_learn_rate": 0.01}
    encoder = {"name": str(tiny_encoder), "teacher": {"name": str(tiny_bpe_encoder)}}
    change(project, encoder=encoder, train={**train, "teachers": 1})
    done = run_script("adapt", cwd=project)
    assert "train.teachers: 1 is not 2 or more, which encoder.teacher needs" in done.stderr
    change(project, encoder=encoder, train={**train, "teachers": 2})
    done = run_script("adapt", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "model_type bert" in done.stdout
    assert "model_type roberta" in done.stdout
    retrain = {"epochs": 1, "teachers": 2}
    change(project, encoder=encoder, train={**train, "teachers": 2}, retrain=retrain)
    for k in (0, 1):
        done = run_script("train", f"--iteration={k}", cwd=project)
        assert done.returncode == 0, done.stderr
        folder = project / f"training/{k}"
        members = [folder / "model-best", folder / "teachers/1"]
        kinds = [shim_of(member).data["encoder"]["model_type"] for member in members]
        assert kinds == ["bert", "roberta"]
        done = run_script("pseudo_label", "--iteration=1", "--previous=0", cwd=project)
        assert done.returncode == 0, done.stderr
        pseudo = project / "corpus/iteration-1/pseudo.spacy"
        golds = gold_docs()
        merged = [*golds, *read_docs(pseudo, golds[0].vocab)]
        write_docs(project / "corpus/iteration-1/train.spacy", merged)


def head_of(model: Path) -> Any:
    """The weights of the output layer."""
    return next(iter(shim_of(model).module.parameters())).detach().numpy().ravel()


def shim_of(model: Path) -> Any:
    import spacy

    nodes = spacy.load(model).get_pipe("sciner").model.walk()
    return next(shim for node in nodes for shim in node.shims)


def test_soft_labels_from_the_pool_to_training(run_script, project: Path):
    """As if γ had accepted nothing: the student still learns what its teacher knows."""
    change(
        project,
        annotate={"soft": True},
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
    assert run_script("pseudo_label", "--iteration=1", "--previous=0", cwd=project).returncode == 0
    folder = project / "corpus/iteration-1"
    shutil.copy(folder / "pseudo.spacy", folder / "train.spacy")
    change(project, retrain={"soft_labels": True}, annotate={"soft": True})
    done = run_script("train", "--iteration=1", cwd=project)
    assert done.returncode == 1
    assert "SCINER-E330" in done.stderr
    assert "annotate.soft" in done.stderr


def test_a_low_yield_is_shouted(run_script, project: Path):
    shutil.copytree(project / "training/0", project / "training/1")
    change(project, annotate={"gamma_o": 0.0})
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
    # Another experiment's run that was killed may still go on.
    other = project / ".sciner-cache/adapt/other/state"
    other.parent.mkdir(parents=True)
    other.touch()
    done = run_script("adapt", cwd=project)
    assert (done.returncode, other.exists()) == (0, True)


def test_the_same_figures_are_the_same_bytes(run_script, project: Path):
    """Running a stage again leaves the same bytes, so that DVC sees no change."""
    change(project, evaluate={"paper_protocol": False, "bootstrap": 5, "seed": 0})
    found = []
    for _ in range(2):
        assert run_script("evaluate", "--iteration", "0", cwd=project).returncode == 0
        found.append((project / "metrics/iteration-0.json").read_bytes())
    assert found[0] == found[1]
