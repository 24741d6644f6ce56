"""Text as an encoder takes it: rows of word-pieces that know where their words begin."""

from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ..corpus.text import fraction
from ..files import read_json
from ..models.piece_table import PieceTable
from ..models.windows import check_window, cut_windows, padded_length
from ..models.wordpieces import WordPieces, load_tokenizer
from ..settings.adapt import Adapt
from ..types import Ints1d

PART_PIECES = 1024  # of a batch that go through an encoder at once on a CPU


class Row(NamedTuple):
    """Part of a paragraph."""

    ids: Ints1d  # (n_pieces,), without the special tokens
    words: Ints1d  # (n_words + 1,): where each word begins in `ids`, and the end
    tokens: Ints1d  # (n_words,): each word's token in its document
    doc: int  # which document
    spans: Tuple[Tuple[int, int], ...] = ()  # words [start, end) that a method marked


class Vocabulary:
    """An encoder's word-pieces, and what masking needs of them.

    folder (Path): An encoder in Hugging Face's format.
    """

    def __init__(self, folder: Path):
        tokenizer = load_tokenizer(folder)
        self.mask = tokenizer.mask_token_id  # None: no method that masks may run
        special = set(tokenizer.all_special_ids)
        self.ordinary = np.array([i for i in range(len(tokenizer)) if i not in special])
        self.wordpieces = WordPieces.from_pretrained(str(folder))
        self.prefix: List[int] = self.wordpieces.special["prefix"]
        self.suffix: List[int] = self.wordpieces.special["suffix"]
        self.pad: int = self.wordpieces.special["pad"]
        pieces = {"special": self.wordpieces.special}
        self.data = {"encoder": read_json(folder / "config.json"), "wordpieces": pieces}

    @property
    def n_around(self) -> int:
        return len(self.prefix) + len(self.suffix)

    def check_window(self, window: int) -> None:
        """RAISES (ScinerError): SCINER-E309 for one that the encoder has no positions for."""
        name = "adapt.window, without special tokens,"
        check_window(window - self.n_around, self.data, name=name)


def cut_rows(docs: Sequence[Doc], vocabulary: Vocabulary, *, window: int) -> List[Row]:
    """Every word of every document once, in rows of at most `window` pieces, specials counted.

    Words that the encoder has no pieces for are left out.
    RAISES (ScinerError): SCINER-E309 for a window that the encoder has no positions for.
    """
    vocabulary.check_window(window)
    table = PieceTable(vocabulary.wordpieces)
    size = window - vocabulary.n_around
    rows: List[Row] = []
    for doc_i, doc in enumerate(docs):
        pieces = table([doc])
        tokens = np.flatnonzero(pieces.counts)
        if not len(tokens):
            continue
        counts = pieces.counts[tokens]
        begins = np.concatenate([[0], np.cumsum(counts)])
        for part in cut_windows(counts, size=size, overlap=0):
            first, last = int(begins[part.start]), int(begins[part.end])
            rows.append(
                Row(
                    pieces.ids[first:last].astype(np.int32),
                    (begins[part.start : part.end + 1] - first).astype(np.int32),
                    tokens[part.start : part.end].astype(np.int32),
                    doc_i,
                )
            )
    return rows


def hold_out(papers: Sequence[str], share: float) -> List[bool]:
    """Which documents, each by its paper's name, are kept aside to measure on: a share of the
    papers by their names' hash, so that other text added or removed changes nothing. One paper is
    left to learn from, and one is kept aside if there are two."""
    if not share or not papers:
        return [False] * len(papers)
    drawn = [fraction("held out", paper) for paper in papers]
    limit, max_drawn = max(share, min(drawn)), max(drawn)  # one paper at least
    return [one <= limit and one < max_drawn for one in drawn]


def batch_size(settings: Adapt, usual: int = 4096) -> int:
    """Word-pieces in a batch: as the settings say, or as is usual for a method."""
    asked = settings.batch_pieces
    return asked if isinstance(asked, int) else usual


def batch_rows(
    lengths: Sequence[int], *, batch_pieces: int, rng: np.random.Generator
) -> List[List[int]]:
    """Indices of rows, in batches of similar length and random order, each within the budget.

    lengths (Sequence[int]): Pieces of each row, special tokens counted.
    batch_pieces (int): Word-pieces in a batch, padding counted.
    """
    padded = np.array([padded_length(length) for length in lengths])
    order = rng.permutation(len(padded))
    order = order[np.argsort(padded[order], kind="stable")]
    batches = list(_cut(order, padded, batch_pieces))
    return [batches[i] for i in rng.permutation(len(batches))]


def _cut(order: Ints1d, padded: Ints1d, batch_pieces: int) -> Iterator[List[int]]:
    batch: List[int] = []
    for row_i in order.tolist():
        if batch and int(padded[row_i]) * (len(batch) + 1) > batch_pieces:
            yield batch
            batch = []
        batch.append(row_i)
    if batch:
        yield batch


def cut_batch(batch: List[int], length: int, *, device: str) -> List[List[int]]:
    """A batch in parts that go through the encoder one at a time: a step's memory is theirs, and
    its gradient is the same.

    length (int): Word-pieces of its longest row, special tokens counted.
    device (str): Only "cpu" has parts. They cost an eighth more time there, and save a third of the
        memory.
    """
    n_rows = max(1, PART_PIECES // padded_length(length)) if device == "cpu" else len(batch)
    return [batch[i : i + n_rows] for i in range(0, len(batch), n_rows)]


def pad_rows(rows: Sequence[Ints1d], vocabulary: Vocabulary) -> Tuple[np.ndarray, np.ndarray]:
    """Rows of pieces with the special tokens around them, padded.

    RETURNS (Tuple[np.ndarray, np.ndarray]): Ids, int64, shape (n, length), and lengths, (n,).
    """
    prefix, suffix = vocabulary.prefix, vocabulary.suffix
    lengths = np.array([len(ids) + vocabulary.n_around for ids in rows], dtype=np.int64)
    shape = (len(rows), padded_length(int(np.max(lengths))))
    padded = np.full(shape, vocabulary.pad, dtype=np.int64)
    padded[:, : len(prefix)] = prefix
    for row_i, ids in enumerate(rows):
        end = len(prefix) + len(ids)
        padded[row_i, len(prefix) : end] = ids
        padded[row_i, end : end + len(suffix)] = suffix
    return padded, lengths
