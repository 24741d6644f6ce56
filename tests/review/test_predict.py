"""Pipelines over paragraphs, and their names."""

import shutil

import numpy as np
import pytest
from tiny import gold_docs

from spacy_sciner.errors import ScinerError
from spacy_sciner.review.predict import members_of, model_version, predicted, probabilities
from spacy_sciner.training.experiment import load_pipeline


def test_probabilities_are_of_words(tiny_model):
    docs = gold_docs()
    found = list(probabilities(tiny_model, docs))
    assert [len(p) for p in found] == [len(doc) for doc in docs]
    assert all(p.sum(1) == pytest.approx(1, abs=1e-3) for p in found)


def test_a_batch_does_not_change_what_is_found(tiny_model, monkeypatch):
    whole = list(probabilities(tiny_model, gold_docs()))
    monkeypatch.setattr("spacy_sciner.review.predict._BATCH", 3)
    parts = list(probabilities(tiny_model, gold_docs()))
    assert len(parts) == len(whole)
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(whole, parts, strict=True))


def test_predictions_keep_words_and_place(tiny_model):
    docs = gold_docs()
    found = list(predicted(docs, load_pipeline(tiny_model), source="best-1"))
    for (doc, spans), gold in zip(found, docs, strict=True):
        assert [t.text for t in doc] == [t.text for t in gold]
        assert doc.user_data["paragraph"] == gold.user_data["paragraph"]
        assert doc.user_data["source"] == "best-1"
        assert [s[:3] for s in spans] == [(e.start, e.end, e.label_) for e in gold.ents]
        assert all(0 < s.score <= 1 for s in spans)


@pytest.fixture
def training(tiny_model, tmp_path):
    for k in (0, 1, 2):
        shutil.copytree(tiny_model, tmp_path / f"training/{k}/model-best")
        (tmp_path / f"training/{k}/model-best/meta.json").write_text(f'{{"version": "{k}"}}')
    shutil.copytree(tmp_path / "training/1/model-best", tmp_path / "training/best")
    return tmp_path / "training"


def test_a_version_is_the_iteration_and_what_the_pipeline_holds(training):
    best = model_version(training / "best")
    assert best == model_version(training / "1/model-best")
    assert best.startswith("iteration-1-")
    assert model_version(training / "2/model-best").startswith("iteration-2-")
    (training / "best/meta.json").write_text("{}")
    assert model_version(training / "best").startswith("best-")


def test_a_committee_is_the_teachers_or_else_the_iterations(training):
    best, second = training / "best", training / "2/model-best"
    others = [training / f"{k}/model-best" for k in (2, 0)]
    assert members_of(best) == [best, *others]
    shutil.copytree(best, training / "0/teachers/1")
    assert members_of(best) == [best, training / "0/teachers/1"]
    assert members_of(second) == [second, training / "0/teachers/1"]
    shutil.copytree(best, training / "2/teachers/5")
    assert members_of(second) == [second, training / "2/teachers/5"]


def test_without_others_nobody_disagrees(tiny_model):
    with pytest.raises(ScinerError, match="SCINER-E539"):
        members_of(tiny_model)
