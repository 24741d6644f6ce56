"""Paragraphs of several annotators, made from their words."""

from typing import Dict, List, Sequence, Tuple

from spacy.tokens import Doc

from spacy_sciner.corpus.annotated import make_vocab
from spacy_sciner.review.annotators import Annotator

VOCAB = make_vocab()
Ent = Tuple[int, int, str]


def doc_of(
    text: str,
    ents: Sequence[Ent] = (),
    *,
    paper: str = "P1",
    number: int = 0,
    unknown: Sequence[int] = (),
) -> Doc:
    """A doc of words that single spaces part; entities over words."""
    words = text.split()
    doc = Doc(VOCAB, words=words, spaces=[True] * (len(words) - 1) + [False])
    spans = [doc[start:end] for start, end, _ in ents]
    for span, (*_, label) in zip(spans, ents):
        span.label_ = label
    doc.set_ents(spans, missing=[doc[i : i + 1] for i in unknown])
    doc.user_data.update(paper=paper, paragraph=number, section="", source="gold")
    return doc


def annotators(**docs: Sequence[Doc]) -> List[Annotator]:
    none: Dict[str, int] = {}
    return [Annotator(name, list(own), none) for name, own in docs.items()]
