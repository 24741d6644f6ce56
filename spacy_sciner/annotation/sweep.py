"""What each γ of a list would let through, from scores that are predicted once."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..confidence import Calibration, confidences
from ..content import trim_entities
from ..corpus.docbin import count_docs, iter_docs, read_docs
from ..corpus.merge import merge_iteration
from ..corpus.reader import iob_tags
from ..errors import Errors, ScinerError
from ..evaluation.measure import measure_clean
from ..files import code_fingerprint, copy, fingerprint, progress_bar, read_json, write_json
from ..pipeline.sciner import find_sciner
from ..selection import Accept, select
from ..tagging import are_words, decode, spans_to_tags, tags_to_spans
from ..training.experiment import Experiment, load_pipeline
from ..training.train import LIBRARIES, MODULES, train_pipeline
from ..types import Floats2d, ScoredSpan
from .pseudo_label import pseudo_label

Row = Dict[str, Any]
# What a retrained γ's result depends on besides γ, the models, gold and the pool.
SECTIONS = ("annotate", "device", "merge", "precision", "retrain", "seed", "train")
OWN_MODULES = [
    "annotation",
    "corpus/merge.py",
    "corpus/text.py",
    "evaluation",
    "scoring",
    "selection.py",
]


def sweep_gammas(
    model: Path,
    scores: Iterable[Floats2d],
    pool_gold: Path,
    *,
    n_docs: int,
    gammas: Sequence[float],
    accept: Accept,
    gamma_o: Optional[float] = None,
    calibrated: bool = True,
) -> List[Row]:
    """Yield of each γ, and precision and recall of what it accepts where the pool has gold.

    model (Path): The pipeline that the scores are of; of an ensemble, the first.
    scores (Iterable[Floats2d]): Of the pool's `n_docs` documents.
    pool_gold (Path): The pool's documents in the same order; all unknown where there is no gold.
    gammas (Sequence[float]): In any order, each once.
    calibrated (bool): False compares them with raw confidences.
    RETURNS (List[dict]): By falling γ: "gamma", "paragraphs", "accepted_paragraphs",
        "unknown_share" of tokens, and for all labels together and for each under "types"
        "accepted", "precision" and "recall", None where nothing is known.
    RAISES (ScinerError): SCINER-E201 without the pool's gold, SCINER-E331 if it has other documents
        than the scores.
    """
    nlp = load_pipeline(model, calibrated=calibrated)
    sciner: Any = nlp.get_pipe(find_sciner(nlp))
    fitted, labels = Calibration.from_cfg(sciner.cfg), sciner.labels
    tallies = {gamma: _Tally() for gamma in sorted(set(gammas), reverse=True)}
    vocab = Vocab()
    n_gold = count_docs(pool_gold)
    if n_gold != n_docs:
        raise ScinerError(Errors.E331.format(path=pool_gold, n=n_gold, expected=n_docs))
    with progress_bar(description="sweep", total=n_docs) as bar:
        for word_logs, gold in zip(scores, iter_docs(pool_gold, vocab)):
            words = are_words(word_logs).tolist()
            tags = decode(word_logs) if len(word_logs) else spans_to_tags([], 0, labels)
            entities = tags_to_spans(tags, labels)
            confidence, marks = confidences(word_logs, tags, entities, fitted)
            scored = [e._replace(score=float(mark)) for e, mark in zip(entities, marks)]
            gold = trim_entities(gold)
            known = [tag is not None for tag in iob_tags(gold)]
            truth = {ScoredSpan(e.start, e.end, e.label_) for e in gold.ents}
            for gamma, tally in tallies.items():
                found = select(
                    scored, confidence, gamma=gamma, gamma_o=gamma_o, accept=accept, words=words
                )
                tally.add(found.accepted, truth, known, n_unknown=int(found.unknown.sum()))
            bar.update()
    return [{"gamma": gamma, **tally.to_dict(labels)} for gamma, tally in tallies.items()]


class _Tally:
    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.judged: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.gold: Counter[str] = Counter()
        self.n_docs = self.n_with = self.n_tokens = self.n_unknown = 0

    def add(
        self,
        accepted: Sequence[ScoredSpan],
        truth: Set[ScoredSpan],
        known: Sequence[bool],
        *,
        n_unknown: int,
    ) -> None:
        self.n_docs += 1
        self.n_with += bool(accepted)
        self.n_tokens += len(known)
        self.n_unknown += n_unknown
        self.gold.update(e.label for e in truth)
        for entity in accepted:
            self.accepted[entity.label] += 1
            if all(known[entity.start : entity.end]):
                self.judged[entity.label] += 1
                self.right[entity.label] += entity._replace(score=None) in truth

    def to_dict(self, labels: Sequence[str]) -> Row:
        has_gold = bool(self.gold.total())
        return {
            "paragraphs": self.n_docs,
            "accepted_paragraphs": self.n_with,
            "unknown_share": self.n_unknown / max(1, self.n_tokens),
            **self._figures(labels, has_gold),
            "types": {label: self._figures([label], has_gold) for label in labels},
        }

    def _figures(self, labels: Sequence[str], has_gold: bool) -> Row:
        accepted, judged, right, gold = (
            sum(counts[label] for label in labels)
            for counts in (self.accepted, self.judged, self.right, self.gold)
        )
        return {
            "accepted": accepted,
            "precision": right / judged if judged and has_gold else None,
            "recall": right / gold if gold else None,
        }


def retrain_at(
    experiment: Experiment, gamma: float, *, accept: Accept, pool: Path, cache: Path, out: Path
) -> Row:
    """Annotate, merge and train one iteration at a γ, in a folder of its own.

    A result that is there already, for the same settings, models, gold, pool and code, is read
    again.

    experiment (Experiment): Of the iteration; `previous` annotates.
    cache (Path): Of the pool's scores.
    out (Path): Everything goes there; experiment and corpus stay as they are.
    RETURNS (dict): "dev_f1" and "test_f1" on the clean gold papers, "accepted" entities.
    """
    if experiment.previous is None:
        raise ScinerError(Errors.E312.format(name="iteration", value=0, range="1 or more"))
    settings, previous = experiment.settings, experiment.previous
    models = [experiment.model_of(previous), *experiment.teachers_of(previous)]
    key = _key(experiment, gamma, accept, models=models, pool=pool)
    result = out / "result.json"
    found: Row = read_json(result) if result.is_file() else {}
    if found.get("key") == key:
        return found
    folder = out / f"iteration-{experiment.iteration}"
    copy(experiment.gold("train"), out / "gold" / "train.spacy")
    counts = pseudo_label(
        models[0],
        pool,
        folder / "pseudo.spacy",
        gold=experiment.gold("train"),
        iteration=experiment.iteration,
        gamma=gamma,
        gamma_o=settings.annotate.gamma_o,
        calibrated=settings.annotate.calibrated,
        accept=accept,
        soft=settings.annotate.soft,
        teachers=models[1:],
        cache=cache,
    )
    merge_iteration(out, iteration=experiment.iteration, settings=settings.merge)
    train_pipeline(
        experiment.recipe,
        train=folder / "train.spacy",
        dev=experiment.gold("dev"),
        out=out / "model-best",
        start=experiment.start,
    )
    row: Row = {"key": key, "gamma": gamma, "accepted": counts["accepted_entities"]}
    row.update(_f1_of(out / "model-best", experiment))
    write_json(result, row)
    return row


def _key(
    experiment: Experiment, gamma: float, accept: Accept, *, models: Sequence[Path], pool: Path
) -> str:
    """The same for all runs with the same result."""
    settings, recipe = experiment.settings, experiment.recipe
    used = {name: value for name, value in settings.model_dump().items() if name in SECTIONS}
    files = [*models, pool, recipe.config]
    files += [experiment.gold(split) for split in ("train", "dev", "test")]
    files += [Path(recipe.encoder)] if experiment.start is None else []
    parts = [gamma, accept, used, *map(fingerprint, files)]
    parts += code_fingerprint([*MODULES, *OWN_MODULES], LIBRARIES)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf8")).hexdigest()


def _f1_of(model: Path, experiment: Experiment) -> Dict[str, float]:
    """On the clean gold papers: "dev_f1" and "test_f1"."""
    nlp = load_pipeline(model)
    found = {}
    for split in ("dev", "test"):
        golds: List[Doc] = read_docs(experiment.gold(split), nlp.vocab)
        found[f"{split}_f1"] = measure_clean(nlp, golds, n_bootstrap=0, seed=0)["f1"]
    return found
