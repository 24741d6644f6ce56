"""`concepts`: tokens learn to fit the freely named concepts they are examples of (NuNER).

The text encoder goes on to `train`. The concept encoder is kept beside it (`concepts/`), so that
labels given by their meaning alone can be looked for without any gold (`sciner start`).
SOURCE: arXiv 2402.15343.
"""

import hashlib
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor

from ..corpus.annotated import make_tokenizer
from ..corpus.concepts import ConceptData, ConceptText, descriptions, read_concepts
from ..errors import Errors, ScinerError
from ..files import write_json
from ..models.concepts import ConceptModel
from ..models.encoders import write_encoder
from ..models.head import freeze, load_encoder
from .concept_rows import (
    MAX_PIECES,
    ConceptRow,
    ConceptRows,
    choose_concepts,
    concept_text,
    encode_concepts,
    make_rows,
    padded_width,
    pieces_of,
    places_of,
)
from .job import Job, Result, train_task
from .rows import Vocabulary, batch_rows, batch_size, hold_out, pad_rows
from .text import apart

PLACES_STEP = 256
COUNTED = 8  # batches that say how many pairs of a token and a concept fit
FOLDER, FIT = "concepts", "fit.json"  # in the encoder's folder


class ConceptTask:
    """Rows with mentions; the loss is over every piece and every concept of the batch."""

    def __init__(
        self,
        job: Job,
        vocabulary: Vocabulary,
        train: ConceptRows,
        held: ConceptRows,
        told: Dict[str, str],
    ):
        """told (Dict[str, str]): Descriptions of concepts."""
        settings = job.settings.adapt
        self.seed, self.batch_pieces = settings.seed, batch_size(settings)
        self.unannotated = settings.concepts.unannotated_weight
        self.vocabulary, self.train, self.held, self.told = vocabulary, train, held, told
        torch.manual_seed(self.seed)
        text = load_encoder(str(job.encoder))
        freeze(text, embeddings=False, n_layers=settings.concepts.frozen_layers)
        concept = text if settings.concepts.shared else load_encoder(str(job.encoder))
        self.module = ConceptModel(text, concept)
        self.module.expect(self._share_that_fits())

    def batches(self, epoch: int) -> List[List[int]]:
        return self._batches(self.train, np.random.default_rng((self.seed, 1, epoch)))

    def parts(self, batch: List[int], rng: np.random.Generator) -> List[Tuple[Tensor, ...]]:
        return [self._tensors(self.train, batch, rng)]  # each row's negatives are the others'

    def held_out(self) -> List[Tuple[Tensor, ...]]:
        rng = np.random.default_rng((self.seed, 2))
        batches = self._batches(self.held, rng) if self.held.rows else []
        return [self._tensors(self.held, batch, rng) for batch in batches]

    def _share_that_fits(self) -> float:
        """Of all pairs of a token and a concept, as much as each counts."""
        fit = total = 0.0
        for i, batch in enumerate(self.batches(0)[:COUNTED]):
            rng = np.random.default_rng((self.seed, 3, i))
            _, concepts, _, positives, weights, _ = self._tensors(self.train, batch, rng)
            fit += positives.shape[1]
            total += float(weights.sum()) * len(concepts)
        return fit / total if total else 0.5

    def _batches(self, of: ConceptRows, rng: np.random.Generator) -> List[List[int]]:
        lengths = [len(one.row.ids) + self.vocabulary.n_around for one in of.rows]
        return batch_rows(lengths, batch_pieces=self.batch_pieces, rng=rng)

    def _tensors(
        self, of: ConceptRows, batch: List[int], rng: np.random.Generator
    ) -> Tuple[Tensor, ...]:
        rows = [of.rows[i] for i in batch]
        concepts = choose_concepts(rows, of.frequency, rng)
        names = [of.names[i] for i in concepts]
        texts = [concept_text(name, self.told.get(name, ""), rng) for name in names]
        concept_ids, concept_lengths = encode_concepts(texts, self.vocabulary)
        ids, lengths = pad_rows([one.row.ids for one in rows], self.vocabulary)
        n_before = len(self.vocabulary.prefix)
        width = padded_width([one.row for one in rows], self.vocabulary)
        places = places_of([one.row for one in rows], width, n_before, PLACES_STEP)
        positives = _positives(rows, {concept: i for i, concept in enumerate(concepts)})
        weights = np.where(places < 0, 0.0, self.unannotated)
        weights[np.unique(positives[0])] = 1.0
        return (
            torch.from_numpy(ids),
            torch.from_numpy(concept_ids),
            torch.from_numpy(np.maximum(places, 0)),
            torch.from_numpy(positives),
            torch.from_numpy(weights.astype(np.float32)),
            torch.from_numpy(np.concatenate([lengths, concept_lengths])),
        )


