"""What is trained on in a person's paragraph of which a language model told some words."""

from typing import Any

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example
from tiny import LABELS, make_doc

from spacy_sciner.models.crf_layer import CRF, compute_loss
from spacy_sciner.pipeline.objective import (
    Objective,
    make_targets,
    token_loss_of,
    token_losses,
    told_tokens,
)


def begun_doc(vocab: Any):
    """A person's, of which a language model told the last two words."""
    doc = make_doc(["We", "use", "BERT"], ["O", "O", "B-Method"], vocab=vocab)
    doc.user_data.update(source="gold", llm_tokens=[[1, 3]])
    return doc


def told_of(doc: Any, *words: str):
    """words: Another tokenizer's, if any."""
    words = words or tuple(token.text for token in doc)
    return told_tokens(Example(Doc(doc.vocab, words=list(words)), doc))


def test_another_tokenizers_words_are_told_where_they_have_one_that_is():
    begun = begun_doc(spacy.blank("en").vocab)
    assert told_of(begun).tolist() == [False, True, True]
    assert told_of(begun, "W", "e", "use", "BE", "RT").tolist() == [False] * 2 + [True] * 3
    del begun.user_data["llm_tokens"]
    assert told_of(begun) is None


@pytest.mark.parametrize(("weight", "person", "model"), [(1, 1, 1), (0.2, 1, 0.2), (4, 0.25, 1)])
def test_a_language_models_words_in_a_persons_paragraph_weigh_as_its_own(weight, person, model):
    begun = begun_doc(spacy.blank("en").vocab)
    objective = Objective(llm_weight=weight)
    tags = [np.array([0, 0, 3])]
    told = [told_of(begun)]
    (target,) = make_targets([begun], tags, labels=LABELS, objective=objective, told=told)
    np.testing.assert_allclose(target.sum(axis=1), [person, model, model])


@pytest.mark.parametrize("words", [[0, 1, 2], [0, 2]], ids=["all", "without the second"])
def test_the_robust_loss_is_of_a_language_models_words_alone(words):
    begun = begun_doc(spacy.blank("en").vocab)
    logs = np.log(np.full((3, 2), [[0.2, 0.8]], dtype="f"))
    target = np.array([[1, 0]] * 3, dtype="f")
    token_loss = token_loss_of(begun, Objective(loss="gce", gce_q=0.5), told_of(begun))
    assert token_loss is not None
    losses, gradient = token_loss(logs[words], target[words], np.array(words))
    robust = (1 - 0.2**0.5) / 0.5
    expected = [-np.log(0.2), robust, robust]
    np.testing.assert_allclose(losses, [expected[i] for i in words], rtol=1e-5)
    pulls = [-1.0, -(0.2**0.5), -(0.2**0.5)]
    np.testing.assert_allclose(gradient[:, 0], [pulls[i] for i in words], rtol=1e-5)


def test_a_path_of_words_that_weigh_differently_is_asked_word_by_word():
    begun = begun_doc(spacy.blank("en").vocab)
    assert token_loss_of(begun, Objective(), told_of(begun)) is None
    assert token_loss_of(begun, Objective(llm_weight=0.5), told_of(begun)) is token_losses


def test_the_crf_asks_its_words_by_their_places():
    """White space has no part in the chain: the third token's row is its second."""
    begun = begun_doc(spacy.blank("en").vocab)
    rows = np.random.default_rng(0).normal(size=(3, 2 * len(LABELS) + 1)).astype("f")
    rows[1] = 0.0  # as a token without content has
    asked = []

    def token_loss(logs, target, tokens):
        asked.append(tokens.tolist())
        return token_losses(logs, target)

    table = CRF(rows.shape[1]).table().detach().numpy().astype("f")
    compute_loss([rows, table], [np.zeros_like(rows)], [token_loss])
    assert asked == [[0, 2]]
    assert len(begun) == 3
