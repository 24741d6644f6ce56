"""Which predictions become training data: γ and the acceptance rules. Pure.

token    (the paper) each token stands alone: probability ≥ γ keeps its tag, else it is unknown.
         An entity keeps its words up to the first unsure one, and the rest of it is unknown, so
         that no entity ever begins with what was an I- tag.
entity   an entity is kept if it is sure as a whole: its own calibrated probability, or, where none
         is asked for, that of its least sure word, so that all of them pass. Else it and
         one word each side are unknown, since where it ends is what the model does not know.

Tokens predicted O are kept as O if sure by γ_O, else unknown. Source: arXiv 2502.16312, 4.2.
"""

from typing import Dict, List, Literal, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from .errors import Errors, ScinerError
from .types import Floats1d, ScoredSpan

Gamma = Union[float, Dict[str, Optional[float]]]  # None: nothing of that label is accepted
Accept = Literal["token", "entity"]


class Selection(NamedTuple):
    accepted: List[ScoredSpan]  # in token order, no overlaps
    unknown: np.ndarray  # bool, shape (n_tokens,): neither O nor entity


def check_labels(gamma: Gamma, labels: Sequence[str]) -> None:
    """RAISES (ScinerError): SCINER-E002 for a label without a γ, if there is one per label."""
    missing = [] if not isinstance(gamma, dict) else [x for x in labels if x not in gamma]
    if missing:
        raise ScinerError(Errors.E002.format(missing=", ".join(dict.fromkeys(missing))))


def select(
    spans: Sequence[ScoredSpan],
    confidence: Floats1d,
    *,
    gamma: Gamma,
    gamma_o: Optional[float] = None,
    accept: Accept = "token",
    words: Optional[Sequence[bool]] = None,
) -> Selection:
    """Split a document's predictions into accepted entities, O tokens and unknown tokens.

    spans (Sequence[ScoredSpan]): Predicted entities, non-overlapping, in token order. Their own
        scores count for "entity" only; without one an entity is as sure as its least sure word.
    confidence (Floats1d): Probability of each token's decoded tag, shape (n_tokens,).
    gamma (float or dict): Lowest accepted probability, or one per label; None for a label accepts
        nothing of it.
    gamma_o (float): The same for O tokens; None means γ, the strictest one if there are several.
    accept (str): "token" or "entity".
    words (Sequence[bool]): Which tokens are words, shape (n_tokens,); None: all.
    RETURNS (Selection): Accepted entities score their own confidence under "entity", that of their
        least sure kept word under "token".
    """
    check_labels(gamma, [span.label for span in spans])
    if gamma_o is None:
        gamma_o = strictest(gamma)
    unknown = confidence < gamma_o
    accepted: List[ScoredSpan] = []
    doubtful: List[ScoredSpan] = []
    for span in spans:
        least = gamma[span.label] if isinstance(gamma, dict) else gamma
        sure = confidence[span.start : span.end]
        unknown[span.start : span.end] = False
        n_kept, score = kept_words(sure, span.score, least, accept)
        if n_kept:
            end = span.start + n_kept
            accepted.append(ScoredSpan(span.start, end, span.label, score))
        if n_kept < len(sure):
            doubtful.append(ScoredSpan(span.start + n_kept, span.end, span.label))
    for span in doubtful:
        start, end = span.start, span.end
        if accept == "entity":
            start, end = _with_neighbours(span, [True] * len(unknown) if words is None else words)
        unknown[start:end] = True
    for span in accepted:  # a doubtful neighbour's margin never takes an accepted word
        unknown[span.start : span.end] = False
    return Selection(accepted, unknown)


def _with_neighbours(span: ScoredSpan, words: Sequence[bool]) -> Tuple[int, int]:
    """Start and end with one word more each side, over white space and what else is no word."""
    start = next((i for i in range(span.start - 1, -1, -1) if words[i]), 0)
    end = next((i + 1 for i in range(span.end, len(words)) if words[i]), len(words))
    return start, end


def strictest(gamma: Gamma) -> float:
    """The highest γ there is; 1 if no label has one."""
    if not isinstance(gamma, dict):
        return gamma
    return max((value for value in gamma.values() if value is not None), default=1.0)


def kept_words(
    words: Floats1d, own: Optional[float], least: Optional[float], accept: Accept
) -> Tuple[int, float]:
    """How many of an entity's words stay, from the first on, and how sure these are."""
    if least is None:
        return 0, 0.0
    if accept == "entity":
        score = np.float32(words.min() if own is None else own)
        return (len(words) if score >= least else 0), float(score)
    sure = words >= least
    n_kept = len(words) if sure.all() else int(sure.argmin())
    return n_kept, float(words[:n_kept].min()) if n_kept else 0.0
