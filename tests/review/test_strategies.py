"""Which paragraphs a person is asked about first."""

import numpy as np
import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_sciner.review.choose import choose
from spacy_sciner.review.strategies import STRATEGIES, score_all

VOCAB = Vocab()
# Tags: O, B-X, I-X.
SURE_O = [[0.98, 0.01, 0.01]] * 3
SURE = [[0.01, 0.98, 0.01], [0.01, 0.01, 0.98], [0.98, 0.01, 0.01]]
WEAK_ENTITY = [[0.3, 0.6, 0.1], [0.98, 0.01, 0.01], [0.98, 0.01, 0.01]]
UNSURE_O = [[0.4, 0.35, 0.25]] * 3


def order(name, *paragraphs):
    members = [p if isinstance(p[0][0], list) else [p] for p in paragraphs]
    arrays = [[np.array(m) for m in ms] for ms in members]
    scores = score_all(name, arrays, texts=[""] * len(arrays), seed=0)
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def test_entropy_asks_for_what_all_tokens_are_unsure_of():
    assert order("entropy", SURE_O, UNSURE_O, WEAK_ENTITY) == [1, 2, 0]
    # A long paragraph has no gain of its length.
    scores = score_all(
        "entropy", [[np.array(UNSURE_O)], [np.array(UNSURE_O * 4)]], texts=[], seed=0
    )
    assert scores[0] == pytest.approx(scores[1])


def test_strategies_of_entities_look_at_entities_alone():
    for name in ("entity-entropy", "least-confident"):
        assert order(name, SURE, WEAK_ENTITY, SURE_O)[:2] == [1, 0]
        assert score_all(name, [[np.array(SURE_O)]], texts=[], seed=0) == [0.0]
    (weakest,) = score_all("least-confident", [[np.array(WEAK_ENTITY)]], texts=[], seed=0)
    assert weakest == pytest.approx(0.4)


def test_disagreement_is_of_members_not_of_doubt():
    apart = [SURE_O, SURE]
    assert order("disagreement", [UNSURE_O, UNSURE_O], apart) == [1, 0]
    (alike,) = score_all("disagreement", [[np.array(UNSURE_O)] * 2], texts=[], seed=0)
    assert alike == pytest.approx(0)


@pytest.mark.parametrize("name", ["entropy", "entity-entropy", "disagreement"])
def test_a_word_of_many_pieces_is_no_surer_for_that(name):
    whole, other = np.array(WEAK_ENTITY), np.array(UNSURE_O)
    pieces = [[0.1], [1.0], [1.0]]  # what is left of a word's probabilities
    scores = score_all(name, [[whole, other], [whole * pieces, other]], texts=[], seed=0)
    assert scores[0] == pytest.approx(scores[1])
    assert scores[0] > 0.1


def test_tokens_without_content_to_one_of_the_members_count_for_none():
    other = [*SURE[:2], [0.0, 0.0, 0.0]]  # of an encoder that has no piece for the last
    (apart,) = score_all("disagreement", [[np.array(SURE), np.array(other)]], texts=[], seed=0)
    assert apart == pytest.approx(0)


def test_random_is_seeded_and_what_is_left_is_drawn_anew():
    texts = [f"Paragraph {n}." for n in range(400)]
    first = score_all("random", (), texts=texts, seed=1)
    assert score_all("random", (), texts=texts, seed=1) == first
    assert score_all("random", (), texts=texts, seed=2) != first
    taken = sorted(range(400), key=lambda i: -first[i])[:40]
    left = [text for i, text in enumerate(texts) if i not in taken]
    then = score_all("random", (), texts=left, seed=1)
    at = sorted(range(360), key=lambda i: -then[i])[:40]
    # By place, the second choice would be the neighbours of the first: 30 or more of 40.
    assert len({i - sum(t < i for t in taken) for i in taken} & set(at)) < 15


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name != "random"])
def test_every_strategy_takes_an_empty_paragraph(name):
    assert score_all(name, [[np.zeros((0, 3))]], texts=[], seed=0) == [0.0]


def docs_of(*texts):
    docs = []
    for text in texts:
        paper, _, words = text.partition(": ")
        doc = Doc(VOCAB, words=words.split())
        doc.user_data["paper"] = paper
        docs.append(doc)
    return docs


DOCS = docs_of(
    "a: one two three four five",
    "a: six seven eight nine ten",
    "b: one two three four six",
    "c: red green blue",
    "c: up down left right in out",
)


def test_the_best_are_taken_until_the_tokens_are_spent():
    scores = [0.1, 0.5, 0.2, 0.9, 0.8]
    assert choose(DOCS, scores, tokens=9, near=1.1) == [3, 4]
    assert choose(DOCS, scores, tokens=8, near=1.1) == [3, 1]  # what is too long is passed over
    assert choose(DOCS, scores, tokens=1) == [3]
    assert choose(DOCS, [1.0] * 5, tokens=99, near=1.1) == [0, 1, 2, 3, 4]


def test_a_paper_and_a_text_come_not_too_often():
    scores = [0.5, 0.4, 0.45, 0.9, 0.8]
    assert choose(DOCS, scores, tokens=99, per_paper=1, near=1.1) == [3, 0, 2]
    # The third shares two of its three runs of words with the first.
    assert choose(DOCS, scores, tokens=99) == [3, 4, 0, 1]
