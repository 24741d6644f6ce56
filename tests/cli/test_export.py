"""`sciner export`: from a DocBin to an annotation tool's file."""

import json
import re
import shutil

import pytest
import spacy
from console import call_sciner
from spacy.tokens import DocBin
from tiny import gold_docs

from spacy_sciner.corpus.docbin import write_docs


@pytest.fixture
def docs(tmp_path):
    golds = gold_docs()
    for n, doc in enumerate(golds):
        doc.user_data.update(paper="P1", paragraph=n, source="gold", section="")
    write_docs(tmp_path / "gold.spacy", golds)
    return tmp_path / "gold.spacy"


def sciner(monkeypatch, *options):
    return call_sciner(monkeypatch, "export", *options)


def test_gold_is_written_and_what_is_lost_is_said(docs, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out" / "gold.conll"
    assert sciner(monkeypatch, docs, "--format", "conll", "--out", out) == 0
    shown = capsys.readouterr()
    n_ents = sum(len(doc.ents) for doc in gold_docs())
    n_docs = len(gold_docs())
    assert shown.out.startswith(f"✔ 1 papers, {n_docs} paragraphs, {n_ents} entities in ")
    assert "conll does not hold: the white space of" in shown.err
    assert out.read_text(encoding="utf8").count("\tB-") == n_ents


def test_predictions_of_a_pipeline_come_with_scores(
    docs, tmp_path, tiny_model, monkeypatch, capsys
):
    out = tmp_path / "tasks.json"
    options = (docs, "--format", "label-studio", "--out", out, "--model", tiny_model)
    assert sciner(monkeypatch, *options) == 0
    assert f"{len(gold_docs())} paragraphs not gold" in capsys.readouterr().out
    tasks = json.loads(out.read_text(encoding="utf8"))
    results = [r for task in tasks for r in task["predictions"][0]["result"]]
    assert len(results) == sum(len(doc.ents) for doc in gold_docs())
    assert all(0 < result["score"] <= 1 for result in results)
    assert tasks[0]["predictions"][0]["model_version"].endswith("/model-best")


@pytest.mark.parametrize("user_data", [True, False])
def test_docs_saved_from_a_pipeline_are_predictions(tiny_model, tmp_path, monkeypatch, user_data):
    nlp = spacy.load(tiny_model)
    docs = list(nlp.pipe(doc.text for doc in gold_docs()))
    assert any(doc.ents for doc in docs)
    saved = DocBin(store_user_data=user_data, docs=docs)
    saved.to_disk(tmp_path / "own.spacy")
    for file_format in ("prodigy", "label-studio"):
        options = (tmp_path / "own.spacy", "--format", file_format, "--out", tmp_path / file_format)
        assert sciner(monkeypatch, *options) == 0
    tasks = (tmp_path / "prodigy").read_text(encoding="utf8").splitlines()
    assert not any("answer" in json.loads(task) for task in tasks)
    tasks = json.loads((tmp_path / "label-studio").read_text(encoding="utf8"))
    assert {task["predictions"][0]["model_version"] for task in tasks} == {"sciner"}
    assert not any("annotations" in task for task in tasks)


def test_what_is_there_is_replaced_only_when_told(docs, tmp_path, monkeypatch, capsys):
    out = tmp_path / "tasks.jsonl"
    out.write_text("mine")
    options = (docs, "--format", "prodigy", "--out", out)
    assert sciner(monkeypatch, *options) == 1
    assert capsys.readouterr().err.startswith("✘ SCINER-E241")
    assert out.read_text() == "mine"
    assert sciner(monkeypatch, *options, "--force") == 0
    assert out.read_text(encoding="utf8").startswith("{")


def test_an_interface_that_is_there_is_replaced_only_when_told(docs, tmp_path, monkeypatch, capsys):
    config = tmp_path / "tasks.config.xml"
    config.write_text("somebody's")
    options = (docs, "--format", "label-studio", "--out", tmp_path / "tasks.json")
    assert sciner(monkeypatch, *options) == 1
    assert re.match(r"✘ SCINER-E241: .*tasks\.config\.xml is there", capsys.readouterr().err)
    assert (config.read_text(), (tmp_path / "tasks.json").exists()) == ("somebody's", False)
    assert sciner(monkeypatch, *options, "--force") == 0
    assert config.read_text(encoding="utf8").startswith("<View>")


@pytest.mark.parametrize(
    ("given", "file_format", "out"),
    [
        ("gold.spacy", "prodigy", "gold.spacy"),
        ("folder", "brat", "folder"),
        ("folder", "brat", "folder/brat"),
        ("folder/gold.spacy", "brat", "folder"),
        ("gold.spacy", "brat", "link/.."),
    ],
)
def test_what_is_read_is_not_written_over(
    docs, tmp_path, monkeypatch, capsys, given, file_format, out
):
    (tmp_path / "folder").mkdir()
    shutil.copy(docs, tmp_path / "folder")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    before = sorted(tmp_path.rglob("*"))
    options = (tmp_path / given, "--format", file_format, "--out", tmp_path / out)
    assert sciner(monkeypatch, *options, "--force") == 1
    assert capsys.readouterr().err.startswith("✘ SCINER-E546")
    assert sorted(tmp_path.rglob("*")) == before
    assert docs.read_bytes() == (tmp_path / "folder/gold.spacy").read_bytes()


def test_the_pipeline_is_not_written_over(docs, tmp_path, tiny_model, monkeypatch, capsys):
    model = shutil.copytree(tiny_model, tmp_path / "model")
    options = (docs, "--format", "brat", "--out", model, "--model", model, "--force")
    assert sciner(monkeypatch, *options) == 1
    assert "SCINER-E546" in capsys.readouterr().err
    assert (model / "config.cfg").is_file()


def test_bad_input(tmp_path, docs, monkeypatch, capsys):
    out = tmp_path / "out"
    assert sciner(monkeypatch, tmp_path / "none.spacy", "--format", "brat", "--out", out) == 1
    assert "SCINER-E201" in capsys.readouterr().err
    assert sciner(monkeypatch, docs, "--format", "word", "--out", out) == 1
    assert "SCINER-E243" in capsys.readouterr().err
    assert not out.exists()
