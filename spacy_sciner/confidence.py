"""From word-piece probabilities to word confidences. Pure.

A word's score for tag c is made of its pieces' log-probabilities: the first piece says c, the
continuation pieces say c's inside tag (B-X → I-X), as they are trained.

    product   sum of the logs: the paper's rule (arXiv 2502.16312, section 4.2)
    mean      log of the mean probability
    min       log of the lowest probability
    first     the first piece alone; its continuation pieces are then not trained

With `product` and `min` a row's probabilities sum to 1 at most, exactly 1 for a word of one piece:
what is missing is the mass on illegal combinations inside the word. With `mean` they may sum to
more, since B-X and I-X share their continuation pieces; each alone is still in [0, 1].
"""

from typing import Any, Callable, Dict, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .tagging import are_words, inside_of
from .types import Floats1d, Floats2d, Ints1d, ScoredSpan

WordConfidence = Literal["product", "mean", "min", "first"]
WORD_CONFIDENCES: Tuple[str, ...] = ("product", "mean", "min", "first")

# spaCy's own place in `user_data` for `doc._.sciner_confidence`, an extension of a document.
CONFIDENCE_KEY: Any = ("._.", "sciner_confidence", None, None)

_LEAST_PROB = 1e-6  # keeps logits finite

_REDUCE: Dict[str, Callable[[Floats2d, np.ndarray], Floats2d]] = {
    "product": lambda logs, starts: np.add.reduceat(logs, starts, axis=0),
    "min": lambda logs, starts: np.minimum.reduceat(logs, starts, axis=0),
    "mean": lambda logs, starts: np.log(
        np.add.reduceat(np.exp(logs, dtype=np.float64), starts, axis=0)
        / np.diff(starts, append=len(logs))[:, None]
    ),
}


def pieces_to_words(piece_logs: Floats2d, starts: np.ndarray, how: str = "product") -> Floats2d:
    """Log-scores of words from log-probabilities of pieces.

    piece_logs (Floats2d): Shape (n_pieces, n_tags); each row's exp sums to 1.
    starts (Ints1d): Index of each word's first piece, shape (n_words,), strictly rising from 0.
    how (str): "product", "mean", "min" or "first".
    RETURNS (Floats2d): Shape (n_words, n_tags), each value ≤ 0.
    """
    if how == "first" or len(piece_logs) == len(starts):
        return piece_logs[starts]
    folded = piece_logs[:, inside_of(np.arange(piece_logs.shape[1]))]
    folded[starts] = piece_logs[starts]
    return _REDUCE[how](folded, starts).astype(np.float32)


def words_to_pieces_grad(d_words: Floats2d, starts: np.ndarray, n_pieces: int) -> Floats2d:
    """Gradient of piece log-probabilities for that of word log-scores under "product".

    d_words (Floats2d): Shape (n_words, n_tags).
    RETURNS (Floats2d): Shape (n_pieces, n_tags).
    """
    counts = np.diff(starts, append=n_pieces)
    d_pieces = np.repeat(d_words, counts, axis=0)
    continues = np.ones(n_pieces, dtype=bool)
    continues[starts] = False
    d_rest = d_pieces[continues]
    d_rest[:, 2::2] += d_rest[:, 1::2]
    d_rest[:, 1::2] = 0.0
    d_pieces[continues] = d_rest
    return d_pieces


def first_pieces_grad(d_words: Floats2d, starts: np.ndarray, n_pieces: int) -> Floats2d:
    """Gradient of piece log-probabilities for that of word log-scores under "first"."""
    d_pieces = np.zeros((n_pieces, d_words.shape[1]), dtype=d_words.dtype)
    d_pieces[starts] = d_words
    return d_pieces


