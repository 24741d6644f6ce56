"""An encoder's hidden states: by our own layers where they are BERT's, else by its own code."""

from typing import Any, List, Optional

import torch
from torch import Tensor, nn

from .layers import LayerWeights, has_bert_layers, run_layers


class Body:
    """What stands under every head. Holds no weights of its own: they are the encoder's.

    encoder (nn.Module): Called with inputs_embeds and attention_mask; gives last_hidden_state.
    fast (bool): On a CPU, our own layers where the encoder's are BERT's.
    """

    def __init__(self, encoder: nn.Module, *, fast: bool = True):
        self.encoder: Any = encoder
        self._layers: Optional[List[LayerWeights]] = None
        if fast and has_bert_layers(encoder.config):
            stack: Any = encoder.encoder
            n_heads: Any = encoder.config.num_attention_heads  # type: ignore[union-attr]
            self._layers = [LayerWeights(layer, n_heads) for layer in stack.layer]

    def __call__(self, embedded: Tensor, lengths: Tensor, *, below: int = 0) -> Tensor:
        """embedded (n, length, embedding width), lengths (n,) on the CPU → (n, length, width).

        below (int): So many layers are left out at the top.
        """
        positions = torch.arange(embedded.shape[1])
        mask = (positions[None, :] < lengths[:, None]).to(embedded.device)
        if self._layers is None or embedded.device.type != "cpu":
            found = self.encoder(
                inputs_embeds=embedded, attention_mask=mask, output_hidden_states=below > 0
            )
            hidden: Tensor = found.hidden_states[-1 - below] if below else found.last_hidden_state
            return hidden
        return self._run_on_cpu(embedded, mask, below)

    def _run_on_cpu(self, embedded: Tensor, mask: Tensor, below: int) -> Tensor:
        """The encoder's layers, computed by our own; in what autocast asks for, else in fp32."""
        on = torch.is_autocast_enabled("cpu")
        dtype = torch.get_autocast_dtype("cpu") if on else torch.float32
        with torch.autocast("cpu", enabled=False):
            hidden = self.encoder.embeddings(inputs_embeds=embedded)
            layers = self._layers or []
            layers = layers[: len(layers) - below]
            return run_layers(layers, hidden, mask, dtype, self.encoder.training)
