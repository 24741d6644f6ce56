"""Fit a trained pipeline's confidences on held-out papers, and keep the fit inside the pipeline."""

from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import minibatch

from ..confidence import Calibration, entity_features, temper, token_confidence
from ..corpus.docbin import read_docs
from ..corpus.reader import iob_tags, words_and_spaces
from ..loading import load
from ..pipeline.sciner import find_sciner
from ..scoring.fit import fit_logistic, fit_temperature
from ..tagging import (
    UNKNOWN,
    are_words,
    decode,
    labels_to_tags,
    tags_of_words,
    tags_to_spans,
)
from ..types import Floats2d, Ints1d


class Prior(NamedTuple):
    """What the weights of the entity fit are drawn to, and how much.

    centre: The token confidences as they are, but for what the held-out papers say otherwise.
    penalty: In entities; an offset needs a few to move.
    """

    centre: Mapping[str, float]
    penalty: Mapping[str, float]


PRIOR = Prior(
    centre={"slope": 1.0, "length": 0.0, "intercept": 0.0, "offset": 0.0},
    penalty={"slope": 1.0, "length": 1.0, "intercept": 0.1, "offset": 5.0},
)
LEAST_SLOPE = 0.05  # an entity's confidence always rises with that of its words


class Scored(NamedTuple):
    """A gold document with the model's scores, tokens without content left out."""

    word_logs: Floats2d  # (n_words, n_tags)
    gold_tags: Ints1d  # (n_words,), UNKNOWN where gold says nothing


def calibrate_pipeline(model: Path, dev: Path) -> Calibration:
    """Fit on a DocBin of held-out gold and write the fit into the pipeline's files.

    model (Path): A trained pipeline; only its sciner's settings are written.
    dev (Path): Gold that the model was not trained on.
    """
    nlp = load(model)
    name = find_sciner(nlp)
    sciner: Any = nlp.get_pipe(name)
    calibration = fit(score_gold(nlp, read_docs(dev, nlp.vocab)), sciner.labels)
    sciner.cfg["calibration"] = calibration.to_cfg()
    sciner.to_disk(model / name)
    return calibration


def fit(scored: Sequence[Scored], labels: Sequence[str], prior: Prior = PRIOR) -> Calibration:
    """Token temperature by likelihood, then the entities' logistic regression on top of it."""
    known = [s.gold_tags != UNKNOWN for s in scored]
    n_tags = len(labels_to_tags(labels))
    logs = np.concatenate([np.zeros((0, n_tags)), *(s.word_logs[k] for s, k in zip(scored, known))])
    tags = np.concatenate([np.zeros(0, np.int64), *(s.gold_tags[k] for s, k in zip(scored, known))])
    temperature = fit_temperature(logs, tags)
    rows: List[List[float]] = []
    right: List[bool] = []
    for word_logs, gold_tags in scored:
        if not len(word_logs):
            continue
        predicted = decode(word_logs)
        confidence = token_confidence(temper(word_logs, temperature), predicted)
        truth = set(tags_to_spans(gold_tags, labels))
        for entity in tags_to_spans(predicted, labels):
            if (gold_tags[entity.start : entity.end] == UNKNOWN).any():
                continue
            one_hot = [float(entity.label == label) for label in labels]
            evidence, length = entity_features(confidence, entity.start, entity.end)
            rows.append([evidence, length, 1.0, *one_hot])
            right.append(entity in truth)
    weights = _fit_entities(np.array(rows).reshape(-1, 3 + len(labels)), right, prior)
    slope, length, intercept, *offsets = (round(float(w), 6) for w in weights)
    return Calibration(temperature, slope, length, intercept, dict(zip(labels, offsets)))


def score_gold(nlp: Language, golds: Sequence[Doc]) -> List[Scored]:
    """The model's scores on gold's words; gold's entities are not shown to the pipeline."""
    sciner: Any = nlp.get_pipe(find_sciner(nlp))
    return beside_gold(predict_scores(nlp, golds), golds, sciner.labels)


def predict_scores(nlp: Language, golds: Sequence[Doc]) -> Iterator[Floats2d]:
    """Log-scores of each document, shape (n_tokens, n_tags)."""
    name = find_sciner(nlp)
    sciner: Any = nlp.get_pipe(name)
    later = nlp.pipe_names[nlp.pipe_names.index(name) :]
    for batch in minibatch(golds, nlp.batch_size):
        plain = [Doc(nlp.vocab, *words_and_spaces(gold)) for gold in batch]
        scores = sciner.predict(list(nlp.pipe(plain, disable=later)))
        yield from map(sciner.model.ops.to_numpy, scores)


def beside_gold(
    scores: Iterable[Floats2d], golds: Sequence[Doc], labels: Sequence[str]
) -> List[Scored]:
    """Scores on what are words to them, beside gold's tags there."""
    tag_ids: Dict[Any, int] = {tag: i for i, tag in enumerate(labels_to_tags(labels))}
    scored: List[Scored] = []
    for gold, logs in zip(golds, scores, strict=True):
        # A label that the model does not know is unknown to the fit.
        tags = [tag_ids.get(tag, UNKNOWN) for tag in iob_tags(gold)]
        words = are_words(logs)
        gold_tags = tags_of_words(np.array(tags, dtype=np.int64), words)
        scored.append(Scored(logs[words], gold_tags))
    return scored


def _fit_entities(features: np.ndarray, right: Sequence[bool], prior: Prior) -> np.ndarray:
    names = ["slope", "length", "intercept"] + ["offset"] * (features.shape[1] - 3)
    centre = np.array([prior.centre[name] for name in names])
    penalty = np.array([prior.penalty[name] for name in names])
    # Platt's targets: among few entities even none that is wrong is no certainty.
    n_right = sum(right)
    high, low = (n_right + 1) / (n_right + 2), 1 / (len(right) - n_right + 2)
    targets = [high if is_right else low for is_right in right]
    weights = fit_logistic(features, targets, centre=centre, penalty=penalty)
    if weights[0] < LEAST_SLOPE:
        centre[0], penalty[0] = LEAST_SLOPE, 1e9
        weights = fit_logistic(features, targets, centre=centre, penalty=penalty)
        weights[0] = LEAST_SLOPE
    return weights
