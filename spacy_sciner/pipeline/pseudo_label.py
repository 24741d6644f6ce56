"""Annotate the pool with a trained pipeline and count what γ let through."""

import hashlib
import json
import shutil
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from spacy.tokens import Doc

from ..corpus.docbin import iter_docs, join_doc_bins, read_doc_bin, write_docs
from ..files import progress_bar
from ..selection import Accept, Gamma
from .annotator import check_settings
from .experiment import load_pipeline

LOW_YIELD = 0.01  # accepted entities under this share of what gold's density predicts: warn
SHARD = 1024  # paragraphs written at a time, and lost by a kill at most


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
    shard: int = SHARD,
) -> Dict[str, Any]:
    """Write the pool's documents with accepted entities and unknown tokens to `out`.

    Shards that are done stand beside `out` until the last one is, so that a run that was killed
    goes on where it was, if model, pool, settings and code are the same; the bytes of `out` are
    too. Memory does not grow with the pool.

    model (Path): A trained pipeline with a `sciner`.
    pool, gold (Path): DocBins; gold's density of entities predicts the yield.
    out (Path): A DocBin in the pool's order, every document in it.
    shard (int): Paragraphs in a shard, 1 or more.
    RETURNS (dict): The counts of `Yield`.
    RAISES (ScinerError): SCINER-E001 or E302 for a setting, SCINER-E314 without the
        pipeline, SCINER-E201 without a DocBin.
    """
    check_settings(gamma, gamma_o, accept)
    nlp = load_pipeline(model)
    settings: Dict[str, Any] = {
        "gamma": gamma,
        "gamma_o": gamma_o,
        "accept": accept,
        "iteration": iteration,
        "fingerprint": fingerprint(model),
    }
    nlp.add_pipe("sciner_annotator", config=settings)
    counts = Yield(iter_docs(gold, nlp.vocab))
    total = len(read_doc_bin(pool))
    key = hashlib.sha256(json.dumps([settings, shard], sort_keys=True).encode("utf8"))
    key.update(pool.read_bytes() + fingerprint(Path(__file__).parents[1], "*.py").encode("utf8"))
    folder = out.parent / f".shards-{key.hexdigest()[:16]}"
    parts: List[Path] = []
    with progress_bar(description="pseudo-label", total=total) as bar:
        docs = iter_docs(pool, nlp.vocab)
        while chunk := list(islice(docs, shard)):
            parts.append(folder / f"{len(parts):05d}.spacy")
            if not parts[-1].is_file():
                write_docs(parts[-1], nlp.pipe(chunk))
            for doc in iter_docs(parts[-1], nlp.vocab):
                counts.add(doc)
            bar.update(len(chunk))
    join_doc_bins(out, parts)
    shutil.rmtree(folder, ignore_errors=True)
    return counts.to_dict()


def fingerprint(folder: Path, pattern: str = "*") -> str:
    """SHA-256 over the files of a folder, names included: which model made these labels."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob(pattern) if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode("utf8") + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


class Yield:
    """Counts what was accepted, and what gold's density of entities would have predicted."""

    def __init__(self, golds: Iterable[Doc]):
        n_entities = n_tokens = 0
        for doc in golds:
            n_entities += len(doc.ents)
            n_tokens += len(doc)
        self.density = n_entities / max(1, n_tokens)
        self.types: Counter[str] = Counter()
        self.n_docs = self.n_with = self.n_tokens = self.n_unknown = 0

    def add(self, doc: Doc) -> None:
        self.types.update(ent.label_ for ent in doc.ents)
        self.n_docs += 1
        self.n_with += bool(doc.ents)
        self.n_tokens += len(doc)
        self.n_unknown += int((doc.to_array("ENT_IOB") == 0).sum())

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (dict): "paragraphs", "accepted_paragraphs" (with an entity),
        "accepted_entities", "expected_entities", "low_yield" (bool), "unknown_share" of tokens in
        [0, 1], "types"."""
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
        }
