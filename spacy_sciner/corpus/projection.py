"""Gold of one text carried over to another edition of it: source text to parsed PDF.

Only to measure pseudo-labels on the pool; nothing is trained on what comes out.
"""

from difflib import SequenceMatcher
from typing import Dict, List, NamedTuple, Optional, Sequence

from spacy.tokens import Doc

from .reader import iob_tags, words_and_spaces

# A shorter run of equal words is chance: "of the" is everywhere.
MIN_RUN = 3


class Projected(NamedTuple):
    """The pool docs with gold on them, and how many entities arrived."""

    docs: List[Doc]
    n_projected: int
    n_lost: int


def project_paper(gold_docs: Sequence[Doc], pool_docs: Sequence[Doc]) -> Projected:
    """Put the gold of a paper on its pool docs, by aligning its words in lower case.

    Tokens that have no counterpart become unknown, as do those of an entity that did not arrive
    whole and in one paragraph. Without gold docs every token is unknown.
    """
    target_of = _align(
        [token.lower_ for doc in gold_docs for token in doc],
        [token.lower_ for doc in pool_docs for token in doc],
    )
    doc_of = [i for i, doc in enumerate(pool_docs) for _ in doc]
    tags: List[Optional[str]] = [None] * len(doc_of)
    n_projected = n_lost = offset = 0
    for doc in gold_docs:
        for i, tag in enumerate(iob_tags(doc)):
            if tag == "O" and offset + i in target_of:
                tags[target_of[offset + i]] = "O"
        for ent in doc.ents:
            targets = [target_of.get(offset + i) for i in range(ent.start, ent.end)]
            first = targets[0]
            is_whole = first is not None and targets == list(range(first, first + len(ent)))
            if first is None or not is_whole or doc_of[first] != doc_of[first + len(ent) - 1]:
                n_lost += 1
                continue
            n_projected += 1
            for i in range(len(ent)):
                tags[first + i] = f"{'I' if i else 'B'}-{ent.label_}"
        offset += len(doc)
    docs = []
    start = 0
    for doc in pool_docs:
        docs.append(with_tags(doc, tags[start : start + len(doc)]))
        start += len(doc)
    return Projected(docs, n_projected, n_lost)


def with_tags(doc: Doc, tags: Sequence[Optional[str]]) -> Doc:
    """The same tokens and `user_data` with other entities, as gold."""
    words, spaces = words_and_spaces(doc)
    copy = Doc(doc.vocab, words=words, spaces=spaces, ents=list(tags))  # type: ignore[arg-type]
    copy.user_data.update(doc.user_data)
    copy.user_data["source"] = "gold"
    return copy


def _align(gold: List[str], pool: List[str]) -> Dict[int, int]:
    """Pool token by gold token."""
    blocks = SequenceMatcher(None, gold, pool).get_matching_blocks()
    return {
        block.a + i: block.b + i
        for block in blocks
        if block.size >= min(MIN_RUN, len(gold), len(pool))
        for i in range(block.size)
    }
