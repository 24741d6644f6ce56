"""Entities beside those that a document has already."""

from typing import List

import numpy as np
from spacy.tokens import Doc, Span

BLOCKED_IOB = 3  # as that of a beginning, without a type


def set_entities(doc: Doc, spans: List[Span], *, overwrite: bool) -> None:
    """Write entities. Those that are there already, and tokens that spaCy was told to block for
    entities, stay, unless `overwrite`."""
    if overwrite:
        doc.set_ents(spans)
        return
    codes = doc.to_array(["ENT_IOB", "ENT_TYPE"]).reshape(-1, 2)
    blocked = np.flatnonzero((codes[:, 0] == BLOCKED_IOB) & (codes[:, 1] == 0)).tolist()
    taken = {i for ent in doc.ents for i in range(ent.start, ent.end)}.union(blocked)
    free = [span for span in spans if taken.isdisjoint(range(span.start, span.end))]
    doc.set_ents([*doc.ents, *free], blocked=[doc[i : i + 1] for i in blocked])
