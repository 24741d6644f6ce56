"""How much a person's annotation of a paragraph would teach: a score of each, the largest first.

SOURCE: Settles, Active Learning Literature Survey (2009); `disagreement` is query by committee with
the divergence of McCallum and Nigam (1998).
"""

from typing import Callable, Dict, Iterable, List, Sequence

import numpy as np

from ..corpus.text import fraction
from ..tagging import decode_all
from ..types import Floats2d

RANDOM = "random"  # what every other strategy is to be compared with
# Scores of one paragraph from the probabilities of each member, (n_words, n_tags) each; larger:
# annotate it earlier.
Strategy = Callable[[List[Floats2d]], float]


def entropy(members: List[Floats2d]) -> float:
    """Mean entropy of the tokens' tags, in nats: of the length a long paragraph has no gain."""
    return float(_entropies(members[0]).mean())


def entity_entropy(members: List[Floats2d]) -> float:
    """The same over the tokens of predicted entities alone; 0 without any."""
    (tags,) = decode_all([np.log(members[0] + 1e-12)])
    inside = _entropies(members[0])[tags > 0]
    return float(inside.mean()) if len(inside) else 0.0


def least_confident(members: List[Floats2d]) -> float:
    """1 − the probability of the weakest word of a predicted entity; 0 without any."""
    (tags,) = decode_all([np.log(members[0] + 1e-12)])
    inside = members[0][np.arange(len(tags)), tags][tags > 0]
    return float(1 - inside.min()) if len(inside) else 0.0


def disagreement(members: List[Floats2d]) -> float:
    """Mean divergence of the members (teachers, or iterations) from their mean, in nats."""
    members = [_normalised(member) for member in members]
    mean = np.mean(members, axis=0)
    divergences = [
        (member * (np.log(member + 1e-12) - np.log(mean + 1e-12))).sum(1) for member in members
    ]
    return float(np.mean(divergences))


_BY_PROBABILITY: Dict[str, Strategy] = {
    "entropy": entropy,
    "entity-entropy": entity_entropy,
    "least-confident": least_confident,
    "disagreement": disagreement,
}
STRATEGIES = (RANDOM, *_BY_PROBABILITY)


def _normalised(probabilities: Floats2d) -> Floats2d:
    """A word's, where they are the product of its pieces', sum to less than 1."""
    found: Floats2d = probabilities / probabilities.sum(axis=1, keepdims=True)
    return found


def _entropies(probabilities: Floats2d) -> np.ndarray:
    """In nats, shape (n_tokens,)."""
    probabilities = _normalised(probabilities)
    return -(probabilities * np.log(probabilities + 1e-12)).sum(1)


def score_all(
    name: str, paragraphs: Iterable[List[Floats2d]], *, texts: Sequence[str], seed: int
) -> List[float]:
    """A score for each paragraph.

    name (str): One of STRATEGIES.
    paragraphs (Iterable[List[Floats2d]]): Of each the probabilities by each member, (n_tokens,
        n_tags), 0 for what is no word; the first is the model itself. `random` reads none.
    texts (Sequence[str]): Theirs. Random is drawn by text and seed: what is left after a round is
        a random choice still, and no neighbour of what was taken.
    """
    if name == RANDOM:
        return [fraction(f"random {seed}", text) for text in texts]
    return [_score(_BY_PROBABILITY[name], members) for members in paragraphs]


def _score(strategy: Strategy, members: List[Floats2d]) -> float:
    # What has no content to one of the tokenizers has none to all.
    words = np.all([member.any(axis=1) for member in members], axis=0)
    return strategy([member[words] for member in members]) if words.any() else 0.0
