"""Entity candidates of a pool: of three kinds, counted, ranked, and marked in sentences.

SOURCE: Tri-Train, Findings of EMNLP 2020, section 3.2.3.
"""

from dataclasses import dataclass
from typing import List, Optional, Sequence

from spacy.tokens import Doc

from .choose import Marked, choose_sentences
from .existing import entities_of
from .lexicon import Lexicon, short_forms, without_overlaps
from .mine import Mined, mine_phrases
from .sentences import Sentence, Split, split_sentences
from .tally import KINDS, Phrase, rank_phrases
from .words import Key, key_of

__all__ = [
    "KINDS",
    "Candidates",
    "Marked",
    "Phrase",
    "Sentence",
    "choose_sentences",
    "find_candidates",
]


@dataclass(frozen=True)
class Candidates:
    """What was found.

    phrases (List[Phrase]): By score, then by number of kinds, then by count.
    split (Split): The sentences of the pool, and how many were left out.
    mined (Optional[Mined]): Every frequent n-gram with its score, if phrases were asked for.
    """

    phrases: List[Phrase]
    split: Split
    lexicon: Lexicon
    mined: Optional[Mined]

    def mark(self, sentence: Sentence) -> Marked:
        """The candidates in a sentence, of this pool or another: the longest first."""
        doc = sentence.doc
        spans = without_overlaps(match[:2] for match in self.lexicon.matches(sentence))
        return Marked(sentence, spans, len({key_of(doc, start, end) for start, end in spans}))


def find_candidates(
    pool: Sequence[Doc],
    gold: Sequence[Doc],
    *,
    kinds: Sequence[str],
    seed: int,
    min_count: int = 10,
    max_words: int = 6,
) -> Candidates:
    """Find the entity candidates of a pool.

    gold (Sequence[Doc]): Training docs. Never dev's or test's: their entities would be known.
    kinds (Sequence[str]): Of KINDS. existing: entities of the gold between the same two words.
        pattern: both forms of a definition such as "support vector machine (SVM)", and its short
        form in the rest of that paper. phrase: frequent n-grams that a random forest takes for
        phrases, from what it learns of the gold's entities and the definitions' long forms.
    seed (int): Of the forest.
    min_count (int): Places that an n-gram is found at.
    max_words (int): Of an n-gram, hyphens aside.
    RAISES (ScinerError): SCINER-E342 where phrases cannot be mined.
    """
    split = split_sentences(pool)
    entities = entities_of(gold)
    shorts, longs = short_forms(split.sentences)
    mined, scores = None, dict[Key, float]()
    if "phrase" in kinds:
        mined = mine_phrases(
            split.sentences,
            known=entities.keys() | longs,
            seed=seed,
            min_count=min_count,
            max_words=max_words,
        )
        scores = mined.kept()
    has_pattern = "pattern" in kinds
    lexicon = Lexicon(
        existing=entities if "existing" in kinds else {},
        shorts=shorts if has_pattern else (),
        phrases=scores,
        definitions=has_pattern,
    )
    phrases = rank_phrases(split.sentences, lexicon, scores=scores)
    return Candidates(phrases, split, lexicon, mined)
