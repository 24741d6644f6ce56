"""Word shapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_sciner.models.shapes import N_SHAPES, word_shape

CASES = {"none": 0, "lower": 1, "Title": 2, "UPPER": 3, "miXed": 4}
DIGITS = {"none": 0, "some": 1, "only": 2}


@pytest.mark.parametrize(
    ("word", "case", "digits"),
    [
        ("bert", "lower", "none"),
        ("Bert", "Title", "none"),
        ("BERT", "UPPER", "none"),
        ("SciBERT", "miXed", "none"),
        ("GPT-2", "UPPER", "some"),
        ("3e-5", "lower", "some"),
        ("0.98%", "none", "only"),
        ("--", "none", "none"),
        ("", "none", "none"),
        ("A", "Title", "none"),  # one capital cannot say more
    ],
)
def test_known_words(word, case, digits):
    assert word_shape(word) == 3 * CASES[case] + DIGITS[digits]


@given(st.text(max_size=12))
def test_every_string_has_a_shape_in_range(word):
    assert 0 <= word_shape(word) < N_SHAPES
