"""Windows: every token in one that owns it, none too long."""

from typing import List, Tuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_sciner.models.windows import Window, cut_windows


@st.composite
def cases(draw: st.DrawFn) -> Tuple[List[int], int, int]:
    """Pieces of each token, window size, overlap: all that callers may give."""
    size = draw(st.integers(1, 24))
    pieces = draw(st.lists(st.integers(1, size), min_size=1, max_size=60))
    return pieces, size, draw(st.integers(0, 30))


@given(cases())
def test_every_token_is_owned_exactly_once(case):
    pieces, size, overlap = case
    windows = cut_windows(np.array(pieces), size=size, overlap=overlap)
    owned = [i for w in windows for i in range(w.own_start, w.own_end)]
    assert owned == list(range(len(pieces)))


@given(cases())
def test_no_window_is_longer_than_size_and_each_holds_what_it_owns(case):
    pieces, size, overlap = case
    for window in cut_windows(np.array(pieces), size=size, overlap=overlap):
        assert sum(pieces[window.start : window.end]) <= size
        assert window.start <= window.own_start < window.own_end <= window.end


@given(st.integers(1, 200), st.integers(4, 30), st.integers(0, 15))
def test_each_token_is_owned_where_it_is_most_central(n_tokens, size, overlap):
    windows = cut_windows(np.ones(n_tokens, dtype=np.int64), size=size, overlap=overlap)
    for token in range(n_tokens):
        # Distance to the nearer edge of each window that holds the token.
        central = {
            w: min(token - w.start, w.end - 1 - token) for w in windows if w.start <= token < w.end
        }
        owner = next(w for w in windows if w.own_start <= token < w.own_end)
        assert central[owner] == max(central.values())


@given(st.integers(1, 300), st.integers(4, 30))
def test_neighbours_share_about_the_overlap(n_tokens, size):
    overlap = size // 2
    windows = cut_windows(np.ones(n_tokens, dtype=np.int64), size=size, overlap=overlap)
    assert all(a.end - b.start == overlap for a, b in zip(windows, windows[1:]))


def test_what_fits_stays_whole():
    assert cut_windows(np.array([2, 3, 3]), size=8, overlap=2) == [Window(0, 3, 0, 3)]


def test_overlap_zero_cuts_into_disjoint_windows():
    windows = cut_windows(np.ones(20, dtype=np.int64), size=8, overlap=0)
    assert all(w.start == w.own_start and w.end == w.own_end for w in windows)


def test_windows_are_of_about_equal_length():
    """260 pieces in windows of 256 are not one of 256 and a rest."""
    windows = cut_windows(np.ones(260, dtype=np.int64), size=256, overlap=64)
    lengths = [w.end - w.start for w in windows]
    assert len(windows) == 2
    assert max(lengths) - min(lengths) <= 2


@pytest.mark.parametrize("overlap", [0, 1, 8, 100])
def test_tokens_as_long_as_the_window(overlap):
    windows = cut_windows(np.full(5, 8), size=8, overlap=overlap)
    assert [(w.own_start, w.own_end) for w in windows] == [(i, i + 1) for i in range(5)]
