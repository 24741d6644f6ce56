"""How far annotators agree: every figure that `sciner agree` shows."""

from collections import Counter
from itertools import combinations
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from ..errors import Errors, ScinerError
from ..scoring.agreement import (
    MISSING,
    cohen_kappa,
    entity_agreement,
    fleiss_kappa,
    krippendorff_alpha,
)
from ..scoring.changes import Paragraph, changes_of
from ..tagging import labels_to_tags
from .annotators import Annotator
from .cases import KINDS, known_to_both
from .shared import Shared, shared_paragraphs


class Comparison(NamedTuple):
    """Everything that `sciner agree` shows."""

    figures: Dict[str, Any]  # see `compare_annotators`
    shared: List[Shared]
    pairs: Dict[Tuple[int, int], List[Paragraph]]  # what both know of the paragraphs they share


def compare_annotators(
    annotators: Sequence[Annotator], *, n_draws: int = 1000, seed: int = 0
) -> Comparison:
    """Pair the annotators' paragraphs and measure how far they agree.

    n_draws (int): Resamples of papers behind the intervals.
    RETURNS (Comparison): Its figures are "annotators" (what each gave, and what is in no other),
        "pairs" (of those that share a paragraph), "all" (of three and more), "pairing" (entities
        that other tokens changed).
    RAISES (ScinerError): SCINER-E420 if no paragraph is shared, E421 if no token is.
    """
    shared = shared_paragraphs(annotators)
    if not shared:
        counts = (f"{a.name} {_n_papers(a)} papers, {len(a.docs)} paragraphs" for a in annotators)
        raise ScinerError(Errors.E420.format(found="; ".join(counts)))
    ratings, papers = _ratings(shared, n_annotators=len(annotators))
    if not ((ratings != MISSING).sum(axis=0) > 1).any():
        raise ScinerError(Errors.E421.format(n=len(shared)))
    options = {"n_draws": n_draws, "seed": seed}
    both = {
        (i, j): [s for s in shared if i in s.views and j in s.views]
        for i, j in combinations(range(len(annotators)), 2)
    }
    pairs = {pair: [known_to_both(s, *pair) for s in some] for pair, some in both.items() if some}
    names = [annotator.name for annotator in annotators]
    figures = {
        "annotators": [_given(i, a, shared) for i, a in enumerate(annotators)],
        "pairs": [
            {
                "a": names[i],
                "b": names[j],
                **_counts(both[i, j], i, j),
                **_figures(ratings[[i, j]], papers, paragraphs, options),
            }
            for (i, j), paragraphs in pairs.items()
        ],
        "all": _figures_of_all(ratings, papers, options) if len(annotators) > 2 else None,
        "pairing": {
            "regrown_entities": sum(s.n_regrown for s in shared),
            "merged_entities": sum(s.n_merged for s in shared),
        },
    }
    return Comparison(figures, shared, pairs)


def _n_papers(annotator: Annotator) -> int:
    return len({doc.user_data["paper"] for doc in annotator.docs})


def _given(i: int, annotator: Annotator, shared: Sequence[Shared]) -> Dict[str, Any]:
    n_shared = sum(i in s.views for s in shared)
    return {
        "name": annotator.name,
        "papers": _n_papers(annotator),
        "paragraphs": len(annotator.docs),
        "entities": sum(len(doc.ents) for doc in annotator.docs),
        "in_no_other": len(annotator.docs) - n_shared,
        "repairs": dict(sorted(annotator.repairs.items())),
    }


def _ratings(shared: Sequence[Shared], *, n_annotators: int) -> Tuple[np.ndarray, np.ndarray]:
    """Numbers of BIO tags by annotator, (n_annotators, n_tokens), and each token's paper."""
    labels = sorted({e.label for s in shared for view in s.views.values() for e in view.ents})
    tags = {tag: i for i, tag in enumerate(labels_to_tags(labels))}
    paper_ids = {paper: i for i, paper in enumerate(sorted({s.paper for s in shared}))}
    ratings = np.full((n_annotators, sum(len(s.doc) for s in shared)), MISSING, dtype=np.int64)
    papers = np.concatenate([np.full(len(s.doc), paper_ids[s.paper]) for s in shared])
    start = 0
    for s in shared:
        for i, view in s.views.items():
            row = np.zeros(len(s.doc), dtype=np.int64)
            for ent in view.ents:
                row[ent.start : ent.end] = tags[f"I-{ent.label}"]
                row[ent.start] = tags[f"B-{ent.label}"]
            ratings[i, start : start + len(row)] = np.where(view.known, row, MISSING)
        start += len(s.doc)
    return ratings, papers


def _counts(shared: Sequence[Shared], i: int, j: int) -> Dict[str, int]:
    known = [s.views[i].known & s.views[j].known for s in shared]
    n_left_out = sum(
        not both[e.start : e.end].all()
        for s, both in zip(shared, known)
        for view in (s.views[i], s.views[j])
        for e in view.ents
    )
    return {
        "papers": len({s.paper for s in shared}),
        "paragraphs": len(shared),
        "tokens": int(sum(both.sum() for both in known)),
        "unknown_tokens": int(sum((~both).sum() for both in known)),
        "left_out_entities": n_left_out,
    }


def _figures(
    ratings: np.ndarray, papers: np.ndarray, paragraphs: Sequence[Paragraph], options: Dict
) -> Dict[str, Any]:
    known = (ratings != MISSING).all(axis=0)
    marked = known & (ratings > 0).any(axis=0)
    matches = entity_agreement(
        [(p.paper, sorted(p.before), sorted(p.after)) for p in paragraphs], **options
    )
    kinds = Counter(KINDS[change.kind] for p in paragraphs for change in changes_of(p)[1])
    kappas = [
        cohen_kappa(ratings[0, chosen], ratings[1, chosen], papers[chosen], **options)
        for chosen in (known, marked)
    ]
    return {
        "kappa": kappas[0]._asdict(),
        "kappa_marked": kappas[1]._asdict(),
        "marked_tokens": int(marked.sum()),
        "alpha": krippendorff_alpha(ratings, papers, **options)._asdict(),
        "entities": {
            name: {
                **one._asdict(),
                "strict": one.strict._asdict(),
                "relaxed": one.relaxed._asdict(),
            }
            for name, one in matches.items()
        },
        "disagreements": {kind: kinds[kind] for kind in KINDS.values()},
    }


def _figures_of_all(ratings: np.ndarray, papers: np.ndarray, options: Dict) -> Dict[str, Any]:
    fleiss, n_tokens = fleiss_kappa(ratings, papers, **options)
    return {
        "fleiss": fleiss._asdict(),
        "fleiss_tokens": n_tokens,
        "alpha": krippendorff_alpha(ratings, papers, **options)._asdict(),
        "alpha_tokens": int(((ratings != MISSING).sum(axis=0) > 1).sum()),
    }
