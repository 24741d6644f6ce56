"""One annotated paragraph as a file gives it, and the Doc made of it."""

import re
import string
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, Collection, Dict, FrozenSet, List, Optional, Sequence, Tuple

from spacy.lang.en import English
from spacy.language import create_tokenizer
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span, SpanGroup
from spacy.vocab import Vocab, create_vocab

from ..confidence import CONFIDENCE_KEY
from ..content import has_content, visible
from .offsets import UNKNOWN_LABEL, CharSpan
from .rules import Repairs
from .text import squeezed

GOLD, LLM = "gold", "llm"  # who annotated it: a person, or a language model
SCINER, PSEUDO = "sciner", "pseudo"  # a pipeline, which has not said so, or has
MAX_NUMBER = 1 << 31  # of a paragraph; larger ones are something else's


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
    is_partial: bool = False  # nothing is known of the tokens outside its spans
    annotator: str = ""  # where the format tells; of the same text, one person's is used
    task: str = ""  # the tool's number of what was annotated: twice the same is two annotations
    source: str = GOLD  # or LLM; anything else is no gold: of the doc
    time: str = ""  # when it was annotated, as the format tells
    is_truth: bool = False  # of several annotations of a task, the one that a person has chosen
    of_pool: bool = False  # it was reviewed alone: the rest of its paper stays in the pool


class Numbering:
    """Paragraph numbers: the file's own, else counted from 0 in each paper."""

    def __init__(self) -> None:
        self._next: Dict[str, int] = {}

    def __call__(self, paper: str, given: Any = None) -> int:
        if isinstance(given, float) and given.is_integer():
            given = int(given)
        if isinstance(given, str) and given.isdecimal() and len(given) < 10:
            given = int(given)
        is_number = isinstance(given, int) and not isinstance(given, bool)
        if not is_number or not 0 <= given < MAX_NUMBER:
            given = self._next.get(paper, 0)
        self._next[paper] = max(self._next.get(paper, 0), given + 1)
        return given


def source_of(told: Any) -> str:
    """What a file says of a paragraph's source, which is a person unless it says otherwise."""
    return str(told) if told in (LLM, PSEUDO, SCINER) else GOLD


def source_of_doc(doc: Doc) -> str:
    """What a doc's annotations are from: what it says; else sciner where its confidences are in it,
    as in one saved from `nlp.pipe`; else a person."""
    group = doc.spans.get("sciner")
    attrs = group.attrs if isinstance(group, SpanGroup) else {}
    is_predicted = CONFIDENCE_KEY in doc.user_data or "scores" in attrs
    return str(doc.user_data.get("source") or (SCINER if is_predicted else GOLD))


def make_vocab() -> Vocab:
    """That of `spacy.blank("en")`, for documents that are cut into words already."""
    return create_vocab("en", English.Defaults)


def make_tokenizer() -> Tokenizer:
    """The tokenizer of `spacy.blank("en")`, with its vocab.

    `spacy.blank` itself first loads every installed component, which takes seconds.
    """
    language = SimpleNamespace(vocab=make_vocab(), Defaults=English.Defaults)
    return create_tokenizer()(language)  # type: ignore[arg-type]


@cache
def standard_tokenizer() -> Tokenizer:
    """One that is made once, for what is read and thrown away: its vocab grows."""
    return make_tokenizer()


# An entity is meant, and where it stands is not known.
LOST = frozenset({"bad-offsets", "text-mismatch", "ambiguous-text"})


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
    text = doc.text  # put together from the tokens each time
    spans: List[Tuple[Span, CharSpan]] = []
    unknown = set(range(len(doc)) if annotated.is_partial else annotated.unknown)
    for char_span in annotated.spans:
        is_unknown = char_span.label in (UNKNOWN_LABEL, "")
        span, rules = _find_span(doc, text, char_span, labels, is_unknown=is_unknown)
        if LOST.intersection(rules):  # an entity is somewhere here: no other word is known to be O
            unknown.update(range(len(doc)))
        for rule in rules:
            repairs.add(rule, file=annotated.file, paragraph=where, text=_name(char_span, text))
        if span is not None and is_unknown:
            unknown.update(range(span.start, span.end))
        elif span is not None:
            spans.append((span, char_span))
    kept = _without_overlaps(spans, text, repairs, file=annotated.file, where=where)
    inside = {i for span in kept for i in range(span.start, span.end)}
    unknown.update(i for span, _ in spans for i in range(span.start, span.end))
    missing = [doc[i : i + 1] for i in sorted(unknown - inside)]
    doc.set_ents(kept, missing=missing)
    _set_place(doc, annotated)
    return doc


