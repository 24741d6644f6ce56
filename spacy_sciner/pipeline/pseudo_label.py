"""Annotate the pool with a trained pipeline and count what γ let through."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.docbin import read_docs, write_docs
from ..files import progress
from ..selection import Accept, Gamma
from .annotator import check_settings
from .experiment import load_pipeline

LOW_YIELD = 0.01  # accepted entities under this share of what gold's density predicts: warn


def pseudo_label(
    model: Path,
    pool: Path,
    out: Path,
    *,
    gold: Path,
    iteration: int,
    gamma: Gamma,
    gamma_o: Optional[float] = None,
    accept: Accept = "token",
) -> Dict[str, Any]:
    """Write the pool's documents with accepted entities and unknown tokens to `out`.

    model (Path): A trained pipeline with a `sciner`.
    pool, gold (Path): DocBins; gold's density of entities predicts the yield.
    out (Path): A DocBin in the pool's order, every document in it.
    RETURNS (dict): The counts of `count_yield`.
    RAISES (ScinerError): SCINER-E001 or E302 for a setting, SCINER-E314 without the
        pipeline, SCINER-E201 without a DocBin.
    """
    check_settings(gamma, gamma_o, accept)
    nlp = load_pipeline(model)
    nlp.add_pipe(
        "sciner_annotator",
        config={
            "gamma": gamma,
            "gamma_o": gamma_o,
            "accept": accept,
            "iteration": iteration,
            "fingerprint": fingerprint(model),
        },
    )
    golds = read_docs(gold, nlp.vocab)
    docs = annotate(nlp, read_docs(pool, nlp.vocab))
    write_docs(out, docs)
    return count_yield(docs, golds)


def annotate(nlp: Language, docs: List[Doc]) -> List[Doc]:
    bar = progress(nlp.pipe(docs), description="pseudo-label", total=len(docs))
    return list(bar)


def fingerprint(model: Path) -> str:
    """SHA-256 over the files of a pipeline, names included: which model made these labels."""
    digest = hashlib.sha256()
    for path in sorted(p for p in model.rglob("*") if p.is_file()):
        digest.update(path.relative_to(model).as_posix().encode("utf8") + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def count_yield(docs: Iterable[Doc], golds: Iterable[Doc]) -> Dict[str, Any]:
    """What was accepted, and what gold's density of entities would have predicted.

    RETURNS (dict): "paragraphs", "accepted_paragraphs" (with an entity), "accepted_entities",
        "expected_entities", "low_yield" (bool), "unknown_share" of tokens in [0, 1], "types".
    """
    docs = list(docs)
    types = Counter(ent.label_ for doc in docs for ent in doc.ents)
    n_tokens = sum(len(doc) for doc in docs)
    n_unknown = sum(token.ent_iob == 0 for doc in docs for token in doc)
    n_gold = n_gold_tokens = 0
    for doc in golds:
        n_gold += len(doc.ents)
        n_gold_tokens += len(doc)
    n_accepted = sum(types.values())
    expected = n_gold / max(1, n_gold_tokens) * n_tokens
    return {
        "paragraphs": len(docs),
        "accepted_paragraphs": sum(bool(doc.ents) for doc in docs),
        "accepted_entities": n_accepted,
        "expected_entities": round(expected),
        "low_yield": n_accepted < LOW_YIELD * expected or n_accepted == 0,
        "unknown_share": n_unknown / max(1, n_tokens),
        "types": dict(sorted(types.items())),
    }
