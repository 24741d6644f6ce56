"""Few-shot subsets of gold: sentences with k to 2k mentions of every type. Pure.

SOURCE: NuNER, arXiv 2402.15343, section 4; the greedy choice is Few-NERD's (arXiv 2105.07464).
"""

from collections import Counter
from typing import Dict, Iterable, List, NamedTuple, Sequence, Set

import numpy as np
from spacy.pipeline import Sentencizer
from spacy.tokens import Doc

from ..errors import Errors, ScinerError

ATTEMPTS = 10  # at a choice in which every type has k mentions; the fullest one is taken


class Subset(NamedTuple):
    """A choice of sentences.

    chosen (List[int]): Indices, ascending.
    counts (Dict[str, int]): Mentions of each type, in the order of the types; at most 2k.
    short (List[str]): Types with fewer than k: gold has no more, or none that fits.
    """

    chosen: List[int]
    counts: Dict[str, int]
    short: List[str]


def sentence_docs(docs: Iterable[Doc]) -> List[Doc]:
    """Each sentence as a doc, with its entities, unknown tokens and `user_data`.

    Cut by spaCy's rules of punctuation, but never inside an entity.
    """
    found = []
    for doc in docs:
        is_start = _SENTENCIZER.predict([doc])[0]
        starts = [t.i for t in doc if t.i and is_start[t.i] and t.ent_iob_ != "I"]
        for start, end in zip([0, *starts], [*starts, len(doc)]):
            if doc[start:end].text.strip():
                found.append(doc[start:end].as_doc(copy_user_data=True))
    return found


def count_types(docs: Iterable[Doc]) -> List[Counter[str]]:
    """Mentions of each type, for each doc."""
    return [Counter(ent.label_ for ent in doc.ents) for doc in docs]


def types_below(sentences: Sequence[Counter[str]], k: int) -> List[str]:
    """Types of which all sentences together have fewer than k mentions."""
    total = _total(sentences)
    return [name for name in sorted(total) if total[name] < k]


def choose_few(sentences: Sequence[Counter[str]], *, k: int, seed: int) -> Subset:
    """Choose sentences until every type has k mentions, none of them more than 2k.

    The rarest type comes first; sentences are tried in a random order, and one that would bring any
    type above 2k is left out. A sentence without mentions is never chosen.

    sentences (Sequence[Counter[str]]): Mentions of each type in each, as `count_types` gives them.
    k (int): Shots, 1 or more.
    RAISES (ScinerError): SCINER-E528 for a lower k.
    """
    if k < 1:
        raise ScinerError(Errors.E528.format(value=k, reason="a k is 1 or more"))
    total = _total(sentences)
    types = sorted(total, key=lambda name: (total[name], name))
    best = _choose(sentences, types, k, np.random.default_rng((seed, k, 0)))
    for attempt in range(1, ATTEMPTS):
        if _missing(best, total, k) == 0:
            break
        other = _choose(sentences, types, k, np.random.default_rng((seed, k, attempt)))
        best = min(best, other, key=lambda subset: _missing(subset, total, k))
    return best


def _total(sentences: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for sentence in sentences:
        total.update(sentence)
    return total


def _choose(
    sentences: Sequence[Counter[str]], types: Sequence[str], k: int, rng: np.random.Generator
) -> Subset:
    order = rng.permutation(len(sentences)).tolist()
    chosen: Set[int] = set()
    counts: Counter[str] = Counter()
    for name in types:
        for i in order:
            if counts[name] >= k:
                break
            own = sentences[i]
            fits = all(counts[other] + n <= 2 * k for other, n in own.items())
            if own[name] and i not in chosen and fits:
                chosen.add(i)
                counts.update(own)
    in_order = {name: counts[name] for name in sorted(types)}
    return Subset(sorted(chosen), in_order, [name for name, n in in_order.items() if n < k])


def _missing(subset: Subset, total: Counter[str], k: int) -> int:
    """Mentions that gold has and the subset needs."""
    return sum(min(k, total[name]) - subset.counts[name] for name in subset.short)


_SENTENCIZER = Sentencizer()