def _find_span(
    doc: Doc,
    text: str,
    char_span: CharSpan,
    labels: Optional[Collection[str]],
    *,
    is_unknown: bool,
) -> Tuple[Optional[Span], List[str]]:
    """Where an annotation is in the tokens, or None, and the rules that were applied.

    is_unknown (bool): Of its label nothing is known.
    """
    meant = char_span._replace(label=UNKNOWN_LABEL) if is_unknown else char_span
    span, rules = _align(doc, text, meant, None if is_unknown else labels)
    if span is not None and not is_unknown:
        span, rules = _of_words(span, rules)
    if not char_span.label:  # it was marked, and could be of any label
        rules = ["unknown-label", *rules]
    return span, rules


def _set_place(doc: Doc, annotated: Annotated) -> None:
    doc.user_data["paper"] = annotated.paper
    doc.user_data["paragraph"] = annotated.paragraph
    doc.user_data["section"] = annotated.section
    doc.user_data["source"] = annotated.source
    if annotated.of_pool:
        doc.user_data["of_pool"] = True


def _align(
    doc: Doc, text: str, char_span: CharSpan, labels: Optional[Collection[str]]
) -> Tuple[Optional[Span], List[str]]:
    """The span over tokens, or None, and the rules that were applied."""
    label = char_span.label
    known = label if labels is None else spelled(label, labels)
    if known is None:
        return None, ["unknown-label"]
    place, rules = place_in(text, char_span)
    rules = [*rules, *["label-spelling"] * (known != label)]
    label = known
    if place is None:
        return None, rules
    start, end = place
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


def _of_words(span: Span, rules: List[str]) -> Tuple[Optional[Span], List[str]]:
    """The span without tokens at its ends that show nothing, such as a zero-width blank."""
    words = [token.i for token in span if has_content(token.text)]
    if not words:
        return None, ["zero-length"]
    if (words[0], words[-1] + 1) == (span.start, span.end):
        return span, rules
    kept = Span(span.doc, words[0], words[-1] + 1, label=span.label_)
    return kept, list(dict.fromkeys([*rules, "trimmed"]))


def spelled(label: str, labels: Collection[str]) -> Optional[str]:
    """The label of the corpus that is meant: capitals, blanks, - and _ are no other label, nor is
    what shows nothing."""
    if label in labels:
        return label
    meant = [known for known in labels if _plainly(known) == _plainly(label)]
    return meant[0] if len(meant) == 1 else None


def _plainly(label: str) -> str:
    return re.sub(r"[\s_-]+", "", visible(label)).casefold()


def place_in(text: str, char_span: CharSpan) -> Tuple[Optional[Tuple[int, int]], List[str]]:
    """The code points that an annotation is over, or None, and the rules that were applied."""
    start, end, _, own_text = char_span
    is_pair = all(isinstance(i, int) and not isinstance(i, bool) for i in (start, end))
    if not is_pair or not 0 <= start <= end:
        if is_pair or not own_text or start is None or not own_text.strip():
            return None, ["bad-offsets"]
        start = end = len(text) + 1  # an XPath: only the text can tell
    rules = []
    if own_text and own_text.strip() and squeezed(own_text) != squeezed(text[start:end]):
        places = _places_of(text, own_text)
        if not places:
            return None, ["bad-offsets" if end > len(text) else "text-mismatch"]
        if len(places) > 1:
            return None, ["ambiguous-text"]
        start, end = places[0]
        rules.append("shifted")
    return (None, ["bad-offsets"]) if end > len(text) else ((start, end), rules)


def _trim(text: str, start: int, end: int, characters: str) -> Tuple[int, int]:
    def is_trimmed(character: str) -> bool:
        return character in characters or character.isspace()

    while start < end and is_trimmed(text[start]):
        start += 1
    while start < end and is_trimmed(text[end - 1]):
        end -= 1
    return start, end


def _places_of(text: str, wanted: str) -> List[Tuple[int, int]]:
    """Where `wanted` stands in a text, white space aside."""
    characters = [(c, i) for i, c in enumerate(text) if not c.isspace()]
    squeezed_text, wanted = "".join(c for c, _ in characters), "".join(wanted.split())
    places = []
    place = squeezed_text.find(wanted)
    while place >= 0:
        places.append((characters[place][1], characters[place + len(wanted) - 1][1] + 1))
        place = squeezed_text.find(wanted, place + 1)
    return places


def _without_overlaps(
    spans: Sequence[Tuple[Span, CharSpan]], text: str, repairs: Repairs, *, file: str, where: str
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
        repairs.add(rule, file=file, paragraph=where, text=_name(char_span, text))
    return sorted(kept, key=lambda span: span.start)


def _name(char_span: CharSpan, text: str) -> str:
    start, end, label, own_text = char_span
    if own_text is None and isinstance(start, int) and isinstance(end, int):
        own_text = text[max(start, 0) : max(end, 0)]
    return f"{label} [{start}, {end}) {own_text or ''}".rstrip()
