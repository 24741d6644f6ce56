"""One annotated paragraph as a file gives it, and the Doc made of it."""

import string
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Collection, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from spacy.lang.en import English
from spacy.language import create_tokenizer
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span
from spacy.vocab import create_vocab

from .rules import Repairs


class CharSpan(NamedTuple):
    """An annotation over characters [start, end), as read: nothing is checked yet."""

    start: Any
    end: Any
    label: str
    text: Optional[str] = None  # what the annotator saw, where the format tells


@dataclass(frozen=True)
class Annotated:
    """A paragraph with its annotations; with `words` where the file brings its own tokens."""

    paper: str
    paragraph: int
    text: str
    spans: Sequence[CharSpan]
    file: str  # relative, for the report
    words: Optional[List[str]] = None
    spaces: Optional[List[bool]] = None
    unknown: FrozenSet[int] = frozenset()  # tokens without an annotation
    section: str = ""


class Numbering:
    """Paragraph numbers: the file's own, else counted from 0 in each paper."""

    def __init__(self) -> None:
        self._next: Dict[str, int] = {}

    def __call__(self, paper: str, given: Any = None) -> int:
        if isinstance(given, str) and given.isdecimal():
            given = int(given)
        if not isinstance(given, int) or isinstance(given, bool):
            given = self._next.get(paper, 0)
        self._next[paper] = max(self._next.get(paper, 0), given + 1)
        return given


def make_tokenizer() -> Tokenizer:
    """The tokenizer of `spacy.blank("en")`, with its vocab.

    `spacy.blank` itself first loads every installed component, which takes seconds.
    """
    vocab = create_vocab("en", English.Defaults)
    language = SimpleNamespace(vocab=vocab, Defaults=English.Defaults)
    return create_tokenizer()(language)  # type: ignore[arg-type]


def annotated_to_doc(
    annotated: Annotated,
    *,
    tokenizer: Tokenizer,
    labels: Optional[Collection[str]],
    repairs: Repairs,
) -> Optional[Doc]:
    """Make a Doc, with each annotation used, repaired or set aside as `rules` says.

    labels (Optional[Collection[str]]): Labels to keep, None for all.
    RETURNS (Optional[Doc]): None if there is no token.
    """
    if annotated.words is not None:
        doc = Doc(tokenizer.vocab, words=annotated.words, spaces=annotated.spaces)
    else:
        doc = tokenizer(annotated.text)
    where = f"{annotated.paper}/{annotated.paragraph}"
    if not annotated.text.strip():
        repairs.add("no-text", file=annotated.file, paragraph=where, text=annotated.text)
        return None
    spans: List[Tuple[Span, CharSpan]] = []
    for char_span in annotated.spans:
        span, rules = _align(doc, char_span, labels)
        for rule in rules:
            repairs.add(rule, file=annotated.file, paragraph=where, text=_name(char_span, doc))
        if span is not None:
            spans.append((span, char_span))
    kept = _without_overlaps(spans, doc, repairs, file=annotated.file, where=where)
    inside = {i for span in kept for i in range(span.start, span.end)}
    missing = [doc[i : i + 1] for i in sorted(annotated.unknown - inside)]
    doc.set_ents(kept, missing=missing)
    doc.user_data["paper"] = annotated.paper
    doc.user_data["paragraph"] = annotated.paragraph
    doc.user_data["section"] = annotated.section
    doc.user_data["source"] = "gold"
    return doc


def _align(
    doc: Doc, char_span: CharSpan, labels: Optional[Collection[str]]
) -> Tuple[Optional[Span], List[str]]:
    """The span over tokens, or None, and the rules that were applied."""
    start, end, label, own_text = char_span
    if not label or (labels is not None and label not in labels):
        return None, ["unknown-label"]
    text = doc.text
    is_pair = all(isinstance(i, int) and not isinstance(i, bool) for i in (start, end))
    if not is_pair or not 0 <= start <= end:
        return None, ["bad-offsets"]
    rules = []
    if own_text and own_text.split() != text[start:end].split():
        found = _nearest(text, own_text.strip(), start)
        if found is None:
            return None, ["bad-offsets" if end > len(text) else "text-mismatch"]
        start, end = found, found + len(own_text.strip())
        rules.append("shifted")
    if end > len(text):
        return None, ["bad-offsets"]
    for trimmed in (string.whitespace, string.whitespace + string.punctuation):
        new_start, new_end = _trim(text, start, end, trimmed)
        if new_start == new_end:
            if trimmed == string.whitespace:
                return None, ["zero-length"]
            break
        span = doc.char_span(new_start, new_end, label=label)
        if span is not None:
            return span, rules + ["trimmed"] * ((new_start, new_end) != (start, end))
    new_start, new_end = _trim(text, start, end, string.whitespace)
    span = doc.char_span(new_start, new_end, label=label, alignment_mode="expand")
    return span, [*rules, "snapped"]


def _trim(text: str, start: int, end: int, characters: str) -> Tuple[int, int]:
    def is_trimmed(character: str) -> bool:
        return character in characters or character.isspace()

    while start < end and is_trimmed(text[start]):
        start += 1
    while start < end and is_trimmed(text[end - 1]):
        end -= 1
    return start, end


def _nearest(text: str, wanted: str, start: int) -> Optional[int]:
    """Where `wanted` stands in the text nearest to `start`, the earlier one of two."""
    if not wanted:
        return None
    places = []
    place = text.find(wanted)
    while place >= 0:
        places.append(place)
        place = text.find(wanted, place + 1)
    return min(places, key=lambda p: (abs(p - start), p), default=None)


def _without_overlaps(
    spans: Sequence[Tuple[Span, CharSpan]], doc: Doc, repairs: Repairs, *, file: str, where: str
) -> List[Span]:
    """The longest first; of the same length, the first in the text, then in the file."""
    taken: Dict[int, Span] = {}
    kept: List[Span] = []
    for span, char_span in sorted(spans, key=lambda pair: (-len(pair[0]), pair[0].start)):
        other = next((taken[i] for i in range(span.start, span.end) if i in taken), None)
        if other is None:
            kept.append(span)
            taken.update(dict.fromkeys(range(span.start, span.end), span))
            continue
        same = (other.start, other.end, other.label) == (span.start, span.end, span.label)
        rule = "duplicate" if same else "overlap"
        repairs.add(rule, file=file, paragraph=where, text=_name(char_span, doc))
    return sorted(kept, key=lambda span: span.start)


def _name(char_span: CharSpan, doc: Doc) -> str:
    start, end, label, own_text = char_span
    if own_text is None and isinstance(start, int) and isinstance(end, int):
        own_text = doc.text[max(start, 0) : max(end, 0)]
    return f"{label} [{start}, {end}) {own_text or ''}".rstrip()
