"""What γ is in one iteration: as given, lower for labels the model is unsure of, or certified.

a number, or one per label    as it is
adaptive    γ_c = γ · β_c / (2 − β_c) with β_c the share of the pool's predictions of label c
            that γ accepts, relative to the label with the highest (Zhang et al., FlexMatch,
            NeurIPS 2021); never below one half
auto        the laxest γ for which Learn-Then-Test promises a precision of 1 − α, with
            probability 1 − δ: one for each label, at δ/2 / number of labels, or one for all, at
            δ/2, whichever accepts more; a label for which nothing could be promised accepts
            nothing. Never both at once: that is promised for neither
"""

from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..confidence import Calibration, confidences
from ..corpus.docbin import read_docs
from ..pipeline.sciner import find_sciner
from ..scoring.guarantee import (
    Certificate,
    Tally,
    bootstrap_precision,
    fixed_sequence,
    gamma_grid,
    least_accepted,
)
from ..selection import Accept, Gamma, check_labels, kept_words
from ..settings.tree import Annotate
from ..tagging import UNKNOWN, decode, tags_to_spans
from ..training.calibrate import beside_gold, predict_scores
from ..training.ensemble import mean_scores
from ..training.experiment import load_pipeline
from ..types import Floats1d, Floats2d, ScoredSpan

LEAST_ADAPTIVE = 0.5  # what is more likely wrong than right is never accepted


class GammaRule(NamedTuple):
    """How an iteration comes by its γ."""

    gamma: Union[str, Gamma]  # "adaptive", "auto", a number, or one per label
    accept: Accept
    alpha: float = 0.05  # auto: the share of wrong ones among the accepted, at most …
    delta: float = 0.1  # … except with this probability
    base: float = 0.98  # adaptive: the γ of the label that the model is surest of

    @classmethod
    def of(cls, gamma: Union[str, Gamma], annotate: Annotate) -> "GammaRule":
        return cls(gamma, annotate.accept, annotate.alpha, annotate.delta, annotate.adaptive_gamma)


class Candidate(NamedTuple):
    """A predicted entity and what γ is compared with."""

    entity: ScoredSpan  # with its own confidence
    words: Floats1d


class Judged(NamedTuple):
    """A candidate of a calibration paper, beside that paragraph's gold."""

    candidate: Candidate
    truth: Set[ScoredSpan]
    paper: str


def resolve_gamma(
    rule: GammaRule,
    *,
    model: Path,
    scores: Iterable[Floats2d],
    calibration: Path,
    dev: Path,
    teachers: Sequence[Path] = (),
    calibrated: bool = True,
) -> Tuple[Gamma, Dict[str, Any]]:
    """The γ to use, and for the report what it is and why.

    model (Path): The pipeline that annotates, with the `teachers` if there are any.
    scores (Iterable[Floats2d]): Their mean scores of the pool's documents.
    calibrated (bool): False compares γ with raw confidences.
    calibration (Path): Gold that chose nothing; if it is missing, `dev` is used, and since dev
        chose the epoch, what `auto` promises is then only nominal.
    RETURNS (Tuple[Gamma, dict]): "rule" and "gamma" as given, or "labels": {label: {"gamma", …}};
        for auto see `certify`.
    RAISES (ScinerError): SCINER-E002 for a label of the model without γ.
    """
    fixed = {"rule": "fixed", "gamma": rule.gamma}
    if isinstance(rule.gamma, (int, float)):
        return rule.gamma, fixed
    nlp = load_pipeline(model, calibrated=calibrated)
    sciner: Any = nlp.get_pipe(find_sciner(nlp))
    fitted, labels = Calibration.from_cfg(sciner.cfg), sciner.labels
    if isinstance(rule.gamma, dict):
        check_labels(rule.gamma, labels)
        return rule.gamma, fixed
    if rule.gamma == "adaptive":
        shares = accepted_shares(candidates(scores, labels, fitted), rule, labels)
        found = adaptive_gamma(shares, rule.base)
        details = {x: {"gamma": found[x], "share": shares[x]} for x in labels}
        return found, {"rule": "adaptive", "base": rule.base, "labels": details}
    reserved = calibration.exists()
    path = calibration if reserved else dev
    others = [load_pipeline(teacher) for teacher in teachers]
    report = certify(judge(nlp, read_docs(path, nlp.vocab), others), labels, rule)
    report = {"rule": "auto", "papers_of": path.stem, "nominal": not reserved, **report}
    return {x: report["labels"][x]["gamma"] for x in labels}, report


