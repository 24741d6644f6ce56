"""Runs of words that come back often enough, with what is counted of each: arrays, not strings.

A text of 3 million words is one array of word numbers, in which BREAK stands at marks and between
sentences. The runs of n words are found from those of n - 1: one that is rare has no frequent
continuation.
"""

from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np

from .sentences import Sentence
from .words import HYPHENS, Key, fold, is_word, may_be_edge

BREAK = -1
Array = Any


class Text(NamedTuple):
    """The sentences one after the other, a BREAK behind each."""

    words: Array  # int32 (n_places,), BREAK at marks; hyphens are words
    marks: Array  # uint8 (n_places,), which mark or capital stands there: see MARKS
    paragraphs: Array  # int32 (n_places,)
    names: List[str]  # of word numbers


MARKS = {"quote": 1, "bracket": 2, "hyphen": 4, "capital": 8}
_OF_CHARACTERS = {
    **dict.fromkeys("\"'‘’“”`´", MARKS["quote"]),
    **dict.fromkeys("()[]", MARKS["bracket"]),
    **dict.fromkeys(HYPHENS, MARKS["hyphen"]),
    "``": MARKS["quote"],
    "''": MARKS["quote"],
}


@dataclass(frozen=True)
class Level:
    """The frequent runs of n tokens, numbered.

    at (Array): int32 (n_places,), number of the run that begins at a place, else BREAK.
    counts (Array): int64 (n_runs,).
    first (Array): int64 (n_runs,), a place of each.
    """

    n: int
    at: Array
    counts: Array
    first: Array


def read_text(sentences: Iterable[Sentence]) -> Text:
    """Number the words of sentences."""
    numbers: Dict[str, int] = {}
    kinds: Dict[str, Tuple[int, int]] = {}  # by the word as it stands
    words: List[int] = []
    marks: List[int] = []
    paragraphs: List[int] = []
    paragraph, doc = -1, None
    for sentence in sentences:
        if sentence.doc is not doc:
            paragraph, doc = paragraph + 1, sentence.doc
        for token in sentence.doc[sentence.start : sentence.end]:
            text = token.text
            if text not in kinds:
                kinds[text] = _kind_of(text, numbers)
            number, mark = kinds[text]
            words.append(number)
            marks.append(mark)
        words.append(BREAK)
        marks.append(0)
        paragraphs += [paragraph] * (len(words) - len(paragraphs))
    return Text(
        np.asarray(words, dtype=np.int32),
        np.asarray(marks, dtype=np.uint8),
        np.asarray(paragraphs, dtype=np.int32),
        list(numbers),
    )


def _kind_of(text: str, numbers: Dict[str, int]) -> Tuple[int, int]:
    mark = _OF_CHARACTERS.get(text, MARKS["capital"] if text[0].isupper() else 0)
    if not is_word(text) and text not in HYPHENS:
        return BREAK, mark
    return numbers.setdefault(fold(text), len(numbers)), mark


def count_runs(text: Text, *, min_count: int, max_words: int) -> List[Level]:
    """The frequent runs of 1, 2, … tokens, up to `max_words` words with a hyphen between any two.

    RETURNS (List[Level]): Level n - 1 has the runs of n tokens; the last may have none.
    """
    is_hyphen = np.asarray([name in HYPHENS for name in text.names], dtype=bool)
    at = text.words
    n_words = np.where(at >= 0, ~is_hyphen[at], 0) if len(text.names) else at
    sums = np.concatenate([[0], np.cumsum(n_words)])
    levels: List[Level] = []
    single = at
    for n in range(1, 2 * max_words):
        if n > 1:
            at = _joined(levels[-1].at, single, n - 1)
        too_long = sums[n:] - sums[:-n] > max_words
        at[: len(too_long)][too_long] = BREAK
        levels.append(_frequent(n, at, min_count))
        at = levels[-1].at
        if n == 1:
            single = at
        if not len(levels[-1].counts):
            break
    return levels


def _joined(runs: Array, single: Array, offset: int) -> Array:
    """Pairs of a run and the word behind it as one number each, BREAK where either is rare."""
    pairs = np.full(len(runs), BREAK, dtype=np.int64)
    size = int(single.max(initial=0)) + 1
    head, tail = runs[: len(runs) - offset], single[offset:]
    both = (head >= 0) & (tail >= 0)
    pairs[: len(both)][both] = head[both].astype(np.int64) * size + tail[both]
    return pairs


def _frequent(n: int, values: Array, min_count: int) -> Level:
    """Number the values that come back often, in their own order."""
    places = np.flatnonzero(values >= 0)
    _, first, inverse, counts = np.unique(
        values[places], return_index=True, return_inverse=True, return_counts=True
    )
    kept = counts >= min_count
    new = np.where(kept, np.cumsum(kept) - 1, BREAK)
    at = np.full(len(values), BREAK, dtype=np.int32)
    at[places] = new[inverse]
    return Level(n, at, counts[kept], places[first[kept]])


class Ngrams(NamedTuple):
    """The runs of a level that may be phrases: they begin and end with words that say something."""

    level: Level
    numbers: Array  # int64 (n_ngrams,), of runs
    keys: List[Key]


def phrases_of(text: Text, level: Level) -> Ngrams:
    """The runs that may be phrases, with their words."""
    good = np.asarray([may_be_edge(name) for name in text.names], dtype=bool)
    long_enough = np.asarray([len(name) > 1 for name in text.names], dtype=bool)
    first = level.first
    if not len(first):
        return Ngrams(level, first, [])
    kept = good[text.words[first]] & good[text.words[first + level.n - 1]]
    if level.n == 1:
        kept &= long_enough[text.words[first]]
    numbers = np.flatnonzero(kept)
    rows = text.words[first[numbers][:, None] + np.arange(level.n)]
    return Ngrams(level, numbers, [tuple(text.names[i] for i in row) for row in rows])


def all_phrases(text: Text, levels: Sequence[Level]) -> List[Ngrams]:
    return [phrases_of(text, level) for level in levels if len(level.counts)]
