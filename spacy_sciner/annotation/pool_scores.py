"""The pool's scores: predicted once for a model, kept on disk, read again for every γ.

A shard is one safetensors file (see shards.py). What is selected later always comes from these
files, so that a run that predicts and a run that finds everything in the cache decide alike.
"""

import hashlib
import shutil
from itertools import islice
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Sequence, Tuple

import numpy as np
from safetensors.numpy import load_file
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..corpus.docbin import count_docs, iter_docs
from ..corpus.reader import words_and_spaces
from ..errors import Errors, ScinerError
from ..files import code_fingerprint, fingerprint, progress_bar, replacing
from ..types import Floats2d
from .engine import HERE, Engine
from .run import run_shards
from .shards import Texts

SHARD = 1024  # paragraphs predicted and written at a time, and lost by a kill at most
PREFIX = "scores-"
# What the scores depend on besides the model's files and the pool.
MODULES = (
    "models",
    "content.py",
    "confidence.py",
    "tagging.py",
    "pipeline/sciner.py",
    "annotation/shards.py",
)
LIBRARIES = ("numpy", "spacy", "spacy-transformers", "tokenizers", "torch", "transformers")


class PoolScores:
    """Word log-probabilities of every document of a pool, read from disk shard by shard.

    folder (Path): Of the shards.
    n_docs (int): Documents in the pool.
    shard (int): Documents in a shard; the last may have fewer.
    """

    def __init__(self, folder: Path, *, n_docs: int, shard: int):
        self.folder = folder
        self.n_docs = n_docs
        self.shard = shard

    def __len__(self) -> int:
        return self.n_docs

    def __iter__(self) -> Iterator[Floats2d]:
        """One float32 array a document, shape (n_tokens, n_tags), in the pool's order."""
        for path in self.paths:
            tensors = load_file(path)
            ends = np.cumsum(tensors["lengths"])
            yield from np.split(tensors["scores"].astype(np.float32), ends[:-1])

    @property
    def paths(self) -> List[Path]:
        n_shards = -(-self.n_docs // self.shard)
        return [self.folder / f"{i:05d}.safetensors" for i in range(n_shards)]

    @property
    def missing(self) -> List[int]:
        return [i for i, path in enumerate(self.paths) if not path.is_file()]


def predict_pool(
    model: Path, pool: Path, cache: Path, *, engine: Engine = HERE, shard: int = SHARD
) -> PoolScores:
    """Predict what the cache does not have yet. After a kill it goes on with the next shard.

    model (Path): A trained pipeline with a `sciner`.
    pool (Path): A DocBin.
    cache (Path): Keeps the scores of one model and one pool; others are removed from it.
    engine (Engine): Where to predict; all give the same bytes.
    shard (int): Documents in a shard, 1 or more.
    RAISES (ScinerError): SCINER-E317 or E318 for the engine, SCINER-E314 without the
        pipeline, SCINER-E316 without a sciner in it, SCINER-E201 without the pool.
    """
    n_docs = count_docs(pool)
    folder = cache / f"{PREFIX}{cache_key(model, pool, shard=shard)[:16]}"
    scores = PoolScores(folder, n_docs=n_docs, shard=shard)
    missing = scores.missing
    if missing:
        tasks = _texts_of(pool, shard, missing)
        with progress_bar(description="predict", total=len(missing)) as bar:
            for shard_i, content in run_shards(model, tasks, len(missing), engine):
                with replacing(scores.paths[shard_i]) as temporary:
                    temporary.write_bytes(content)
                bar.update()
    _forget_others(cache, scores)
    return scores


def set_scores(
    nlp: Language, sciner: str, docs: Iterable[Doc], scores: Iterable[Floats2d]
) -> Iterator[Doc]:
    """Documents as `nlp.pipe` would give them, with cached scores instead of a prediction.

    The sciner annotates from the scores, then the pipeline's components after it run.
    """
    pipe: Any = nlp.get_pipe(sciner)
    done = nlp.pipe_names[: nlp.pipe_names.index(sciner) + 1]
    pairs = zip(docs, scores)
    while chunk := list(islice(pairs, nlp.batch_size)):
        batch = [doc for doc, _ in chunk]
        pipe.set_annotations(batch, [doc_scores for _, doc_scores in chunk])
        yield from nlp.pipe(batch, disable=done)


def cache_key(model: Path, pool: Path, *, shard: int) -> str:
    """SHA-256 over all that the scores depend on.

    RAISES (ScinerError): SCINER-E314 without the pipeline.
    """
    if not (model / "config.cfg").is_file():
        raise ScinerError(Errors.E314.format(path=model))
    parts = [fingerprint(model), fingerprint(pool), str(shard)]
    parts += code_fingerprint(MODULES, LIBRARIES)
    return hashlib.sha256("\n".join(parts).encode("utf8")).hexdigest()


def _texts_of(pool: Path, shard: int, wanted: Sequence[int]) -> Iterator[Tuple[int, Texts]]:
    """The words of some shards' documents, in order."""
    docs = iter_docs(pool, Vocab())
    for shard_i in range(wanted[-1] + 1):
        chunk = list(islice(docs, shard))
        if shard_i in wanted:
            yield shard_i, [words_and_spaces(doc) for doc in chunk]


def _forget_others(cache: Path, scores: PoolScores) -> None:
    """Remove scores of other models or pools, and what a kill left behind."""
    for path in cache.glob(f"{PREFIX}*"):
        if path != scores.folder:
            shutil.rmtree(path, ignore_errors=True)
    for path in scores.folder.glob(".*.part"):
        path.unlink(missing_ok=True)
