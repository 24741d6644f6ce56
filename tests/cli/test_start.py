"""`sciner start`: entities from the meaning of labels."""

import json
import shutil

import pytest
import yaml
from console import call_sciner
from small_text import CONCEPTS, concept_lines, paragraphs, settings_of, write_project

from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.corpus.docbin import write_docs


@pytest.fixture(scope="module")
def root(tmp_path_factory, tiny_encoder):
    """A project whose encoder has learnt three concepts, and whose labels are these."""
    folder = tmp_path_factory.mktemp("start")
    (folder / "assets/sample").mkdir(parents=True)
    lines = "\n".join(concept_lines(80))
    folder.joinpath("assets/sample/concepts.jsonl").write_text(lines, encoding="utf8")
    write_project(folder, paragraphs(10))
    concepts = {"files": ["concepts.jsonl"], "frozen_layers": 0, "unannotated_weight": 1.0}
    settings = settings_of(
        tiny_encoder, ["concepts"], epochs=40, learn_rate=0.005, concepts=concepts, patience=0
    )
    make_encoder(settings, out=folder / "encoder", root=folder)
    tree = settings.model_dump()
    tree["corpora"] = {"sample": {**tree["corpora"]["sample"], "labels": list(CONCEPTS.values())}}
    folder.joinpath("params.yaml").write_text(yaml.safe_dump(tree), encoding="utf8")
    labels = dict.fromkeys(CONCEPTS.values(), "")
    folder.joinpath("assets/labels.yaml").write_text(yaml.safe_dump({"labels": labels}))
    return folder


@pytest.fixture
def run(root, monkeypatch, capsys):
    monkeypatch.chdir(root)

    def run(*options):
        return call_sciner(monkeypatch, "start", *options), capsys.readouterr()

    return run


def test_a_pool_is_tagged_by_what_labels_mean(run, root):
    code, said = run("--out", "start.jsonl", "--format", "prodigy", "--n", "20")
    assert code == 0, said.err
    lines = [json.loads(line) for line in root.joinpath("start.jsonl").read_text().splitlines()]
    assert len(lines) == 20
    found = {
        (line["text"][s["start"] : s["end"]], s["label"]) for line in lines for s in line["spans"]
    }
    assert {("BERT", "train"), ("GLUE", "paper"), ("accuracy", "nothing")} <= found
    assert "in 20 paragraphs" in said.out


@pytest.fixture
def of_another_corpus(root):
    report = root / "corpus/_report.json"
    report.write_text('{"corpus": "other"}', encoding="utf8")
    yield
    report.unlink()


@pytest.mark.usefixtures("of_another_corpus")
def test_a_pool_of_another_corpus_is_refused_unless_it_is_named(run):
    options = ("--out", "other.jsonl", "--format", "prodigy", "--n", "1")
    code, said = run(*options)
    assert (code, "SCINER-E529" in said.err) == (1, True)
    code, said = run(*options, "--corpus", "sample")
    assert code == 0, said.err


@pytest.mark.usefixtures("of_another_corpus", "run")
def test_a_language_model_is_not_asked_anothers_labels_either(monkeypatch, capsys):
    ask = ("annotate-llm", "--model", "m", "--out", "llm.jsonl", "--closed", "--dry-run")
    assert call_sciner(monkeypatch, *ask) == 1
    assert "SCINER-E529" in capsys.readouterr().err
    assert call_sciner(monkeypatch, *ask, "--corpus", "sample") == 0


def test_a_lower_bound_proposes_more(run, root):
    n = {}
    for least in ("0.9999", "0.5", "0"):
        code, said = run(
            "--out", "least.jsonl", "--format", "prodigy", "--least", least, "--n", "20", "--force"
        )
        assert code == 0, said.err
        n[least] = int(said.out.split()[1])
    assert n["0.9999"] < n["0.5"] < n["0"]


def test_a_pool_without_a_paragraph_is_said_to_be_one(run, root, tmp_path):
    write_docs(tmp_path / "none.spacy", [])
    code, said = run("--pool", tmp_path / "none.spacy", "--out", tmp_path / "out.json")
    assert (code, "SCINER-E354" in said.err) == (1, True)
    assert not (tmp_path / "out.json").exists()


def test_nothing_is_replaced_unasked(run, root):
    root.joinpath("there.json").write_text("mine")
    code, said = run("--out", "there.json")
    assert code == 1
    assert "SCINER-E241" in said.err
    assert root.joinpath("there.json").read_text() == "mine"
    root.joinpath("new.config.xml").write_text("my own")  # what comes beside new.json
    code, said = run("--out", "new.json")
    assert (code, "SCINER-E241" in said.err) == (1, True)
    assert root.joinpath("new.config.xml").read_text() == "my own"
    code, said = run("--out", "corpus/pool.spacy", "--force")
    assert (code, "SCINER-E546" in said.err) == (1, True)


def test_an_encoder_without_concepts_is_refused(run, root, tiny_encoder):
    shutil.copytree(tiny_encoder, root / "plain")
    code, said = run("--out", "none.json", "--encoder", "plain")
    assert code == 1
    assert "SCINER-E319" in said.err
    assert not root.joinpath("none.json").exists()


def test_fewer_than_no_paragraphs_is_no_number(run, root):
    code, said = run("--out", "fewer.json", "--n", "-1")
    assert (code, "--n" in said.err) == (2, True)
