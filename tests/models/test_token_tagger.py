"""The TokenTagger over a CNN."""

from typing import Any

import numpy as np
import pytest
from spacy import registry
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Adam, Model, fix_random_seed
from tiny import cnn_config

from spacy_sciner.errors import ScinerError
from spacy_sciner.models.token_tagger import _words_of, build_token_tagger_v1

VOCAB = Vocab()
N_TAGS = 5
DOCS = [
    Doc(VOCAB, words=["we", "train", "BERT"]),
    Doc(VOCAB, words=[]),
    Doc(VOCAB, words=["on"] * 50),
    Doc(VOCAB, words=["Random", "Forest"]),
]


def make_model(**settings: Any) -> Model:
    fix_random_seed(0)
    tok2vec = registry.resolve({"m": cnn_config()["model"]["tok2vec"]})["m"]
    model = build_token_tagger_v1(tok2vec, **settings)
    sample = [np.zeros((len(doc), N_TAGS), dtype="f") for doc in DOCS]
    model.initialize(X=DOCS, Y=sample)
    return model


@pytest.mark.parametrize("head", ["linear", "bilstm", "crf"])
def test_one_row_of_scores_per_token(head):
    scores = make_model(head=head).predict(DOCS)
    assert [s.shape for s in scores] == [(len(doc), N_TAGS) for doc in DOCS]
    for rows in scores:
        np.testing.assert_allclose(np.exp(rows).sum(axis=1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("head", ["linear", "bilstm", "crf"])
def test_a_document_scores_the_same_in_any_company(head):
    model = make_model(head=head)
    together = model.predict(DOCS)
    for doc, rows in zip(DOCS, together):
        np.testing.assert_allclose(model.predict([doc])[0], rows, atol=1e-5)


def test_empty_documents_alone():
    model = make_model()
    empty = Doc(VOCAB, words=[])
    assert [s.shape for s in model.predict([empty, empty])] == [(0, N_TAGS)] * 2


def test_the_head_changes_the_module():
    sizes = {head: len(make_model(head=head).to_bytes()) for head in ("linear", "bilstm")}
    assert sizes["bilstm"] > 100 * 1024 + sizes["linear"]


@pytest.mark.parametrize("head", ["linear", "crf"])
def test_the_gradient_reaches_the_tok2vec(head):
    model = make_model(head=head)
    before = model.get_ref("tok2vec").to_bytes()
    scores, backprop = model.begin_update(DOCS)
    backprop([np.full_like(s, -1.0) * np.arange(N_TAGS) for s in scores])
    model.finish_update(Adam(0.01))
    assert model.get_ref("tok2vec").to_bytes() != before


def test_nO_may_be_given():
    tok2vec = registry.resolve({"m": cnn_config()["model"]["tok2vec"]})["m"]
    model = build_token_tagger_v1(tok2vec, nO=7)
    model.initialize(X=DOCS)
    assert model.predict(DOCS)[0].shape == (3, 7)


def test_e521_for_an_unknown_head():
    with pytest.raises(ScinerError, match=r"head: 'mlp' is not one of linear, bilstm, crf"):
        make_model(head="mlp")


@pytest.mark.parametrize("head", ["bilstm", "crf"])
def test_bytes_round_trip(head):
    model = make_model(head=head)
    tok2vec = registry.resolve({"m": cnn_config()["model"]["tok2vec"]})["m"]
    again = build_token_tagger_v1(tok2vec, head=head).from_bytes(model.to_bytes())
    for a, b in zip(again.predict(DOCS), model.predict(DOCS)):
        np.testing.assert_array_equal(a, b)
    assert again.to_bytes() == model.to_bytes()


def test_what_a_tok2vec_may_ask_of_words_is_theirs_without_white_space():
    doc = Doc(VOCAB, words=["We", "\n", "run", "tests"], spaces=[False, False, True, False])
    for token, tag in zip(doc, ("PRP", "_SP", "VBP", "NNS")):
        token.tag_, token.lemma_, token.norm_ = tag, token.text.lower(), "n" + token.text
    found = _words_of(doc, np.array([True, False, True, True]))
    kept = [doc[i] for i in (0, 2, 3)]
    for name in ("text", "tag_", "lemma_", "norm_", "whitespace_"):
        assert [getattr(t, name) for t in found] == [getattr(t, name) for t in kept]
