"""Few-shot subsets: never more than 2k mentions of a type, and k of each where gold allows it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_sciner.corpus.few_shot import choose_few, count_types, sentence_docs
from spacy_sciner.errors import ScinerError

from .helpers import ents_of, make_doc

SENTENCES = st.lists(
    st.dictionaries(st.sampled_from("ABCD"), st.integers(1, 4), max_size=3).map(Counter),
    max_size=30,
)


@given(SENTENCES, st.integers(1, 8), st.integers(0, 3))
def test_no_type_is_above_2k_and_those_below_k_are_named(sentences, k, seed):
    subset = choose_few(sentences, k=k, seed=seed)
    counts = sum((sentences[i] for i in subset.chosen), Counter())
    assert subset.counts == {name: counts[name] for name in sorted(sum(sentences, Counter()))}
    assert all(n <= 2 * k for n in counts.values())
    assert subset.short == [name for name, n in subset.counts.items() if n < k]
    assert subset.chosen == sorted(set(subset.chosen))
    assert all(sentences[i] for i in subset.chosen)
    assert choose_few(sentences, k=k, seed=seed) == subset


@given(st.integers(1, 10), st.integers(0, 5))
def test_k_is_reached_where_each_sentence_has_one_mention(k, seed):
    sentences = [Counter({name: 1}) for name in "ABC" for _ in range(12)]
    subset = choose_few(sentences, k=k, seed=seed)
    assert subset.counts == {"A": k, "B": k, "C": k}
    assert subset.short == []


def test_a_type_with_too_few_mentions_is_named_and_all_of_it_taken():
    sentences = [Counter(A=1)] * 9 + [Counter(B=1)] * 2
    subset = choose_few(sentences, k=4, seed=0)
    assert (subset.counts, subset.short) == ({"A": 4, "B": 2}, ["B"])
    assert set(subset.chosen) > {9, 10}


def test_a_type_that_only_stands_in_crowded_sentences_is_named():
    sentences = [Counter(A=5, B=1), Counter(A=1)]
    subset = choose_few(sentences, k=1, seed=0)
    assert (subset.counts, subset.short) == ({"A": 1, "B": 0}, ["B"])


def test_a_choice_that_fails_is_tried_again():
    # B is rarer. Of the two sentences with B, the first would fill up A, which C's only one needs.
    sentences = [Counter(A=2, B=1), Counter(B=1), Counter(A=1, C=1), *[Counter(A=1)] * 3]
    for seed in range(10):
        assert choose_few(sentences, k=1, seed=seed).short == []


def test_seeds_choose_differently():
    sentences = [Counter(A=1)] * 40
    assert len({tuple(choose_few(sentences, k=4, seed=s).chosen) for s in range(5)}) == 5


def test_a_k_below_one():
    with pytest.raises(ScinerError, match="E528: --k 0: a k is 1 or more"):
        choose_few([], k=0, seed=0)


def test_sentences_keep_entities_unknown_words_and_their_paper():
    words = ["A", "B", ".", "Then", "a", "dr", ".", "C", "came", ".", "x"]
    tags = ["B-T", "I-T", "O", None, "O", "B-T", "I-T", "I-T", "O", "O", "O"]
    found = sentence_docs([make_doc(words, tags, paper="P7"), make_doc([" "], ["O"])])
    assert [doc.text for doc in found] == ["A B . ", "Then a dr . C came . ", "x "]
    assert [ents_of(doc) for doc in found] == [[("A B", "T")], [("dr . C", "T")], []]
    assert [t.ent_iob_ for t in found[1]][:2] == ["", "O"]
    assert {doc.user_data["paper"] for doc in found} == {"P7"}
    assert count_types(found) == [{"T": 1}, {"T": 1}, {}]
