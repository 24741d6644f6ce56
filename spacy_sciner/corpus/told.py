"""Tokens of a person's paragraph that a language model told: `user_data["llm_tokens"]`, a list of
[start, end). DocBin keeps it as it is."""

from typing import Any, Dict, Optional

import numpy as np
from spacy.tokens import Doc

TOLD = "llm_tokens"


def model_told(doc: Doc) -> Optional[np.ndarray]:
    """Which they are: bool, shape (n_tokens,); None if there are none."""
    runs = doc.user_data.get(TOLD)
    if not runs:
        return None
    told = np.zeros(len(doc), dtype=bool)
    for start, end in runs:
        told[start:end] = True
    return told


def without_model(doc: Doc) -> Doc:
    """What the person told, the rest unknown."""
    told = model_told(doc)
    if told is None:
        return doc
    own = doc.copy()
    kept = [ent for ent in own.ents if not told[ent.start : ent.end].any()]
    missing = [own[start:end] for start, end in own.user_data.pop(TOLD)]
    own.set_ents(kept, missing=missing, default="unmodified")
    return own


def cut_told(user_data: Dict[Any, Any], start: int, end: int) -> None:
    """Keep the tokens from `start` to before `end`."""
    if TOLD in user_data:
        runs = [(max(a, start) - start, min(b, end) - start) for a, b in user_data[TOLD]]
        user_data[TOLD] = [[a, b] for a, b in runs if a < b]
