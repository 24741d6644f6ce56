"""What pipelines say of the pool: entities for a person to see, probabilities to choose by."""

import re
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.reader import words_and_spaces
from ..errors import Errors, ScinerError
from ..files import fingerprint
from ..pipeline.annotator import scored_entities
from ..pipeline.sciner import find_sciner
from ..tagging import are_words
from ..training.experiment import load_pipeline
from ..types import Floats2d, ScoredSpan

_BATCH = 256  # docs
_ITERATION = re.compile(r"\d+")


def predicted(
    docs: Iterable[Doc], nlp: Language, *, source: str
) -> Iterator[Tuple[Doc, List[ScoredSpan]]]:
    """Docs of the same words and place with a pipeline's entities, and its confidence in each.

    source (str): The new docs' `user_data["source"]`: what predicted them.
    """

    def plain() -> Iterator[Doc]:
        for doc in docs:
            words, spaces = words_and_spaces(doc)
            copy = Doc(nlp.vocab, words=words, spaces=spaces)
            place = {key: doc.user_data.get(key) for key in ("paper", "paragraph", "section")}
            copy.user_data.update(place, source=source)
            yield copy

    for doc in nlp.pipe(plain()):
        yield doc, scored_entities(doc)


def probabilities(model: Path, docs: Iterable[Doc]) -> Iterator[Floats2d]:
    """Of each document's tokens the tags' probabilities, (n_tokens, n_tags); 0 without content."""
    nlp = load_pipeline(model, calibrated=False)
    sciner: Any = nlp.get_pipe(find_sciner(nlp))
    plain = (Doc(nlp.vocab, words=w, spaces=s) for w, s in map(words_and_spaces, docs))
    for batch in _batches(plain):
        for logs in sciner.predict(batch):
            logs = sciner.model.ops.to_numpy(logs)
            yield np.where(are_words(logs)[:, None], np.exp(logs), 0.0)


def _batches(docs: Iterator[Doc]) -> Iterator[List[Doc]]:
    batch: List[Doc] = []
    for doc in docs:
        batch.append(doc)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def model_version(pipeline: Path) -> str:
    """A pipeline's name for a person, the same for the same pipeline: "iteration-2-1f0c93ab"."""
    digest = fingerprint(pipeline)
    for other in _iterations(pipeline):
        if other == pipeline or fingerprint(other) == digest:
            return f"iteration-{other.parent.name}-{digest[:8]}"
    return f"{pipeline.name}-{digest[:8]}"


def members_of(pipeline: Path) -> List[Path]:
    """A pipeline and those that may disagree with it: the teachers trained beside it, else those of
    iteration 0, else the other iterations.

    RAISES (ScinerError): SCINER-E539 if there are none.
    """
    above = pipeline.parent
    places = [above / "teachers", above / "0/teachers", above.parent / "0/teachers"]
    for folder in places:
        if teachers := sorted(folder.glob("*/config.cfg")):
            return [pipeline, *(path.parent for path in teachers)]
    digest = fingerprint(pipeline)
    others = [path for path in _iterations(pipeline) if fingerprint(path) != digest]
    if not others:
        raise ScinerError(Errors.E539.format(path=pipeline, looked=places[0]))
    return [pipeline, *others]


def _iterations(pipeline: Path) -> Sequence[Path]:
    """training/K/model-best for training/best, or for one of themselves; the last one first."""
    root = pipeline.parent.parent if _ITERATION.fullmatch(pipeline.parent.name) else pipeline.parent
    found = [p for p in root.glob("*/model-best") if _ITERATION.fullmatch(p.parent.name)]
    return sorted(found, key=lambda p: -int(p.parent.name))
