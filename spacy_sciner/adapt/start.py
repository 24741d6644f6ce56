"""Entities from what labels mean, without any gold: the two encoders of method `concepts`.

arXiv 2402.15343 throws the concept encoder away; here it is what knows a label by its words.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence

import numpy as np
import torch
from spacy.tokens import Doc

from ..corpus.concepts import label_in_words
from ..errors import Errors, ScinerError
from ..files import read_json
from ..models.concepts import ConceptModel
from ..models.encoders import WEIGHTS
from ..models.head import load_encoder
from ..models.windows import room_for
from ..types import ScoredSpan
from .concept_rows import encode_concepts
from .concepts import FIT, FOLDER
from .rows import Vocabulary, cut_rows, pad_rows

BATCH = 16  # rows at a time


class MeaningTagger:
    """Tags documents with labels that are known by their meaning alone.

    encoder (Path): The stage adapt's folder, after method `concepts`.
    labels (Dict[str, str]): Each label with its meaning, which may be "".
    least (float): Fit of a word that is an entity's, in [0, 1].
    window (int): Word-pieces seen at once; fewer if the encoder has not as many positions.
    RAISES (ScinerError): SCINER-E319 if the encoder has not learnt concepts.
    """

    def __init__(
        self, encoder: Path, labels: Dict[str, str], *, least: float = 0.5, window: int = 128
    ):
        fit = encoder / FOLDER / FIT
        if not fit.is_file():
            raise ScinerError(Errors.E319.format(path=encoder))
        self.labels, self.least = list(labels), least
        self.vocabulary = Vocabulary(encoder)
        room = room_for(self.vocabulary.data)
        most = window if room is None else room + self.vocabulary.n_around
        self.window = min(window, most)
        text: Any = load_encoder(str(encoder))
        is_two = (encoder / FOLDER / WEIGHTS).is_file()
        module = ConceptModel(text, load_encoder(str(encoder / FOLDER)) if is_two else text)
        learnt = read_json(fit)
        module.load_state_dict({k: torch.tensor(v) for k, v in learnt.items()}, strict=False)
        self.module = module.eval()
        words = [
            f"{label_in_words(label)}: {meaning}" if meaning else label_in_words(label)
            for label, meaning in labels.items()
        ]
        at_most = self.window - self.vocabulary.n_around
        ids, lengths = encode_concepts(words, self.vocabulary, at_most=at_most)
        with torch.inference_mode():
            self.concepts = module.embed_concepts(torch.from_numpy(ids), torch.from_numpy(lengths))

    def __call__(self, doc: Doc) -> List[ScoredSpan]:
        """Runs of words that fit the same label best; their confidence is the words' mean fit."""
        fits = np.zeros((len(doc), len(self.labels)), dtype=np.float32)
        rows = cut_rows([doc], self.vocabulary, window=self.window)
        for first in range(0, len(rows), BATCH):
            part = rows[first : first + BATCH]
            ids, lengths = pad_rows([row.ids for row in part], self.vocabulary)
            with torch.inference_mode():
                hidden = self.module.embed_tokens(torch.from_numpy(ids), torch.from_numpy(lengths))
                found = self.module.fits(hidden, self.concepts).float().sigmoid().numpy()
            for row, of_pieces in zip(part, found):
                own = of_pieces[len(self.vocabulary.prefix) :][: len(row.ids)]
                fits[row.tokens] = np.maximum.reduceat(own, row.words[:-1].astype(np.int64))
        return list(_runs(fits, self.labels, self.least))


def _runs(fits: np.ndarray, labels: Sequence[str], least: float) -> Iterator[ScoredSpan]:
    """fits (np.ndarray): In [0, 1], shape (n_tokens, n_labels)."""
    if not fits.size:
        return
    best = np.where(fits.max(1) >= least, fits.argmax(1), -1)
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    for start, end in zip(edges, edges[1:]):
        label = int(best[start])
        if label >= 0:
            score = float(fits[start:end, label].mean())
            yield ScoredSpan(start, end, labels[label], round(score, 4))
