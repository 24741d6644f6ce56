"""Where candidates stand in a sentence: of each kind by its own rule, then without overlaps."""

from collections import defaultdict
from typing import Dict, Iterable, Iterator, List, Mapping, NamedTuple, Set, Tuple

from .abbreviations import define_in
from .existing import Sides, sides_of
from .sentences import Sentence
from .words import Key, fold, folded

Span = Tuple[int, int]
Short = Tuple[str, Key]  # a paper's id, and a short form that it defines


class Match(NamedTuple):
    """A candidate over tokens [start, end) of the sentence's doc."""

    start: int
    end: int
    key: Key
    kind: str


class Lexicon:
    """What is looked for.

    existing (Mapping[Key, Set[Sides]]): Entities of the gold; they count between these words only.
    shorts (Iterable[Short]): Short forms; they count in their paper only.
    phrases (Iterable[Key]): These count everywhere.
    definitions (bool): Whether both forms of a definition count where it stands.
    """

    def __init__(
        self,
        *,
        existing: Mapping[Key, Set[Sides]],
        shorts: Iterable[Short],
        phrases: Iterable[Key],
        definitions: bool,
    ):
        self.existing, self.definitions = existing, definitions
        self.shorts, self.phrases = frozenset(shorts), frozenset(phrases)
        lengths: Dict[str, Set[int]] = defaultdict(set)
        for key in (*existing, *(key for _, key in self.shorts), *self.phrases):
            lengths[key[0]].add(len(key))
        self._lengths = {word: sorted(some, reverse=True) for word, some in lengths.items()}

    def matches(self, sentence: Sentence) -> Iterator[Match]:
        """Every candidate in a sentence, overlaps too: one for each kind."""
        first, paper = sentence.start, sentence.paper
        words = folded(sentence.doc, first, sentence.end)
        defined = self._defined(sentence, words)
        for start, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                key = tuple(words[start : start + length])
                span = (first + start, first + start + length)
                if len(key) < length:
                    continue
                if key in self.existing and sides_of(sentence, *span) in self.existing[key]:
                    yield Match(*span, key, "existing")
                if (paper, key) in self.shorts and span not in defined:
                    yield Match(*span, key, "pattern")
                if key in self.phrases:
                    yield Match(*span, key, "phrase")
        for span, key in defined.items():
            yield Match(*span, key, "pattern")

    def _defined(self, sentence: Sentence, words: List[str]) -> Dict[Span, Key]:
        if not self.definitions or not {"(", "["} & {word[0] for word in words}:
            return {}
        spans = [span for definition in define_in(sentence) for span in definition]
        first = sentence.start
        return {(s, e): tuple(words[s - first : e - first]) for s, e in spans}


def without_overlaps(spans: Iterable[Span]) -> List[Span]:
    """The longest first, of the same length the first; in the order of the text."""
    taken: Set[int] = set()
    kept = []
    for start, end in sorted(set(spans), key=lambda span: (span[0] - span[1], span)):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            kept.append((start, end))
    return sorted(kept)


def short_forms(sentences: Iterable[Sentence]) -> Tuple[Set[Short], Set[Key]]:
    """The short forms that each paper defines, and all long forms."""
    shorts: Set[Short] = set()
    longs: Set[Key] = set()
    for sentence in sentences:
        for definition in define_in(sentence):
            doc = sentence.doc
            long, short = (tuple(fold(t.text) for t in doc[s:e]) for s, e in definition)
            shorts.add((sentence.paper, short))
            longs.add(long)
    return shorts, longs
