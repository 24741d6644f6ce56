"""Word confidences against numbers made by hand."""

from typing import List, Tuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_sciner.confidence import (
    WORD_CONFIDENCES,
    first_pieces_grad,
    pieces_to_words,
    span_confidence,
    token_confidence,
    words_to_pieces_grad,
)

# Tags O, B, I; two words: one of three pieces, one of one piece.
PIECES = np.log(
    np.array([[0.2, 0.5, 0.3], [0.1, 0.5, 0.4], [0.3, 0.1, 0.6], [0.7, 0.2, 0.1]], dtype=np.float32)
)
STARTS = np.array([0, 3])

# Continuation pieces count as I where the first piece counts as B.
BY_HAND = {
    "product": [[0.2 * 0.1 * 0.3, 0.5 * 0.4 * 0.6, 0.3 * 0.4 * 0.6], [0.7, 0.2, 0.1]],
    "min": [[0.1, 0.4, 0.3], [0.7, 0.2, 0.1]],
    "mean": [[0.6 / 3, 1.5 / 3, 1.3 / 3], [0.7, 0.2, 0.1]],
    "first": [[0.2, 0.5, 0.3], [0.7, 0.2, 0.1]],
}


@st.composite
def words_of_pieces(draw: st.DrawFn) -> Tuple[np.ndarray, np.ndarray]:
    """Random log-probabilities of pieces, shape (n_pieces, 5), and the words' starts."""
    counts: List[int] = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    raw = rng.normal(size=(sum(counts), 5))
    logs = raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))
    return logs, np.cumsum(counts) - counts


@pytest.mark.parametrize("how", WORD_CONFIDENCES)
def test_against_hand_made_numbers(how):
    words = np.exp(pieces_to_words(PIECES, STARTS, how))
    np.testing.assert_allclose(words, BY_HAND[how], rtol=1e-5)


def test_the_input_is_left_alone():
    before = PIECES.copy()
    for how in WORD_CONFIDENCES:
        pieces_to_words(PIECES, STARTS, how)
    assert (before == PIECES).all()


@given(st.integers(1, 6), st.integers(0, 100))
def test_words_of_one_piece_are_the_same_for_all_four(n_words, seed):
    logs = np.log(np.random.default_rng(seed).dirichlet(np.ones(5), n_words)).astype(np.float32)
    for how in WORD_CONFIDENCES:
        assert (pieces_to_words(logs, np.arange(n_words), how) == logs).all()


def test_a_single_piece_word_beside_a_longer_one_is_the_same_for_all_four():
    rows = [pieces_to_words(PIECES, STARTS, how)[1] for how in WORD_CONFIDENCES]
    for row in rows:
        np.testing.assert_allclose(row, rows[0], rtol=1e-6)


@given(words_of_pieces(), st.sampled_from(["product", "min", "first"]))
def test_a_row_never_sums_to_more_than_one(case, how):
    assert (np.exp(pieces_to_words(*case, how)).sum(axis=1) <= 1 + 1e-5).all()


@given(words_of_pieces(), st.sampled_from(WORD_CONFIDENCES))
def test_every_value_is_a_probability(case, how):
    assert (pieces_to_words(*case, how) <= 1e-6).all()


@given(words_of_pieces())
def test_product_is_the_strictest_and_mean_lies_above_min(case):
    product, least, mean = (pieces_to_words(*case, how) for how in ("product", "min", "mean"))
    assert (product <= least + 1e-5).all()
    assert (least <= mean + 1e-5).all()


@pytest.mark.parametrize(
    ("how", "gradient"), [("product", words_to_pieces_grad), ("first", first_pieces_grad)]
)
@given(case=words_of_pieces())
def test_gradient_against_finite_differences(how, gradient, case):
    logs, starts = case
    d_words = np.random.default_rng(1).normal(size=(len(starts), logs.shape[1]))

    def value(pieces: np.ndarray) -> float:
        return float((pieces_to_words(pieces, starts, how) * d_words).sum())

    found = gradient(d_words.copy(), starts, len(logs))
    step = 1 / 64  # both rules are linear, so a large step costs no accuracy
    for piece_i, tag in np.ndindex(*logs.shape):
        up, down = logs.copy(), logs.copy()
        up[piece_i, tag] += step
        down[piece_i, tag] -= step
        slope = (value(up) - value(down)) / (2 * step)
        assert found[piece_i, tag] == pytest.approx(slope, abs=1e-3)


def test_token_confidence_is_the_decoded_tags_probability():
    logs = np.log(np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]], dtype=np.float32))
    confidence = token_confidence(logs, np.array([0, 2]))
    np.testing.assert_allclose(confidence, [0.7, 0.3], rtol=1e-6)
    assert confidence.dtype == np.float32


def test_token_confidence_never_exceeds_one():
    assert token_confidence(np.array([[1e-6, -5.0]]), np.array([0])).tolist() == [1.0]


def test_token_confidence_of_nothing_is_empty():
    empty = token_confidence(np.zeros((0, 3), "f"), np.zeros(0, dtype=np.int64))
    assert empty.shape == (0,)


def test_an_entity_is_as_sure_as_its_least_sure_word():
    assert span_confidence(np.array([0.1, 0.9, 0.5, 0.8]), 1, 4) == 0.5
