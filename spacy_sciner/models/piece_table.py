"""Word-pieces and shape of every distinct token seen, looked up by whole arrays of tokens."""

import os
import threading
from typing import Dict, List, NamedTuple, Sequence

import numpy as np
from spacy.tokens import Doc

from ..content import visible
from ..types import Ints1d
from .shapes import word_shape
from .wordpieces import WordPieces

MAX_TOKENS = 200_000  # distinct tokens remembered; a few dozen MB
# Of all tables: a component has to stay one that can be pickled.
_lock = threading.Lock()

if hasattr(os, "register_at_fork"):  # no fork while a table is being added to
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


class Pieces(NamedTuple):
    """The pieces of some documents, one after the other."""

    ids: Ints1d  # (n_pieces,)
    shapes: Ints1d  # (n_pieces,): the shape of each piece's token
    counts: Ints1d  # (n_tokens,): pieces of each token, 0 if it has no content


class PieceTable:
    """Each distinct token is tokenised once; after that a document costs array look-ups. Threads
    may share it.

    wordpieces (WordPieces): A token's pieces depend on the token alone.
    """

    def __init__(self, wordpieces: WordPieces):
        self.wordpieces = wordpieces
        self._row_of: Dict[int, int] = {}  # by the hash of the token's text
        empty: Ints1d = np.zeros(0, dtype=np.int64)
        self._starts = self._counts = self._shapes = self._ids = empty

    def __call__(self, docs: Sequence[Doc]) -> Pieces:
        orths = [np.atleast_1d(doc.to_array("ORTH")) for doc in docs if len(doc)]
        if not orths:
            empty = np.zeros(0, dtype=np.int64)
            return Pieces(empty, empty, empty)
        distinct, where = np.unique(np.concatenate(orths), return_inverse=True)
        with _lock:
            rows = self._rows(distinct.tolist(), docs)[where]
            counts = self._counts[rows]
            ends = np.cumsum(counts)
            shift = self._starts[rows] - (ends - counts)
            ids = self._ids[np.repeat(shift, counts) + np.arange(ends[-1], dtype=np.int64)]
            return Pieces(ids, np.repeat(self._shapes[rows], counts), counts)

    def _rows(self, orths: List[int], docs: Sequence[Doc]) -> Ints1d:
        """Rows of distinct tokens, given by their hashes; new ones are added."""
        new = [orth for orth in orths if orth not in self._row_of]
        if len(self._row_of) + len(new) > MAX_TOKENS and self._row_of:
            self._row_of = {}
            self._starts = self._counts = self._shapes = self._ids = np.zeros(0, dtype=np.int64)
            new = orths
        if new:
            strings = docs[0].vocab.strings
            words = [strings[orth] for orth in new]
            pieces = self.wordpieces(words)
            counts = np.array([len(ids) for ids in pieces], dtype=np.int64)
            first, n_known = len(self._ids), len(self._row_of)
            shapes = np.array([word_shape(visible(word)) for word in words], dtype=np.int64)
            flat = np.array([i for ids in pieces for i in ids], dtype=np.int64)
            starts = first + np.cumsum(counts) - counts
            # Rows are found last, and what an exception left behind them is cut off.
            self._starts = np.append(self._starts[:n_known], starts)
            self._counts = np.append(self._counts[:n_known], counts)
            self._shapes = np.append(self._shapes[:n_known], shapes)
            self._ids = np.append(self._ids, flat)
            self._row_of.update(zip(new, range(n_known, n_known + len(new))))
        row_of = self._row_of
        return np.array([row_of[orth] for orth in orths], dtype=np.int64)
