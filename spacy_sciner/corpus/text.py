"""Text compared as words alone: case, spacing, punctuation and Unicode forms don't count."""

import hashlib
import re
import unicodedata
from typing import Iterator, List

_WORD = re.compile(r"[^\W_]+")


def words_of(text: str) -> List[str]:
    """Its runs of letters and digits, compatibility forms (ﬁ, ²) resolved, case folded."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def text_key(text: str) -> str:
    """Equal for texts that differ in tokenisation only: `pre - training` and `pre-training`."""
    return "".join(words_of(text)) or "".join(text.split())


def ngrams(words: List[str], n: int) -> Iterator[str]:
    """Every run of n words, as one string."""
    for i in range(len(words) - n + 1):
        yield " ".join(words[i : i + n])


def squeezed(text: str) -> str:
    """Equal for texts that differ in white space and Unicode's composition only.

    Some tools also write a line end as the two characters `\\n`.
    """
    return "".join(unicodedata.normalize("NFC", text.replace("\\n", "\n")).split())


def fraction(purpose: str, name: str) -> float:
    """A number in [0, 1) that only the name decides, for each purpose another."""
    digest = hashlib.sha256(f"{purpose} {name}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
