"""What every writer needs: a paragraph with its places counted in characters, and what was lost.

A span labelled UNKNOWN_LABEL stands for tokens of which nothing is known, neither that they are an
entity nor that they are not. Label Studio, Prodigy, doccano and BRAT show it as any other label, so
that a person who decides on such a stretch takes it away; every reader takes it for what it is.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import (
    Any,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from spacy.tokens import Doc, Span

from ...errors import Errors, ScinerError
from ...types import ScoredSpan
from ..annotated import GOLD, UNKNOWN_LABEL, Numbering, source_of_doc, standard_tokenizer
from ..told import model_told, without_model

# What a format, or a reader of it, does not keep, as a person is told. {n} is how many.
LOSSES = {
    "no-text": "{n} paragraphs have no text and are left out",
    "spaces": "the white space of {n} paragraphs: read back, it is that of running text",
    "space-words": "{n} words that are white space are left out",
    "odd-words": "{n} words with a tab or line end in them are written with a space instead",
    "docstart-words": "{n} words that begin with -DOCSTART- are written without the first hyphen",
    "space-ends": "white space at the ends of {n} entities is not written as a part of them",
    "words": "the words of {n} paragraphs: read back, their text is cut into words anew",
    "edges": "{n} entities begin or end inside one of the new words and will grow to it",
    "scores": "the confidences of {n} entities",
    "by-model": "{n} entities that a language model found among words a person left unknown",
    "unknown": "{n} unknown words: read back, they are no entities",
    "prediction": "that {n} paragraphs are predictions: read back, they are gold",
    "alone": "that {n} paragraphs were reviewed alone: read back, their papers leave the pool",
}


class Losses:
    """Counts what a file does not hold of its docs."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, kind: str, n: int = 1) -> None:
        """kind (str): One of LOSSES."""
        if kind not in LOSSES:
            raise KeyError(kind)
        if n:
            self.counts[kind] += n

    def lines(self) -> List[str]:
        """A line for each kind that occurred, in the order of LOSSES."""
        return [text.format(n=self.counts[k]) for k, text in LOSSES.items() if self.counts[k]]


class CharEnt(NamedTuple):
    """An entity, or an unknown stretch, over code points [start, end) of its paragraph's text."""

    start: int
    end: int
    label: str
    token_start: int
    token_end: int
    score: Optional[float] = None


@dataclass(frozen=True)
class Written:
    """A paragraph as the writers take it."""

    doc: Doc
    paper: str
    paragraph: int
    section: str
    ents: List[CharEnt]  # in the order of the text, without white space at their ends
    unknown: List[CharEnt]  # the same, labelled UNKNOWN_LABEL
    predicted_by: str = ""  # what predicted it; "" for gold
    more: Mapping[str, Any] = field(default_factory=dict)  # written beside its place

    @property
    def is_blank(self) -> bool:
        """Whether nobody, and nothing, has said anything about it: a paragraph of the pool."""
        return bool(self.predicted_by) and not any(token.ent_iob_ for token in self.doc)

    @property
    def spans(self) -> List[CharEnt]:
        """Entities and unknown stretches, in the order of the text."""
        return sorted([*self.ents, *self.unknown])

    @cached_property
    def text(self) -> str:
        """The doc's, which puts it together from its tokens each time."""
        return self.doc.text

    def text_of(self, span: CharEnt) -> str:
        return self.text[span.start : span.end]


