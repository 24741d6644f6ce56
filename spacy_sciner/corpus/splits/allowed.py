"""What may not be gold, or not of a split."""

import warnings
from typing import Dict, List, Sequence

from ...errors import Errors, ScinerError, ScinerWarning, Warnings
from ..annotated import GOLD, LLM, Annotated


def refuse_predictions(paragraphs: Sequence[Annotated], file: str) -> None:
    """RAISES (ScinerError): SCINER-E568 for what neither a person nor an LLM annotated."""
    others = [p.source for p in paragraphs if p.source not in (GOLD, LLM)]
    if others:
        named = ", ".join(map(repr, sorted(set(others))[:5]))
        counts = {"n": len(others), "of": len(paragraphs)}
        raise ScinerError(Errors.E568.format(**counts, file=file, sources=named))


def refuse_models(gold: Dict[str, List[Annotated]]) -> None:
    """RAISES (ScinerError): SCINER-E245 if a language model's labels would be measured against."""
    for split, paragraphs in gold.items():
        found = [paragraph for paragraph in paragraphs if paragraph.source == LLM]
        if found and split not in ("train", "pool"):
            message = Errors.E245.format(n=len(found), split=split, file=found[0].file)
            raise ScinerError(message)


def warn_of_shared_papers(gold: Dict[str, List[Annotated]]) -> None:
    splits: Dict[str, List[str]] = {}
    in_pool = {p.paper for p in gold["pool"]}
    for split, paragraphs in gold.items():
        # A paper of the pool of which paragraphs were annotated for training is in both.
        alone = [p for p in paragraphs if split == "train" and (p.of_pool or p.source == LLM)]
        own = {p.paper for p in paragraphs} - {p.paper for p in alone}
        for paper in sorted(own | {p.paper for p in alone} - in_pool):
            splits.setdefault(paper, []).append(split)
    shared = [f"{paper} ({', '.join(s)})" for paper, s in sorted(splits.items()) if len(s) > 1]
    if shared:
        message = Warnings.W201.format(n=len(shared), papers="; ".join(shared[:5]))
        warnings.warn(message, ScinerWarning, stacklevel=2)
