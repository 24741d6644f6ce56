"""The head noun of a phrase, which says what kind of thing it names: a beam search parser is a
parser. Pure, and by rules of thumb: no parser is at hand."""

from typing import Sequence

from .words import HYPHENS, is_word, may_be_edge

MIN_LENGTH = 3  # characters; shorter ones are symbols
_LINKS = frozenset({"of", "for", "in", "under", "with"})  # what follows describes the head
_SAME = frozenset({"series", "species"})
_ENDINGS = (  # the first that fits
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("as", "as"),
    ("yses", "ysis"),
    ("theses", "thesis"),
    ("ies", "y"),
    ("sses", "ss"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("s", ""),
)


def head_noun(words: Sequence[str]) -> str:
    """The last word before the first preposition, in lower case and singular.

    words (Sequence[str]): Of a phrase, as spaCy cuts them.
    RETURNS (str): "" if that is no noun: a number, a symbol, a stop word.
    """
    ends = [
        i
        for i, word in enumerate(words)
        if i and word.lower() in _LINKS and words[i - 1] not in HYPHENS
    ]
    inside = [word for word in words[: ends[0] if ends else None] if is_word(word)]
    if not inside or len(inside[-1]) < MIN_LENGTH or not may_be_edge(inside[-1]):
        return ""
    return singular(inside[-1].lower())


def singular(word: str) -> str:
    """Where the plural is made by a simple ending; else the word as it is."""
    if len(word) <= MIN_LENGTH or word in _SAME:
        return word
    for ending, other in _ENDINGS:
        if word.endswith(ending):
            return word[: -len(ending)] + other
    return word
