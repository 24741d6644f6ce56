"""The mean over an ensemble's cached scores, and what the pool's documents keep of it."""

from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from tiny import CONFIGS, gold_docs, plain

from spacy_sciner.annotation.pool_scores import predict_pool
from spacy_sciner.annotation.pseudo_label import pseudo_label
from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.corpus.soft import get_soft
from spacy_sciner.training.ensemble import mean_scores
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sentences without their entities, and an empty paragraph."""
    nlp = spacy.blank("en")
    docs = [plain(nlp, doc) for doc in gold_docs(nlp.vocab)]
    docs.insert(3, Doc(nlp.vocab, words=[]))
    path = tmp_path_factory.mktemp("pool") / "pool.spacy"
    write_docs(path, docs)
    return path


@pytest.fixture(scope="module")
def other(tiny_corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("other") / "model"
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=2, learn_rate=0.02, batch_words=32, seed=5)
    train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=out)
    return out


def test_mean_of_probabilities(tiny_model: Path, other: Path, pool: Path, tmp_path: Path):
    a = predict_pool(tiny_model, pool, tmp_path / "a")
    b = predict_pool(other, pool, tmp_path / "b")
    rows = zip(a, b, mean_scores([a, b]), mean_scores([a]))
    for first, second, mean, alone in rows:
        np.testing.assert_allclose(
            np.exp(mean), (np.exp(first) + np.exp(second)) / 2, rtol=1e-5, atol=1e-12
        )
        np.testing.assert_array_equal(alone, first)
        assert mean.dtype == np.float32


def test_documents_keep_the_teachers_distribution(tiny_model, other, pool, tiny_corpus, tmp_path):
    settings = {"gold": tiny_corpus[0], "iteration": 1, "gamma": 1.0, "cache": tmp_path / "cache"}
    out = tmp_path / "pseudo.spacy"
    pseudo_label(tiny_model, pool, out, **settings)
    vocab = spacy.blank("en").vocab
    assert all(get_soft(doc) is None for doc in read_docs(out, vocab))
    pseudo_label(tiny_model, pool, out, soft=True, teachers=[other], **settings)
    first = out.read_bytes()
    docs = read_docs(out, vocab)
    a = predict_pool(tiny_model, pool, settings["cache"])
    b = predict_pool(other, pool, settings["cache"] / "teacher-1")
    for doc, mean in zip(docs, mean_scores([a, b])):
        labels, probs = get_soft(doc)
        assert labels == ("Dataset", "Method", "Metric")
        assert len(probs) == len(doc)
        np.testing.assert_allclose(probs, np.exp(mean), atol=1e-3)
    pseudo_label(tiny_model, pool, out, soft=True, teachers=[other], **settings)
    assert out.read_bytes() == first
