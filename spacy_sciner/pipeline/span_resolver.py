"""The `sciner_span_resolver` component: spans of a span categoriser, resolved into `doc.ents`."""

from typing import Any, Callable, Dict, Iterable, Optional

import numpy as np
from spacy.language import Language
from spacy.pipeline.pipe import Pipe
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example

from .entities import set_entities


@Language.factory(
    "sciner_span_resolver",
    assigns=["doc.ents", "doc.spans"],
    requires=["doc.spans"],
    default_config={
        "from_key": "sc",
        "spans_key": "sciner",
        "overwrite": False,
        "scorer": {"@scorers": "spacy-sciner.sciner_scorer.v1"},
    },
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0},
)
def make_span_resolver(
    nlp: Language,
    name: str,
    from_key: str,
    spans_key: str,
    overwrite: bool,
    scorer: Optional[Callable],
) -> "SpanResolver":
    """Make a sciner_span_resolver.

    from_key (str): Where in `doc.spans` the categoriser's spans are, with `attrs["scores"]`.
    spans_key (str): Where those that are entities go, with their scores.
    overwrite (bool): Replace the entities that are there already. False keeps them: one that
        overlaps such an entity gives way, and stays in `doc.spans[spans_key]`.
    """
    return SpanResolver(
        name, from_key=from_key, spans_key=spans_key, overwrite=overwrite, scorer=scorer
    )


class SpanResolver(Pipe):
    """Of spans that overlap the surest becomes an entity, of equally sure ones the longest, of
    equally long ones the first. Stateless."""

    def __init__(
        self,
        name: str,
        *,
        from_key: str,
        spans_key: str,
        overwrite: bool = False,
        scorer: Optional[Callable] = None,
    ):
        self.name, self.from_key, self.spans_key = name, from_key, spans_key
        self.overwrite, self.scorer = overwrite, scorer

    def __call__(self, doc: Doc) -> Doc:
        group: Any = doc.spans.get(self.from_key) or ()
        spans = list(group)
        sure = [1.0] * len(spans)  # as the rules of a span_ruler are
        scores = np.ravel(group.attrs.get("scores", sure)).tolist() if spans else []
        order = sorted(
            range(len(spans)),
            key=lambda i: (-scores[i], spans[i].start - spans[i].end, spans[i].start),
        )
        taken, chosen = [False] * len(doc), []
        for i in order:
            span = spans[i]
            if not any(taken[span.start : span.end]):
                taken[span.start : span.end] = [True] * len(span)
                chosen.append(i)
        chosen.sort(key=lambda i: spans[i].start)
        ents = [Span(doc, spans[i].start, spans[i].end, label=spans[i].label) for i in chosen]
        set_entities(doc, ents, overwrite=self.overwrite)
        attrs: Dict[str, Any] = {"scores": [scores[i] for i in chosen]}
        doc.spans[self.spans_key] = SpanGroup(doc, name=self.spans_key, spans=ents, attrs=attrs)
        return doc

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        return self.scorer(examples, **kwargs) if self.scorer else {}
