"""Tokens without content follow their neighbours, in prediction and in training."""

import textwrap
from itertools import cycle
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
import pytest
import spacy
import torch
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam, fix_random_seed
from tiny import SENTENCES, cnn_config, make_doc, make_examples, model_config, overfit

from spacy_sciner.content import has_content
from spacy_sciner.tagging import UNKNOWN, are_words, decode, tags_of_words
from spacy_sciner.training.calibrate import score_gold

BLANKS = ["\n", "\n\n", "\u00a0", "  ", " \u200d ", "\n    ", "\t"]
KINDS = ["bert", "roberta", "bilstm", "crf", "cnn"]


def make_nlp(kind: str, request: pytest.FixtureRequest) -> Language:
    config: Dict[str, Any] = cnn_config(head="bilstm") if kind == "cnn" else {}
    if kind == "roberta":
        config = model_config(request.getfixturevalue("tiny_bpe_encoder"))
    elif kind in ("bert", "bilstm", "crf"):
        head = "linear" if kind == "bert" else kind
        config = model_config(request.getfixturevalue("tiny_encoder"), head=head)
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config=config)
    return nlp


@pytest.fixture(scope="module", params=KINDS)
def nlp(request: pytest.FixtureRequest) -> Language:
    """Overfitted to the plain sentences."""
    nlp = make_nlp(request.param, request)
    overfit(nlp, steps=40)
    return nlp


def found(nlp: Language, text: str) -> List[Tuple[str, str]]:
    """Entities by their words."""
    return [
        (" ".join(t.text for t in ent if has_content(t.text)), ent.label_) for ent in nlp(text).ents
    ]


@pytest.mark.parametrize("blank", BLANKS)
def test_the_same_entities_whatever_parts_the_words(nlp: Language, blank: str):
    texts = [text for text, _ in SENTENCES]
    plain = [found(nlp, text) for text in texts]
    assert ("Random Forest", "Method") in plain[1]
    assert [found(nlp, text.replace(" ", blank)) for text in texts] == plain


def test_text_wrapped_at_60_columns_has_the_entities_of_one_line(nlp: Language):
    text = " ".join(text for text, _ in SENTENCES)
    for indent in ("", "  "):
        wrapped = "\n".join(textwrap.wrap(text, 60, subsequent_indent=indent))
        assert wrapped.count("\n") >= 3
        assert found(nlp, wrapped) == found(nlp, text)


@given(blanks=st.lists(st.sampled_from([" ", *BLANKS]), min_size=1, max_size=8))
def test_no_entity_begins_or_ends_with_white_space(tiny_white: Language, blanks: List[str]):
    words = " ".join(text for text, _ in SENTENCES).split()
    doc = tiny_white("".join(a + b for a, b in zip(words, cycle(blanks))))
    assert doc.ents
    for ent in doc.ents:
        assert has_content(ent[0].text)
        assert has_content(ent[-1].text)
    assert doc._.sciner_confidence.shape == (len(doc),)
    assert ((doc._.sciner_confidence > 0) & (doc._.sciner_confidence <= 1)).all()


@pytest.fixture(scope="module")
def tiny_white(tiny_encoder: Path) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config=model_config(tiny_encoder))
    overfit(nlp, steps=40)
    return nlp


@pytest.mark.parametrize("text", ["", "\n\n", " \u200b\n"])
def test_a_document_without_words_has_no_entity(nlp: Language, text: str):
    docs = [nlp(text), *nlp.pipe([text, "we train BERT on SQuAD .", text])]
    assert [len(doc.ents) for doc in docs] == [0, 0, 2, 0]
    assert docs[0]._.sciner_confidence.tolist() == [1.0] * len(docs[0])


def test_a_token_without_content_is_as_sure_as_the_next_word(tiny_white: Language):
    plain, wrapped = tiny_white("a Random Forest"), tiny_white("a\nRandom\nForest\n")
    values = plain._.sciner_confidence
    expected = values[[0, 1, 1, 2, 2, 2]]
    np.testing.assert_allclose(wrapped._.sciner_confidence, expected, atol=1e-6)
    np.testing.assert_allclose(
        wrapped.spans["sciner"].attrs["scores"], plain.spans["sciner"].attrs["scores"], atol=1e-6
    )


def spaced(vocab: Any) -> List[Doc]:
    """The gold sentences with a line end before every word, the entities too long by one."""
    docs = []
    for text, tags in SENTENCES:
        words, found = [], []
        for word, tag in zip(text.split(), tags.split()):
            words += ["\n", word]
            found += [tag, tag if tag == "O" else "I" + tag[1:]]
        docs.append(make_doc(words, found, vocab=vocab))
    return docs


@pytest.mark.parametrize("kind", KINDS)
def test_training_on_wrapped_gold_is_training_on_plain_gold(kind: str, request):
    losses = []
    for wrapped in (False, True):
        nlp = make_nlp(kind, request)
        golds = spaced(nlp.vocab)
        examples = make_examples(nlp)
        fix_random_seed(0)
        torch.manual_seed(0)
        nlp.initialize(lambda examples=examples: examples)
        for node in nlp.get_pipe("sciner").model.walk():
            if "dropout_rate" in node.attrs:
                node.attrs["dropout_rate"] = 0.0  # its noise is of another shape
        if wrapped:
            examples = [Example(Doc(nlp.vocab, [t.text for t in gold]), gold) for gold in golds]
        optimizer = Adam(0.01, L2=0.0, grad_clip=1.0, use_averages=False)
        losses.append([])
        for _ in range(5):
            step: Dict[str, float] = {}
            nlp.update(examples, sgd=optimizer, drop=0.0, losses=step)
            losses[-1].append(step["sciner"])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


def test_scores_do_not_depend_on_white_space_in_gold(tiny_white: Language):
    golds = spaced(tiny_white.vocab)
    examples = [Example(Doc(tiny_white.vocab, [t.text for t in g]), g) for g in golds]
    assert tiny_white.evaluate(examples)["ents_f"] == 1.0
    scored = score_gold(tiny_white, golds)
    assert [len(s.gold_tags) for s in scored] == [len(text.split()) for text, _ in SENTENCES]
    assert all(decode(s.word_logs).tolist() == s.gold_tags.tolist() for s in scored)


def test_tags_of_words():
    words = np.array([False, True, False, True, False, False])
    tags = np.array([1, 2, 2, 2, 3, UNKNOWN])
    assert tags_of_words(tags, words).tolist() == [1, 2]
    assert tags_of_words(np.array([1, 0, 3, 4, 4, 4]), words).tolist() == [0, 3]
    assert tags_of_words(np.array([0, 1, 1, 2, 0, 0]), words).tolist() == [1, 1]


def test_decoding_runs_over_the_words():
    none = [0.0] * 5
    begin, inside, outside = [-9, 0, -9, -9, -9], [-9, -9, 0, -9, -9], [0, -9, -9, -9, -9]
    for rows in (begin, inside, outside):
        rows[rows.index(0)] = -0.1
    scores = np.array([none, begin, none, none, inside, none, outside, none], dtype=np.float32)
    assert decode(scores).tolist() == [0, 1, 2, 2, 2, 0, 0, 0]
    assert are_words(scores).tolist() == [False, True, False, False, True, False, True, False]
