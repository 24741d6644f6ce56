"""Entities beside those that a document has already."""

from typing import List

from spacy.tokens import Doc, Span


def free_spans(spans: List[Span], doc: Doc) -> List[Span]:
    """The spans that overlap none of the document's entities."""
    taken = {i for ent in doc.ents for i in range(ent.start, ent.end)}
    return [span for span in spans if taken.isdisjoint(range(span.start, span.end))]
