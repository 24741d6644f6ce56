"""Listeners: layers that take what another component has left in a document."""

from typing import Optional, Sequence

from spacy.tokens import Doc
from thinc.api import Model


def missing_upstream(model: Model, docs: Sequence[Doc]) -> Optional[str]:
    """The component that a model listens to, if one of the documents has nothing of it.

    A listener without it is silent: it hands on zeros, of which no entity comes.
    """
    for node in model.walk():
        upstream = getattr(node, "upstream_name", None)
        if upstream and any(len(doc) and not _has_vectors(doc, node.name) for doc in docs):
            return str("tok2vec" if upstream == "*" else upstream)
    return None


def _has_vectors(doc: Doc, listener: str) -> bool:
    if listener == "tok2vec-listener":
        return bool(doc.tensor.size)
    return not doc.has_extension("trf_data") or doc._.trf_data is not None
