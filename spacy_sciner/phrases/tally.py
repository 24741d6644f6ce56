"""Where each candidate was found, counted and ranked."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Mapping, Set, Tuple

from ..files import progress
from .lexicon import Lexicon, Match
from .sentences import Sentence
from .words import Key

KINDS = ("existing", "pattern", "phrase")
CONTEXT = 6  # words of an example on either side
SURE = 1.0  # score of what a person annotated or an author defined


@dataclass(frozen=True)
class Phrase:
    """A candidate."""

    text: str  # as it first stands in the pool
    kinds: Tuple[str, ...]  # in the order of KINDS
    score: float  # the highest of its kinds'
    count: int  # places where it is a candidate of any kind
    n_papers: int
    example: str  # its first place, itself in [ ]
    of_kind: Mapping[str, Tuple[float, int]]  # its score and count as that kind


@dataclass
class _Tally:
    sentence: Sentence
    match: Match
    kinds: Counter[str] = field(default_factory=Counter)
    papers: Set[str] = field(default_factory=set)
    count: int = 0


def rank_phrases(
    sentences: Iterable[Sentence], lexicon: Lexicon, *, scores: Mapping[Key, float]
) -> List[Phrase]:
    """By score, then by number of kinds, then by count.

    scores (Mapping[Key, float]): The forest's, of those that are phrases; the others are sure.
    """
    tallies: Dict[Key, _Tally] = {}
    for sentence in progress(sentences, description="candidates"):
        places = set()
        for match in lexicon.matches(sentence):
            tally = tallies.get(match.key)
            if tally is None:
                tally = tallies[match.key] = _Tally(sentence, match)
            tally.kinds[match.kind] += 1
            if match[:3] not in places:  # one place may be of two kinds
                places.add(match[:3])
                tally.count += 1
                tally.papers.add(sentence.paper)
    phrases = []
    for key, tally in tallies.items():
        kinds = tuple(kind for kind in KINDS if kind in tally.kinds)
        of_kind = {
            kind: (scores[key] if kind == "phrase" else SURE, tally.kinds[kind]) for kind in kinds
        }
        score = max(score for score, _ in of_kind.values())
        text, example = in_context(tally.sentence, tally.match.start, tally.match.end)
        papers = len(tally.papers)
        phrases.append(Phrase(text, kinds, score, tally.count, papers, example, of_kind))
    return sorted(phrases, key=lambda p: (-p.score, -len(p.kinds), -p.count, p.text))


def in_context(sentence: Sentence, start: int, end: int) -> Tuple[str, str]:
    """The text of tokens [start, end), and the same in [ ] with the words around it."""
    doc = sentence.doc
    text = " ".join(doc[start:end].text.split())
    low, high = max(sentence.start, start - CONTEXT), min(sentence.end, end + CONTEXT)
    before = "… " * (low > sentence.start) + doc[low:start].text_with_ws
    after = doc[end:high].text + " …" * (high < sentence.end)
    space = doc[end - 1].whitespace_
    return text, " ".join(f"{before}[{text}]{space}{after}".split())
