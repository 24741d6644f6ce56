"""What γ accepts and what becomes unknown."""

from typing import Any, List, Tuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_sciner.errors import ScinerError
from spacy_sciner.selection import check_labels, select
from spacy_sciner.types import ScoredSpan

ENTITY = [ScoredSpan(1, 4, "A")]


def outcome(spans: List[ScoredSpan], confidence: List[float], **kwargs: Any) -> Tuple[Any, str]:
    """Accepted (start, end, label), and one letter per token: "?" unknown, "." known."""
    found = select(spans, np.array(confidence, dtype=np.float32), **kwargs)
    accepted = [(s.start, s.end, s.label) for s in found.accepted]
    return accepted, "".join("?" if u else "." for u in found.unknown)


@pytest.mark.parametrize(
    ("accept", "confidence", "accepted", "known"),
    [
        # All sure: kept whole under both rules.
        ("token", [0.9, 0.9, 0.9, 0.9, 0.9], [(1, 4, "A")], "....."),
        ("entity", [0.9, 0.9, 0.9, 0.9, 0.9], [(1, 4, "A")], "....."),
        # The last word unsure: the token rule keeps the first two.
        ("token", [0.9, 0.9, 0.9, 0.1, 0.9], [(1, 3, "A")], "...?."),
        ("entity", [0.9, 0.9, 0.9, 0.1, 0.9], [], "?????"),
        # The middle one: what follows it would begin with an I-, so it is unknown as well.
        ("token", [0.9, 0.9, 0.1, 0.9, 0.9], [(1, 2, "A")], "..??."),
        # The first one: nothing of the entity is kept.
        ("token", [0.9, 0.1, 0.9, 0.9, 0.9], [], ".???."),
        # An O that is unsure is unknown, whatever its neighbours.
        ("token", [0.1, 0.9, 0.9, 0.9, 0.1], [(1, 4, "A")], "?...?"),
        ("entity", [0.1, 0.9, 0.9, 0.9, 0.1], [(1, 4, "A")], "?...?"),
    ],
)
def test_token_and_entity_rules(accept, confidence, accepted, known):
    assert outcome(ENTITY, confidence, gamma=0.5, accept=accept) == (accepted, known)


def test_the_margin_is_one_word_each_side_and_stops_at_the_ends():
    spans = [ScoredSpan(0, 1, "A"), ScoredSpan(6, 7, "A")]
    confidence = [0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1]
    assert outcome(spans, confidence, gamma=0.5, accept="entity") == ([], "??...??")


def test_the_margin_is_a_word_where_white_space_is_a_token():
    words = [True, True, False, True, False, False, True, True]
    spans, confidence = [ScoredSpan(3, 4, "A")], [0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0.9]
    found = outcome(spans, confidence, gamma=0.5, accept="entity", words=words)
    assert found == ([], ".??????.")


def test_the_margin_never_takes_an_accepted_word():
    spans = [ScoredSpan(0, 1, "A"), ScoredSpan(1, 2, "B")]
    found = outcome(spans, [0.1, 0.9, 0.9], gamma=0.5, accept="entity")
    assert found == ([(1, 2, "B")], "?..")


def test_gamma_for_each_label():
    spans = [ScoredSpan(0, 1, "A"), ScoredSpan(1, 2, "B")]
    gamma = {"A": 0.9, "B": 0.5}
    assert outcome(spans, [0.7, 0.7], gamma=gamma) == ([(1, 2, "B")], "?.")


def test_o_tokens_take_the_strictest_gamma_unless_gamma_o_is_given():
    gamma = {"A": 0.9, "B": 0.5}
    assert outcome([], [0.8, 0.95], gamma=gamma) == ([], "?.")
    assert outcome([], [0.8, 0.95], gamma=gamma, gamma_o=0.7) == ([], "..")
    assert outcome([], [0.8, 0.95], gamma=0.5, gamma_o=0.99) == ([], "??")


def test_gamma_o_leaves_entities_alone():
    assert outcome(ENTITY, [0.9, 0.6, 0.6, 0.6, 0.9], gamma=0.5, gamma_o=0.8)[0] == [(1, 4, "A")]


