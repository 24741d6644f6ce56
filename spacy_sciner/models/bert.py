"""BERT's modules by Hugging Face's names, for pipelines that carry their weights with them.

Our own layers compute from these weights (layers.py), so that to load a trained pipeline does not
take `transformers`, whose import is most of the time that a small one needs. Its names and order
of the weights are kept: the same bytes load into either.
"""

from types import SimpleNamespace
from typing import Any, Dict

import torch
from torch import Tensor, nn


class BertModules(nn.Module):
    """Weights are not set: they are to be loaded.

    config (Dict[str, Any]): A Hugging Face configuration of a kind that `has_bert_layers`.
    """

    def __init__(self, config: Dict[str, Any]):
        super().__init__()
        self.config = SimpleNamespace(**config)
        self.embeddings = _Embeddings(self.config)
        self.encoder = nn.Module()
        n_layers = self.config.num_hidden_layers
        self.encoder.layer = nn.ModuleList(_layer(self.config) for _ in range(n_layers))

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embeddings.word_embeddings


class _Embeddings(nn.Module):
    """What is added to the words' embeddings, and the norm over all."""

    def __init__(self, config: Any):
        super().__init__()
        width, padding = config.hidden_size, config.pad_token_id
        self.word_embeddings = _embedding(config.vocab_size, width, padding)
        places = config.max_position_embeddings
        of_roberta = config.model_type != "bert"
        self.position_embeddings = _embedding(places, width, padding if of_roberta else None)
        self.token_type_embeddings = _embedding(config.type_vocab_size, width, None)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.first_place = padding + 1 if of_roberta else 0

    def forward(self, inputs_embeds: Tensor) -> Tensor:
        """(n, length, width) → the same, with the places' and the one text's embeddings."""
        n, length = inputs_embeds.shape[:2]
        place_ids = torch.arange(self.first_place, self.first_place + length)[None]
        # A row for each text, as theirs: gradients are added up in the same order.
        type_ids = torch.zeros_like(place_ids).expand(n, length)
        embedded = inputs_embeds + self.token_type_embeddings(type_ids)
        embedded = embedded + self.position_embeddings(place_ids)
        hidden: Tensor = self.dropout(self.LayerNorm(embedded))
        return hidden


def _layer(config: Any) -> nn.Module:
    width, dropout = config.hidden_size, config.hidden_dropout_prob
    layer = nn.Module()
    layer.attention = nn.Module()
    layer.attention.self = nn.Module()
    for name in ("query", "key", "value"):
        layer.attention.self.add_module(name, _linear(width, width))
    layer.attention.output = _output(width, width, config.layer_norm_eps, dropout)
    layer.intermediate = nn.Module()
    layer.intermediate.dense = _linear(width, config.intermediate_size)
    layer.output = _output(config.intermediate_size, width, config.layer_norm_eps, dropout)
    return layer


def _output(n_in: int, n_out: int, eps: float, dropout: float) -> nn.Module:
    output = nn.Module()
    output.dense = _linear(n_in, n_out)
    output.LayerNorm = nn.LayerNorm(n_out, eps=eps)
    output.dropout = nn.Dropout(dropout)
    return output


def _linear(n_in: int, n_out: int) -> nn.Module:
    """Without drawing weights that are replaced at once."""
    linear = nn.Linear(n_in, n_out, device="meta")
    linear.weight = nn.Parameter(torch.empty(n_out, n_in))
    linear.bias = nn.Parameter(torch.empty(n_out))
    return linear


def _embedding(n: int, width: int, padding: Any) -> nn.Embedding:
    """The same."""
    empty = torch.empty(n, width)
    return nn.Embedding.from_pretrained(empty, freeze=False, padding_idx=padding)
