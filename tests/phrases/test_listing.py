"""Rankings beside each other, and what a small pool asks for."""

import csv
import io

import numpy as np
import pytest

from spacy_sciner.phrases.listing import baseline_rows, side_by_side, to_tsv
from spacy_sciner.phrases.mine import Mined, min_count_of, precision_at
from spacy_sciner.phrases.tally import Phrase

KEYS = [("moss", "kiln"), ("kiln",), ("see", "kiln"), ("heap", "loom")]
MINED = Mined(
    KEYS,
    scores=np.asarray([0.9, 0.2, 0.2, 0.4]),
    baseline=np.asarray([1.0, 9.0, 5.0, 0.0]),
    counts=np.asarray([5, 20, 9, 4]),
    is_known=np.asarray([True, False, False, False]),
)


def test_rankings_are_by_value_then_count():
    assert MINED.ranked(MINED.scores) == [KEYS[0], KEYS[3], KEYS[1], KEYS[2]]
    assert side_by_side(MINED, 2) == [
        ["rank", "forest", "C-value"],
        ["1", "moss kiln", "see kiln"],
        ["2", "heap loom", "moss kiln"],
    ]


def test_a_cell_with_quotes_is_read_as_one():
    said = '"See kiln," they said'
    phrases = [Phrase("kiln", ("phrase",), 0.5, 3, 2, example, {}) for example in (said, "b")]
    rows = list(csv.reader(io.StringIO(to_tsv(phrases)), delimiter="\t"))
    assert [row[-1] for row in rows] == ["example", said, "b"]


def test_precision_of_both_rankings():
    ranking = MINED.ranked(MINED.scores)
    dev = {("heap", "loom"), ("kiln",)}
    assert [precision_at(n, ranking, dev) for n in (1, 2, 3, 99)] == [0, 1 / 2, 2 / 3, 1 / 2]
    assert precision_at(5, [], dev) == 0
    rows = {name: figures for name, *figures in baseline_rows(MINED, dev)}
    assert rows["all, first 100, dev"] == ["0.500", "0.500"]
    assert rows["of several words, first 500, dev"] == ["0.333", "0.333"]
    assert rows["of several words, first 100, known"] == ["0.333", "0.333"]


@pytest.mark.parametrize(("n_words", "least"), [(0, 2), (12_000, 4), (30_000, 10), (10**7, 10)])
def test_fewer_places_in_a_small_pool(n_words, least):
    assert min_count_of(n_words) == least