def judge(nlp: Language, golds: Sequence[Doc], others: Sequence[Language] = ()) -> List[Judged]:
    """Every entity that a pipeline predicts in gold documents, but where gold says nothing.

    others (Sequence[Language]): What the first is averaged with, as over the pool.
    """
    sciner: Any = nlp.get_pipe(find_sciner(nlp))
    fitted, labels = Calibration.from_cfg(sciner.cfg), sciner.labels
    # Whole rows, since what one tokenizer drops may be a word to another.
    scores = mean_scores([predict_scores(one, golds) for one in (nlp, *others)])
    judged: List[Judged] = []
    for gold, (word_logs, gold_tags) in zip(golds, beside_gold(scores, golds, labels)):
        truth = set(tags_to_spans(gold_tags, labels))
        for candidate in candidates([word_logs], labels, fitted):
            entity = candidate.entity
            if (gold_tags[entity.start : entity.end] != UNKNOWN).all():
                judged.append(Judged(candidate, truth, gold.user_data["paper"]))
    return judged


def candidates(
    scores: Iterable[Floats2d], labels: Sequence[str], calibration: Optional[Calibration]
) -> Iterable[Candidate]:
    """Every entity that a model predicts, with what γ is compared with."""
    for word_logs in scores:
        if not len(word_logs):
            continue
        tags = decode(word_logs)
        entities = tags_to_spans(tags, labels)
        if entities:
            confidence, marks = confidences(word_logs, tags, entities, calibration)
            for entity, mark in zip(entities, marks):
                scored = entity._replace(score=float(mark))
                yield Candidate(scored, confidence[entity.start : entity.end])


def accepted_shares(
    found: Iterable[Candidate], rule: GammaRule, labels: Sequence[str]
) -> Dict[str, float]:
    """Of each label's predicted entities the share that the base γ accepts, 0 without any."""
    total: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for entity, words in found:
        total[entity.label] += 1
        accepted[entity.label] += kept_words(words, entity.score, rule.base, rule.accept)[0] > 0
    return {label: accepted[label] / max(1, total[label]) for label in labels}


def adaptive_gamma(shares: Dict[str, float], base: float) -> Dict[str, Optional[float]]:
    """γ_c = γ · β_c / (2 − β_c), at least LEAST_ADAPTIVE; γ for all if nothing passes it."""
    best = max(shares.values(), default=0.0)
    relative = {label: share / best if best else 1.0 for label, share in shares.items()}
    least = min(base, LEAST_ADAPTIVE)
    return {label: max(least, base * beta / (2.0 - beta)) for label, beta in relative.items()}


