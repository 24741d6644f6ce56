"""What the tests of the sciner component share."""

from typing import Any, Dict, List, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from tiny import ents_of, overfit


def make_nlp(config: Dict[str, Any]) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config=config)
    return nlp


def initialized(nlp: Language) -> Language:
    overfit(nlp, steps=0)
    return nlp


def facts(doc: Doc) -> Tuple[Any, List[float], List[float]]:
    """Everything the component writes, comparable."""
    scores = doc.spans["sciner"].attrs["scores"].tolist()
    return ents_of(doc), scores, doc._.sciner_confidence.tolist()
