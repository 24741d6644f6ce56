"""What an uncased encoder does not see: the case and the digits of a word. Pure."""

from functools import lru_cache

N_SHAPES = 15  # 5 kinds of case × 3 of digits


@lru_cache(maxsize=200_000)
def word_shape(word: str) -> int:
    """A small integer in [0, N_SHAPES): case × digits.

    case: no letters, lower, Title, UPPER, miXed. digits: none, some, nothing but digits and
    number punctuation ("3e-5" has a letter, so some; "0.98%" nothing but).
    """
    letters = [c for c in word if c.isalpha()]
    if not letters:
        case = 0
    elif not any(c.isupper() for c in letters):
        case = 1
    elif letters[0].isupper() and not any(c.isupper() for c in letters[1:]):
        case = 2
    elif all(c.isupper() for c in letters):
        case = 3
    else:
        case = 4
    has_digit = any(c.isdigit() for c in word)
    digits = 0 if not has_digit else 1 if letters else 2
    return case * 3 + digits
