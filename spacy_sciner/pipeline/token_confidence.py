"""`doc._.sciner_confidence`: one value a token, after a retokenizer too.

Kept with the place in the text where each token began. A merged token is as sure as the least sure
of its parts; the parts of a split one are as sure as the whole was.
"""

from typing import Optional

import numpy as np
from spacy.tokens import Doc

from ..confidence import CONFIDENCE_KEY
from ..errors import Errors, ScinerError
from ..types import Floats1d


def set_confidence(doc: Doc, confidence: Floats1d) -> None:
    """confidence (Floats1d): Of each token, shape (n_tokens,).
    RAISES (ScinerError): SCINER-E332 for another number of values."""
    if len(confidence) != len(doc):
        raise ScinerError(_mismatch(doc, f"{len(confidence)} values for {len(doc)} tokens"))
    bounds = np.append(_starts(doc), _end(doc))
    doc.user_data[CONFIDENCE_KEY] = {"values": confidence, "bounds": bounds}


def get_confidence(doc: Doc) -> Optional[Floats1d]:
    """RETURNS (Floats1d): Probability of each token's decoded tag, float32, shape (n_tokens,); None
        before sciner ran.
    RAISES (ScinerError): SCINER-E332 if the values are those of another text."""
    stored = doc.user_data.get(CONFIDENCE_KEY)
    if stored is None:
        return None
    values: Floats1d = stored["values"]
    bounds = stored["bounds"]
    if bounds[-1] != _end(doc):
        raise ScinerError(_mismatch(doc, f"values of {bounds[-1]} characters for {_end(doc)}"))
    starts = _starts(doc)
    if np.array_equal(starts, bounds[:-1]):
        return values
    first = np.searchsorted(bounds[:-1], starts, side="right") - 1
    last = np.append(np.searchsorted(bounds[:-1], starts[1:], side="left"), len(values))
    found = [values[a:b].min() for a, b in zip(first, last)]
    return np.array(found, dtype=np.float32)


def _starts(doc: Doc) -> np.ndarray:
    return np.atleast_1d(doc.to_array("IDX")).astype(np.int32)


def _end(doc: Doc) -> int:
    return doc[-1].idx + len(doc[-1]) if len(doc) else 0


def _mismatch(doc: Doc, reason: str) -> str:
    paper = doc.user_data.get("paper", repr(doc.text[:40]))
    return Errors.E332.format(paper=paper, reason=reason)


if not Doc.has_extension("sciner_confidence"):
    Doc.set_extension("sciner_confidence", getter=get_confidence, setter=set_confidence)
