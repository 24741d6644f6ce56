"""A teacher's tag distribution for every token, inside a doc: `user_data["sciner_soft"]`.

A mapping of "labels" (their order is that of the tags: O, B-label0, I-label0, …) and "probs", the
bytes of float16 probabilities, shape (n_tokens, n_tags). DocBin keeps it as it is.
"""

from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ..types import Floats2d

SOFT = "sciner_soft"
_LEAST_PROB = 1e-9  # keeps logs finite


def set_soft(doc: Doc, probs: Floats2d, labels: Sequence[str]) -> None:
    """probs (Floats2d): Shape (n_tokens, n_tags); rows are made to sum to 1; those of tokens
    without content are 0 and stay so."""
    probs = np.asarray(probs, dtype=np.float32)
    probs = probs / np.maximum(probs.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    doc.user_data[SOFT] = {"labels": list(labels), "probs": probs.astype("<f2").tobytes()}


def get_soft(doc: Doc) -> Optional[Tuple[Tuple[str, ...], Floats2d]]:
    """RETURNS: Labels, and float32 probabilities, shape (n_tokens, n_tags); None without any."""
    stored = doc.user_data.get(SOFT)
    if stored is None:
        return None
    labels = tuple(stored["labels"])
    probs = np.frombuffer(stored["probs"], dtype="<f2").reshape(-1, 2 * len(labels) + 1)
    return labels, probs.astype(np.float32)


def soft_logs(probs: Floats2d) -> Floats2d:
    """Log-scores to decode; those of tokens without content are 0, as the model's are."""
    logs = np.log(np.maximum(probs, _LEAST_PROB))
    return np.where(probs.any(axis=1, keepdims=True), logs, 0.0)


def cut_soft(user_data: Dict[Any, Any], start: int, end: int) -> None:
    """Keep the tokens from `start` to before `end`, where there is a distribution."""
    stored = user_data.get(SOFT)
    if stored is not None:
        n_bytes = 2 * (2 * len(stored["labels"]) + 1)
        probs = stored["probs"][start * n_bytes : end * n_bytes]
        user_data[SOFT] = {"labels": stored["labels"], "probs": probs}
