"""Where each candidate was found, counted and ranked."""

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
    score: float  # SURE of existing and pattern, else the share of the forest's trees
    count: int  # places where it is a candidate
    n_papers: int
    example: str  # its first place, itself in [ ]


@dataclass
class _Tally:
    sentence: Sentence
    match: Match
    kinds: Set[str] = field(default_factory=set)
    papers: Set[str] = field(default_factory=set)
    count: int = 0


def rank_phrases(
    sentences: Iterable[Sentence], lexicon: Lexicon, *, scores: Mapping[Key, float]
) -> List[Phrase]:
    """By score, then by number of kinds, then by count.

    scores (Mapping[Key, float]): Of the phrases that only the forest found.
    """
    tallies: Dict[Key, _Tally] = {}
    for sentence in progress(sentences, description="candidates"):
        places = set()
        for match in lexicon.matches(sentence):
            tally = tallies.get(match.key)
            if tally is None:
                tally = tallies[match.key] = _Tally(sentence, match)
            tally.kinds.add(match.kind)
            if match[:3] not in places:  # one place may be of two kinds
                places.add(match[:3])
                tally.count += 1
                tally.papers.add(sentence.paper)
    phrases = []
    for key, tally in tallies.items():
        score = scores[key] if tally.kinds == {"phrase"} else SURE
        kinds = tuple(kind for kind in KINDS if kind in tally.kinds)
        text, example = in_context(tally.sentence, tally.match.start, tally.match.end)
        phrases.append(Phrase(text, kinds, score, tally.count, len(tally.papers), example))
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
