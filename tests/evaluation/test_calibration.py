"""How far confidences are from how often they are right."""

import numpy as np
import pytest
from spacy.tokens import Doc, Span, SpanGroup
from spacy.vocab import Vocab
from tiny import make_doc

from spacy_sciner.evaluation.calibration import entity_outcomes, expected_calibration_error

VOCAB = Vocab()


def test_ece_by_hand():
    # Bin [0.8, 0.9): two, mean 0.85, one right. Bin [0.1, 0.2): one, 0.1, wrong.
    # Bin [0.9, 1.0]: one, certain and right.
    scores, right = [0.8, 0.9 - 1e-9, 0.1, 1.0], [True, False, False, True]
    expected = (2 / 4) * abs(0.85 - 0.5) + (1 / 4) * 0.1 + (1 / 4) * 0.0
    assert expected_calibration_error(scores, right) == pytest.approx(expected)


def test_the_number_of_bins_matters():
    scores, right = [0.6, 0.9], [False, True]
    assert expected_calibration_error(scores, right, n_bins=2) == pytest.approx(0.25)
    assert expected_calibration_error(scores, right, n_bins=10) == pytest.approx(0.35)


def test_perfect_calibration_is_zero_and_certain_mistakes_are_one():
    assert expected_calibration_error([0.5, 0.5], [True, False]) == 0.0
    assert expected_calibration_error([1.0, 1.0], [False, False]) == 1.0


def test_nothing_predicted_is_none():
    assert expected_calibration_error([], []) is None


def predicted(key: str = "sciner") -> Doc:
    doc = Doc(VOCAB, words=["w"] * 5)
    spans = [Span(doc, 0, 2, label="A"), Span(doc, 3, 4, label="B")]
    doc.spans[key] = SpanGroup(doc, name=key, spans=spans)
    doc.spans[key].attrs["scores"] = np.array([0.75, 0.5], dtype=np.float32)
    return doc


@pytest.mark.parametrize(
    ("tags", "right"),
    [
        ("B-A I-A O B-B O", [True, True]),
        ("B-A I-A I-A B-A O", [False, False]),
        ("O O O B-B O", [False, True]),
    ],
)
def test_an_entity_is_right_if_gold_has_exactly_it(tags, right):
    gold = make_doc(["w"] * 5, tags.split(), vocab=VOCAB)
    assert entity_outcomes([gold], [predicted()]) == ([0.75, 0.5], right)


def test_spans_key_says_where_the_scores_are():
    gold = make_doc(["w"] * 5, ["O"] * 5, vocab=VOCAB)
    found = entity_outcomes([gold], [predicted("elsewhere")], spans_key="elsewhere")
    assert found[0] == [0.75, 0.5]
