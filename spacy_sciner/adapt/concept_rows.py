"""Texts with freely named concepts, as rows of word-pieces; and which concepts a batch is asked."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ..corpus.concepts import ConceptData, ConceptText
from ..models.windows import padded_length
from .rows import Row, Vocabulary, cut_rows, pad_rows

SAMPLED = 64  # negatives for a batch beside its own concepts
POWER = 0.75  # of a concept's frequency: how often it is sampled
CONCEPTS_STEP = 16  # concepts of a batch are a multiple of it: few shapes keep memory flat
MAX_PIECES = 30  # of a concept with its description, in training


class ConceptRow(NamedTuple):
    row: Row
    mentions: List[Tuple[int, int, int]]  # words [start, end) of the row, concept's number


class ConceptRows(NamedTuple):
    rows: List[ConceptRow]
    names: List[str]  # concepts by their number
    frequency: np.ndarray  # (n_concepts,): rows that have it, to the power of POWER, normalised


def make_rows(
    data: ConceptData, tokenizer: Any, vocabulary: Vocabulary, window: int
) -> ConceptRows:
    """Every text that has a mention, tokenised and cut.

    tokenizer (Tokenizer): spaCy's.
    """
    names = sorted({name for text in data.texts for _, _, name in text.mentions})
    number = {name: i for i, name in enumerate(names)}
    docs = [tokenizer(text.text) for text in data.texts]
    found = []
    for row in cut_rows(docs, vocabulary, window=window):
        mentions = _in_row(row, docs[row.doc], data.texts[row.doc], number)
        if mentions:
            found.append(ConceptRow(row, mentions))
    counts = np.zeros(len(names))
    for one in found:
        counts[sorted({concept for _, _, concept in one.mentions})] += 1
    frequency = counts**POWER
    return ConceptRows(found, names, frequency / max(frequency.sum(), 1e-9))


def _in_row(
    row: Row, doc: Doc, text: ConceptText, number: Dict[str, int]
) -> List[Tuple[int, int, int]]:
    """Mentions that lie in a row as a whole, as words of it."""
    place = {int(token): word for word, token in enumerate(row.tokens)}
    found = []
    for start, end, name in text.mentions:
        span = doc.char_span(start, end, alignment_mode="expand")
        if span is None or span.start not in place or span.end - 1 not in place:
            continue
        found.append((place[span.start], place[span.end - 1] + 1, number[name]))
    return found


def concept_text(name: str, description: str, rng: np.random.Generator) -> str:
    """A concept's words; in half of the cases with its description, if it has one."""
    return f"{name}: {description}" if description and rng.random() < 0.5 else name


def choose_concepts(
    rows: Sequence[ConceptRow], frequency: np.ndarray, rng: np.random.Generator
) -> List[int]:
    """The rows' own concepts, and others as negatives, drawn by frequency; each once."""
    own = sorted({concept for row in rows for _, _, concept in row.mentions})
    wanted = len(own) + SAMPLED
    wanted += -wanted % CONCEPTS_STEP
    others = np.setdiff1d(np.flatnonzero(frequency), own)
    n = min(len(others), wanted - len(own))
    if not n:
        return own
    chance = frequency[others] / frequency[others].sum()
    return [*own, *rng.choice(others, n, replace=False, p=chance).tolist()]


def encode_concepts(
    texts: Sequence[str], vocabulary: Vocabulary, *, at_most: int = MAX_PIECES
) -> Tuple[np.ndarray, np.ndarray]:
    """Word-pieces of concepts, cut at `at_most` and padded.

    RETURNS (Tuple[np.ndarray, np.ndarray]): Ids, shape (n, length), and lengths, (n,).
    """
    pieces = [np.array(pieces_of(text, vocabulary)[:at_most]) for text in texts]
    return pad_rows([ids.astype(np.int64) for ids in pieces], vocabulary)


def pieces_of(concept: str, vocabulary: Vocabulary) -> List[int]:
    return [i for ids in vocabulary.wordpieces(concept.split()) for i in ids]


def places_of(rows: Sequence[Row], width: int, n_before: int, step: int) -> np.ndarray:
    """The pieces of a padded batch, flattened, -1 where they are padded to a multiple of `step`."""
    flat = [np.arange(len(row.ids)) + n_before + i * width for i, row in enumerate(rows)]
    places = np.concatenate(flat)
    return np.pad(places, (0, -len(places) % step), constant_values=-1)


def padded_width(rows: Sequence[Row], vocabulary: Vocabulary) -> int:
    return padded_length(max(len(row.ids) for row in rows) + vocabulary.n_around)
