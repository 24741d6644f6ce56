"""Tags, spans and the best legal path."""

from itertools import product
from typing import List, Tuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spacy_sciner.tagging import (
    UNKNOWN,
    decode,
    decode_all,
    inside_of,
    is_legal,
    labels_to_tags,
    names_to_spans,
    spans_to_tags,
    tags_to_spans,
)

LABELS = ["A", "B", "C"]


def transition_mask(n_tags: int) -> np.ndarray:
    """Which tag may follow which: bool, shape (n_tags, n_tags), [previous, next].

    Everything is legal except I-X after anything but B-X or I-X.
    """
    mask = np.ones((n_tags, n_tags), dtype=bool)
    for inside in range(2, n_tags, 2):
        mask[:, inside] = False
        mask[inside - 1, inside] = mask[inside, inside] = True
    return mask


@st.composite
def spans_over_tokens(draw: st.DrawFn) -> Tuple[int, List[Tuple[int, int, str]]]:
    """Non-overlapping spans, neighbours touching now and then, and the number of tokens."""
    lengths = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=6))
    spans, at = [], 0
    for gap, length in lengths:
        spans.append((at + gap, at + gap + length, draw(st.sampled_from(LABELS))))
        at += gap + length
    return at + draw(st.integers(0, 2)), spans


def scores_of(n_tags: int, max_tokens: int) -> st.SearchStrategy[np.ndarray]:
    shape = st.tuples(st.integers(1, max_tokens), st.just(n_tags))
    return hnp.arrays(np.float32, shape, elements=st.floats(-8, 0, width=16))


def test_tag_names_follow_the_documented_order():
    assert labels_to_tags(["A", "B"]) == ["O", "B-A", "I-A", "B-B", "I-B"]
    assert labels_to_tags([]) == ["O"]


def test_inside_of_changes_b_tags_only():
    assert inside_of(np.array([0, 1, 2, 3, 4])).tolist() == [0, 2, 2, 4, 4]


@given(spans_over_tokens())
def test_spans_survive_tags(case):
    n_tokens, spans = case
    tags = spans_to_tags(spans, n_tokens, LABELS)
    assert len(tags) == n_tokens
    assert is_legal(tags)
    assert [(s.start, s.end, s.label) for s in tags_to_spans(tags, LABELS)] == spans


def test_neighbours_of_one_label_stay_two_entities():
    tags = spans_to_tags([(0, 2, "A"), (2, 3, "A")], 4, LABELS)
    assert tags.tolist() == [1, 2, 1, 0]
    assert [(s.start, s.end) for s in tags_to_spans(tags, LABELS)] == [(0, 2), (2, 3)]


def test_unknown_ends_an_entity():
    tags = np.array([1, 2, UNKNOWN, 3, UNKNOWN])
    assert [tuple(s[:3]) for s in tags_to_spans(tags, LABELS)] == [(0, 2, "A"), (3, 4, "B")]


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ([2, 2], [(0, 2, "A")]),  # continues nothing, so it begins one
        ([UNKNOWN, 2], [(1, 2, "A")]),
        ([1, 4], [(0, 1, "A"), (1, 2, "B")]),  # another label's I-
    ],
)
def test_an_orphaned_inside_tag_is_not_lost(tags, spans):
    assert [tuple(s[:3]) for s in tags_to_spans(np.array(tags), LABELS)] == spans


def test_tags_by_name_and_by_number_give_the_same_entities():
    ids = np.array([1, 2, 2, 0, 1, 1, 4, 3, 2])
    names = [labels_to_tags(LABELS)[i] for i in ids]
    assert names_to_spans(names) == [tuple(s[:3]) for s in tags_to_spans(ids, LABELS)]
    assert names_to_spans([]) == []


def test_transitions_of_one_label_written_out():
    #                  O     B-A   I-A
    assert transition_mask(3).tolist() == [
        [True, True, False],
        [True, True, True],
        [True, True, True],
    ]


@pytest.mark.parametrize(
    ("tags", "legal"),
    [([], True), ([2], False), ([0, 2], False), ([1, 2, 2], True), ([3, 2], False), ([4], False)],
)
def test_is_legal_on_known_cases(tags, legal):
    assert is_legal(np.array(tags, dtype=np.int64)) is legal


@given(st.lists(st.integers(0, 6), max_size=6))
def test_is_legal_agrees_with_the_transition_mask(tags):
    mask = transition_mask(7)
    steps = zip([0, *tags], tags)
    assert is_legal(np.array(tags, dtype=np.int64)) == all(mask[a, b] for a, b in steps)


@given(scores_of(n_tags=5, max_tokens=5))
@settings(max_examples=150)
def test_decode_finds_the_best_of_all_legal_paths(scores):
    paths = [p for p in product(range(5), repeat=len(scores)) if is_legal(np.array(p))]
    best = max(sum(float(scores[i, tag]) for i, tag in enumerate(path)) for path in paths)
    found = decode(scores)
    assert is_legal(found)
    assert sum(float(scores[i, tag]) for i, tag in enumerate(found)) == pytest.approx(best)


@given(scores_of(n_tags=9, max_tokens=30))
def test_decode_is_always_legal(scores):
    assert is_legal(decode(scores))


@given(scores_of(n_tags=5, max_tokens=12), st.integers(0, 11))
def test_a_constant_added_to_a_row_changes_nothing(scores, row):
    shifted = scores.astype(np.float64)
    shifted[row % len(scores)] += 3.0
    assert decode(shifted).tolist() == decode(scores.astype(np.float64)).tolist()


@given(st.lists(scores_of(n_tags=5, max_tokens=12), max_size=6))
def test_documents_decoded_together_are_decoded_as_alone(documents):
    together = decode_all([*documents, np.zeros((0, 5), dtype=np.float32)])
    assert [path.tolist() for path in together] == [*(decode(d).tolist() for d in documents), []]


def test_no_entity_goes_on_from_before_the_first_token():
    scores = np.array([[-9.0, -8.0, 0.0], [-9.0, -9.0, 0.0]])
    assert decode(scores).tolist() == [1, 2]


def test_one_bad_tag_does_not_empty_the_document():
    """A sure entity whose second word is torn by a doubtful O keeps what the scores say."""
    scores = np.log(np.array([[0.1, 0.8, 0.1], [0.5, 0.05, 0.45], [0.1, 0.1, 0.8]]))
    assert decode(scores).tolist() == [1, 2, 2]


def test_a_tie_goes_to_the_lower_tag():
    assert decode(np.zeros((3, 5), dtype=np.float32)).tolist() == [0, 0, 0]


def test_decode_of_nothing_is_nothing():
    assert decode(np.zeros((0, 5), dtype=np.float32)).shape == (0,)
