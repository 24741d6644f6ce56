from pathlib import Path

import pytest
import yaml

from spacy_sciner.corpus.settings import (
    ConvertSettings,
    load_convert_settings,
    load_corpus_settings,
    load_labels,
)
from spacy_sciner.errors import ScinerError

LABELS = Path(__file__).parents[2] / "assets" / "labels.yaml"
GOLD = {"path": "gold.txt", "format": "conll"}


def _params(tmp_path, corpus=None, convert=None):
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump({"convert": convert or {}, "corpora": {"c": corpus}}))
    return path


def _corpus(tmp_path, **corpus):
    return load_corpus_settings(_params(tmp_path, corpus), "c", labels_path=LABELS)


def test_defaults(tmp_path):
    corpus = _corpus(tmp_path, gold=[GOLD])
    assert corpus.labels == tuple(load_labels(LABELS))
    assert len(corpus.labels) == 7
    assert (corpus.gold[0].split, corpus.split) == (("train", "dev", "test"), {})
    assert load_convert_settings(_params(tmp_path)) == ConvertSettings(0, 13, 3, 1)


def test_every_setting(tmp_path):
    corpus = _corpus(
        tmp_path,
        labels=["Task"],
        gold=[{**GOLD, "papers": "../p.tsv", "split": ["train", "pool"]}, {**GOLD, "split": "dev"}],
        split={"train": 0.1, "test": ["P1"]},
        pool_gold=[GOLD],
        exclude=["P2"],
    )
    assert corpus.labels == ("Task",)
    assert [f.split for f in corpus.gold] == [("train", "pool"), "dev"]
    assert corpus.gold[0].papers == "../p.tsv"
    assert (corpus.split, corpus.exclude) == ({"train": 0.1, "test": ["P1"]}, ("P2",))
    convert = {"seed": 1, "overlap_ngrams": 8, "overlap_min": 2, "min_words": 0}
    assert load_convert_settings(_params(tmp_path, {}, convert)) == ConvertSettings(1, 8, 2, 0)


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        ({"gold": [GOLD], "gld": 1}, "E210: Unknown setting 'gld' in corpora.c .*labels, gold"),
        ({"gold": [{**GOLD, "fmt": 1}]}, r"E210: Unknown setting 'fmt' in corpora.c.gold\[0\]"),
        ({"gold": [GOLD], "split": {"val": 0.1}}, "E210: Unknown setting 'val'"),
        ([GOLD], "E211: `corpora.c` in params.yaml must be a mapping"),
        ({}, "E211: `gold` in corpora.c must be a list of files, got None"),
        ({"gold": ["gold.txt"]}, r"E211: `corpora.c.gold\[0\]` .* must be a mapping"),
        ({"gold": [{"path": "x"}]}, "E211: `format` .*must be given"),
        ({"gold": [{"path": "x", "format": "xml"}]}, "E211: .*one of conll, .*got 'xml'"),
        ({"gold": [{**GOLD, "split": "val"}]}, "E211: `split` .*got 'val'"),
        ({"gold": [{**GOLD, "split": []}]}, "E211: `split`"),
        ({"gold": [{**GOLD, "split": ["dev", "dev"]}]}, "E211: `split`"),
        ({"gold": [{"path": "x", "format": "brat", "papers": "p.tsv"}]}, "E211: `papers`"),
        ({"gold": [{**GOLD, "text_key": "body"}]}, "E211: `text_key` .*label-studio"),
        ({"gold": [{**GOLD, "format": "brat", "text_key": 1}]}, "E211: `text_key`"),
        ({"gold": [GOLD], "split": {"dev": 1.5}}, r"E211: `dev` .*in \(0, 1\).*got 1.5"),
        ({"gold": [GOLD], "split": {"dev": 0.5, "test": 0.5}}, "E211: `corpora.c.split` .*sum"),
        ({"gold": [GOLD], "split": {"dev": [2020.12]}}, "E211: `dev` .*quote"),
        ({"gold": [GOLD], "exclude": [False]}, "E211: `exclude` .*quote"),
        ({"gold": [GOLD], "labels": "Task"}, "E211: `labels`"),
        ({"gold": [GOLD], "pool_gold": "x"}, "E211: `pool_gold`"),
    ],
)
def test_wrong_corpus(tmp_path, corpus, message):
    with pytest.raises(ScinerError, match=f"SCINER-{message}"):
        load_corpus_settings(_params(tmp_path, corpus), "c", labels_path=LABELS)


@pytest.mark.parametrize(
    ("convert", "message"),
    [
        ({"sed": 1}, "E210: Unknown setting 'sed' in convert of params.yaml"),
        ({"overlap_ngrams": 0}, "E211: `overlap_ngrams` .*a whole number from 1, got 0"),
        ({"seed": True}, "E211: `seed`"),
        ({"min_words": 1.5}, "E211: `min_words`"),
    ],
)
def test_wrong_convert(tmp_path, convert, message):
    with pytest.raises(ScinerError, match=f"SCINER-{message}"):
        load_convert_settings(_params(tmp_path, {}, convert))


def test_wrong_label_schema(tmp_path):
    path = tmp_path / "labels.yaml"
    with pytest.raises(ScinerError, match=r"SCINER-E502: .*labels\.yaml"):
        load_labels(path)
    path.write_text("labels: [Task]")
    with pytest.raises(ScinerError, match=r"SCINER-E211: `labels` .*with their meanings"):
        load_labels(path)


def test_papers_on_request_and_the_key_of_the_text(tmp_path):
    gold = {"path": "gold", "format": "doccano", "papers": "paragraphs", "text_key": "body"}
    (file,) = _corpus(tmp_path, gold=[gold]).gold
    assert (file.papers, file.text_key) == ("paragraphs", "body")
