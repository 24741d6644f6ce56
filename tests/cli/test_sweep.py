"""`sciner sweep`: from scores to a table, a TSV and a page."""

import csv
import json
import shutil

import pytest
from console import call_sciner
from stage_project import change
from tiny import gold_docs, make_doc

from spacy_sciner.cli.sweep import read_gammas
from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.errors import ScinerError


@pytest.fixture
def project(tmp_path, tiny_model, monkeypatch):
    monkeypatch.chdir(tmp_path)
    golds = gold_docs()
    blank = [make_doc([t.text for t in doc], None, vocab=doc.vocab) for doc in golds]
    write_docs(tmp_path / "corpus/pool.spacy", blank)
    write_docs(tmp_path / "corpus/pool_gold.spacy", golds)
    shutil.copytree(tiny_model, tmp_path / "training/0/model-best")
    change(tmp_path, annotate={"calibrated": True})
    return tmp_path


def sciner(monkeypatch, *options):
    return call_sciner(monkeypatch, "sweep", *options)


def test_writes_a_table_a_tsv_and_a_page(project, monkeypatch, capsys):
    assert sciner(monkeypatch, "--gamma", "0, 0.5, 1", "--accept", "entity") == 0
    shown = capsys.readouterr().out
    n_gold = sum(len(doc.ents) for doc in gold_docs())
    lines = [line.split() for line in shown.splitlines()]
    assert ["0", str(n_gold), "7", "0.0%", "1.000", "1.000"] in lines
    found = json.loads((project / "sweep/iteration-1/sweep.json").read_text())
    assert [row["gamma"] for row in found["gammas"]] == [1.0, 0.5, 0.0]
    assert found["accept"] == "entity"
    with (project / "sweep/iteration-1/sweep.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 3 * 4
    assert rows[-4]["label"] == "all"
    assert float(rows[-4]["precision"]) == 1.0
    page = (project / "sweep/iteration-1/sweep.html").read_text(encoding="utf8")
    assert page.count("<svg") == 1
    assert "src=" not in page
    first = page
    assert sciner(monkeypatch, "--gamma", "1,0.5,0", "--accept", "entity") == 0
    assert (project / "sweep/iteration-1/sweep.html").read_text(encoding="utf8") == first


def test_accept_comes_from_params_unless_given(project, monkeypatch):
    assert sciner(monkeypatch, "--gamma", "0.5", "--out", "other") == 0
    assert json.loads((project / "other/sweep.json").read_text())["accept"] == "token"


@pytest.mark.parametrize("text", ["", "0.5,high", "1.5"])
def test_wrong_gammas(text):
    with pytest.raises(ScinerError, match=r"SCINER-E521: Wrong settings in the command:\n  gamma"):
        read_gammas(text)
