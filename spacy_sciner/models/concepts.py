"""The torch module of NuNER's pre-training: how well each token fits each concept."""

import math
from typing import Any, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .body import Body
from .layers import use_fast_dropout


class ConceptModel(nn.Module):
    """Two encoders: tokens of a text, and concepts by their words. Fit: σ(scale · h · g + bias).

    text, concept (nn.Module): Encoders of the same width; the same one for both shares it.
    SOURCE: arXiv 2402.15343, section 4. The scale, initially 1/√width, and the bias are learnt.
    The bias does not begin at 0 (`expect`): SigLIP's, arXiv 2303.15343.
    """

    def __init__(self, text: Any, concept: Any):
        super().__init__()
        self.text: Any = text
        self.is_shared = concept is text
        if not self.is_shared:
            self.concept: Any = concept
        self.scale = nn.Parameter(torch.tensor(1 / math.sqrt(text.config.hidden_size)))
        self.bias = nn.Parameter(torch.tensor(0.0))
        use_fast_dropout(self)
        self._text_body = Body(text)
        self._concept_body = self._text_body if self.is_shared else Body(concept)

    def expect(self, share: float) -> None:
        """Begin at the log-odds of `share`, of all pairs of a token and a concept those that fit.

        Few of them do. At an encoder's rate the bias hardly moves, and from 0 both encoders first
        learn to say no: all tokens and all concepts end as opposites, and what told them apart is
        lost.
        """
        share = min(max(share, 1e-6), 1 - 1e-6)
        with torch.no_grad():
            self.bias.fill_(math.log(share / (1 - share)))

    def forward(
        self,
        text_ids: Tensor,
        concept_ids: Tensor,
        places: Tensor,
        positives: Tensor,
        weights: Tensor,
        lengths: Tensor,
    ) -> Tuple[Tensor, Tensor]:
        """The summed loss of all pairs of a token and a concept, and how much they weigh.

        text_ids (n, length), concept_ids (m, concept length).
        places (n_places,): The tokens that count, in the flattened batch.
        positives (2, n_positives): Index into `places` and concept of each pair that fits.
        weights (n_places,): How much a token's pairs count that do not fit; 0: a place that pads.
        lengths (n + m,): Of texts, then concepts; on the CPU.
        """
        n = len(text_ids)
        tokens = self.embed_tokens(text_ids, lengths[:n])
        chosen = tokens.reshape(-1, tokens.shape[-1])[places]
        logits = self.fits(chosen, self.embed_concepts(concept_ids, lengths[n:])).float()
        wanted = torch.zeros_like(logits)
        wanted[positives[0], positives[1]] = 1.0
        counted = torch.where(wanted > 0, 1.0, weights[:, None])
        loss = F.binary_cross_entropy_with_logits(logits, wanted, weight=counted, reduction="sum")
        return loss, counted.sum().ceil()

    def reciprocal_ranks(
        self,
        text_ids: Tensor,
        concept_ids: Tensor,
        places: Tensor,
        positives: Tensor,
        lengths: Tensor,
    ) -> Tensor:
        """Of each pair that fits: 1 / the concept's place among all that its token was asked.

        Arguments as of `forward`. RETURNS (n_positives,): 1 where it fits best.
        """
        n = len(text_ids)
        tokens = self.embed_tokens(text_ids, lengths[:n])
        chosen = tokens.reshape(-1, tokens.shape[-1])[places[positives[0]]]
        logits = self.fits(chosen, self.embed_concepts(concept_ids, lengths[n:]))
        own = logits.gather(1, positives[1][:, None])
        return 1 / (1 + (logits > own).sum(1))

    def embed_tokens(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """RETURNS (n, length, width)."""
        words: Any = self.text.get_input_embeddings()
        return self._text_body(words(ids), lengths)

    def embed_concepts(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The mean of a concept's pieces, special tokens among them. RETURNS (m, width)."""
        encoder = self.text if self.is_shared else self.concept
        words: Any = encoder.get_input_embeddings()
        hidden = self._concept_body(words(ids), lengths)
        inside = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
        mask = inside.to(hidden.device)[:, :, None]
        return (hidden * mask).sum(1) / mask.sum(1)

    def fits(self, tokens: Tensor, concepts: Tensor) -> Tensor:
        """Logits. tokens (n, width), concepts (m, width) → (n, m)."""
        return self.scale * (tokens @ concepts.T.to(tokens.dtype)) + self.bias
