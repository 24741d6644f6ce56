"""The paragraphs that two annotators or more have, with everyone's entities on the same tokens.

Paragraphs are the same if their papers and texts are, words alone compared (`corpus.text`). Tools
name papers differently: a text of some length is also paired by itself, and a short one if its
paper shares a longer one. Tokens are those of the annotator who has the most of them.
"""

from difflib import SequenceMatcher
from typing import Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

import numpy as np
from spacy.tokens import Doc

from ..corpus.text import text_key
from ..scoring.changes import Entity
from .annotators import Annotator

# Letters and digits of a text that is not the same by chance, as headings and table rows are.
LONG = 40


class View(NamedTuple):
    """What one annotator says of a paragraph."""

    ents: List[Entity]  # over the paragraph's tokens, without overlaps
    known: np.ndarray  # bool (n_tokens,): tokens of which something is said


class Shared(NamedTuple):
    """One paragraph of several annotators."""

    doc: Doc  # whose tokens count
    paper: str  # by the first annotator's name for it, as are the next two
    number: int
    section: str
    views: Dict[int, View]  # by the annotator's number
    n_regrown: int  # entities whose ends are inside one of the tokens, and that grew to it
    n_merged: int  # entities that share a token with a longer one after that, left out


def shared_paragraphs(annotators: Sequence[Annotator]) -> List[Shared]:
    """In the order of the first annotator's docs, then of the next one's that it lacks."""
    groups = _Groups()
    for i, annotator in enumerate(annotators):
        groups.add(i, annotator.docs)
    return [_on_same_tokens(docs) for docs in groups.docs if len(docs) > 1]


class _Groups:
    """Docs of the same text, one an annotator at most."""

    def __init__(self) -> None:
        self.docs: List[Dict[int, Doc]] = []
        self._of: Dict[str, List[int]] = {}  # numbers in `docs`, by text

    def add(self, annotator: int, docs: Sequence[Doc]) -> None:
        """Pair an annotator's docs with those that are there, the surest pairs first."""
        left = [(doc, text_key(doc.text)) for doc in docs]
        same: Set[Tuple[str, str]] = set()  # names of the same paper: theirs, this annotator's
        for is_pair in (
            lambda one, other, key: one == other,
            lambda one, other, key: len(key) >= LONG,
            lambda one, other, key: (one, other) in same,
        ):
            unpaired = []
            for doc, key in left:
                paper = _paper(doc)
                for group in self._free(annotator, key):
                    theirs = {_paper(d) for d in self.docs[group].values()}
                    if any(is_pair(one, paper, key) for one in theirs):
                        self.docs[group][annotator] = doc
                        same.update((one, paper) for one in theirs if len(key) >= LONG)
                        break
                else:
                    unpaired.append((doc, key))
            left = unpaired
        for doc, key in left:
            self._of.setdefault(key, []).append(len(self.docs))
            self.docs.append({annotator: doc})

    def _free(self, annotator: int, key: str) -> Iterator[int]:
        return (group for group in self._of.get(key, ()) if annotator not in self.docs[group])


def _on_same_tokens(docs: Dict[int, Doc]) -> Shared:
    base = max(docs.values(), key=len)  # of as many tokens, the first
    views, n_regrown, n_merged = {}, 0, 0
    for i, doc in docs.items():
        views[i], regrown, merged = _view(doc, base)
        n_regrown += regrown
        n_merged += merged
    place = docs[min(docs)].user_data
    paper, number, section = str(place["paper"]), int(place["paragraph"]), str(place["section"])
    return Shared(base, paper, number, section, views, n_regrown, n_merged)


def _view(doc: Doc, base: Doc) -> Tuple[View, int, int]:
    """A doc's annotations on the base's tokens; how many entities grew, and were left out."""
    if [t.text for t in doc] == [t.text for t in base]:
        ents = [Entity(e.start, e.end, e.label_) for e in doc.ents]
        return View(ents, np.array([t.ent_iob != 0 for t in doc], dtype=bool)), 0, 0
    place_of = _aligned(doc, base)
    tokens_of = [{place_of[c] for c in _places(doc, t.i) if c in place_of} for t in doc]
    own = {t.i: set(_places(base, t.i)) for t in base}
    token_at = {c: i for i, places in own.items() for c in places}
    known = np.zeros(len(base), dtype=bool)
    for is_known in (True, False):  # a token is known if all that it is made of is
        parts = [of for t, of in zip(doc, tokens_of) if (t.ent_iob != 0) == is_known]
        known[[token_at[c] for of in parts for c in of]] = is_known
    taken: Set[int] = set()
    ents, n_regrown, n_merged = [], 0, 0
    for ent in sorted(doc.ents, key=lambda e: -len(e.text)):
        places = set().union(*(tokens_of[t.i] for t in ent))
        covered = sorted({token_at[c] for c in places})
        inside = set(range(covered[0], covered[-1] + 1)) if covered else set()
        if not inside or inside & taken:
            n_merged += 1
            continue
        taken |= inside
        n_regrown += places != set().union(*(own[i] for i in inside))
        ents.append(Entity(covered[0], covered[-1] + 1, ent.label_))
    known[sorted(taken)] = True
    return View(sorted(ents), known), n_regrown, n_merged


def _places(doc: Doc, token_i: int) -> List[int]:
    """Places of a token's characters in the text, white space left out."""
    token = doc[token_i]
    return [token.idx + i for i, c in enumerate(token.text) if not c.isspace()]


def _aligned(doc: Doc, base: Doc) -> Dict[int, int]:
    """Places in the base's text by places in the doc's, white space and case aside."""
    places = [[i for i, c in enumerate(d.text) if not c.isspace()] for d in (doc, base)]
    texts = [[d.text[i].casefold() for i in own] for d, own in zip((doc, base), places)]
    if texts[0] == texts[1]:
        return dict(zip(*places))
    blocks = SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_matching_blocks()
    return {
        places[0][block.a + i]: places[1][block.b + i]
        for block in blocks
        for i in range(block.size)
    }


def _paper(doc: Doc) -> str:
    return str(doc.user_data["paper"])
