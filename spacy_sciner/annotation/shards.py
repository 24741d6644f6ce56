"""A shard of the pool: its words in, the bytes of its scores' file out, in whichever process."""

from pathlib import Path
from typing import Any, List, Tuple

import numpy as np
from safetensors.numpy import save
from spacy.tokens import Doc
from spacy.util import minibatch

from ..pipeline.sciner import find_sciner
from ..training.experiment import load_pipeline
from ..types import Floats2d

Texts = List[Tuple[List[str], List[bool]]]  # a shard's documents: words, and spaces after them


class ShardPredictor:
    """A loaded pipeline that turns the words of a shard into the bytes of its file.

    RAISES (ScinerError): SCINER-E314 without the pipeline, SCINER-E316 without a sciner in it.
    """

    def __init__(self, model: Path):
        self.nlp = load_pipeline(model)
        self.sciner = find_sciner(self.nlp)

    def __call__(self, texts: Texts) -> bytes:
        """RETURNS (bytes): safetensors: `scores`, float16 (n_tokens of all documents, n_tags), and
        `lengths`, int64 (n_documents,)."""
        nlp = self.nlp
        sciner: Any = nlp.get_pipe(self.sciner)
        rest = nlp.pipe_names[nlp.pipe_names.index(self.sciner) :]
        rows: List[np.ndarray] = []
        for batch in minibatch(texts, nlp.batch_size):
            docs = [Doc(nlp.vocab, words=words, spaces=spaces) for words, spaces in batch]
            scores = sciner.predict(list(nlp.pipe(docs, disable=rest)))
            rows.extend(to_half(sciner.model.ops.to_numpy(doc_scores)) for doc_scores in scores)
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        return save({"lengths": lengths, "scores": np.concatenate(rows)})


def to_half(scores: Floats2d) -> np.ndarray:
    """Log-scores in float16, finite: its step at log 0.98 is a hundred-thousandth."""
    limit = np.finfo(np.float16).max
    return np.clip(scores, -limit, limit).astype(np.float16)
