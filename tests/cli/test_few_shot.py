"""Few-shot trainings beside the project's own, with stand-ins for the stages."""

import csv
import json
import shutil
import sys
from collections import Counter

import pytest
from console import call_sciner
from stage_project import change
from stub_project import ROOT, STUB
from tiny import gold_docs
from warm_python import warm_python

from spacy_sciner.corpus.annotated import make_vocab
from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.files import fingerprint


@pytest.fixture
def project(tmp_path, monkeypatch):
    """As after `dvc repro adapt`, with stand-ins for the scripts; no repository is needed."""
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "scripts").mkdir()
    for script in ("train", "evaluate"):
        (tmp_path / f"scripts/{script}.py").write_text(STUB, encoding="utf8")
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"corpus/gold/{split}.spacy", gold_docs())
    (tmp_path / "corpus/_report.json").write_text('{"corpus": "sample"}', encoding="utf8")
    for name in ("encoder", "other", "assets/sample", "configs"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").write_text(f'"{name}"', encoding="utf8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sciner(monkeypatch, *options):
    return call_sciner(monkeypatch, "few-shot", *options)


def ran(project, folder):
    log = project / "few-shot" / folder / "run.log"
    return log.read_text(encoding="utf8").split() if log.exists() else []


def test_a_language_models_labels_are_no_gold_to_draw_from(project, monkeypatch, capsys):
    docs = gold_docs()
    for doc in docs[2:]:
        doc.user_data["source"] = "llm"
    write_docs(project / "corpus/gold/train.spacy", docs)
    assert sciner(monkeypatch, "--k", "1,2,4", "--subsets", 1) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert max(int(row[1]) for row in table if row and row[0].isdecimal()) <= 2
    for doc in docs:
        doc.user_data["source"] = "llm"
    write_docs(project / "corpus/gold/train.spacy", docs)
    assert sciner(monkeypatch, "--k", "1", "--out", "none") == 1
    assert "SCINER-" in capsys.readouterr().err


def test_a_training_for_each_encoder_k_and_subset(project, monkeypatch, capsys):
    before, gold = {path.name for path in project.iterdir()}, fingerprint(project / "corpus")
    encoders = ["--encoder", "plain=encoder", "--encoder", "adapted=other"]
    options = [*encoders, "--k", "2,1", "--subsets", 2, "--seeds", 2, "--jobs", 2]
    assert sciner(monkeypatch, *options) == 0
    shown = capsys.readouterr()
    table = [line.split() for line in shown.out.splitlines()]
    assert table[0] == ["k", "sentences", "mentions", "plain", "adapted"]
    assert [row[0] for row in table[2:4]] == ["1", "2"]
    assert "(2 × 2)" in shown.out
    assert shown.err == ""  # no terminal
    with open("few-shot/few-shot.csv", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    places = [(row["encoder"], row["k"], row["subset"], row["seed"]) for row in rows]
    assert places == [
        (e, k, i, s) for e in ("plain", "adapted") for k in "12" for i in "01" for s in "01"
    ]
    runs = json.loads((project / "few-shot/few-shot.json").read_text(encoding="utf8"))["runs"]
    plain = [run["f1"] for run in runs if (run["encoder"], run["k"]) == ("plain", 1)]
    assert table[2][3] == f"{sum(plain) / 4:.3f}"
    svg = (project / "few-shot/few-shot.svg").read_text(encoding="utf8")
    assert svg.startswith("<svg")
    assert "<!-- adapted -->" in svg
    # Nothing of the project's own run was made or changed.
    assert {path.name for path in project.iterdir()} == {*before, "few-shot"}
    assert fingerprint(project / "corpus") == gold


def test_each_run_trains_on_its_few_sentences_alone(project, monkeypatch):
    assert sciner(monkeypatch, "--k", "1", "--subsets", 3, "--set", "train.epochs=7") == 0
    vocab, chosen = make_vocab(), set()
    for i in range(3):
        folder = project / f"few-shot/encoder/k-1/subset-{i}-seed-0"
        assert ran(project, folder) == ["train@0", "evaluate@0"]
        docs = read_docs(folder / "corpus/gold/train.spacy", vocab)
        counts = Counter(ent.label_ for doc in docs for ent in doc.ents)
        assert set(counts) == {"Method", "Dataset", "Metric"}
        assert set(counts.values()) <= {1, 2}
        chosen.add(tuple(doc.text for doc in docs))
        test = (folder / "corpus/gold/test.spacy").read_bytes()
        assert test == (project / "corpus/gold/test.spacy").read_bytes()
        text = (folder / "params.yaml").read_text(encoding="utf8")
        assert "epochs: 7" in text
        assert "teachers: 1" in text
        assert not (folder / "training").exists()  # weights of every run would fill the disk
    assert len(chosen) == 3


def runs_in(project):
    found = json.loads((project / "few-shot/few-shot.json").read_text(encoding="utf8"))["runs"]
    return {(run["encoder"], run["k"]) for run in found}


def test_what_was_interrupted_goes_on_and_more_is_added(project, monkeypatch, capsys):
    whole = {}
    for out in ("whole", "few-shot"):
        folder = project / out / "encoder/k-1/subset-1-seed-0"
        options = ["--k", "1", "--subsets", 2, "--out", out]
        if out == "few-shot":
            folder.mkdir(parents=True)
            (folder / "fail").write_text("evaluate 0")
            assert sciner(monkeypatch, *options) == 1
            error = capsys.readouterr().err
            assert "E522: Stage evaluate@0 failed" in error
            assert "subset-1-seed-0/log.txt" in error
            assert not (project / "few-shot/few-shot.json").exists()
            (folder / "fail").unlink()
        assert sciner(monkeypatch, *options) == 0
        whole[out] = (project / out / "few-shot.json").read_bytes()
    assert whole["few-shot"] == whole["whole"]
    assert ran(project, "encoder/k-1/subset-0-seed-0") == ["train@0", "evaluate@0"]
    assert ran(project, "encoder/k-1/subset-1-seed-0") == ["train@0", "evaluate@0"]
    # A second encoder and a larger k: what is there is not done again, and what is new in
    # assets/ (text for that encoder, say) has no part in it.
    (project / "assets/sample/concepts.jsonl").write_text("{}", encoding="utf8")
    more = ["--encoder", "encoder=encoder", "--encoder", "b=other", "--k", "1,2"]
    assert sciner(monkeypatch, *more, "--subsets", 2) == 0
    assert ran(project, "encoder/k-1/subset-0-seed-0") == ["train@0", "evaluate@0"]
    assert ran(project, "b/k-2/subset-1-seed-0") == ["train@0", "evaluate@0"]
    assert runs_in(project) == {(name, k) for name in ("encoder", "b") for k in (1, 2)}
    # What was measured before stays in the table, unless it is of other gold.
    assert sciner(monkeypatch, "--encoder", "c=other", "--k", "1", "--subsets", 1) == 0
    assert runs_in(project) >= {("encoder", 2), ("b", 1), ("c", 1)}
    (project / "corpus/gold/dev.spacy").write_bytes(b"changed")
    assert sciner(monkeypatch, "--encoder", "d=other", "--k", "1", "--subsets", 1) == 0
    assert runs_in(project) == {("d", 1)}


@pytest.mark.parametrize("path", ["encoder/config.json", "corpus/gold/dev.spacy"])
def test_other_gold_or_another_encoder_is_not_mixed_in(project, monkeypatch, capsys, path):
    assert sciner(monkeypatch, "--k", "1", "--subsets", 1) == 0
    (project / path).write_bytes(b"changed")
    assert sciner(monkeypatch, "--k", "1", "--subsets", 1) == 1
    assert "E519: few-shot/encoder was made with something else" in capsys.readouterr().err


def test_what_cannot_be_reached_is_said(project, monkeypatch, capsys):
    docs = [doc for doc in gold_docs() if "accuracy" not in doc.text]
    write_docs("corpus/gold/train.spacy", docs)
    total = Counter(ent.label_ for doc in docs for ent in doc.ents)
    assert total["Metric"] == 1
    assert sciner(monkeypatch, "--k", "2,999", "--subsets", 2) == 0
    out = capsys.readouterr().out
    assert "k 2 is not reached of Metric: 1, 1 mentions in the subsets\n" in out
    assert "k 999 is left out: gold has fewer mentions of Dataset, Method, Metric\n" in out
    notes = json.loads((project / "few-shot/few-shot.json").read_text("utf8"))["notes"]
    assert len(notes) == 2
    assert sciner(monkeypatch, "--k", "999") == 1
    assert "E528: --k 999: of half of the 3 types or more" in capsys.readouterr().err


def test_a_type_that_only_test_has_is_said(project, monkeypatch, capsys):
    docs = [doc for doc in gold_docs() if "Metric" not in {ent.label_ for ent in doc.ents}]
    write_docs("corpus/gold/train.spacy", docs)
    assert sciner(monkeypatch, "--k", "1", "--subsets", 1) == 0
    assert (
        "no k has any of Metric: gold's train papers lack what test has" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--k", "1,two"], "E528: --k 1,two: no list of numbers above 0"),
        (["--k", "0"], "E528: --k 0: no list of numbers"),
        (["--k", " "], "E528: --k  : no list of numbers"),
        (["--encoder", "encoder"], "E527: --encoder encoder: its name needs"),
        (["--encoder", "../a=encoder"], "E527: --encoder ../a=encoder: its name needs"),
        (["--encoder", "a=none"], "E527: --encoder a=none: there is no none/config.json"),
        (["--encoder", "a=encoder", "--encoder", "a=other"], "E527: --encoder a=other: the name a"),
        (["--set", "train.epoch=3"], "E523: --set train.epoch=3"),
    ],
)
def test_wrong_options(project, monkeypatch, capsys, options, message):
    assert sciner(monkeypatch, *options) == 1
    assert f"✘ SCINER-{message}" in capsys.readouterr().err


def test_gold_that_is_not_there_or_another_corpus(project, monkeypatch, capsys):
    (project / "corpus/_report.json").write_text('{"corpus": "acl"}')
    assert sciner(monkeypatch) == 1
    assert "E529: corpus/gold is that of acl" in capsys.readouterr().err
    (project / "corpus/_report.json").write_text('{"corpus": "sample"}')
    (project / "corpus/gold/train.spacy").unlink()
    assert sciner(monkeypatch) == 1
    assert "E201: No docs at corpus/gold/train.spacy" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_real_stages_train_on_what_is_linked(tmp_path, monkeypatch, capsys, tiny_encoder):
    for name in ("scripts", "configs", "dvc.yaml"):
        (tmp_path / name).symlink_to(ROOT / name)
    change(tmp_path, train={"config": "configs/tiny.cfg"})
    (tmp_path / "assets/sample").mkdir(parents=True)
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"corpus/gold/{split}.spacy", gold_docs())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", warm_python())
    options = ["--encoder", f"tiny={tiny_encoder}", "--subsets", 1]
    assert sciner(monkeypatch, *options, "--k", "3", "--set", "train.epochs=40") == 0
    runs = json.loads((tmp_path / "few-shot/few-shot.json").read_text(encoding="utf8"))["runs"]
    assert [(run["k"], run["f1"] > 0.2) for run in runs] == [(3, True)]
    assert not [*tmp_path.glob("few-shot/**/model-best")]
