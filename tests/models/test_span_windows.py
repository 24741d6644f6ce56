"""Windows that spacy-transformers' encoder takes whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.util import load_config
from spacy.vocab import Vocab
from tiny import ROOT

from spacy_sciner.models.span_windows import short_windows

VOCAB = Vocab()


def windows_of(words, **sizes):
    (found,) = short_windows([Doc(VOCAB, words=words)], **sizes)
    return [(window.start, window.end) for window in found]


def test_short_words_are_cut_by_their_number():
    found = windows_of(["word"] * 300, max_tokens=96, overlap=32, max_bytes=510)
    assert found == [(0, 96), (64, 160), (128, 224), (192, 288), (256, 300)]


def test_long_words_are_cut_by_their_bytes():
    found = windows_of(["x" * 49] * 25, max_tokens=96, overlap=2, max_bytes=510)
    assert found == [(0, 10), (8, 18), (16, 25)]
    found = windows_of(["é" * 24] * 12, max_tokens=96, overlap=0, max_bytes=510)
    assert found == [(0, 10), (10, 12)]


@given(
    sizes=st.lists(st.integers(1, 120), max_size=40),
    max_tokens=st.integers(1, 9),
    overlap=st.integers(0, 9),
)
def test_every_token_is_in_a_window_that_is_not_too_long(sizes, max_tokens, overlap):
    words = ["x" * size for size in sizes]
    found = windows_of(words, max_tokens=max_tokens, overlap=overlap, max_bytes=100)
    assert {i for start, end in found for i in range(start, end)} == set(range(len(words)))
    for start, end in found:
        assert 0 < end - start <= max_tokens
        n_bytes = sum(size + 1 for size in sizes[start:end])
        assert n_bytes <= 100 or end - start == 1


@pytest.mark.parametrize("config", ["spans.cfg", "listener.cfg"])
def test_configs_use_them(config):
    model = load_config(ROOT / "configs" / config)["components"]["transformer"]["model"]
    spans = model["get_spans"]
    assert spans["@span_getters"] == "spacy-sciner.short_windows.v1"
    # Whatever the encoder's tokenizer says: many of sentence encoders say 128.
    assert spans["max_bytes"] <= model["tokenizer_config"]["model_max_length"] - 2
