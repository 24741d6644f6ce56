"""Documents of every kind through the sciner component, alone, in batches, to bytes and back."""

from pathlib import Path
from typing import List

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tiny import LABELS, cnn_config, ents_of, gold_docs, model_config, overfit, plain

from .helpers import facts, make_nlp


def awkward(nlp: Language) -> List[Doc]:
    words = [
        [],
        ["BERT"],
        ["\u200b"],
        [" ", "\u200b", "\n"],
        ["we", "\u200b", "train", "\u00ad", "BERT"],
        ["z" * 5000],
        ["we", "train", "Random", "Forest", "on", "SQuAD"] * 500,  # 3,000 tokens
    ]
    return [Doc(nlp.vocab, words=w) for w in words]


def test_every_token_of_every_document_gets_a_confidence(nlp: Language):
    for doc in awkward(nlp):
        nlp(doc)
        confidence = doc._.sciner_confidence
        assert confidence.shape == (len(doc),)
        assert np.isfinite(confidence).all()
        assert ((confidence >= 0) & (confidence <= 1)).all()
        assert all(token.ent_iob != 0 for token in doc)
        assert len(doc.spans["sciner"].attrs["scores"]) == len(doc.ents)


def test_a_long_document_is_tagged_to_its_end(nlp: Language):
    """What spacy-transformers would cut off without a word."""
    gold = gold_docs(nlp.vocab)[1]
    words = [t.text for t in gold]
    doc = nlp(Doc(nlp.vocab, words=words * 100))
    right = [(5 * i + s, 5 * i + e, label) in ents_of(doc) for i in range(100)
             for s, e, label in ents_of(gold)]  # fmt: skip
    assert len(right) == 200
    assert sum(right[-20:]) >= 15  # the end as well as the rest
    assert sum(right) >= 150


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_pipe_equals_call(nlp: Language, batch_size: int):
    docs = [*awkward(nlp), *(plain(nlp, gold) for gold in gold_docs(nlp.vocab))]
    alone = [nlp(plain(nlp, doc)) for doc in docs]
    piped = list(nlp.pipe([plain(nlp, doc) for doc in docs], batch_size=batch_size))
    for a, b in zip(alone, piped):
        assert ents_of(a) == ents_of(b)
        np.testing.assert_allclose(a._.sciner_confidence, b._.sciner_confidence, atol=1e-5)


def test_scores_survive_a_docbin(nlp: Language):
    docs = [nlp(plain(nlp, gold)) for gold in gold_docs(nlp.vocab)]
    doc_bin = DocBin(docs=docs, store_user_data=True).to_bytes()
    again = list(DocBin(store_user_data=True).from_bytes(doc_bin).get_docs(nlp.vocab))
    for a, b in zip(docs, again):
        assert ents_of(a) == ents_of(b)
        np.testing.assert_array_equal(
            a.spans["sciner"].attrs["scores"], b.spans["sciner"].attrs["scores"]
        )
        assert [(s.start, s.end) for s in b.spans["sciner"]] == [e[:2] for e in ents_of(b)]


# --- bytes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bert", "cnn"])
def test_bytes_round_trip(kind: str, tiny_encoder: Path):
    config = model_config(tiny_encoder) if kind == "bert" else cnn_config()
    nlp = make_nlp(config)
    overfit(nlp, steps=30)
    again = make_nlp(config).from_bytes(nlp.to_bytes())
    assert again.get_pipe("sciner").labels == tuple(LABELS)
    for gold in gold_docs(nlp.vocab):
        assert facts(again(plain(again, gold))) == facts(nlp(plain(nlp, gold)))
