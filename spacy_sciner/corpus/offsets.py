"""What an annotation file's offsets count, decided for the file as a whole.

Tools count code points (Python), UTF-16 units (a browser) or bytes, a line end `\\r\\n` as one or
two, and some annotate the visible text of an HTML source. Every way of counting that would make a
difference is tried on all annotations of a file: an annotation fits where its own text stands at
its offsets, or, without one, where neither end is inside a word. What fits nearly all wins.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate, product
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Errors, ScinerError
from ..html_text import has_markup, visible_text
from .text import squeezed

# Fewer misfits than this share are single slips, to be repaired one by one.
MAX_MISFITS = 0.2
# So many annotations don't fit by chance, even with a blank too many.
MANY = 8
_NO_BEGIN, _NO_END = frozenset(".,;:!?)]}-–/"), frozenset(",;:([{-–/")
CODE_POINTS, UTF16, BYTES = "code points", "UTF-16 units", "bytes"
_WIDTH: dict[str, Callable[[str], int]] = {
    CODE_POINTS: lambda character: 1,
    UTF16: lambda character: 1 + (character > "\uffff"),
    BYTES: lambda character: len(character.encode("utf8", "surrogatepass")),
}


# Label of a span whose tokens are unknown, in formats that have no other way to say it.
UNKNOWN_LABEL = "_unknown_"


class CharSpan(NamedTuple):
    """An annotation over characters [start, end), as read: nothing is checked yet."""

    start: Any
    end: Any
    label: str
    text: Optional[str] = None  # what the annotator saw, where the format tells


@dataclass(frozen=True)
class Counting:
    """One way of counting; the default is Python's."""

    unit: str = CODE_POINTS
    line_end: int = 0  # what \n or \r\n counts as: 1, 2, or 0 for as many characters as it has
    is_visible: bool = False  # of HTML, tags left out and entities read
    lead: bool = False  # a byte-order mark is counted

    def __str__(self) -> str:
        parts = [self.unit]
        if self.line_end:
            parts.append(f"a line end as {'one' if self.line_end == 1 else 'two'}")
        if self.is_visible:
            parts.append("in the visible text of HTML")
        if self.lead:
            parts.append("a byte-order mark counted")
        return ", ".join(parts)

    def text_and_places(self, raw: str) -> Tuple[str, Sequence[int]]:
        """The text, and the offset at which each of its characters begins; one more for the end."""
        is_simple = raw.isascii() and "\n" not in raw and not self.lead
        if is_simple and not (self.is_visible and has_markup(raw)):
            return raw, range(len(raw) + 1)  # however it is counted
        text, is_counted = visible_text(raw) if self.is_visible else (raw, [])
        width = _WIDTH[self.unit]
        widths = [width(c) for c in text]
        for i, character in enumerate(text if self.line_end else ""):
            if character == "\n":
                is_pair = i > 0 and text[i - 1] == "\r"
                widths[i] = self.line_end - is_pair * (self.line_end - 1)
                if is_pair:
                    widths[i - 1] = self.line_end - 1
        for i, counts in enumerate(is_counted):
            widths[i] *= counts
        first = width("\ufeff") if self.lead else 0
        return text, list(accumulate(widths, initial=first))


PLAIN = Counting()


class Decision(NamedTuple):
    """How a file counts, and another way that fits as well but means other words."""

    counting: Counting
    rival: Optional[Counting]


class _Fit(NamedTuple):
    marks: List[int]  # of each annotation: 2 it fits, 1 but for a blank or a mark at an end, 0 not
    places: List[Optional[Tuple[int, int]]]

    @property
    def rank(self) -> Tuple[int, int]:
        return self.n(1), self.n(2)

    def n(self, least: int) -> int:
        return sum(mark >= least for mark in self.marks)

    def n_misfits(self, some: Sequence[int], least: int) -> int:
        return sum(self.marks[i] < least for i in some)


def decide(
    texts: Sequence[str],
    spans: Sequence[Sequence[CharSpan]],
    *,
    path: object,
    has_bom: bool = False,
) -> Decision:
    """Find out what the offsets of a file count.

    texts (Sequence[str]): Every text of the file, as it stands there.
    spans (Sequence[Sequence[CharSpan]]): The annotations of each.
    has_bom (bool): The text began with a byte-order mark, which is left out of it.
    RAISES (ScinerError): SCINER-E216 if no way of counting fits.
    """
    pairs = [(text, used) for text, some in zip(texts, spans) if (used := _evidence(some))]
    n = sum(len(some) for _, some in pairs)
    countings = _countings([text for text, _ in pairs], has_bom=has_bom)
    fits = [(counting, _fit(pairs, counting)) for counting in countings]
    # Those that every way of counting puts at the same place say nothing about it.
    telling = [i for i in range(n) if len({f.places[i] for _, f in fits}) > 1]
    best, fit = max(fits, key=lambda pair: pair[1].rank)  # of equals the first, the plainest
    if not (_is_proven(best, fit, range(n)) and _is_proven(best, fit, telling)):
        tried = "; ".join(f"{counting}: {f.n(1)}" for counting, f in fits)
        raise ScinerError(Errors.E216.format(path=path, n=n, tried=tried))
    rivals = [c for c, f in fits if f.rank == fit.rank and f.places != fit.places]
    return Decision(best, rivals[0] if rivals else None)


