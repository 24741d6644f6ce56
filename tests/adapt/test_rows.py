"""Rows, batches, and which papers are kept aside."""

import numpy as np
import pytest
from small_text import VOCAB, paragraphs
from spacy.tokens import Doc

from spacy_sciner.adapt.rows import Vocabulary, batch_rows, cut_rows, hold_out, pad_rows
from spacy_sciner.errors import ScinerError


def test_every_word_is_in_one_row_and_no_row_is_longer_than_the_window(tiny_encoder):
    vocabulary = Vocabulary(tiny_encoder)
    docs = paragraphs(4)
    long = Doc(VOCAB, words=[t.text for doc in docs for t in doc])
    rows = cut_rows([docs[0], long], vocabulary, window=64)
    assert max(len(row.ids) for row in rows) + vocabulary.n_around <= 64
    seen = [(row.doc, int(token)) for row in rows for token in row.tokens]
    assert seen == [(0, i) for i in range(len(docs[0]))] + [(1, i) for i in range(len(long))]
    # A word's pieces are those that the encoder's own tokenizer gives.
    for row in rows:
        for word, (start, end) in enumerate(zip(row.words, row.words[1:])):
            text = (docs[0], long)[row.doc][int(row.tokens[word])].text
            assert row.ids[start:end].tolist() == vocabulary.wordpieces([text])[0]


def test_words_without_pieces_are_left_out(tiny_encoder):
    doc = Doc(VOCAB, words=["we", "\u200b", "train"])
    (row,) = cut_rows([doc, Doc(VOCAB)], Vocabulary(tiny_encoder), window=64)
    assert row.tokens.tolist() == [0, 2]


def test_batches_keep_to_their_budget_and_have_every_row_once():
    lengths = [5, 60, 33, 16, 17, 64, 2] * 9
    rng = np.random.default_rng(0)
    batches = batch_rows(lengths, batch_pieces=256, rng=rng)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert -(-max(lengths[i] for i in batch) // 16) * 16 * len(batch) <= 256
    assert batches != batch_rows(lengths, batch_pieces=256, rng=rng)
    assert batches == batch_rows(lengths, batch_pieces=256, rng=np.random.default_rng(0))


def test_a_row_longer_than_the_budget_is_a_batch_of_its_own():
    found = batch_rows([100, 100], batch_pieces=10, rng=np.random.default_rng(0))
    assert sorted(found) == [[0], [1]]


def test_padding_is_around_the_pieces(tiny_encoder):
    vocabulary = Vocabulary(tiny_encoder)
    padded, lengths = pad_rows([np.array([7, 8]), np.array([9])], vocabulary)
    assert padded.shape == (2, 16)
    assert padded[0, :4].tolist() == [*vocabulary.prefix, 7, 8, *vocabulary.suffix]
    assert padded[1, 3:].tolist() == [vocabulary.pad] * 13
    assert lengths.tolist() == [4, 3]


def test_a_window_that_the_encoder_has_no_positions_for_is_refused(tiny_encoder):
    vocabulary, docs = Vocabulary(tiny_encoder), paragraphs(1)
    assert cut_rows(docs, vocabulary, window=64)
    with pytest.raises(ScinerError, match=r"E309: adapt\.window.* is 78 .* takes 62 beside"):
        cut_rows(docs, vocabulary, window=80)


def test_papers_are_kept_aside_whole_and_whatever_else_there_is():
    docs = [f"p{i}" for i in range(50) for _ in range(3)]
    aside = {paper for paper, is_aside in zip(docs, hold_out(docs, 0.2)) if is_aside}
    assert 4 <= len(aside) <= 16
    more = [*docs, *(f"q{i}" for i in range(50) for _ in range(3))]
    held = {paper for paper, is_aside in zip(more, hold_out(more, 0.2)) if is_aside}
    assert {paper for paper in held if paper[0] == "p"} == aside
    assert sum(hold_out(docs[:6], 1e-9)) == 3  # one paper at least
    assert not any(hold_out(docs, 0))
    assert not any(hold_out(docs[:3], 0.9))  # of one paper nothing
    assert sum(hold_out(docs[:6], 1.0)) == 3  # nor all of two