def temper(word_logs: Floats2d, temperature: float) -> Floats2d:
    """Log-probabilities at a temperature: log-scores divided by it and normalised again.

    word_logs (Floats2d): Shape (n_tokens, n_tags).
    temperature (float): Above 0; more than 1 makes every row less sure of itself.
    RETURNS (Floats2d): The same shape; each row's exp sums to 1.
    SOURCE: Guo et al., On calibration of modern neural networks, ICML 2017.
    """
    scaled = np.asarray(word_logs, dtype=np.float64) / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf)
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))


def token_confidence(word_logs: Floats2d, tags: Ints1d) -> Floats1d:
    """Probability of each token's decoded tag, in [0, 1], float32, shape (n_tokens,)."""
    logs = word_logs[np.arange(len(tags)), tags]
    return np.exp(np.minimum(logs, 0.0)).astype(np.float32)


class Calibration(NamedTuple):
    """What was fitted on held-out papers. A component's `cfg` holds it as a dict."""

    temperature: float  # of tokens
    # Of entities: sigmoid(slope · logit(product of its word confidences) + length · log(words)
    # + intercept + offset of its label).
    slope: float
    length: float
    intercept: float
    offsets: Mapping[str, float]

    @classmethod
    def from_cfg(cls, cfg: Mapping[str, Any]) -> Optional["Calibration"]:
        return cls(**cfg["calibration"]) if cfg.get("calibration") else None

    def to_cfg(self) -> Dict[str, Any]:
        return {**self._asdict(), "offsets": dict(sorted(self.offsets.items()))}


def confidences(
    word_logs: Floats2d,
    tags: Ints1d,
    entities: Sequence[ScoredSpan],
    calibration: Optional[Calibration] = None,
) -> Tuple[Floats1d, Floats1d]:
    """Confidence of every token's tag and of every entity, both float32 in [0, 1].

    Without a calibration a token's is what the model says and an entity is as sure as its least
    sure word. With one, tokens are tempered and an entity's is the probability that exactly this
    entity is right, as far as the calibration papers tell. A token without content is as sure as
    the next word (the last word, at the end; 1 where there is none) and counts in no entity.
    """
    words = are_words(word_logs)
    if not words.all():
        nth = np.concatenate([[0], np.cumsum(words)])
        inner = [e._replace(start=int(nth[e.start]), end=int(nth[e.end])) for e in entities]
        of_words, marks_ = confidences(word_logs[words], tags[words], inner, calibration)
        if not len(of_words):
            return np.ones(len(tags), dtype=np.float32), marks_
        return of_words[np.minimum(nth[:-1], len(of_words) - 1)], marks_
    if calibration is None:
        confidence = token_confidence(word_logs, tags)
        marks = [span_confidence(confidence, e.start, e.end) for e in entities]
    else:
        confidence = token_confidence(temper(word_logs, calibration.temperature), tags)
        marks = [entity_confidence(confidence, entity, calibration) for entity in entities]
    return confidence, np.asarray(marks, dtype=np.float32)


def entity_features(confidence: Floats1d, start: int, end: int) -> Tuple[float, float]:
    """What an entity's confidence is made of: logit of the product of its words', log length.

    The product makes long entities look worse than they are; the length puts that right.
    """
    words = np.asarray(confidence[start:end], dtype=np.float64)
    product = float(np.clip(words.prod(), _LEAST_PROB, 1.0 - _LEAST_PROB))
    return float(np.log(product / (1.0 - product))), float(np.log(end - start))


def entity_confidence(confidence: Floats1d, entity: ScoredSpan, calibration: Calibration) -> float:
    """Calibrated probability that an entity is right; rises with its words' confidences."""
    evidence, length = entity_features(confidence, entity.start, entity.end)
    logit = calibration.slope * evidence + calibration.length * length + calibration.intercept
    logit += calibration.offsets.get(entity.label, 0.0)
    return float(1.0 / (1.0 + np.exp(-logit)))


def span_confidence(confidence: Floats1d, start: int, end: int) -> float:
    """An entity is as sure as its least sure word."""
    return float(confidence[start:end].min())