def apply(counting: Counting, raw: str, spans: Sequence[CharSpan]) -> Tuple[str, List[CharSpan]]:
    """The text, and the annotations with offsets in its code points.

    What is no pair of offsets, or lies outside, stays as it is, to be counted where it is used.
    """
    if counting == PLAIN:
        return raw, list(spans)
    text, places = counting.text_and_places(raw)
    found = []
    for span in spans:
        place = _place(places, span) if _is_pair(span) else None
        if place is None and _is_pair(span):
            # Inside a character or outside the text; never to be read as code points.
            place = (len(text) + 1, len(text) + 1)
        found.append(span if place is None else span._replace(start=place[0], end=place[1]))
    return text, found


def _countings(texts: Sequence[str], *, has_bom: bool) -> List[Counting]:
    """Those that differ on these texts, the plainest first."""
    units = [CODE_POINTS]
    if any(max(text, default="") > "\uffff" for text in texts):
        units.append(UTF16)
    if not all(text.isascii() for text in texts) or has_bom:
        units.append(BYTES)
    line_ends = [0]
    if any("\r\n" in text for text in texts):
        line_ends.append(1)
    if any("\n" in text.replace("\r\n", "") for text in texts):
        line_ends.append(2)
    visible = [False, True] if any(map(has_markup, texts)) else [False]
    found = [
        Counting(unit, line_end, is_visible)
        for is_visible, line_end, unit in product(visible, line_ends, units)
    ]
    return found + [replace(counting, lead=True) for counting in found] * has_bom


def _is_proven(counting: Counting, fit: _Fit, some: Sequence[int]) -> bool:
    """Whether nearly all of some annotations fit.

    One slip in a small file is a slip; another way of counting than Python's has to fit exactly
    there, since with so many ways a few annotations fit one by chance.
    """
    slips = MAX_MISFITS * len(some)
    if counting == PLAIN:
        return fit.n_misfits(some, 1) <= max(1, slips)
    return fit.n_misfits(some, 1 if len(some) >= MANY else 2) <= slips


def _fit(pairs: Sequence[Tuple[str, List[CharSpan]]], counting: Counting) -> _Fit:
    fit = _Fit([], [])
    for raw, spans in pairs:
        text, places = counting.text_and_places(raw)
        for span in spans:
            place = _place(places, span)
            fit.places.append(place)
            fit.marks.append(0 if place is None else _mark(text, *place, span.text))
    return fit


def _mark(text: str, start: int, end: int, own_text: Optional[str]) -> int:
    if own_text is not None and own_text.strip():
        return 2 * (squeezed(text[start:end]) == squeezed(own_text))
    first, last = start, end
    while first < last and text[first].isspace():
        first += 1
    while first < last and text[last - 1].isspace():
        last -= 1
    if first == last or _is_inside_word(text, first) or _is_inside_word(text, last):
        return 0
    is_exact = text[start] not in _NO_BEGIN and text[end - 1] not in _NO_END
    return 1 + (is_exact and (first, last) == (start, end))


def _is_inside_word(text: str, i: int) -> bool:
    if not 0 < i < len(text):
        return False
    before, after = text[i - 1], text[i]
    # A number's unit and a negation are words of their own to the tokenizer: 10|km, do|n't.
    if (before.isdigit() and after.isalpha()) or text[i : i + 3] in ("n't", "n’t"):
        return False
    return before.isalnum() and after.isalnum()


def _place(places: Sequence[int], span: CharSpan) -> Optional[Tuple[int, int]]:
    """The characters of an annotation, None if it begins or ends inside one, or outside all."""
    # What counts for nothing (a \r, an inserted line end) is left out at both ends.
    start, end = bisect_right(places, span.start) - 1, bisect_left(places, span.end)
    if start < 0 or end >= len(places) or start > end:
        return None
    is_whole = places[start] == span.start and places[end] == span.end
    return (start, end) if is_whole else None


def _evidence(spans: Sequence[CharSpan]) -> List[CharSpan]:
    # The same place twice, under two labels, is one piece of evidence. Unknown tokens, and blanks
    # by their own text, are none.
    known = [
        span
        for span in reversed(spans)
        if span.label != UNKNOWN_LABEL and (not span.text or span.text.strip())
    ]
    places = {span[:2]: span for span in known if _is_pair(span) and span.start < span.end}
    return list(places.values())


def _is_pair(span: CharSpan) -> bool:
    return type(span.start) is int and type(span.end) is int and 0 <= span.start <= span.end
