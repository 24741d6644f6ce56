"""Words as candidates are compared by, and what kind of word each is."""

import re
from functools import lru_cache
from typing import FrozenSet, List, Tuple

from spacy.tokens import Doc

Key = Tuple[str, ...]
HYPHENS = frozenset({"-", "‐", "‑", "–", "/"})
_CAPITAL = re.compile(r"[A-Z]")


@lru_cache(maxsize=1 << 20)
def fold(word: str) -> str:
    """Lower case, but for acronyms: `US` is not `us`, `Neural` is `neural`."""
    return word if len(_CAPITAL.findall(word)) > 1 else word.lower()


def key_of(doc: Doc, start: int, end: int) -> Key:
    """The words of tokens [start, end), folded."""
    return tuple([fold(token.text) for token in doc[start:end]])


def folded(doc: Doc, start: int, end: int) -> List[str]:
    return [fold(token.text) for token in doc[start:end]]


@lru_cache(maxsize=1)
def stop_words() -> FrozenSet[str]:
    """spaCy's for English."""
    from spacy.lang.en.stop_words import STOP_WORDS

    return frozenset(STOP_WORDS)


def is_word(word: str) -> bool:
    """Letters or digits are in it; else it is a mark, where no phrase goes on."""
    return any(c.isalnum() for c in word)


def may_be_edge(word: str) -> bool:
    """Whether a phrase may begin or end with it: it has a letter and says something."""
    return any(c.isalpha() for c in word) and word.lower() not in stop_words()
