"""Training batches of documents of similar length, within a budget of padded words."""

import random
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from spacy.training import Example

from ..loading import load
from .encoders import open_encoder
from .piece_table import PieceTable
from .shim import get_shim
from .transformer_tagger import TAGGER
from .windows import padded_length
from .wordpieces import WordPieces

Lengths = Callable[[Sequence[Example]], Tuple[List[int], float]]


def make_length_batcher(
    size: int, *, buffer: int = 4096, seed: int = 0, encoder: Optional[str] = None
) -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    """Sort a buffer by length, cut it into batches, and give these in random order.

    size (int): Words in a batch once every document is padded to the longest.
    buffer (int): Documents sorted at a time; memory is bounded by it.
    seed (int): Of the order of batches; every epoch has its own order.
    encoder (str): As the TransformerTagger's `name`, or the directory of a pipeline trained with
        one: lengths are counted in its word-pieces and rounded up as the tagger pads them, for
        less padding and fewer shapes. The budget is then what `size` words have on average.
        None, or a pipeline without a TransformerTagger, counts words.
    RETURNS (Callable): Examples → batches. A document longer than `size` is a batch of its own.
    RAISES (ScinerError): SCINER-E304 without the encoder, once batches are asked for.
    """
    rng = random.Random(seed)
    lengths = _words if encoder is None else _PieceLengths(encoder)

    def batch_by_length(examples: Iterable[Example]) -> Iterator[List[Example]]:
        held: List[Example] = []
        for example in examples:
            held.append(example)
            if len(held) == buffer:
                yield from _shuffled_batches(held, size, lengths, rng)
                held = []
        yield from _shuffled_batches(held, size, lengths, rng)

    return batch_by_length


def _words(examples: Sequence[Example]) -> Tuple[List[int], float]:
    return [len(eg.predicted) for eg in examples], 1.0


class _PieceLengths:
    """Padded word-pieces of each document, and the mean pieces of a word. The tokenizer is read on
    first use: a config is resolved more often than it trains."""

    def __init__(self, encoder: str):
        self.encoder = encoder
        self.is_read = False
        self.table: Optional[PieceTable] = None

    def __call__(self, examples: Sequence[Example]) -> Tuple[List[int], float]:
        if not self.is_read:
            wordpieces = _read_wordpieces(self.encoder)
            self.table = PieceTable(wordpieces) if wordpieces else None
            self.is_read = True
        if self.table is None:
            return _words(examples)
        special = self.table.wordpieces.special
        n_around = len(special["prefix"]) + len(special["suffix"])
        n_words = np.array([len(eg.predicted) for eg in examples], dtype=np.int64)
        counts = self.table([eg.predicted for eg in examples]).counts
        upto = np.concatenate([[0], np.cumsum(counts)])
        ends = np.cumsum(n_words)
        n_pieces = upto[ends] - upto[ends - n_words] + n_around
        per_word = float(n_pieces.sum() / max(1, n_words.sum()))
        return [padded_length(int(n)) for n in n_pieces], per_word


def _read_wordpieces(encoder: str) -> Optional[WordPieces]:
    """An encoder's, or those of a pipeline's first TransformerTagger, None if it has no such."""
    if not (Path(encoder) / "meta.json").is_file():
        with open_encoder(encoder) as path:
            return WordPieces.from_pretrained(str(path))
    pipes: List[Any] = [pipe for _, pipe in load(encoder).pipeline]
    for pipe in pipes:
        for node in pipe.model.walk() if hasattr(pipe, "model") else []:
            if node.name == TAGGER:
                return WordPieces.from_dict(get_shim(node).data["wordpieces"])
    return None


def _shuffled_batches(
    examples: List[Example], size: int, lengths: Lengths, rng: random.Random
) -> Iterator[List[Example]]:
    length_of, per_word = lengths(examples)
    batches: List[List[Example]] = []
    longest = 0
    for example_i in sorted(range(len(examples)), key=length_of.__getitem__):
        longest = max(longest, length_of[example_i])
        if not batches or longest * (len(batches[-1]) + 1) > size * per_word:
            batches.append([])
            longest = length_of[example_i]
        batches[-1].append(examples[example_i])
    rng.shuffle(batches)
    yield from batches
