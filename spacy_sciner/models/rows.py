"""Documents → windows → padded batches: what the TransformerTagger shows its encoder."""

from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import Model

from ..errors import Errors, ScinerError
from ..types import Ints1d
from .piece_table import PieceTable
from .shim import get_shim
from .windows import cut_windows, padded_length
from .wordpieces import WordPieces


class Row(NamedTuple):
    """One window of one document, ready for the encoder."""

    ids: Ints1d  # pieces without the special tokens
    shapes: Ints1d  # each piece's word's shape
    piece_start: int  # where the owned pieces begin among all documents' pieces …
    piece_end: int  # … and end
    offset: int  # where they begin in `ids`


def to_rows(model: Model, docs: Sequence[Doc]) -> Tuple[Ints1d, List[Row]]:
    """Number of word-pieces of each token of all documents, and all windows of all documents.

    Windows are over the tokens with content alone."""
    shim = get_shim(model)
    if "pieces" not in shim.runtime:
        if not shim.data:
            raise ScinerError(Errors.E301)
        shim.runtime["pieces"] = PieceTable(WordPieces.from_dict(shim.data["wordpieces"]))
    pieces = shim.runtime["pieces"](docs)
    begins = np.cumsum(pieces.counts) - pieces.counts
    ends = begins + pieces.counts
    rows: List[Row] = []
    first = 0
    for doc in docs:
        last = first + len(doc)
        words = first + np.flatnonzero(pieces.counts[first:last])
        first = last
        if not len(words):
            continue
        for window in cut_windows(
            pieces.counts[words], size=model.attrs["window"], overlap=model.attrs["overlap"]
        ):
            inside = slice(int(begins[words[window.start]]), int(ends[words[window.end - 1]]))
            own_start = int(begins[words[window.own_start]])
            own_end = int(ends[words[window.own_end - 1]])
            ids, shapes = pieces.ids[inside], pieces.shapes[inside]
            rows.append(Row(ids, shapes, own_start, own_end, own_start - inside.start))
    return pieces.counts, rows


def batch_rows(rows: Sequence[Row], batch_pieces: int, n_around: int) -> Iterator[List[Row]]:
    """Rows of similar length together, each batch within the budget once it is padded.

    n_around (int): Special tokens that every row gets.
    """
    ordered = sorted(rows, key=lambda row: -len(row.ids))
    first = 0
    while first < len(ordered):
        longest = padded_length(len(ordered[first].ids) + n_around)
        n_rows = max(1, batch_pieces // longest)
        yield ordered[first : first + n_rows]
        first += n_rows


def pad(
    batch: Sequence[Row], special: Dict[str, Any]
) -> Tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The rows with the special tokens around them, padded."""
    prefix, suffix = special["prefix"], special["suffix"]
    n_before, n_around = len(prefix), len(prefix) + len(suffix)
    lengths = [len(row.ids) + n_around for row in batch]
    ids = np.full((len(batch), padded_length(max(lengths))), special["pad"], dtype=np.int64)
    shapes = np.zeros_like(ids)
    ids[:, :n_before] = prefix
    for row_i, row in enumerate(batch):
        end = n_before + len(row.ids)
        ids[row_i, n_before:end] = row.ids
        ids[row_i, end : end + len(suffix)] = suffix
        shapes[row_i, n_before:end] = row.shapes
    return torch.from_numpy(ids), torch.from_numpy(shapes), torch.tensor(lengths)


def owned(batch: Sequence[Row], n_before: int) -> Iterator[Tuple[Tuple[int, slice], slice]]:
    """Where each row's own pieces are: in the batch's output, and among all documents' pieces.

    n_before (int): Special tokens before each row's own.
    """
    for row_i, row in enumerate(batch):
        first = n_before + row.offset
        inside = slice(first, first + row.piece_end - row.piece_start)
        yield (row_i, inside), slice(row.piece_start, row.piece_end)
