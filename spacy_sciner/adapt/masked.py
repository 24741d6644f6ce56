"""Training on masked words: what `mlm`, `span-mlm` and `candidates` have in common."""

from typing import List, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor

from ..models.encoders import write_encoder
from ..models.head import load_encoder
from ..models.masked import MaskedModel
from ..models.shim import resolve_device
from .job import Job, Result, train_task
from .masking import Masker, mask_batch
from .rows import Row, Vocabulary, batch_rows, batch_size, cut_batch, cut_rows


class MaskedTask:
    """Rows under a masker; those kept aside are masked once and for all.

    views (int): Copies that the masker makes of a row.
    """

    def __init__(
        self,
        job: Job,
        vocabulary: Vocabulary,
        rows: Sequence[Row],
        held: Sequence[Row],
        masker: Masker,
        *,
        views: int = 1,
    ):
        self.seed = job.settings.adapt.seed
        torch.manual_seed(self.seed)
        self.module = MaskedModel(load_encoder(str(job.encoder)))
        pieces = np.concatenate([np.zeros(0, np.int32), *(row.ids for row in rows)])
        self.module.expect(torch.from_numpy(np.bincount(pieces, minlength=len(self.module.bias))))
        self.batch_pieces = max(1, batch_size(job.settings.adapt) // views)
        self.views, self.device = views, resolve_device(job.settings.device)
        self.vocabulary, self.rows, self.held, self.masker = vocabulary, rows, held, masker

    def batches(self, epoch: int) -> List[List[int]]:
        return self._batches(self.rows, np.random.default_rng((self.seed, 1, epoch)))

    def parts(self, batch: List[int], rng: np.random.Generator) -> List[Tuple[Tensor, ...]]:
        longest = max(len(self.rows[i].ids) for i in batch) + self.vocabulary.n_around
        parts = cut_batch(batch, longest * self.views, device=self.device)
        return [
            mask_batch([self.rows[i] for i in part], self.masker, self.vocabulary, rng)
            for part in parts
        ]

    def held_out(self) -> List[Tuple[Tensor, ...]]:
        rng = np.random.default_rng((self.seed, 2))
        return [
            mask_batch([self.held[i] for i in batch], self.masker, self.vocabulary, rng)
            for batch in self._batches(self.held, rng)
        ]

    def write(self, job: Job) -> None:
        """The encoder as it is now, to where the job says."""
        write_encoder(self.module.encoder, job.encoder, job.out)

    def _batches(self, rows: Sequence[Row], rng: np.random.Generator) -> List[List[int]]:
        lengths = [len(row.ids) + self.vocabulary.n_around for row in rows]
        return batch_rows(lengths, batch_pieces=self.batch_pieces, rng=rng)


def train_masked(job: Job, masker: Masker) -> Result:
    """Adapt an encoder to all of the text under a masker, and write it."""
    vocabulary = Vocabulary(job.encoder)
    window = job.settings.adapt.window
    rows = cut_rows(job.text.train, vocabulary, window=window)
    held = cut_rows(job.text.held_out, vocabulary, window=window)
    task = MaskedTask(job, vocabulary, rows, held, masker)
    result = train_task(job, task)
    task.write(job)
    return result
