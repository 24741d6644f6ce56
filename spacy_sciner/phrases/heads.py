"""The head noun of a phrase, which says what kind of thing it names: a beam search parser is a
parser. Pure, and by rules of thumb: no parser is at hand."""

import re

from .words import HYPHENS, is_word, may_be_edge

_WORD = re.compile(r"\w+|[^\w\s]")
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


def head_noun(phrase: str) -> str:
    """The last word before the first preposition, in lower case and singular.

    RETURNS (str): "" if that is no noun: a number, a symbol, a stop word, or the end of a compound
        with hyphens, which says how something is: `rule-based`, `state-of-the-art`.
    """
    words = _WORD.findall(phrase)
    ends = [
        i
        for i, word in enumerate(words)
        if i and word.lower() in _LINKS and words[i - 1] not in HYPHENS
    ]
    words = words[: ends[0]] if ends else words
    while words and not is_word(words[-1]):
        words.pop()
    if not words or (len(words) > 1 and words[-2] in HYPHENS):
        return ""
    is_noun = len(words[-1]) >= MIN_LENGTH and may_be_edge(words[-1])
    return singular(words[-1].lower()) if is_noun else ""


def singular(word: str) -> str:
    """Where the plural is made by a simple ending; else the word as it is."""
    if len(word) <= MIN_LENGTH or word in _SAME:
        return word
    for ending, other in _ENDINGS:
        if word.endswith(ending):
            return word[: -len(ending)] + other
    return word
