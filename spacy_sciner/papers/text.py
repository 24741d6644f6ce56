"""Text as typesetting leaves it → text: ligatures, accents, hyphens, long paragraphs. Pure."""

import re
import unicodedata
from typing import AbstractSet, List, Optional, Sequence, Tuple

LIGATURES = {
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
    "Ĳ": "IJ", "ĳ": "ij", "\u00ad": "-", "\u2010": "-", "\u2011": "-",
}  # fmt: skip
# Accents that TeX prints as glyphs of their own → the combining mark.
ACCENTS = {
    "´": "\u0301", "`": "\u0300", "ˆ": "\u0302", "^": "\u0302", "˜": "\u0303", "~": "\u0303",
    "¨": "\u0308", "¯": "\u0304", "˘": "\u0306", "˙": "\u0307", "˚": "\u030a", "˝": "\u030b",
    "ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328",
}  # fmt: skip
_DOTLESS = {"ı": "i", "ȷ": "j"}
_LIGATURE = re.compile("[" + "".join(LIGATURES) + "]")
_BROKEN = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-$")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LETTERS = re.compile(r"[^\W\d_]{3,}")
_HALF = re.compile("[\ud800-\udfff]")
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\W_a-z])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|al|cf|figs?|eqs?|secs?|tabs?|refs?|vs|resp|approx|dr|no)|\b[a-z])\.\s+$",
    re.IGNORECASE,
)


def normalise(text: str) -> str:
    """Undo ligatures, bring letters to Unicode's NFC and white space to single spaces.

    Not NFKC: it would turn 10² into 102. Half of a character, which JSON can hold and UTF-8
    cannot, becomes U+FFFD.
    """
    text = _HALF.sub("\ufffd", text)
    text = _LIGATURE.sub(lambda match: LIGATURES[match[0]], text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def add_accent(letter: str, accent: str) -> Optional[str]:
    """The letter under a free-standing accent, None if Unicode has no such letter."""
    joined = unicodedata.normalize("NFC", _DOTLESS.get(letter, letter) + ACCENTS[accent])
    return joined if len(joined) == 1 else None


def count_words(text: str) -> int:
    """Runs of three letters or more: numbers, symbols and hyphens at line ends weigh nothing."""
    return len(_LETTERS.findall(text))


def words(lines: Sequence[str]) -> AbstractSet[str]:
    """Lower-case words, with their inner hyphens, that stand whole within a line."""
    found = set()
    for line in lines:
        whole = _BROKEN.sub("", line).partition(" ")[2]  # the first may be a broken word's end
        found.update(_WORD.findall(whole.lower()))
    return found


def join_lines(lines: Sequence[str], known: AbstractSet[str] = frozenset()) -> str:
    """One paragraph from its lines, with the hyphens gone that line breaks brought in.

    `inter-` `action` becomes `interaction`. The hyphen stays if the next line does not begin with
    a small letter (`Graph-` `SAGE`), or if the paper writes it within a line (`co-` `occur` where
    `known` has `co-occur` and not `cooccur`).
    """
    text = ""
    for line in lines:
        broken = _BROKEN.search(text)
        if not broken:
            text += " " + line if text else line
            continue
        head, tail = broken[1], _WORD.match(line)
        if tail and tail[0][0].islower() and not _keeps_hyphen(head, tail[0], known):
            text = text[:-1]
        text += line
    return text


def _keeps_hyphen(head: str, tail: str, known: AbstractSet[str]) -> bool:
    # A run of four or more letters after the last hyphen: `state-of-the-` + `art`, `co-` + `occur`.
    with_hyphen, without = f"{head}-{tail}".lower(), f"{head}{tail}".lower()
    return without not in known and with_hyphen in known


def split_sentences(text: str) -> List[str]:
    """Cut after sentence ends, not after abbreviations; joined with a space they are the text."""
    sentences, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if not _ABBREVIATION.search(text, start, match.end()):
            sentences.append(text[start : match.end()].rstrip())
            start = match.end()
    return [*sentences, text[start:]] if text[start:] else sentences


def split_paragraph(text: str, *, max_words: int) -> Tuple[List[str], List[str]]:
    """Cut a paragraph that is too long at sentence ends, into parts of about equal length.

    text (str): Words separated by single spaces.
    max_words (int): Most words of a part.
    RETURNS (Tuple[List[str], List[str]]): The parts in order, and the sentences left out because
        they alone are longer (a table or a list of numbers read as text, as a rule).
    """
    n_words = len(text.split())
    if n_words <= max_words:
        return [text], []
    target = n_words / -(-n_words // max_words)  # even parts rather than a full one and a stub
    parts: List[List[str]] = [[]]
    left_out: List[str] = []
    for sentence in split_sentences(text):
        size = len(" ".join(parts[-1]).split())
        n = len(sentence.split())
        if n > max_words:
            left_out.append(sentence)
            parts.append([])
        elif size + n > max_words or size >= target:
            parts.append([sentence])
        else:
            parts[-1].append(sentence)
    return [" ".join(part) for part in parts if part], left_out
