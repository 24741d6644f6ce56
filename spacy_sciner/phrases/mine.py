"""Phrases of a pool: frequent n-grams, judged by a forest that knows some of them."""

from dataclasses import dataclass
from typing import Any, Collection, Dict, List, Sequence

import numpy as np

from ..errors import Errors, ScinerError
from .cvalue import c_values
from .features import all_features
from .forest import phrase_scores
from .mining import all_phrases, count_runs, read_text
from .sentences import Sentence
from .words import Key

# More than half of the trees: each has seen as many known phrases as others, so that above it a
# run is nearer to the known ones. Single words need more, as in AutoPhrase: that they stand
# together says nothing of them, and a wrong one is found everywhere.
THRESHOLD, WORD_THRESHOLD = 0.5, 0.8
LEAST_KNOWN = 5
MIN_COUNT = 10


@dataclass(frozen=True)
class Mined:
    """The frequent n-grams of a pool, all in one order.

    scores (Array): Share of the forest's trees, float (n_ngrams,).
    baseline (Array): C-value, float (n_ngrams,).
    counts (Array): int (n_ngrams,).
    is_known (Array): Which the forest was told of, bool (n_ngrams,).
    """

    keys: List[Key]
    scores: Any
    baseline: Any
    counts: Any
    is_known: Any

    def kept(self) -> Dict[Key, float]:
        """The phrases, with their scores."""
        found = zip(self.keys, self.scores.tolist(), strict=True)
        least = (WORD_THRESHOLD, THRESHOLD)
        return {key: score for key, score in found if score > least[len(key) > 1]}

    def ranked(self, values: Any) -> List[Key]:
        """The keys by these values, then by count, then by their words."""
        order = sorted(
            range(len(self.keys)), key=lambda i: (-values[i], -self.counts[i], self.keys[i])
        )
        return [self.keys[i] for i in order]


def mine_phrases(
    sentences: Sequence[Sentence],
    *,
    known: Collection[Key],
    seed: int,
    min_count: int,
    max_words: int,
) -> Mined:
    """Find frequent n-grams and judge them.

    known (Collection[Key]): Phrases that are known to be some, frequent or not.
    min_count (int): Places that an n-gram is found at; 1 or more.
    max_words (int): Words of an n-gram, hyphens aside; 1 or more.
    RAISES (ScinerError): SCINER-E342 if there is too little to learn from.
    """
    text = read_text(sentences)
    levels = count_runs(text, min_count=min_count, max_words=max_words)
    ngrams = all_phrases(text, levels)
    keys = [key for some in ngrams for key in some.keys]
    is_known = np.asarray([key in known for key in keys], dtype=bool)
    n_known = int(is_known.sum())
    if min(n_known, len(keys) - n_known) < LEAST_KNOWN:
        raise ScinerError(
            Errors.E342.format(n=n_known, total=len(keys), count=min_count, least=LEAST_KNOWN)
        )
    scores = phrase_scores(all_features(text, levels, ngrams), is_known, seed=seed)
    counts = np.concatenate([some.level.counts[some.numbers] for some in ngrams])
    return Mined(keys, scores, c_values(levels, ngrams), counts, is_known)


def min_count_of(n_words: int) -> int:
    """MIN_COUNT, and less for pools of few words, in which little is found ten times."""
    return max(2, min(MIN_COUNT, n_words // 3000))


def precision_at(n: int, ranking: Sequence[Key], right: Collection[Key]) -> float:
    """Share of a ranking's first n that are right; of all if there are fewer."""
    first = ranking[:n]
    return sum(key in right for key in first) / max(1, len(first))
