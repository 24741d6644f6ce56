"""Measure one iteration: gold that never moves, the paper's protocol, the pool, calibration."""

import random
import tempfile
import zlib
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from ..confidence import Calibration, confidences
from ..content import trim_entities
from ..corpus.docbin import iter_docs, read_docs, write_docs
from ..corpus.reader import words_and_spaces
from ..corpus.soft import get_soft, soft_logs
from ..files import progress, read_json
from ..loading import blank, load
from ..pipeline.sciner import BEGIN_IOB, OUTSIDE_IOB, find_sciner
from ..scoring.calibration import (
    error_of_perfect,
    expected_calibration_error,
    reliability_bins,
)
from ..scoring.scores import counts_by_paragraph, score, to_pair
from ..tagging import OUTSIDE, UNKNOWN, decode, tags_to_spans
from ..training.calibrate import Scored, score_gold
from ..training.loop import no_report
from ..training.recipe import Recipe
from ..training.train import Report, train_pipeline

HELD_OUT = 0.2  # the paper's share of the merged file


def measure_clean(
    nlp: Language, golds: List[Doc], *, n_bootstrap: int, seed: int
) -> Dict[str, Any]:
    """Scores on gold, with the counts of each paragraph under "papers"."""
    return score_clean(golds, predict(nlp, golds), n_bootstrap=n_bootstrap, seed=seed)


def score_clean(
    golds: List[Doc], predictions: List[Doc], *, n_bootstrap: int, seed: int
) -> Dict[str, Any]:
    """The same of predictions that are there already, on gold's tokens."""
    pairs = [to_pair(trim_entities(gold), doc) for gold, doc in zip(golds, predictions)]
    scores = score(pairs, n_bootstrap=n_bootstrap, seed=seed)
    return {**scores, "papers": counts_by_paragraph(pairs)}


