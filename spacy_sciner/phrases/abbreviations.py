"""Abbreviations with their definitions, "long form (SF)", found by the letters that they share.

SOURCE: Schwartz and Hearst, A Simple Algorithm for Identifying Abbreviation Definitions in
Biomedical Text, PSB 2003.
"""

import re
from typing import List, NamedTuple, Optional, Tuple

from .sentences import Sentence

SHORT_LENGTH = (2, 10)  # characters of a short form
SHORT_WORDS = 2
_OPEN = re.compile(r"[(\[]")
_CLOSE = {"(": ")", "[": "]"}
_INNER_END = re.compile(r"[,;:]")
# Their letters fit by chance: what follows, and numbers of lists.
_NO_SHORT_FORMS = frozenset({"i.e.", "e.g.", "i.e", "e.g", "cf.", "ii", "iii", "iv", "vi", "vii"})
_QUOTES = "'\"‘’“”` "
_WORDS = re.compile(r"[\s()\[\]\"“”]+")
_PARTS = re.compile(r"[\s\-]+")


class Definition(NamedTuple):
    """Both forms as [start, end): of characters in a text, or of tokens in a doc."""

    long: Tuple[int, int]
    short: Tuple[int, int]


def define(text: str) -> List[Definition]:
    """The definitions in the text of one sentence, in its order, as characters."""
    found = []
    for opening in _OPEN.finditer(text):
        short = _short_form(text, opening.start())
        if short is None:
            continue
        before = text[: opening.start()].rstrip(_QUOTES)
        start = _long_form(before, text[slice(*short)])
        if start is not None:
            found.append(Definition((start, len(before)), short))
    return found


def define_in(sentence: Sentence) -> List[Definition]:
    """The same, as tokens of the sentence's doc."""
    doc = sentence.doc
    if not any(token.text[0] in _CLOSE for token in doc[sentence.start : sentence.end]):
        return []
    offset = doc[sentence.start].idx
    found = []
    for one in define(sentence.text):
        spans = [
            doc.char_span(start + offset, end + offset, alignment_mode="expand")
            for start, end in one
        ]
        long, short = [(span.start, span.end) for span in spans if span is not None]
        found.append(Definition(long, short))
    return found


def _short_form(text: str, opening: int) -> Optional[Tuple[int, int]]:
    """What stands behind a parenthesis, up to its end or the first comma, if it may be one."""
    end = text.find(_CLOSE[text[opening]], opening)
    if end < 0:
        return None
    if inner_end := _INNER_END.search(text, opening, end):
        end = inner_end.start()
    inner = text[opening + 1 : end]
    start = opening + 1 + len(inner) - len(inner.lstrip(_QUOTES))
    short = inner.strip(_QUOTES)
    fits = SHORT_LENGTH[0] <= len(short) <= SHORT_LENGTH[1] and len(short.split()) <= SHORT_WORDS
    if (
        short.lower() in _NO_SHORT_FORMS
        or not fits
        or not short[0].isalnum()
        or not any(c.isalpha() for c in short)
    ):
        return None
    return start, start + len(short)


def _long_form(before: str, short: str) -> Optional[int]:
    """Where the long form of `short` begins in the text that ends with it, None if there is none.

    From the right, each letter of the short form is looked for in turn; the first has to begin a
    word.
    """
    i = len(before)
    for at, letter in reversed(list(enumerate(short.lower()))):
        if not letter.isalnum():
            continue
        i -= 1
        while i >= 0 and not (
            before[i].lower() == letter and (at or i == 0 or not before[i - 1].isalnum())
        ):
            i -= 1
        if i < 0:
            return None
    long = before[i:]
    n_words = len([part for part in _PARTS.split(long) if part])
    is_near = n_words <= min(len(short) + 5, len(short) * 2) and not long.endswith(",")
    if not is_near or len(long) <= len(short) or short in _WORDS.split(long):
        return None
    return None if long.count("(") != long.count(")") else i
