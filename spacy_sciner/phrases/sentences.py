"""Paragraphs as sentences: what candidates are marked in, and what a corpus is chosen of."""

from typing import Iterable, List, NamedTuple, Set

from spacy.pipeline import Sentencizer
from spacy.tokens import Doc

from ..corpus.text import text_key
from ..files import progress

MAX_WORDS = 128


class Sentence(NamedTuple):
    """Tokens [start, end) of a paragraph."""

    doc: Doc
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.doc[self.start : self.end].text

    @property
    def paper(self) -> str:
        return str(self.doc.user_data.get("paper", ""))


class Split(NamedTuple):
    """The sentences, and how many were left out."""

    sentences: List[Sentence]
    n_long: int
    n_repeated: int
    max_words: int


def split_sentences(docs: Iterable[Doc], *, max_words: int = MAX_WORDS) -> Split:
    """Cut paragraphs by spaCy's rules of punctuation; the docs stay as they are.

    max_words (int): Longer sentences, such as tables that were parsed as text, are left out.
    RETURNS (Split): In the order of the docs; of sentences with the same letters only the first.
    """
    sentences: List[Sentence] = []
    seen: Set[str] = set()
    n_long = n_repeated = 0
    for doc in progress(docs, description="sentences"):
        for sentence in sentences_of(doc):
            if sentence.end - sentence.start > max_words:
                n_long += 1
                continue
            key = text_key(sentence.text)
            if key in seen:
                n_repeated += 1
                continue
            seen.add(key)
            sentences.append(sentence)
    return Split(sentences, n_long, n_repeated, max_words)


def sentences_of(doc: Doc) -> List[Sentence]:
    """Every sentence of a paragraph; no white space at their ends."""
    starts = [i for i, is_start in enumerate(_SENTENCIZER.predict([doc])[0]) if is_start]
    cut = [_trimmed(doc, start, end) for start, end in zip(starts, [*starts[1:], len(doc)])]
    return [sentence for sentence in cut if sentence.start < sentence.end]


def _trimmed(doc: Doc, start: int, end: int) -> Sentence:
    while start < end and doc[start].is_space:
        start += 1
    while start < end and doc[end - 1].is_space:
        end -= 1
    return Sentence(doc, start, end)


_SENTENCIZER = Sentencizer()
