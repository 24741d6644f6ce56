"""The `sciner_annotator` component: what γ accepts stays, the rest becomes unknown."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Union

import numpy as np
from spacy.language import Language
from spacy.pipeline.pipe import Pipe
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from ..content import has_content
from ..errors import Errors, ScinerError
from ..selection import Accept, Gamma, select
from ..settings.arguments import AnnotatorArguments
from ..settings.read import check_section
from ..types import ScoredSpan
from . import token_confidence  # noqa: F401  (registers doc._.sciner_confidence)


@Language.factory(
    "sciner_annotator",
    assigns=["doc.ents", "doc.spans"],
    requires=["doc.ents", "doc._.sciner_confidence"],
    default_config={
        "gamma": 0.98,
        "gamma_o": None,
        "accept": "token",
        "iteration": 0,
        "fingerprint": "",
        "spans_key": "sciner",
        "scorer": {"@scorers": "spacy-sciner.sciner_scorer.v1"},
    },
)
def make_sciner_annotator(
    nlp: Language,
    name: str,
    gamma: Union[float, Dict[str, Optional[float]]],
    gamma_o: Optional[float],
    accept: Accept,
    iteration: int,
    fingerprint: str,
    spans_key: str,
    scorer: Optional[Callable],
) -> "SciNERAnnotator":
    """Make a sciner_annotator.

    gamma (float or dict): Lowest accepted probability in [0, 1], or one per label; None for a
        label accepts nothing of it. Of words or of entities, as `accept` says.
    gamma_o (float): The same for O tokens; None means γ.
    accept (str): "token" (the paper) or "entity".
    iteration (int): Written into the provenance.
    fingerprint (str): Of the model that predicts; written into the provenance.
    spans_key (str): Where in `doc.spans` the accepted entities with their scores go.
    """
    return SciNERAnnotator(
        name,
        gamma=gamma,
        gamma_o=gamma_o,
        accept=accept,
        iteration=iteration,
        fingerprint=fingerprint,
        spans_key=spans_key,
        scorer=scorer,
    )


class SciNERAnnotator(Pipe):
    """Turn sciner's predictions into training data. Stateless; gold documents pass untouched.

    Rewrites `doc.ents` so that accepted entities stay, sure O tokens stay O, and everything else is
    unknown; writes `doc.user_data["source"] = "pseudo"` and the provenance to
    `doc.user_data["sciner"]`: iteration, gamma, fingerprint, and counts of accepted entities and of
    accepted and unknown tokens.
    RAISES (ScinerError): SCINER-E521 for γ or `accept`, SCINER-E002 for a label without a γ,
        SCINER-E308 without confidences.
    """

    def __init__(
        self,
        name: str = "sciner_annotator",
        *,
        gamma: Gamma = 0.98,
        gamma_o: Optional[float] = None,
        accept: Accept = "token",
        iteration: int = 0,
        fingerprint: str = "",
        spans_key: str = "sciner",
        scorer: Optional[Callable[[Iterable[Example]], Dict[str, Any]]] = None,
    ):
        arguments = {"gamma": gamma, "gamma_o": gamma_o, "accept": accept}
        check_section(AnnotatorArguments, arguments, where=f"component {name}")
        self.name = name
        self.gamma = gamma
        self.gamma_o = gamma_o
        self.accept: Accept = accept
        self.iteration = iteration
        self.fingerprint = fingerprint
        self.spans_key = spans_key
        self.scorer = scorer

    def __call__(self, doc: Doc) -> Doc:
        if doc.user_data.get("source") == "gold":
            return doc
        confidence = doc._.sciner_confidence
        if confidence is None:
            paper = doc.user_data.get("paper", repr(doc.text[:40]))
            raise ScinerError(Errors.E308.format(paper=paper))
        predicted = scored_entities(doc, self.spans_key)
        selection = select(
            predicted,
            confidence,
            gamma=self.gamma,
            gamma_o=self.gamma_o,
            accept=self.accept,
            words=[has_content(token.text) for token in doc],
        )
        spans = [Span(doc, e.start, e.end, label=e.label) for e in selection.accepted]
        doc.set_ents(spans, missing=_runs(doc, selection.unknown), default="outside")
        group = SpanGroup(doc, name=self.spans_key, spans=spans)
        scores = [e.score for e in selection.accepted]
        group.attrs["scores"] = np.asarray(scores, dtype=np.float32)
        doc.spans[self.spans_key] = group
        n_unknown = int(selection.unknown.sum())
        doc.user_data["source"] = "pseudo"
        doc.user_data["sciner"] = {
            "iteration": self.iteration,
            "gamma": self.gamma,
            "fingerprint": self.fingerprint,
            "accepted_entities": len(spans),
            "accepted_tokens": len(doc) - n_unknown,
            "unknown_tokens": n_unknown,
        }
        return doc

    # Everything is in the config; these let the pipeline be saved and loaded.
    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        return b""

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "SciNERAnnotator":
        return self

    def to_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
        pass

    def from_disk(
        self, path: Union[str, Path], *, exclude: Iterable[str] = ()
    ) -> "SciNERAnnotator":
        return self


def scored_entities(doc: Doc, spans_key: str = "sciner") -> List[ScoredSpan]:
    """The predicted entities with sciner's confidence in each, None where it has none."""
    group = doc.spans.get(spans_key, ())
    attrs = group.attrs if isinstance(group, SpanGroup) else {}
    places = attrs.get("places")  # in characters, which no retokenizer moves
    if places is None:
        places = [(s.start_char, s.end_char, s.label_) for s in group]
    known = {tuple(place): float(mark) for place, mark in zip(places, attrs.get("scores", ()))}
    return [
        ScoredSpan(e.start, e.end, e.label_, known.get((e.start_char, e.end_char, e.label_)))
        for e in doc.ents
    ]


def _runs(doc: Doc, unknown: np.ndarray) -> list[Span]:
    """The unknown tokens as spans, neighbouring ones joined."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], unknown.astype(np.int8), [0]])))
    return [Span(doc, int(a), int(b)) for a, b in zip(edges[::2], edges[1::2])]
