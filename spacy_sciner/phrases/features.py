"""What tells a phrase from words that merely stand together: AutoPhrase's features.

SOURCE: Shang et al., Automated Phrase Mining from Massive Text Corpora, TKDE 2018; Liu et al.,
Mining Quality Phrases from Massive Text Corpora, SIGMOD 2015 (concordance, informativeness,
completeness).
"""

from typing import Any, Dict, List, Sequence

import numpy as np

from .mining import BREAK, MARKS, Level, Ngrams, Text
from .words import stop_words

Array = Any
NAMES = (
    "log_pmi",  # log p(v) / (p(l) p(r)) at the split where it is lowest
    "overlap",  # n / √(n_l n_r) at that split
    "weighted_pmi",  # n log_pmi
    "stop_words",  # share of its words
    "idf",  # mean over its words, by paragraph
    "quoted",  # shares of its places: in quotation marks,
    "in_brackets",  # in brackets,
    "beside_hyphen",  # with a hyphen before or behind,
    "capitals",  # with a capital at the first word
    "of_part",  # n / count of the more frequent of its two longest parts
    "in_longer",  # count of the most frequent longer run that holds it / n
)


def features_of(text: Text, levels: Sequence[Level], ngrams: Ngrams, *, idf: Array) -> Array:
    """float32 (n_ngrams, len(NAMES)); what a single word has none of is 0."""
    level, numbers = ngrams.level, ngrams.numbers
    counts = level.counts[numbers].astype(float)
    columns: Dict[str, Array] = dict(_concordance(text, levels, ngrams))
    words = text.words[level.first[numbers][:, None] + np.arange(level.n)]
    is_stop = np.asarray([name.lower() in stop_words() for name in text.names], dtype=float)
    columns["stop_words"] = is_stop[words].mean(axis=1)
    columns["idf"] = idf[words].mean(axis=1)
    for name, flags in _surroundings(text, level.n).items():
        columns[name] = _share(level, flags)[numbers]
    longest_part = _parts(levels, ngrams, level.n - 1).max(axis=1) if level.n > 1 else counts
    columns["of_part"] = counts / longest_part
    columns["in_longer"] = _most_frequent_longer(levels, level)[numbers] / counts
    return np.stack([columns[name] for name in NAMES], axis=1).astype(np.float32)


def _concordance(text: Text, levels: Sequence[Level], ngrams: Ngrams) -> Dict[str, Array]:
    level, numbers = ngrams.level, ngrams.numbers
    n_words = max(1, int((text.words >= 0).sum()))
    counts = level.counts[numbers].astype(float)
    log_pmi, overlap = np.zeros(len(counts)), np.zeros(len(counts))
    if level.n > 1:
        places = level.first[numbers]
        splits = []
        for left in range(1, level.n):
            n_left = _counts_at(levels[left - 1], places)
            n_right = _counts_at(levels[level.n - left - 1], places + left)
            splits.append(n_left * n_right)
        product = np.stack(splits).max(axis=0)  # the best split: the lowest surprise
        log_pmi = np.log(counts * n_words / product)
        overlap = counts / np.sqrt(product)
    return {"log_pmi": log_pmi, "overlap": overlap, "weighted_pmi": counts * log_pmi}


def _counts_at(level: Level, places: Array) -> Array:
    """How often the runs are found that begin at these places."""
    return level.counts[level.at[places]].astype(float)


def _parts(levels: Sequence[Level], ngrams: Ngrams, n: int) -> Array:
    """Counts of the runs of n tokens in each, (n_ngrams, n_parts)."""
    level, numbers = ngrams.level, ngrams.numbers
    places = level.first[numbers]
    offsets = range(level.n - n + 1)
    return np.stack([_counts_at(levels[n - 1], places + offset) for offset in offsets], axis=1)


def _most_frequent_longer(levels: Sequence[Level], level: Level) -> Array:
    most = np.zeros(len(level.counts))
    if level.n < len(levels):
        longer = levels[level.n]
        for offset in (0, 1):
            np.maximum.at(most, level.at[longer.first + offset], longer.counts)
    return most


def _idf(text: Text) -> Array:
    """log(paragraphs / paragraphs with the word), by word."""
    known = text.words >= 0
    n_paragraphs = int(text.paragraphs.max(initial=-1)) + 1
    pairs = text.words[known].astype(np.int64) * n_paragraphs + text.paragraphs[known]
    with_word = np.bincount(np.unique(pairs) // max(1, n_paragraphs), minlength=len(text.names))
    return np.log(n_paragraphs / np.maximum(1, with_word))


def _surroundings(text: Text, n: int) -> Dict[str, Array]:
    """For a run of n tokens at each place: whether marks stand around it. bool (n_places,)."""
    padded = np.concatenate([[0], text.marks, np.zeros(n + 1, dtype=np.uint8)])
    before, after = padded[: len(text.marks)], padded[n + 1 : n + 1 + len(text.marks)]
    both, either = before & after, before | after
    return {
        "quoted": both & MARKS["quote"] > 0,
        "in_brackets": both & MARKS["bracket"] > 0,
        "beside_hyphen": either & MARKS["hyphen"] > 0,
        "capitals": text.marks & MARKS["capital"] > 0,
    }


def _share(level: Level, flags: Array) -> Array:
    """Share of each run's places where the flag is set."""
    runs = level.at[flags & (level.at != BREAK)]
    return np.bincount(runs, minlength=len(level.counts)) / level.counts


def all_features(text: Text, levels: Sequence[Level], ngrams: List[Ngrams]) -> Array:
    """Of the n-grams of all levels, one below the other."""
    empty = np.zeros((0, len(NAMES)), dtype=np.float32)
    idf = _idf(text)
    blocks = [features_of(text, levels, some, idf=idf) for some in ngrams]
    return np.concatenate([empty, *blocks])