def certify(judged: Sequence[Judged], labels: Sequence[str], rule: GammaRule) -> Dict[str, Any]:
    """Learn-Then-Test for each label and for all together; what accepts more is taken.

    Both hold at once with probability 1 − δ, so that either may be chosen. Labels that pass by
    themselves beside others at the pooled γ would be promised by neither.

    RETURNS (dict): "alpha", "delta", "papers", "least_accepted", "pooled" and "labels", each of
        these with "gamma" (None accepts nothing), "certified" (bool, of a label by itself),
        "accepted", "wrong" and "bound" on the calibration papers, "reason"; labels also "source"
        ("label", "pooled" or "none") and "yield", the share of the label's predicted entities that
        its γ accepts; and "check": "accepted", "precision" and "precision_low" of all labels at
        their γ, the last from draws of whole papers.
    """
    alpha = rule.alpha
    half = rule.delta / 2 if len(labels) > 1 else rule.delta  # else both are one
    each = half / max(1, len(labels))
    of_label = {x: [j for j in judged if j.candidate.entity.label == x] for x in labels}
    own = {x: _walk(of_label[x], rule.accept, alpha=alpha, delta=each) for x in labels}
    pooled = _walk(judged, rule.accept, alpha=alpha, delta=half)
    together = pooled.n_accepted > sum(certificate.n_accepted for certificate in own.values())
    entries: Dict[str, Dict[str, Any]] = {}
    for label, certificate in own.items():
        gamma, source = (pooled.gamma, "pooled") if together else (certificate.gamma, "label")
        outcomes = [outcome(j, gamma, rule.accept) for j in of_label[label]]
        kept, wrong = sum(a for a, _ in outcomes), sum(w for _, w in outcomes)
        entries[label] = {
            **_to_dict(certificate),
            # Of all labels together there is one bound, in "pooled".
            **({"accepted": kept, "wrong": wrong, "bound": None} if together else {}),
            "gamma": gamma,
            "source": "none" if gamma is None else source,
            "yield": kept / len(outcomes) if outcomes else None,
        }
    return {
        "alpha": alpha,
        "delta": rule.delta,
        "papers": len({j.paper for j in judged}),
        "least_accepted": {
            "pooled": least_accepted(alpha, half),
            "label": least_accepted(alpha, each),
        },
        "pooled": _to_dict(pooled),
        "labels": entries,
        "check": _check(judged, entries, rule),
    }


def _walk(judged: Sequence[Judged], accept: Accept, *, alpha: float, delta: float) -> Certificate:
    # The first word alone decides whether anything is kept of an entity by tokens.
    marks = [
        j.candidate.entity.score if accept == "entity" else float(j.candidate.words[0])
        for j in judged
    ]

    def tally(gamma: float) -> Tally:
        outcomes = [outcome(j, gamma, accept) for j in judged]
        return Tally(gamma, sum(a for a, _ in outcomes), sum(w for _, w in outcomes))

    grid = gamma_grid(marks, least=least_accepted(alpha, delta))
    return fixed_sequence(map(tally, grid), alpha=alpha, delta=delta)


def outcome(judged: Judged, gamma: Optional[float], accept: Accept) -> Tuple[bool, bool]:
    """Whether γ accepts something of the entity, and whether that is wrong."""
    entity, words = judged.candidate
    n_kept, _ = kept_words(words, entity.score, gamma, accept)
    kept = ScoredSpan(entity.start, entity.start + n_kept, entity.label)
    return n_kept > 0, n_kept > 0 and kept not in judged.truth


def _check(
    judged: Sequence[Judged], entries: Dict[str, Dict[str, Any]], rule: GammaRule
) -> Dict[str, Any]:
    papers: Dict[str, List[int]] = {}
    for j in judged:
        accepted, wrong = outcome(j, entries[j.candidate.entity.label]["gamma"], rule.accept)
        counts = papers.setdefault(j.paper, [0, 0])
        counts[0] += accepted
        counts[1] += wrong
    pairs = [(a, w) for a, w in papers.values()]
    n_accepted, n_wrong = sum(a for a, _ in pairs), sum(w for _, w in pairs)
    return {
        "accepted": n_accepted,
        "precision": 1.0 - n_wrong / n_accepted if n_accepted else None,
        "precision_low": bootstrap_precision(pairs, delta=rule.delta),
    }


def _to_dict(certificate: Certificate) -> Dict[str, Any]:
    found = certificate.gamma is not None
    return {
        "gamma": certificate.gamma,
        "certified": found,
        "accepted": certificate.n_accepted,
        "wrong": certificate.n_wrong,
        "bound": certificate.bound if found else None,
        "reason": certificate.reason,
    }
