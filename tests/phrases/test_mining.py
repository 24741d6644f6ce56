"""Runs of words, their features and C-values, against counts made by hand."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrase_texts import doc_of

from spacy_sciner.phrases.cvalue import c_values
from spacy_sciner.phrases.features import NAMES, all_features
from spacy_sciner.phrases.forest import phrase_scores
from spacy_sciner.phrases.mining import all_phrases, count_runs, read_text
from spacy_sciner.phrases.sentences import sentences_of


def text_of(*paragraphs):
    return read_text(s for p in paragraphs for s in sentences_of(doc_of(p)))


def counts_of(text, levels):
    found = {}
    for level in levels:
        for count, first in zip(level.counts, level.first):
            key = tuple(text.names[i] for i in text.words[first : first + level.n])
            found[key] = int(count)
    return found


words = st.lists(st.sampled_from(["kiln", "loom", "moss", "of", "-", ","]), max_size=30)


@given(st.lists(words, max_size=4), st.integers(1, 3), st.integers(1, 3))
def test_runs_are_counted_as_by_hand(paragraphs, min_count, max_words):
    text = text_of(*(" ".join(p) for p in paragraphs))
    by_hand = Counter()
    for paragraph in paragraphs:
        for start in range(len(paragraph)):
            for end in range(start + 1, len(paragraph) + 1):
                run = tuple(paragraph[start:end])
                n_words = sum(word != "-" for word in run)
                # Hyphens in a row are no words that a run could have between any two.
                if "," not in run and n_words <= max_words and len(run) < 2 * max_words:
                    by_hand[run] += 1
    expected = {run: n for run, n in by_hand.items() if n >= min_count}
    assert counts_of(text, count_runs(text, min_count=min_count, max_words=max_words)) == expected


def test_runs_end_at_marks_and_sentences():
    text = text_of("moss kiln, moss kiln. Moss kiln", "moss kiln")
    found = counts_of(text, count_runs(text, min_count=1, max_words=6))
    assert found == {("moss",): 4, ("kiln",): 4, ("moss", "kiln"): 4}


def test_phrases_begin_and_end_with_words_that_say_something():
    text = text_of("the kiln of moss - 2 x")
    ngrams = all_phrases(text, count_runs(text, min_count=1, max_words=6))
    keys = {" ".join(key) for some in ngrams for key in some.keys}
    assert keys == {"kiln", "moss", "kiln of moss", "moss - 2 x", "kiln of moss - 2 x"}


TEXT = (
    "We see a moss kiln and a moss kiln . Moss Kiln ( moss kiln ) is old .",
    'A kiln is a kiln . The "moss kiln" and moss-kiln .',
    "The moss kiln roof is a moss kiln roof .",
)


@pytest.fixture(scope="module")
def figures():
    text = text_of(*TEXT)
    levels = count_runs(text, min_count=2, max_words=6)
    ngrams = all_phrases(text, levels)
    keys = [" ".join(key) for some in ngrams for key in some.keys]
    rows = all_features(text, levels, ngrams)
    by_key = {key: dict(zip(NAMES, row)) for key, row in zip(keys, rows)}
    n_words = int((text.words >= 0).sum())
    return by_key, n_words, dict(zip(keys, c_values(levels, ngrams)))


def test_features_of_a_phrase(figures):
    by_key, n_words, _ = figures
    # `moss kiln` stands 7 times (not as moss-kiln), `moss` 8 times, `kiln` 10 times.
    row = by_key["moss kiln"]
    assert row["log_pmi"] == pytest.approx(math.log(7 * n_words / 80))
    assert row["overlap"] == pytest.approx(7 / math.sqrt(80))
    assert row["weighted_pmi"] == pytest.approx(7 * math.log(7 * n_words / 80))
    assert row["of_part"] == pytest.approx(7 / 10)
    # The more frequent longer run is `a moss kiln`: 3 times.
    assert row["in_longer"] == pytest.approx(3 / 7)
    assert row["capitals"] == pytest.approx(1 / 7)
    assert row["quoted"] == pytest.approx(1 / 7)
    assert row["in_brackets"] == pytest.approx(1 / 7)
    assert row["beside_hyphen"] == row["stop_words"] == 0
    # All three paragraphs have both words.
    assert row["idf"] == 0


def test_features_of_a_word(figures):
    by_key, _, _ = figures
    row = by_key["kiln"]
    assert row["log_pmi"] == row["overlap"] == row["weighted_pmi"] == 0
    assert row["of_part"] == 1
    assert row["in_longer"] == pytest.approx(7 / 10)
    assert row["beside_hyphen"] == pytest.approx(1 / 10)
    assert by_key["roof"]["idf"] == pytest.approx(math.log(3), rel=1e-6)


def test_the_best_split_is_the_one_that_surprises_least(figures):
    by_key, n_words, _ = figures
    row = by_key["moss kiln roof"]  # 2 times; moss | kiln roof: 8 * 2, moss kiln | roof: 7 * 2
    assert row["log_pmi"] == pytest.approx(math.log(2 * n_words / 16))


def test_c_values(figures):
    _, _, values = figures
    assert set(values) == {"moss", "kiln", "roof", "moss kiln", "kiln roof", "moss kiln roof"}
    assert values["moss kiln roof"] == pytest.approx(2 * math.log2(4))
    assert values["kiln roof"] == pytest.approx((2 - 2) * math.log2(3))
    assert values["moss kiln"] == pytest.approx((7 - 2) * math.log2(3))
    # `roof` is in two longer ones, each found twice; `kiln` in three: 7, 2 and 2 times.
    assert values["roof"] == pytest.approx((2 - 2) * 1)
    assert values["kiln"] == pytest.approx(10 - 11 / 3)


def test_forest_is_not_misled_by_wrong_labels():
    """Of 200 that are alike half are labelled; the others are found in spite of their label."""
    rng = np.random.default_rng(0)
    good, bad = rng.normal(2, 1, (200, 3)), rng.normal(-2, 1, (1000, 3))
    features = np.concatenate([good, bad]).astype(np.float32)
    is_known = np.zeros(1200, dtype=bool)
    is_known[:100] = True
    scores = phrase_scores(features, is_known, seed=0, n_trees=60)
    assert (scores[100:200] > 0.5).mean() > 0.9
    assert (scores[200:] > 0.5).mean() < 0.1


def test_a_tree_does_not_judge_what_it_saw():
    """Nothing tells these apart: were seen ones judged, they would all be known again."""
    features = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    is_known = np.arange(60) < 30
    scores = phrase_scores(features, is_known, seed=0, n_trees=60)
    assert scores[:30].mean() < 0.6


def test_no_text():
    text = text_of()
    levels = count_runs(text, min_count=1, max_words=3)
    assert all_features(text, levels, all_phrases(text, levels)).shape == (0, len(NAMES))
