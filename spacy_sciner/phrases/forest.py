"""A random forest that learns phrases from a few that are known, and from labels that may be wrong.

Known phrases are right; of the others most are none, but some are, which nobody has labelled. So
each tree sees a few of both, as many of one as of the other: a wrong label is in few trees, and
the share of trees that says "phrase" hardly feels it.

SOURCE: Shang et al., Automated Phrase Mining from Massive Text Corpora, TKDE 2018, section 4.1.
"""

from typing import Any

import numpy as np

from ..files import progress

N_TREES = 200  # a share then has steps of half a percent
SAMPLE = 100  # at most, of each class in a tree's sample; as in AutoPhrase
Array = Any


def phrase_scores(
    features: Array, is_known: Array, *, seed: int, n_trees: int = N_TREES, sample: int = SAMPLE
) -> Array:
    """The share of the trees that say "phrase" of each; a tree does not judge what it has seen.

    features (Array): float32 (n_ngrams, n_features).
    is_known (Array): bool (n_ngrams,), both kinds at least once.
    RETURNS (Array): float (n_ngrams,).
    """
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(seed)
    known, others = np.flatnonzero(is_known), np.flatnonzero(~is_known)
    size = min(sample, len(known), len(others))  # so that a third is not in it
    votes, judges = np.zeros(len(features)), np.zeros(len(features))
    for _ in progress(range(n_trees), description="forest", total=n_trees):
        drawn = [rng.choice(some, size) for some in (known, others)]
        rows = np.concatenate(drawn)
        tree = DecisionTreeClassifier(max_features="sqrt", random_state=int(rng.integers(2**31)))
        tree.fit(features[rows], is_known[rows])
        vote = tree.predict(features).astype(float)
        judge = np.ones(len(features))
        judge[rows] = 0.0
        votes += vote * judge
        judges += judge
    return votes / np.maximum(1.0, judges)