def prepare(
    docs: Iterable[Tuple[Doc, Sequence[ScoredSpan]]],
    *,
    default_paper: str,
    keep_unknown: bool,
    losses: Losses,
) -> Iterator[Written]:
    """Docs with their entities as paragraphs to write; those without text are left out.

    default_paper (str): The paper of docs that name none.
    keep_unknown (bool): False writes unknown tokens as if they were no entities.
    RAISES (ScinerError): SCINER-E240 for an entity with the label of unknown stretches.
    """
    number = Numbering()
    for doc, ents in docs:
        place = doc.user_data
        paper = str(place.get("paper") or default_paper)
        paragraph = number(paper, place.get("paragraph"))
        if not doc.text.strip():
            losses.add("no-text")
            continue
        if any(ent.label == UNKNOWN_LABEL for ent in ents):
            reason = "every reader takes it for what is unknown"
            raise bad_label(UNKNOWN_LABEL, file_format="any format", reason=reason)
        if (told := model_told(doc)) is not None:
            own = [ent for ent in ents if not told[ent.start : ent.end].any()]
            losses.add("by-model", len(ents) - len(own))
            doc, ents = without_model(doc), own
        entities = [_char_ent(doc[e.start : e.end], e.label, e.score) for e in ents]
        n_padded = sum(
            ent is None or ent[:2] != (span.start_char, span.end_char)
            for ent, span in zip(entities, (doc[e.start : e.end] for e in ents), strict=True)
        )
        losses.add("space-ends", n_padded)
        runs = [_char_ent(run, UNKNOWN_LABEL) for run in _unknown_runs(doc)]
        if not keep_unknown:
            losses.add("unknown", sum(not t.ent_iob_ and not t.is_space for t in doc))
        alone = {"of_pool": True} if place.get("of_pool") else {}
        yield Written(
            doc=doc,
            more=alone,
            paper=paper,
            paragraph=paragraph,
            section=str(place.get("section") or ""),
            ents=[ent for ent in entities if ent is not None],
            unknown=[run for run in runs if run is not None] if keep_unknown else [],
            predicted_by=_predicted_by(doc),
        )


def count_words(paragraphs: Iterable[Written], losses: Losses) -> Iterator[Written]:
    """The same paragraphs; counts what a format that holds text, not words, loses of them."""
    tokenizer = standard_tokenizer()
    for one in paragraphs:
        anew = tokenizer(one.text)
        if [t.idx for t in anew] != [t.idx for t in one.doc]:
            losses.add("words")
            spans = [anew.char_span(ent.start, ent.end) for ent in one.ents]
            losses.add("edges", sum(span is None for span in spans))
        yield one


def count_unheld(
    one: Written, losses: Losses, *, scores: bool, prediction: bool, alone: bool
) -> None:
    """Count what a format cannot say of a paragraph: scores, that it is a prediction, or that it
    was reviewed without the rest of its paper."""
    losses.add("alone", int(alone and "of_pool" in one.more))
    losses.add("scores", scores * sum(ent.score is not None for ent in one.ents))
    losses.add("prediction", int(prediction and bool(one.predicted_by)))


def place_of(one: Written) -> Dict[str, object]:
    """Paper, paragraph and section, under the names that every reader knows; then `more`."""
    place = {"paper": one.paper, "paragraph": one.paragraph, "section": one.section}
    return {**place, **one.more}


def bad_label(label: str, *, file_format: str, reason: str) -> ScinerError:
    return ScinerError(Errors.E240.format(label=label, format=file_format, reason=reason))


def _char_ent(span: Span, label: str, score: Optional[float] = None) -> Optional[CharEnt]:
    """None if there is nothing but white space."""
    text = span.text
    inner = text.strip()
    if not inner:
        return None
    start = span.start_char + len(text) - len(text.lstrip())
    tokens = [token.i for token in span if not token.is_space]
    return CharEnt(start, start + len(inner), label, tokens[0], tokens[-1] + 1, score)


def _unknown_runs(doc: Doc) -> List[Span]:
    runs: List[Span] = []
    start: Optional[int] = None
    for i in range(len(doc) + 1):
        is_unknown = i < len(doc) and not doc[i].ent_iob_
        if is_unknown and start is None:
            start = i
        elif not is_unknown and start is not None:
            runs.append(doc[start:i])
            start = None
    return runs


def _predicted_by(doc: Doc) -> str:
    source = source_of_doc(doc)
    if source == GOLD:
        return ""
    provenance = doc.user_data.get("sciner") or {}
    iteration = provenance.get("iteration") if isinstance(provenance, dict) else None
    return source if iteration is None else f"{source} {iteration}"
