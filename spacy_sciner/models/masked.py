"""The torch module that predicts masked word-pieces: an encoder under a masked-LM head."""

from typing import Any, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .body import Body
from .head import embedding_width
from .layers import use_fast_dropout


class MaskedModel(nn.Module):
    """Encoder, transform, and a decoder tied to the encoder's word embeddings (BERT's head).

    Few encoders come with their head, so that transform and bias are trained from the start and
    thrown away afterwards.

    encoder (nn.Module): As `head.load_encoder` gives it.
    """

    def __init__(self, encoder: Any):
        super().__init__()
        self.encoder: Any = encoder
        width = embedding_width(encoder)
        self.dense = nn.Linear(encoder.config.hidden_size, width)
        self.norm = nn.LayerNorm(width)
        n_pieces = encoder.get_input_embeddings().num_embeddings
        self.bias = nn.Parameter(torch.zeros(n_pieces))
        nn.init.normal_(self.dense.weight, std=0.02)
        nn.init.zeros_(self.dense.bias)
        use_fast_dropout(self)
        self._body = Body(encoder)

    def expect(self, counts: Tensor) -> None:
        """Begin with guesses as frequent as the pieces are, which are not learnt by way of the
        encoder then.

        counts (n_pieces,): How often each piece occurs in the text.
        """
        with torch.no_grad():
            frequency = (counts.float() + 1) / (counts.sum() + len(counts))
            self.bias.copy_(frequency.log())

    def forward(
        self, input_ids: Tensor, places: Tensor, targets: Tensor, lengths: Tensor
    ) -> Tuple[Tensor, Tensor]:
        """The summed loss of the masked pieces, in nats, fp32, and how many they are.

        input_ids (n, length): With the masks in.
        places (n_places,): Of the masked pieces in the flattened batch: the vocabulary, which costs
            as much as an encoder's layers, is only looked at there.
        targets (n_places,): The pieces that were masked; -100 for a place that only pads.
        lengths (n,): On the CPU.
        """
        words: Any = self.encoder.get_input_embeddings()
        hidden = self._body(words(input_ids), lengths)
        chosen = hidden.reshape(-1, hidden.shape[-1])[places]
        guess = self.norm(F.gelu(self.dense(chosen)))
        logits = F.linear(guess, words.weight, self.bias).float()
        loss = F.cross_entropy(logits, targets, reduction="sum", ignore_index=-100)
        return loss, (targets >= 0).sum()
