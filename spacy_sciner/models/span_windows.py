"""Windows for spacy-transformers, which cuts off without a word what its encoder does not take."""

from functools import partial
from typing import Callable, Iterable, List

from spacy.tokens import Doc, Span


def make_short_windows(
    max_tokens: int, overlap: int, max_bytes: int
) -> Callable[[Iterable[Doc]], List[List[Span]]]:
    """A span getter whose windows an encoder takes whole, whatever is in them.

    A word-piece has a byte of the text or more, so a window of so many bytes has no more pieces. A
    token that has more alone is a window of its own, and is the only thing that is cut.

    max_tokens, max_bytes (int): Of a window, in UTF-8 and with the white space that follows.
    overlap (int): Tokens that a window shares with the one before, where there is room.
    """
    return partial(short_windows, max_tokens=max_tokens, overlap=overlap, max_bytes=max_bytes)


def short_windows(
    docs: Iterable[Doc], *, max_tokens: int, overlap: int, max_bytes: int
) -> List[List[Span]]:
    return [_windows(doc, max_tokens, overlap, max_bytes) for doc in docs]


def _windows(doc: Doc, max_tokens: int, overlap: int, max_bytes: int) -> List[Span]:
    sizes = [len(token.text_with_ws.encode("utf8", "surrogatepass")) for token in doc]
    found: List[Span] = []
    start = end = 0
    while end < len(doc):
        size = 0
        reached = end  # each window has a token that none before it has
        end = start
        while end < len(doc) and end - start < max_tokens and size + sizes[end] <= max_bytes:
            size += sizes[end]
            end += 1
        if end <= reached:
            if start < reached:  # what is shared leaves no room for the next token
                start, end = reached, reached
                continue
            end = start + 1
        found.append(doc[start:end])
        start = max(end - overlap, start + 1)
    return found
