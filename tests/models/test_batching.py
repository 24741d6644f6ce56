"""Training batches, and the windows' batches of the TransformerTagger."""

from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import load_config
from spacy.vocab import Vocab
from tiny import CONFIGS, make_examples

from spacy_sciner.models.batching import make_length_batcher
from spacy_sciner.models.rows import Row, batch_rows
from spacy_sciner.models.windows import LENGTH_STEP, padded_length

VOCAB = Vocab()


def examples_of(lengths: List[int]) -> List[Example]:
    docs = [Doc(VOCAB, words=["w"] * n) for n in lengths]
    return [Example(doc, doc) for doc in docs]


def lengths_of(batch: List[Example]) -> List[int]:
    return [len(eg.predicted) for eg in batch]


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 60), st.integers(1, 50))
def test_every_example_is_in_one_batch_within_the_budget(lengths, size, buffer):
    examples = examples_of(lengths)
    batches = list(make_length_batcher(size, buffer=buffer)(examples))
    found = [id(eg) for batch in batches for eg in batch]
    assert sorted(found) == sorted(map(id, examples))
    for batch in batches:
        assert len(batch) == 1 or max(lengths_of(batch)) * len(batch) <= size


def test_documents_of_similar_length_go_together():
    batches = list(make_length_batcher(20)(examples_of([10, 1, 9, 2, 10, 1])))
    assert sorted(map(lengths_of, batches)) == [[1, 1, 2], [9, 10], [10]]


def test_the_buffer_bounds_what_is_sorted_together():
    whole = list(make_length_batcher(20)(examples_of([1, 10, 1, 10])))
    halves = list(make_length_batcher(20, buffer=2)(examples_of([1, 10, 1, 10])))
    assert sorted(map(lengths_of, whole)) == [[1, 1], [10, 10]]
    assert sorted(map(lengths_of, halves)) == [[1, 10], [1, 10]]


def examples_of_words(words: List[str]) -> List[Example]:
    docs = [Doc(VOCAB, words=[word] * 12) for word in words]
    return [Example(doc, doc) for doc in docs]


# As many words each; every second document has words of many pieces.
UNEVEN = ["w", "supercalifragilistic"] * 12


def test_with_an_encoder_its_padded_pieces_are_the_length(tiny_bpe_encoder):
    examples = examples_of_words(UNEVEN)
    batches = list(make_length_batcher(48, encoder=str(tiny_bpe_encoder))(examples))
    assert sorted(id(eg) for batch in batches for eg in batch) == sorted(map(id, examples))
    kinds = [{eg.predicted[0].text for eg in batch} for batch in batches]
    mixed = [kind for kind in kinds if len(kind) > 1]
    assert len(mixed) <= 1
    sizes = {kind.pop(): len(batch) for kind, batch in zip(kinds, batches) if len(kind) == 1}
    assert sizes["w"] > sizes["supercalifragilistic"]


def save_pipeline(out: Path, model: Dict[str, Any]) -> str:
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config={"model": model})
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(out)
    return str(out)


def test_a_trained_pipeline_counts_as_its_encoder_does(tiny_bpe_encoder, tmp_path):
    model = {"@architectures": "spacy-sciner.TransformerTagger.v1", "name": str(tiny_bpe_encoder)}
    pipeline = save_pipeline(tmp_path / "pipeline", {**model, "window": 32, "device": "cpu"})
    examples = examples_of_words(UNEVEN)
    by_encoder = make_length_batcher(48, encoder=str(tiny_bpe_encoder))(examples)
    assert list(make_length_batcher(48, encoder=pipeline)(examples)) == list(by_encoder)


def test_a_pipeline_without_word_pieces_counts_words(tmp_path):
    tiny = load_config(CONFIGS / "tiny.cfg")["components"]["sciner"]["model"]
    pipeline = save_pipeline(tmp_path / "pipeline", tiny)
    examples = examples_of_words(UNEVEN)
    by_words = make_length_batcher(48)(examples)
    assert list(make_length_batcher(48, encoder=pipeline)(examples)) == list(by_words)


def test_the_seed_decides_the_order_and_every_epoch_has_its_own():
    examples = examples_of(list(range(1, 30)))
    batcher = make_length_batcher(30, seed=1)
    first, second = ([lengths_of(b) for b in batcher(examples)] for _ in range(2))
    again = [lengths_of(b) for b in make_length_batcher(30, seed=1)(examples)]
    other = [lengths_of(b) for b in make_length_batcher(30, seed=2)(examples)]
    assert first == again
    assert first != second
    assert first != other
    assert sorted(first) == sorted(second) == sorted(other)


def rows_of(lengths: List[int]) -> List[Row]:
    return [Row(np.zeros(n), np.zeros(n), i, i + n, 0) for i, n in enumerate(lengths)]


@given(st.lists(st.integers(3, 100), max_size=30), st.integers(1, 400))
def test_every_row_is_in_one_padded_batch_within_the_budget(lengths, budget):
    batches = list(batch_rows(rows_of(lengths), budget, 2))
    assert sorted(row.piece_start for batch in batches for row in batch) == list(
        range(len(lengths))
    )
    for batch in batches:
        longest = padded_length(max(len(row.ids) + 2 for row in batch))
        assert len(batch) == 1 or longest * len(batch) <= budget


def test_shapes_are_few():
    lengths = {padded_length(n) for n in range(1, 257)}
    assert lengths == {LENGTH_STEP * i for i in range(1, 256 // LENGTH_STEP + 1)}


@pytest.mark.parametrize("n", [1, 15, 16, 17])
def test_padding_never_cuts(n):
    assert n <= padded_length(n) < n + LENGTH_STEP
