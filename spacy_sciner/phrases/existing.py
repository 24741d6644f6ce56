"""Entities of the gold, with the words that stand beside them."""

from typing import Dict, Iterable, List, Set, Tuple

from spacy.tokens import Doc

from ..corpus.annotated import make_tokenizer
from .sentences import Sentence, sentences_of
from .words import Key, fold, key_of

Sides = Tuple[str, str]  # the words before and after; EDGE where the sentence begins or ends
EDGE = ""


def entities_of(gold: Iterable[Doc]) -> Dict[Key, Set[Sides]]:
    """Each entity's words, with every pair of words that it stands between.

    Gold from CoNLL has words of its own (`pre-training`), the pool those of spaCy
    (`pre - training`): an entity counts as either.
    """
    found: Dict[Key, Set[Sides]] = {}
    tokenizer = make_tokenizer()
    for doc in gold:
        for same in (doc, _cut_anew(doc, tokenizer(doc.text))):
            for sentence in sentences_of(same):
                for ent in same.ents:
                    if sentence.start <= ent.start and ent.end <= sentence.end:
                        key = key_of(same, ent.start, ent.end)
                        found.setdefault(key, set()).add(sides_of(sentence, ent.start, ent.end))
    return found


def sides_of(sentence: Sentence, start: int, end: int) -> Sides:
    """The words beside tokens [start, end) of its doc, folded."""
    doc = sentence.doc
    before = fold(doc[start - 1].text) if start > sentence.start else EDGE
    after = fold(doc[end].text) if end < sentence.end else EDGE
    return before, after


def _cut_anew(doc: Doc, copy: Doc) -> Doc:
    """The copy, cut by another tokenizer, with the entities of the doc."""
    ents: List[Tuple[int, int, str]] = [(e.start_char, e.end_char, e.label_) for e in doc.ents]
    spans = [copy.char_span(s, e, label=label, alignment_mode="expand") for s, e, label in ents]
    taken: Set[int] = set()
    kept = []
    for span in spans:  # two may share a token of the other cut
        if span is not None and taken.isdisjoint(range(span.start, span.end)):
            taken.update(range(span.start, span.end))
            kept.append(span)
    copy.set_ents(kept)
    return copy
