"""A corpus of params.yaml with its name and labels."""

import pytest
from pydantic import ValidationError
from stage_project import make_settings
from tiny import ROOT

from spacy_sciner.corpus.settings import CorpusSettings, load_labels, meanings_of
from spacy_sciner.errors import ScinerError, ScinerWarning
from spacy_sciner.settings import GoldFile

LABELS = ROOT / "assets" / "labels.yaml"
GOLD = {"path": "gold.txt", "format": "conll"}


def corpus_of(**corpus):
    settings = make_settings(corpora={"c": corpus})
    return CorpusSettings.of(settings, "c", labels_path=LABELS)


def settings_with_labels(*labels):
    return make_settings(corpus="c", corpora={"c": {"labels": list(labels), "gold": [GOLD]}})


def test_what_may_be_left_out():
    corpus = corpus_of(gold=[GOLD])
    assert corpus.labels == tuple(load_labels(LABELS))
    assert len(corpus.labels) == 7
    assert (corpus.gold[0].split, corpus.split) == (("train", "dev", "test"), {})
    assert (corpus.pool_gold, corpus.exclude) == ((), ())


def test_every_setting():
    corpus = corpus_of(
        labels=["Task"],
        gold=[{**GOLD, "papers": "../p.tsv", "split": ["train", "pool"]}, {**GOLD, "split": "dev"}],
        split={"train": 0.1, "test": ["P1"]},
        pool_gold=[GOLD],
        exclude=["P2"],
    )
    assert (corpus.name, corpus.labels) == ("c", ("Task",))
    assert [f.split for f in corpus.gold] == [("train", "pool"), "dev"]
    assert corpus.gold[0].papers == "../p.tsv"
    assert corpus.split == {"train": 0.1, "test": ("P1",)}
    assert corpus.exclude == ("P2",)


def test_e501_for_a_corpus_that_is_not_there():
    with pytest.raises(ScinerError, match=r"SCINER-E501: No entry 'mien' under `corpora`.*sample"):
        CorpusSettings.of(make_settings(), "mien", labels_path=LABELS)


def test_wrong_label_schema(tmp_path):
    path = tmp_path / "labels.yaml"
    with pytest.raises(ScinerError, match=r"SCINER-E502: .*labels\.yaml"):
        load_labels(path)
    path.write_text("labels: [Task]")
    with pytest.raises(ScinerError, match=r"SCINER-E211: .*labels\.yaml has no `labels` with"):
        load_labels(path)


@pytest.mark.parametrize("name", ["O", "-", "_unknown_", '"Task\\tName"', '" "'])
def test_a_name_in_the_schema_that_is_no_label(tmp_path, name):
    path = tmp_path / "labels.yaml"
    path.write_text(f"labels: {{Task: a problem, {name}: another}}")
    with pytest.raises(ScinerError, match=r"SCINER-E203: .*labels\.yaml: \[.*\] cannot be labels"):
        load_labels(path)


def test_a_label_without_a_meaning_is_known_by_its_words(tmp_path):
    path, settings = tmp_path / "labels.yaml", settings_with_labels("Task", "Odd")
    path.write_text("labels: {Task: , Odd: An odd one.}")
    assert meanings_of(settings, None, path) == {"Task": "any task", "Odd": "An odd one."}
    assert meanings_of(settings, None, path, without="")["Task"] == ""
    path.write_text("labels: {Task: [a, b]}")
    with pytest.raises(ScinerError, match=r"SCINER-E211: .*Task"):
        meanings_of(settings, None, path)


@pytest.mark.parametrize("text", [None, "labels: {Other: x}"])
def test_labels_without_any_meaning_are_told(tmp_path, text):
    path = tmp_path / "labels.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.warns(ScinerWarning, match=r"SCINER-W229: .*labels\.yaml has no .*labels Task"):
        assert meanings_of(settings_with_labels("Task"), None, path) == {"Task": "any task"}


def test_papers_on_request_and_the_key_of_the_text():
    gold = {"path": "gold", "format": "doccano", "papers": "paragraphs", "text_key": "body"}
    (file,) = corpus_of(gold=[gold]).gold
    assert (file.papers, file.text_key) == ("paragraphs", "body")


@pytest.mark.parametrize("file_format", ["conll", "brat", "spacy"])
def test_a_key_is_for_json_only(file_format):
    with pytest.raises(ValidationError, match="is for the formats in JSON only"):
        GoldFile(path="gold", format=file_format, text_key="body")
