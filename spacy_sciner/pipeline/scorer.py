"""The component's scorer for `nlp.evaluate`, `spacy train` and `spacy find-threshold`."""

from typing import Any, Callable, Dict, Iterable

from spacy.scorer import get_ner_prf
from spacy.training import Example

from ..content import trim_entities


def make_sciner_scorer() -> Callable[[Iterable[Example]], Dict[str, Any]]:
    """Exact-match entity precision, recall and F1, micro and per type; unknown gold is ignored."""
    return score_entities


def score_entities(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """RETURNS (dict): "ents_p", "ents_r", "ents_f" in [0, 1] and "ents_per_type"."""
    scores: Dict[str, Any] = get_ner_prf([_trimmed(eg) for eg in examples])
    return scores


def _trimmed(eg: Example) -> Example:
    reference = trim_entities(eg.reference)
    return eg if reference is eg.reference else Example(eg.predicted, reference)