def test_a_confidence_equal_to_gamma_is_enough():
    assert outcome(ENTITY, [0.5] * 5, gamma=0.5) == ([(1, 4, "A")], ".....")


@pytest.mark.parametrize("accept", ["token", "entity"])
def test_gamma_zero_accepts_everything(accept):
    assert outcome(ENTITY, [0.0] * 5, gamma=0.0, accept=accept) == ([(1, 4, "A")], ".....")


def test_gamma_one_accepts_certainty_alone():
    confidence = [1.0, 1.0, 0.9999, 1.0, 0.9999]
    assert outcome(ENTITY, confidence, gamma=1.0) == ([(1, 2, "A")], "..???")


def test_an_accepted_entity_scores_its_least_sure_kept_word():
    found = select(ENTITY, np.array([1, 0.9, 0.7, 0.1, 1], dtype=np.float32), gamma=0.5)
    assert found.accepted[0].score == pytest.approx(0.7)


def test_the_confidences_are_not_written_to():
    confidence = np.array([0.9, 0.1, 0.9, 0.9, 0.9], dtype=np.float32)
    select(ENTITY, confidence, gamma=0.5, accept="entity")
    np.testing.assert_array_equal(confidence, np.array([0.9, 0.1, 0.9, 0.9, 0.9], dtype="f"))


@given(
    st.lists(st.floats(0, 1, width=32), min_size=8, max_size=8),
    st.floats(0, 1),
    st.sampled_from(["token", "entity"]),
)
def test_accepted_words_are_sure_and_known_whatever_gamma_is(confidence, gamma, accept):
    spans = [ScoredSpan(0, 2, "A"), ScoredSpan(2, 3, "B"), ScoredSpan(5, 8, "A")]
    marks = np.array(confidence, dtype=np.float32)
    found = select(spans, marks, gamma=gamma, accept=accept)
    starts = {span.start for span in spans}
    inside = {i for span in spans for i in range(span.start, span.end)}
    for span in found.accepted:
        assert span.start in starts  # never begins inside a predicted entity
        assert (marks[span.start : span.end] >= gamma).all()
        assert not found.unknown[span.start : span.end].any()
    kept = {i for span in found.accepted for i in range(span.start, span.end)}
    assert all(found.unknown[i] for i in inside - kept)


def test_e002_names_the_labels_without_a_gamma():
    with pytest.raises(ScinerError, match=r"SCINER-E002.*\bB\b"):
        select([ScoredSpan(0, 1, "B")], np.ones(1), gamma={"A": 0.5})
    with pytest.raises(ScinerError, match=r"label\(s\) B\. Give"):
        check_labels({"A": 0.5}, ["A", "B", "B"])


def test_by_entity_its_own_confidence_decides_if_it_has_one():
    words = [0.9, 0.6, 0.6, 0.6, 0.9]
    own = [ScoredSpan(1, 4, "A", 0.8)]
    assert outcome(own, words, gamma=0.7, accept="entity") == ([(1, 4, "A")], ".....")
    assert outcome(own, words, gamma=0.85, accept="entity")[0] == []
    # By token only its words count.
    assert outcome(own, words, gamma=0.7, accept="token")[0] == []
    found = select(own, np.array(words, dtype=np.float32), gamma=0.7, accept="entity")
    assert found.accepted[0].score == pytest.approx(0.8)


@pytest.mark.parametrize("accept", ["token", "entity"])
def test_a_label_without_a_gamma_accepts_nothing(accept):
    spans = [ScoredSpan(0, 1, "A"), ScoredSpan(2, 3, "B")]
    gamma = {"A": None, "B": 0.5}
    accepted, known = outcome(spans, [1.0, 0.6, 0.6], gamma=gamma, accept=accept)
    assert accepted == [(2, 3, "B")]
    assert known[0] == "?"
    # O tokens take the strictest γ there is; without any, only certainty passes.
    assert outcome([], [0.6, 0.4], gamma=gamma)[1] == ".?"
    assert outcome([], [0.99, 1.0], gamma={"A": None})[1] == "?."
