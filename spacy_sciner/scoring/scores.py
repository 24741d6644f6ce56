"""Entity scores on gold: seqeval strict IOB2, micro and macro, with intervals over papers."""

import warnings
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from seqeval.metrics.v1 import precision_recall_fscore_support
from seqeval.scheme import IOB2
from spacy.tokens import Doc

from ..tagging import names_to_spans
from .bootstrap import f1_of_counts, interval, resample

TagLists = List[List[str]]


class Pair(NamedTuple):
    """One paragraph: BIO tags of gold and prediction on the same known tokens, and its paper."""

    paper: str
    gold: List[str]
    predicted: List[str]


def to_pair(gold: Doc, predicted: Doc) -> Pair:
    """Tags of the tokens that gold knows; unknown ones are left out on both sides. What is left of
    an entity that began in an unknown token begins where it is known."""
    known = [token.i for token in gold if token.ent_iob != 0]
    return Pair(str(gold.user_data.get("paper", "")), _tags(gold, known), _tags(predicted, known))


def score(pairs: Sequence[Pair], *, n_bootstrap: int = 1000, seed: int = 0) -> Dict[str, Any]:
    """The figures of one split, fractions in [0, 1].

    n_bootstrap (int): Resamples of papers behind f1_low and f1_high; 0 leaves both None.
    RETURNS (dict): "precision", "recall", "f1", "macro_f1", "token_accuracy", "f1_low", "f1_high"
        (95 % interval over papers, None of one), "types" (precision, recall, f1, n of each).
    """
    golds = [pair.gold for pair in pairs]
    predictions = [pair.predicted for pair in pairs]
    precision, recall, f1 = micro(golds, predictions)
    types = _by_type(golds, predictions)
    low, high = bootstrap_f1(pairs, n=n_bootstrap, seed=seed)
    n_tokens = sum(map(len, golds))
    n_same = sum(a == b for g, p in zip(golds, predictions) for a, b in zip(g, p))
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "macro_f1": float(np.mean([t["f1"] for t in types.values()])) if types else 0.0,
        "token_accuracy": n_same / max(1, n_tokens),
        "f1_low": low,
        "f1_high": high,
        "types": types,
    }


def micro(golds: TagLists, predictions: TagLists) -> Tuple[float, float, float]:
    """Micro precision, recall and F1, strict IOB2."""
    p, r, f, _ = _seqeval(golds, predictions, average="micro")
    return float(p), float(r), float(f)


def bootstrap_f1(
    pairs: Sequence[Pair], *, n: int, seed: int
) -> Tuple[Optional[float], Optional[float]]:
    """95 % percentile interval of micro F1 when whole papers are drawn with replacement; None
    twice of fewer than two papers: every draw of one is the same."""
    counts = paper_counts(pairs)
    if len(counts) < 2:
        return None, None
    return interval(f1_of_counts(resample(counts, n_draws=n, seed=seed)))


def paper_counts(pairs: Sequence[Pair]) -> np.ndarray:
    """Right, predicted and gold entities of each paper, sorted by paper; shape (n_papers, 3)."""
    counts: Dict[str, np.ndarray] = {}
    for pair in pairs:
        gold, predicted = set(names_to_spans(pair.gold)), set(names_to_spans(pair.predicted))
        row = np.array([len(gold & predicted), len(predicted), len(gold)])
        counts[pair.paper] = counts.get(pair.paper, 0) + row
    return np.array([counts[paper] for paper in sorted(counts)]).reshape(-1, 3)


def counts_by_paragraph(pairs: Sequence[Pair]) -> Dict[str, List[Dict[str, List[int]]]]:
    """Right, predicted and gold entities of each type in each paragraph of each paper, in order,
    for paired comparisons."""
    found: Dict[str, List[Dict[str, List[int]]]] = {}
    for pair in pairs:
        gold, predicted = set(names_to_spans(pair.gold)), set(names_to_spans(pair.predicted))
        types: Dict[str, List[int]] = {}
        for column, entities in enumerate((gold & predicted, predicted, gold)):
            for *_, label in entities:
                types.setdefault(label, [0, 0, 0])[column] += 1
        found.setdefault(pair.paper, []).append(dict(sorted(types.items())))
    return dict(sorted(found.items()))


def _by_type(golds: TagLists, predictions: TagLists) -> Dict[str, Dict[str, float]]:
    """Over the types that gold has; a type that is only predicted still costs micro precision."""
    names = sorted({tag[2:] for tags in golds for tag in tags if tag != "O"})
    all_names = sorted({tag[2:] for tags in [*golds, *predictions] for tag in tags if tag != "O"})
    if not names:
        return {}
    p, r, f, n = _seqeval(golds, predictions, average=None)
    rows = {
        name: {"precision": float(a), "recall": float(b), "f1": float(c), "n": int(d)}
        for name, a, b, c, d in zip(all_names, p, r, f, n)
    }
    return {name: rows[name] for name in names}


def _seqeval(golds: TagLists, predictions: TagLists, **kwargs: Any) -> Tuple[Any, Any, Any, Any]:
    """seqeval in strict mode; it warns where a type has nothing, which is 0 here. Types are
    numbered for it, in the order of their names: it takes hyphens off their ends."""
    names = sorted({tag[2:] for tags in [*golds, *predictions] for tag in tags if tag != "O"})
    if not names:
        return 0.0, 0.0, 0.0, 0
    numbered = {"O": "O"}
    for i, name in enumerate(names):
        numbered.update({f"{prefix}-{name}": f"{prefix}-{i:06d}" for prefix in "BI"})
    golds, predictions = (
        [[numbered[tag] for tag in tags] for tags in side] for side in (golds, predictions)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result: Tuple[Any, Any, Any, Any] = precision_recall_fscore_support(
            golds, predictions, scheme=IOB2, zero_division=0, **kwargs
        )
    return result


def _tags(doc: Doc, known: Sequence[int]) -> List[str]:
    tags, is_known = ["O"] * len(doc), set(known)
    for entity in doc.ents:
        inside = [i for i in range(entity.start, entity.end) if i in is_known]
        for i in inside:
            tags[i] = f"{'B' if i == inside[0] else 'I'}-{entity.label_}"
    return [tags[i] for i in known]
