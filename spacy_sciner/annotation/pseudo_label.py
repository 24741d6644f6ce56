"""Annotate the pool with a trained pipeline and count what γ let through."""

from collections import Counter
from itertools import tee
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.docbin import iter_docs, write_docs
from ..corpus.pool import is_alone
from ..corpus.soft import set_soft
from ..files import progress_bar
from ..pipeline.sciner import find_sciner
from ..selection import Accept, Gamma
from ..tagging import are_words
from ..training.ensemble import describe, mean_scores
from ..training.experiment import load_pipeline
from .engine import HERE, Engine
from .pool_scores import SHARD, PoolScores, predict_pool, set_scores

UNKNOWN, OUTSIDE = 0, 2  # ENT_IOB
LOW_YIELD = 0.01  # accepted entities under this share of what gold's density predicts: warn


def pseudo_label(
    model: Path,
    pool: Path,
    out: Path,
    *,
    gold: Path,
    iteration: int,
    gamma: Gamma,
    cache: Path,
    gamma_o: Optional[float] = None,
    accept: Accept = "token",
    engine: Engine = HERE,
    teachers: Sequence[Path] = (),
    soft: bool = False,
    calibrated: bool = True,
    shard: int = SHARD,
) -> Dict[str, Any]:
    """Write the pool's documents with accepted entities and unknown tokens to `out`.

    The pool is predicted once for a model (`predict_pool`); another γ reads the cached scores. A
    run that was killed goes on where it was, and the bytes of `out` are the same.

    model (Path): A trained pipeline with a `sciner`.
    pool, gold (Path): DocBins; gold's density of entities predicts the yield.
    out (Path): A DocBin in the pool's order, every document in it.
    cache (Path): A folder of its own for this iteration's scores.
    engine (Engine): Where the pool is predicted; all give the same bytes.
    teachers (Sequence[Path]): More pipelines of the same labels: probabilities are the mean of all.
    calibrated (bool): False compares γ with raw confidences.
    soft (bool): Keep the tags' probabilities with each document (corpus/soft.py).
    shard (int): Paragraphs in a shard of scores, 1 or more.
    RETURNS (dict): The counts of `Yield`.
    RAISES (ScinerError): SCINER-E521 for γ and `accept`, and what `predict_pool` raises.
    """
    members = predict_members(model, teachers, pool, cache, engine=engine, shard=shard)
    nlp = load_pipeline(model, calibrated=calibrated)
    settings: Dict[str, Any] = {"gamma": gamma, "gamma_o": gamma_o, "accept": accept}
    origin = {"iteration": iteration, "fingerprint": describe(model, teachers)}
    annotator: Any = nlp.create_pipe("sciner_annotator", config={**settings, **origin})
    sciner = find_sciner(nlp)
    counts = Yield(iter_docs(gold, nlp.vocab))
    write_docs(out, _annotated(nlp, sciner, annotator, pool, members, counts=counts, soft=soft))
    return counts.to_dict()


def _annotated(
    nlp: Language,
    sciner: str,
    annotator: Callable[[Doc], Doc],
    pool: Path,
    members: Sequence[PoolScores],
    *,
    counts: "Yield",
    soft: bool,
) -> Iterator[Doc]:
    """The pool's documents after γ, each counted as it goes by."""
    labels = nlp.get_pipe(sciner).labels  # type: ignore[attr-defined]
    docs = iter_docs(pool, nlp.vocab)
    scores, kept = tee(mean_scores(members))
    with progress_bar(description="pseudo-label", total=len(members[0])) as bar:
        for doc, logs in zip(set_scores(nlp, sciner, docs, scores), kept):
            counts.add_prediction(doc)
            doc = annotator(doc)
            if soft:
                set_soft(doc, np.exp(logs) * are_words(logs)[:, None], labels)
            counts.add(doc)
            yield doc
            bar.update()


def predict_members(
    model: Path,
    teachers: Sequence[Path],
    pool: Path,
    cache: Path,
    *,
    engine: Engine = HERE,
    shard: int = SHARD,
) -> List[PoolScores]:
    """Scores of the pool by each member of an ensemble, cached apart."""
    members = [predict_pool(model, pool, cache, engine=engine, shard=shard)]
    for i, teacher in enumerate(teachers, start=1):
        folder = cache / f"teacher-{i}"
        members.append(predict_pool(teacher, pool, folder, engine=engine, shard=shard))
    return members


class Yield:
    """Counts what was accepted, and what gold's density of entities would have predicted.

    Density is of papers that were annotated whole, if there are any: what a person reviews was
    chosen, and often for its many entities. Tokens of which gold says nothing do not count.
    """

    def __init__(self, golds: Iterable[Doc]):
        docs = [doc for doc in golds if _has_density(doc)]
        docs = [doc for doc in docs if not is_alone(doc)] or docs
        self.gold_types = Counter(ent.label_ for doc in docs for ent in doc.ents)
        n_tokens = sum(int((doc.to_array("ENT_IOB") > 0).sum()) for doc in docs)
        self.density = sum(self.gold_types.values()) / max(1, n_tokens)
        self.predicted_types: Counter[str] = Counter()
        self.types: Counter[str] = Counter()
        self.n_docs = self.n_with = self.n_tokens = self.n_unknown = 0

    def add_prediction(self, doc: Doc) -> None:
        """Before γ."""
        self.predicted_types.update(ent.label_ for ent in doc.ents)

    def add(self, doc: Doc) -> None:
        self.types.update(ent.label_ for ent in doc.ents)
        self.n_docs += 1
        self.n_with += bool(doc.ents)
        self.n_tokens += len(doc)
        self.n_unknown += int((doc.to_array("ENT_IOB") == 0).sum())

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (dict): "paragraphs", "accepted_paragraphs" (with an entity),
        "accepted_entities", "expected_entities", "low_yield" (bool), "unknown_share" of tokens in
        [0, 1], and by type "types" (accepted), "predicted_types" (before γ), "gold_types"."""
        n_accepted = sum(self.types.values())
        expected = self.density * self.n_tokens
        return {
            "paragraphs": self.n_docs,
            "accepted_paragraphs": self.n_with,
            "accepted_entities": n_accepted,
            "expected_entities": round(expected),
            "low_yield": n_accepted < LOW_YIELD * expected or n_accepted == 0,
            "unknown_share": self.n_unknown / max(1, self.n_tokens),
            "types": dict(sorted(self.types.items())),
            "predicted_types": dict(sorted(self.predicted_types.items())),
            "gold_types": dict(sorted(self.gold_types.items())),
        }


def _has_density(doc: Doc) -> bool:
    """Not if its entities are all that is known of it."""
    iobs = np.unique(doc.to_array("ENT_IOB"))
    return OUTSIDE in iobs or UNKNOWN not in iobs
