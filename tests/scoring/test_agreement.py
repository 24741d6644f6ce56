"""κ, α and F1 of annotators: against nltk, and against counts made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from spacy_sciner.scoring.agreement import (
    MISSING,
    cohen_kappa,
    count_touching,
    entity_agreement,
    fleiss_kappa,
    krippendorff_alpha,
)
from spacy_sciner.scoring.changes import Entity

ONE, OTHER = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0])  # agree on three of four


def nltk_task(ratings, *, whole=False):
    keep = (ratings != MISSING).all(axis=0) if whole else np.full(ratings.shape[1], True)
    return AnnotationTask(
        data=[
            (coder, token_i, int(category))
            for coder, row in enumerate(ratings)
            for token_i, category in enumerate(row)
            if category != MISSING and keep[token_i]
        ]
    )


@pytest.mark.parametrize("n_annotators", [2, 3, 5])
def test_alpha_with_missing_values_is_that_of_nltk(n_annotators):
    rng = np.random.default_rng(n_annotators)
    truth = rng.integers(0, 4, size=200)
    ratings = np.where(rng.random((n_annotators, 200)) < 0.7, truth, rng.integers(0, 4, 200))
    ratings[rng.random(ratings.shape) < 0.2] = MISSING
    found = krippendorff_alpha(ratings, np.zeros(200, dtype=int))
    assert found.value == pytest.approx(nltk_task(ratings).alpha())
    assert 0.2 < found.value < 0.9


def test_fleiss_is_the_multi_pi_of_nltk_on_the_tokens_that_all_know():
    rng = np.random.default_rng(1)
    ratings = np.minimum(rng.integers(0, 5, size=(4, 300)), rng.integers(0, 5, size=300))
    ratings[2, ::3] = MISSING
    found, n_tokens = fleiss_kappa(ratings, np.zeros(300, dtype=int))
    assert n_tokens == 200
    assert found.value == pytest.approx(nltk_task(ratings, whole=True).pi())


def test_by_hand():
    papers = np.zeros(4, dtype=int)
    both = np.stack([ONE, OTHER])
    assert cohen_kappa(ONE, OTHER, papers).value == pytest.approx((0.75 - 0.5) / (1 - 0.5))
    by_chance = (5 / 8) ** 2 + (3 / 8) ** 2
    fleiss, n_tokens = fleiss_kappa(both, papers)
    assert fleiss.value == pytest.approx((0.75 - by_chance) / (1 - by_chance))
    assert n_tokens == 4
    # Two ordered pairs differ; of 8 · 8 pairs of all categories given, 5 · 5 + 3 · 3 are equal.
    assert krippendorff_alpha(both, papers).value == pytest.approx(1 - 7 * 2 / (64 - 34))


def test_an_interval_is_over_papers():
    ratings = np.stack([np.tile(ONE, 4), np.tile(OTHER, 4)])
    alike = np.repeat(np.arange(4), 4)
    for found in (
        cohen_kappa(*ratings, alike),
        fleiss_kappa(ratings, alike)[0],
    ):
        assert found.low == pytest.approx(found.value) == pytest.approx(found.high)
    one_paper = np.zeros(16, dtype=int)
    assert cohen_kappa(*ratings, one_paper)[1:] == (None, None)
    assert krippendorff_alpha(ratings, one_paper)[1:] == (None, None)
    # All that they disagree on is in one paper of two: a draw may have it twice, or not at all.
    uneven = np.concatenate([ratings, np.stack([np.tile(ONE, 4)] * 2)], axis=1)
    papers = np.repeat([0, 1], 16)
    found = cohen_kappa(*uneven, papers)
    assert found.low == pytest.approx(cohen_kappa(*ratings, one_paper).value)
    assert found.high == 1
    assert krippendorff_alpha(uneven, papers).high == 1
    assert cohen_kappa(*uneven, papers, n_draws=0)[1:] == (None, None)


def test_the_seed_decides_the_draws():
    rng = np.random.default_rng(2)
    one, other = rng.integers(0, 3, size=(2, 300))
    papers = np.arange(300) // 30
    first = cohen_kappa(one, other, papers, n_draws=50, seed=1)
    assert first == cohen_kappa(one, other, papers, n_draws=50, seed=1)
    assert first != cohen_kappa(one, other, papers, n_draws=50, seed=2)


def test_what_is_not_defined_is_none():
    nothing = np.zeros(3, dtype=int)
    assert cohen_kappa(nothing, nothing, nothing).value is None  # both know O alone
    assert krippendorff_alpha(np.stack([nothing, nothing]), nothing).value is None
    alone = np.array([[0, 1], [MISSING, MISSING]])
    assert krippendorff_alpha(alone, np.zeros(2, dtype=int)).value is None
    assert fleiss_kappa(alone, np.zeros(2, dtype=int))[0].value is None
    empty = np.zeros(0, dtype=int)
    assert cohen_kappa(empty, empty, empty).value is None
    assert entity_agreement([("P", [], [])])["all"].strict.value is None


def test_entities_strict_and_relaxed():
    first = [Entity(0, 2, "M"), Entity(3, 6, "D"), Entity(8, 9, "M")]
    second = [Entity(0, 2, "M"), Entity(3, 4, "D"), Entity(5, 6, "D"), Entity(8, 9, "D")]
    found = entity_agreement([("P", first, second), ("Q", [Entity(0, 1, "M")], [])])
    assert list(found) == ["all", "D", "M"]
    assert found["all"][:4] == (4, 4, 1, 2)
    assert found["D"][:4] == (1, 3, 0, 1)  # two touch the long one: it is matched once
    assert found["M"][:4] == (3, 1, 1, 1)
    assert found["all"].strict.value == pytest.approx(2 * 1 / 8)
    assert found["all"].relaxed.value == pytest.approx(2 * 2 / 8)
    assert found["all"].relaxed.low == 0  # paper Q drawn twice
    assert found["D"].strict.low is None  # in one paper alone


@st.composite
def entities(draw):
    """Of one label and one annotator, without overlaps."""
    ends = sorted(draw(st.sets(st.integers(0, 24), max_size=12)))
    pairs = zip(ends[::2], ends[1::2])
    return [Entity(start, end, "M") for start, end in pairs]


@given(entities(), entities())
def test_as_many_are_matched_as_can_be(first, second):
    touches = [[min(a.end, b.end) > max(a.start, b.start) for b in second] for a in first]
    if not first or not second:
        assert count_touching(first, second) == 0
        return
    matching = maximum_bipartite_matching(csr_matrix(np.array(touches, dtype=int)))
    assert count_touching(first, second) == (matching >= 0).sum()


def test_a_label_may_have_the_name_of_all():
    first, second = [Entity(0, 1, "all"), Entity(2, 3, "A")], [Entity(2, 3, "A")]
    found = entity_agreement([("P", first, second)])
    assert {name: (m.n_first, m.n_second) for name, m in found.items()} == {
        "all": (2, 1),
        "A": (1, 1),
        "label all": (1, 0),
    }