def measure_calibration(nlp: Language, golds: List[Doc]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """How far confidences are from how often they are right, before and after calibration.

    Of an entity right means that gold has exactly it; of a token, that gold has its tag.

    RETURNS (Tuple[dict, dict]): "ece" (entities), "ece_before", "token_ece", "token_ece_before",
        "ece_of_perfect" (see `error_of_perfect`) and "temperature", None where nothing is known;
        and for a diagram "entities" and "tokens", each with its bins "before" and "after".
    """
    sciner: Any = nlp.get_pipe(find_sciner(nlp))
    scored = score_gold(nlp, golds)
    fitted = Calibration.from_cfg(sciner.cfg)
    tokens, entities = {}, {}
    for when, calibration in (("before", None), ("after", fitted)):
        tokens[when], entities[when] = outcomes(scored, sciner.labels, calibration)
    scores = entities["after"][0]
    figures = {
        "ece": expected_calibration_error(*entities["after"]),
        "ece_before": expected_calibration_error(*entities["before"]),
        "ece_of_perfect": error_of_perfect(scores) if len(scores) else None,
        "token_ece": expected_calibration_error(*tokens["after"]),
        "token_ece_before": expected_calibration_error(*tokens["before"]),
        "temperature": fitted.temperature if fitted else 1.0,
    }
    bins = {
        "entities": {when: reliability_bins(*pair) for when, pair in entities.items()},
        "tokens": {when: reliability_bins(*pair) for when, pair in tokens.items()},
    }
    return figures, bins


Outcomes = Tuple[np.ndarray, np.ndarray]  # confidences and whether each was right


def outcomes(
    scored: List[Scored], labels: Sequence[str], calibration: Optional[Calibration]
) -> Tuple[Outcomes, Outcomes]:
    """Of the known tokens, and of the predicted entities without an unknown token."""
    token_scores, token_right, entity_scores, entity_right = [], [], [], []
    for word_logs, gold_tags in scored:
        if not len(word_logs):
            continue
        tags, known = decode(word_logs), gold_tags != UNKNOWN
        entities = tags_to_spans(tags, labels)
        confidence, marks = confidences(word_logs, tags, entities, calibration)
        token_scores.extend(confidence[known])
        token_right.extend(tags[known] == gold_tags[known])
        truth = set(tags_to_spans(gold_tags, labels))
        for entity, mark in zip(entities, marks):
            if known[entity.start : entity.end].all():
                entity_scores.append(mark)
                entity_right.append(entity in truth)
    return (
        (np.array(token_scores, dtype=np.float64), np.array(token_right, dtype=bool)),
        (np.array(entity_scores, dtype=np.float64), np.array(entity_right, dtype=bool)),
    )


def predict(nlp: Language, golds: List[Doc]) -> List[Doc]:
    """Predictions on fresh documents with gold's tokens."""
    plain = [_plain(gold, nlp.vocab) for gold in golds]
    return list(progress(nlp.pipe(plain), description="evaluate", total=len(plain)))


def entities_alone(golds: List[Doc], predictions: List[Doc]) -> List[Doc]:
    """Copies of predictions with nothing but their entities, and where gold has each paragraph."""
    docs = []
    for gold, predicted in zip(golds, predictions):
        doc = _plain(gold, predicted.vocab)
        doc.set_ents([Span(doc, e.start, e.end, e.label) for e in predicted.ents])
        doc.user_data.update({key: gold.user_data.get(key) for key in ("paper", "paragraph")})
        docs.append(doc)
    return docs


def _plain(gold: Doc, vocab: Vocab) -> Doc:
    words, spaces = words_and_spaces(gold)
    return Doc(vocab, words=words, spaces=spaces)


def measure_paper_protocol(
    recipe: Recipe,
    *,
    merged: Path,
    dev: Path,
    start: Optional[Path],
    seed: int,
    resume: Optional[Path] = None,
    report: Report = no_report,
) -> Dict[str, float]:
    """Train on a random 80 % of the merged file, score the other 20 %, pseudo-labels included.

    Self-agreement, not quality: from iteration 1 on most of what is scored was written by the
    model's predecessor. SOURCE: arXiv 2502.16312; its published script splits this way.

    resume, report: As in `train_pipeline`.
    RETURNS (dict): "f1" and "token_accuracy".
    """
    vocab = blank().vocab
    docs = read_docs(merged, vocab)
    order = list(range(len(docs)))
    random.Random(seed).shuffle(order)
    n_held = max(1, round(HELD_OUT * len(docs)))
    held = [docs[i] for i in sorted(order[:n_held])]
    with tempfile.TemporaryDirectory() as folder:
        rest = Path(folder) / "train.spacy"
        write_docs(rest, [docs[i] for i in sorted(order[n_held:])])
        model = Path(folder) / "model"
        # The figures are of tags alone, so that confidences need no fit.
        recipe = recipe._replace(calibrate=False)
        how: Dict[str, Any] = {"start": start, "resume": resume, "report": report}
        train_pipeline(recipe, train=rest, dev=dev, out=model, **how)
        scores = measure_clean(load(model), held, n_bootstrap=0, seed=seed)
    return {"f1": scores["f1"], "token_accuracy": scores["token_accuracy"]}


def measure_pool(pseudo: Path, pool_gold: Path, counts: Path) -> Dict[str, Any]:
    """What was accepted, and how much of it is right where the pool's gold was kept aside.

    RETURNS (dict): The pseudo-label stage's counts, with "precision" and "recall" of the accepted
        entities, None where nothing is known; with soft labels also "soft": "entities", "precision"
        and "recall" of their likeliest tags, which is what a student learns to say.
    """
    vocab = blank().vocab
    accepted, decided = _Judged(), _Judged()
    has_soft = False
    for doc, gold in zip(iter_docs(pseudo, vocab), iter_docs(pool_gold, vocab), strict=True):
        accepted.add([(e.start, e.end, e.label_) for e in doc.ents], gold)
        soft = get_soft(doc)
        if soft is not None:
            has_soft = True
            labels, probs = soft
            tags = decode(soft_logs(probs)) if len(probs) else []
            decided.add([tuple(span)[:3] for span in tags_to_spans(np.array(tags), labels)], gold)
    figures: Dict[str, Any] = read_json(counts)
    figures.update(accepted.scores())
    if has_soft:
        figures["soft"] = {"entities": decided.n_proposed, **decided.scores()}
    return figures


class _Judged:
    """Counts of entities against gold, where gold says something."""

    def __init__(self) -> None:
        self.n_right = self.n_judged = self.n_gold = self.n_proposed = 0

    def add(self, proposed: Sequence[Tuple[Any, ...]], gold: Doc) -> None:
        gold = trim_entities(gold)
        truth = {(e.start, e.end, e.label_) for e in gold.ents}
        known = gold.to_array("ENT_IOB") != 0
        judged = [entity for entity in proposed if known[entity[0] : entity[1]].all()]
        self.n_proposed += len(proposed)
        self.n_right += sum(entity in truth for entity in judged)
        self.n_judged += len(judged)
        self.n_gold += len(truth)

    def scores(self) -> Dict[str, Optional[float]]:
        known = self.n_judged and self.n_gold
        return {
            "precision": self.n_right / self.n_judged if known else None,
            "recall": self.n_right / self.n_gold if self.n_gold else None,
        }


def pool_tags(pseudo: Path, labels: Sequence[str]) -> bytes:
    """The accepted tag of every token of the pool, for `evaluation.drift`: int16, deflated.

    labels (Sequence[str]): The tags' order, the same in every iteration. -1 is unknown.
    """
    vocab = blank().vocab
    begins = {vocab.strings.add(label): 2 * i + 1 for i, label in enumerate(labels)}
    deflated = bytearray()
    deflate = zlib.compressobj(9)
    for doc in iter_docs(pseudo, vocab):
        iobs, types = doc.to_array(["ENT_IOB", "ENT_TYPE"]).reshape(-1, 2).T
        tags = np.where(iobs == OUTSIDE_IOB, OUTSIDE, UNKNOWN)
        for label_hash, begin in begins.items():
            tags[types == label_hash] = begin + 1
        tags[(iobs == BEGIN_IOB) & (tags > 0)] -= 1
        deflated += deflate.compress(tags.astype("<i2").tobytes())
    return bytes(deflated + deflate.flush())