def _positives(rows: Sequence[ConceptRow], place: Dict[int, int]) -> np.ndarray:
    """Each piece of a mention among all rows' pieces, and its concept's place. Shape (2, n)."""
    found: List[Tuple[int, int]] = []
    before = 0
    for one in rows:
        words = one.row.words
        for start, end, concept in one.mentions:
            inside = range(before + int(words[start]), before + int(words[end]))
            found += [(piece, place[concept]) for piece in inside]
        before += len(one.row.ids)
    return np.array(sorted(set(found)), dtype=np.int64).reshape(-1, 2).T.copy()


def run(job: Job) -> Result:
    """RAISES (ScinerError): SCINER-E337 without any mention to learn from."""
    settings = job.settings.adapt
    data = _gather(job)
    papers = [text.paper or digest(text.text) for text in data.texts]
    aside = hold_out(papers, settings.held_out)
    vocabulary, tokenizer = Vocabulary(job.encoder), make_tokenizer()
    parts = []
    for is_held in (False, True):
        texts = [text for text, held in zip(data.texts, aside) if held == is_held]
        parts.append(make_rows(data._replace(texts=texts), tokenizer, vocabulary, settings.window))
    if not parts[0].rows:
        files = ", ".join(settings.concepts.files) or "none"
        raise ScinerError(Errors.E337.format(files=files))
    task = ConceptTask(job, vocabulary, parts[0], parts[1], data.descriptions)
    before = _reciprocal_rank(task)
    result = train_task(job, task)
    result.figures["reciprocal_rank"] = {"before": before, "after": _reciprocal_rank(task)}
    write_encoder(task.module.text, job.encoder, job.out)
    if not settings.concepts.shared:
        write_encoder(task.module.concept, job.encoder, job.out / FOLDER)
    (job.out / FOLDER).mkdir(exist_ok=True)
    write_json(job.out / FOLDER / FIT, fit_of(task.module))
    result.figures["concepts"] = len(parts[0].names)
    whole = (f"{name}: {data.descriptions.get(name, '')}" for name in parts[0].names)
    lengths = [len(pieces_of(text, vocabulary)) for text in whole]
    result.figures["cut_descriptions"] = sum(n > MAX_PIECES for n in lengths)
    result.figures["texts"] = dict(data.counts)
    return result


def _reciprocal_rank(task: ConceptTask) -> Optional[float]:
    """Mean over the pieces of held-out mentions; None without any."""
    module = task.module.eval()
    device, found = module.scale.device, []
    with torch.inference_mode():
        for batch in task.held_out():
            text, concepts, places, positives = (x.to(device) for x in batch[:4])
            ranks = module.reciprocal_ranks(text, concepts, places, positives, batch[-1])
            found.append(ranks.cpu())
    every = torch.cat(found) if found else torch.empty(0)
    return round(float(every.mean()), 4) if len(every) else None


def fit_of(module: Any) -> Dict[str, float]:
    return {"scale": module.scale.item(), "bias": module.bias.item()}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _gather(job: Job) -> ConceptData:
    """All concept data that the settings name, as one, without what is measured on."""
    root = Path("assets") / job.settings.corpus
    texts: List[ConceptText] = []
    counts: Dict[str, int] = {}
    for name in dict.fromkeys(job.settings.adapt.concepts.files):
        found = read_concepts(job.root / root / name)
        texts += found.texts
        for key, n in found.counts.items():
            counts[key] = counts.get(key, 0) + n
    places = [(text.paper, text.text) for text in texts]
    may_enter, left_out = apart(places, job.settings, root=job.root)
    texts = [text for text, may in zip(texts, may_enter, strict=True) if may]
    return ConceptData(texts, descriptions(texts), {**counts, **left_out})
