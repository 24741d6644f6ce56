"""Mentions with concepts, found without a language model: of labels, definitions and candidates.

What `adapt.concepts` learns from (NuNER, arXiv 2402.15343) when nobody can be asked.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Mapping, NamedTuple, Sequence, Set, Tuple

from spacy.tokens import Doc

from ..corpus.concepts import find_mention, label_in_words
from .abbreviations import define
from .find import find_candidates
from .heads import head_noun, singular
from .mine import min_count_of
from .sentences import sentences_of
from .words import Key, key_of

Entity = Tuple[str, str, str]  # mention, concept, description


class ConceptLine(NamedTuple):
    """A text with what is in it; `find_mention` finds each mention there."""

    doc: Doc
    text: str
    entities: List[Entity]


@dataclass
class Source:
    """Texts that have a mention, and what was left out."""

    lines: List[ConceptLine] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, doc: Doc, entities: Iterable[Entity]) -> None:
        kept = list(dict.fromkeys(e for e in entities if e[0].lower() != e[1]))
        if kept:
            self.lines.append(ConceptLine(doc, plain(doc.text), kept))
        else:
            self.left_out["texts without mention"] += 1


def of_labels(docs: Iterable[Doc], meanings: Mapping[str, str]) -> Source:
    """Annotated docs: a concept is a label in words.

    meanings (Mapping[str, str]): Of labels, where they are known.
    """
    found = Source()
    for doc in docs:
        found.add(
            doc,
            [
                (plain(e.text), label_in_words(e.label_), meanings.get(e.label_, ""))
                for e in doc.ents
            ],
        )
    return found


def of_definitions(docs: Sequence[Doc]) -> Source:
    """Both forms of what a paper abbreviates, wherever they stand in it: the head noun of the long
    one is the concept. Of a form that is defined twice, the first definition counts."""
    found, papers = Source(), defaultdict[str, List[Doc]](list)
    for doc in docs:
        papers[str(doc.user_data.get("paper"))].append(doc)
    for own in papers.values():
        forms = _forms_of(own, found.left_out)
        for doc in own:
            text = plain(doc.text)
            there = [form for form in forms if any(find_mention(text, form))]
            found.add(doc, [(form, forms[form], "") for form in there])
    return found


def _forms_of(docs: Iterable[Doc], left_out: Counter[str]) -> Dict[str, str]:
    """Both forms of every definition, with the head noun of the long one."""
    forms: Dict[str, str] = {}
    for sentence in (sentence for doc in docs for sentence in sentences_of(doc)):
        text = sentence.text
        for definition in define(text):
            long, short = (plain(text[slice(*form)]) for form in definition)
            concept = head_noun(long)
            if not concept:
                left_out["definitions without head noun"] += 1
                continue
            forms.setdefault(long, concept)
            forms.setdefault(short, concept)
    return forms


def of_candidates(docs: Sequence[Doc], gold: Sequence[Doc], *, seed: int) -> Source:
    """Mined phrases of several words: the head noun is the concept, if different phrases have it.

    gold (Sequence[Doc]): Of train: what mining learns from, with the definitions in `docs`.
    seed (int): Of the forest that judges phrases.
    RAISES (ScinerError): SCINER-E342 if there is too little to learn from.
    """
    min_count = min_count_of(sum(map(len, docs)))
    mined = find_candidates(docs, gold, kinds=["phrase"], seed=seed, min_count=min_count)
    of_head: Dict[str, Set[Key]] = defaultdict(set)
    mentions: Dict[int, List[Tuple[str, str]]] = defaultdict(list)  # by the doc's id
    for sentence in mined.split.sentences:
        doc = sentence.doc
        for start, end in mined.mark(sentence).spans:
            text = plain(doc[start:end].text)
            head = head_noun(text)
            if head and " " in text:
                *before, last = key_of(doc, start, end)
                of_head[head].add((*before, singular(last)))
                mentions[id(doc)].append((text, head))
    found = Source()
    shared = {head for head, phrases in of_head.items() if len(phrases) > 1}
    found.left_out["phrases of a head of their own"] = len(of_head) - len(shared)
    for doc in docs:
        found.add(doc, [(text, head, "") for text, head in mentions[id(doc)] if head in shared])
    return found


def plain(text: str) -> str:
    """White space as single blanks: a mention that was broken into lines is found too."""
    return " ".join(text.split())
