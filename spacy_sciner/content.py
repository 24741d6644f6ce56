"""What is a word to the tagger: tokens without content are none. Pure.

A token of white space (`\\n`, a no-break space) or of characters that show nothing (zero-width
joiners, soft hyphens) has no content. No model sees it; it takes part in an entity only between two
of its words.
"""

import unicodedata
from functools import lru_cache

from spacy.tokens import Doc, Span

_SHOWS_NOTHING = {"Cc", "Cf", "Zs", "Zl", "Zp"}  # controls, formats, spaces, line ends
# Fillers, joiners and variation selectors that Unicode counts among letters and marks.
_FILLERS = {"\u034f", "\u115f", "\u1160", "\u3164", "\uffa0"} | set(map(chr, range(0xFE00, 0xFE10)))


def visible(text: str) -> str:
    """The text without white space around it and without characters that show nothing.

    RETURNS (str): Empty for a token without content.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(c for c in text if c.isspace() or not _is_hidden(c)).strip()


@lru_cache(maxsize=100_000)
def has_content(text: str) -> bool:
    return bool(visible(text))


def trim_entities(doc: Doc) -> Doc:
    """The doc with entities that neither begin nor end with a token without content.

    What is cut off is outside; an entity of such tokens alone is none.

    RETURNS (Doc): The doc itself where there is nothing to cut, else a copy.
    """
    kept, cut = [], []
    for ent in doc.ents:
        inside = [i for i in range(ent.start, ent.end) if has_content(doc[i].text)]
        start, end = (inside[0], inside[-1] + 1) if inside else (ent.end, ent.end)
        cut += [i for i in range(ent.start, ent.end) if not start <= i < end]
        if inside:
            kept.append((start, end, ent.label_))
    if not cut:
        return doc
    copy = doc.copy()
    copy.set_ents(
        [Span(copy, start, end, label=label) for start, end, label in kept],
        outside=[Span(copy, i, i + 1) for i in cut],
        default="unmodified",
    )
    return copy


def _is_hidden(char: str) -> bool:
    return char in _FILLERS or unicodedata.category(char) in _SHOWS_NOTHING
