"""Which of a teacher's layers to learn: that whose states tell best what word a mask hides.

Words are masked, and from each layer's states at their pieces a linear map (ridge regression,
solved at once) tells the pieces' input embeddings. It is fitted on text that is trained on; how
much it explains of the embeddings' variance on held-out text is what the layer knows of the words
that may stand there. The last layers of an encoder that was made to compare sentences know less of
them than the middle ones, of which several are as good to be learnt (docs/adapt.md).
"""

from pathlib import Path
from typing import Any, List, NamedTuple, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import Errors, ScinerError
from ..models.head import load_encoder
from ..models.shim import resolve_device, resolve_precision
from ..settings.tree import Settings
from .masking import mask_batch
from .mlm import mask_words
from .rows import Row, Vocabulary, batch_rows

N_FIT, N_HELD = 8192, 2048  # masked pieces
# Of these at least, else nothing is chosen: to fit on, so many for each dimension of a state (with
# fewer the map tells noise), and held out.
FIT_PER_DIMENSION, LEAST_HELD = 4, 256
MAX_PASSES = 10  # over little text, each with other masks
BATCH_PIECES = 1024
MASK_SHARE = 0.15
RIDGE = 0.1  # of the variance that every normalised state has


class Choice(NamedTuple):
    layer: int  # from 1
    explained: List[float]  # share of each layer, at most 1; empty where there was too little text


class _Masked(NamedTuple):
    """What a teacher makes of masked pieces."""

    states: List[Tensor]  # of each layer, normalised, (n, width), fp16
    wanted: Tensor  # the pieces' own embeddings, (n, embedding width)


class _Teacher:
    """folder (Path): Its encoder."""

    def __init__(self, folder: Path, vocabulary: Vocabulary, settings: Settings):
        self.vocabulary, self.seed = vocabulary, settings.adapt.seed
        self.device = resolve_device(settings.device)
        self.dtype = resolve_precision(settings.precision, self.device)
        encoder: Any = load_encoder(str(folder))
        self.encoder = encoder.eval().to(self.device)
        vectors = encoder.get_input_embeddings().weight.detach().float().cpu()
        self.embeddings = F.normalize(vectors - vectors.mean(0), dim=1)

    def masked(self, rows: Sequence[Row], n: int) -> _Masked:
        """Of n pieces of these rows, or so many as they have in MAX_PASSES."""
        rng = np.random.default_rng((self.seed, 3))
        lengths = [len(row.ids) + self.vocabulary.n_around for row in rows]
        passes = (
            batch_rows(lengths, batch_pieces=BATCH_PIECES, rng=rng) for _ in range(MAX_PASSES)
        )
        found: List[_Masked] = []
        for batch in (batch for batches in passes for batch in batches):
            if sum(len(one.wanted) for one in found) >= n:
                break
            found.append(self._masked([rows[i] for i in batch], rng))
        layers = zip(*(one.states for one in found), strict=True)
        wanted = [one.wanted for one in found] or [self.embeddings[:0]]
        return _Masked([torch.cat(states)[:n] for states in layers], torch.cat(wanted)[:n])

    @torch.inference_mode()
    def _masked(self, rows: Sequence[Row], rng: np.random.Generator) -> _Masked:
        batch = mask_batch(rows, mask_words(MASK_SHARE), self.vocabulary, rng)
        ids = batch.input_ids
        # Words that stay as they are, or become others, would tell themselves, or others.
        is_masked = (batch.targets >= 0) & (ids.view(-1)[batch.places] == self.vocabulary.mask)
        places, targets = batch.places[is_masked], batch.targets[is_masked]
        attended = torch.arange(ids.shape[1])[None, :] < batch.lengths[:, None]
        is_on = self.dtype != torch.float32
        with torch.autocast(self.device, dtype=self.dtype, enabled=is_on):
            found = self.encoder(
                input_ids=ids.to(self.device),
                attention_mask=attended.to(self.device),
                output_hidden_states=True,
            )
        here = places.to(self.device)
        of_layers = (layer.flatten(0, 1)[here].float() for layer in found.hidden_states[1:])
        states = [F.layer_norm(own, own.shape[-1:]).half().cpu() for own in of_layers]
        return _Masked(states, self.embeddings[targets])


def choose_layer(
    folder: Path,
    vocabulary: Vocabulary,
    train: Sequence[Row],
    held: Sequence[Row],
    *,
    settings: Settings,
) -> Choice:
    """The last layer where the text has not enough words to mask.

    folder (Path): The teacher, whose pieces the rows have.
    RAISES (ScinerError): SCINER-E574 for a teacher that knows no mask.
    """
    if vocabulary.mask is None:
        raise ScinerError(Errors.E574)
    teacher = _Teacher(folder, vocabulary, settings)
    fit, measured = teacher.masked(train, N_FIT), teacher.masked(held, N_HELD)
    least = FIT_PER_DIMENSION * int(teacher.encoder.config.hidden_size)
    if len(fit.wanted) < least or len(measured.wanted) < LEAST_HELD:
        return Choice(int(teacher.encoder.config.num_hidden_layers), [])
    explained = [
        round(_explained(fit.wanted, measured.wanted, own, other), 4)
        for own, other in zip(fit.states, measured.states, strict=True)
    ]
    return Choice(int(np.argmax(explained)) + 1, explained)


def _explained(fit: Tensor, wanted: Tensor, states: Tensor, held: Tensor) -> float:
    """Of the held-out embeddings' variance, by a map that was fitted to the others."""
    x, new = states.double(), held.double()
    mean, mean_fit = x.mean(0), fit.double().mean(0)
    x, y = x - mean, fit.double() - mean_fit
    covariance = x.T @ x / len(x) + RIDGE * torch.eye(x.shape[1], dtype=torch.float64)
    weights = torch.linalg.solve(covariance, x.T @ y / len(x))
    rest = wanted.double() - mean_fit
    left = rest - (new - mean) @ weights
    return float(1 - left.square().sum() / rest.square().sum())
