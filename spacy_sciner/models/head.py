"""The torch modules: a tagging head, and an encoder with that head on top."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Optional

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ..errors import Errors, ScinerError
from .bert import BertModules
from .body import Body
from .encoders import WEIGHTS
from .layers import has_bert_layers, use_fast_dropout
from .shapes import N_SHAPES

BILSTM_WIDTH = 256  # per direction: NERC extraction's head


class TagHead(nn.Module):
    """Dropout, a BiLSTM if asked for, a linear layer: (n, length, width) → log-probabilities."""

    def __init__(self, width: int, n_tags: int, *, kind: str = "linear", dropout: float = 0.1):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.lstm: Optional[nn.LSTM] = None
        if kind == "bilstm":
            self.lstm = nn.LSTM(width, BILSTM_WIDTH, batch_first=True, bidirectional=True)
            width = 2 * BILSTM_WIDTH
        self.linear = nn.Linear(width, n_tags)
        nn.init.normal_(self.linear.weight, std=0.02)
        nn.init.zeros_(self.linear.bias)

    def forward(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        """hidden (n, length, width), lengths (n,) on the CPU; RETURNS (n, length, n_tags), fp32."""
        hidden = self.dropout(hidden)
        if self.lstm is not None:
            packed = nn.utils.rnn.pack_padded_sequence(
                hidden.float(), lengths, batch_first=True, enforce_sorted=False
            )
            with torch.autocast(hidden.device.type, enabled=False):
                packed = self.lstm(packed)[0]
            hidden = nn.utils.rnn.pad_packed_sequence(
                packed, batch_first=True, total_length=hidden.shape[1]
            )[0]
            hidden = self.dropout(hidden)
        return torch.log_softmax(self.linear(hidden).float(), dim=-1)


class EncoderTagger(nn.Module):
    """A Hugging Face encoder and a TagHead in one module.

    encoder (nn.Module): Called with inputs_embeds and attention_mask; gives last_hidden_state.
    shapes (bool): Add a learnt vector for each word's shape to its pieces' embeddings.
    fast (bool): On a CPU, our own layers where the encoder's are BERT's; else the encoder's code.
    """

    def __init__(
        self,
        encoder: nn.Module,
        width: int,
        n_tags: int,
        *,
        head: str = "linear",
        shapes: bool = False,
        fast: bool = True,
    ):
        super().__init__()
        self.encoder: Any = encoder
        self.head = TagHead(width, n_tags, kind=head)
        self.shapes: Optional[nn.Embedding] = None
        if shapes:
            self.shapes = nn.Embedding(N_SHAPES, embedding_width(encoder))
            nn.init.normal_(self.shapes.weight, std=0.02)
        if fast:
            use_fast_dropout(self)
        self._body = Body(encoder, fast=fast)

    def forward(self, input_ids: Tensor, shape_ids: Tensor, lengths: Tensor) -> Tensor:
        """input_ids, shape_ids (n, length), lengths (n,) on the CPU → (n, length, n_tags)."""
        words: Any = self.encoder.get_input_embeddings()
        embedded = words(input_ids)
        if self.shapes is not None:
            embedded = embedded + self.shapes(shape_ids)
        return self.head(self._body(embedded, lengths), lengths)


def freeze(encoder: Any, *, embeddings: bool, n_layers: int) -> None:
    """Train neither the word embeddings, if so asked, nor the lowest layers (and all below them).

    Half of a small encoder's weights are word embeddings, of which a batch uses a few hundred rows:
    leaving them as they are saves their gradient, its norm and their share of the optimiser.

    RAISES (ScinerError): SCINER-E315 for more layers than there are.
    """
    total = encoder.config.num_hidden_layers
    if not 0 <= n_layers <= total:
        raise ScinerError(Errors.E315.format(name="frozen_layers", n_layers=n_layers, total=total))
    if embeddings or n_layers:
        encoder.get_input_embeddings().weight.requires_grad_(False)
    if n_layers:
        encoder.embeddings.requires_grad_(False)
        stack = next(
            m for m in encoder.modules() if isinstance(m, nn.ModuleList) and len(m) == total
        )
        for layer in list(stack)[:n_layers]:
            layer.requires_grad_(False)


def embedding_width(encoder: Any) -> int:
    """Width of the word embeddings, which a factorised encoder has apart from its layers'."""
    width: int = encoder.get_input_embeddings().embedding_dim
    return width


def set_dropout(module: nn.Module, rate: float) -> None:
    """Set the rate of every dropout that is on; one built with 0 (attention's) stays off."""
    for layer in module.modules():
        if isinstance(layer, nn.Dropout) and layer.p > 0:
            layer.p = max(rate, 1e-9)


def build_encoder(config: Dict[str, Any], *, ours: bool = False) -> nn.Module:
    """An encoder without its weights from a Hugging Face configuration, as plain data.

    Attention dropout is off: with it, scaled-dot-product attention leaves its fast path.

    ours (bool): For our own layers alone, where they are BERT's: quick to make.
    """
    if ours and has_bert_layers(SimpleNamespace(**config)):
        return BertModules(config)
    from transformers import AutoConfig, AutoModel

    settings = {key: value for key, value in config.items() if key != "model_type"}
    for name in ("attention_probs_dropout_prob", "attention_dropout"):
        if name in settings:
            settings[name] = 0.0
    model_config = AutoConfig.for_model(config["model_type"], **settings)
    return _without_pooler(AutoModel.from_config(model_config))


def load_encoder(path: str, *, ours: bool = False) -> nn.Module:
    """An encoder with its weights from a local directory; never asks a hub.

    ours (bool): For our own layers alone, where they are BERT's. The same weights; Hugging Face's
        modules take seconds to import.
    """
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(path, local_files_only=True)
    for name in ("attention_probs_dropout_prob", "attention_dropout"):
        if hasattr(config, name):
            setattr(config, name, 0.0)
    if ours and has_bert_layers(config):
        config.torch_dtype = torch.float32
        module = BertModules(config.to_dict())
        module.config = config
        if _load_weights(module, Path(path) / WEIGHTS):
            return module.eval()
    from transformers import AutoModel

    model = AutoModel.from_pretrained(
        path, config=config, local_files_only=True, torch_dtype=torch.float32
    )
    return _without_pooler(model)


def _load_weights(module: nn.Module, path: Path) -> bool:
    """Fill all of the module's weights; False if the file has not just these, as old ones may."""
    if not path.is_file():
        return False
    prefix = re.compile(r"^(bert|roberta)\.")  # of a model with a head of its own
    tensors = {prefix.sub("", name): tensor for name, tensor in load_file(path).items()}
    own = module.state_dict()
    if any(name not in tensors or tensors[name].shape != own[name].shape for name in own):
        return False
    module.load_state_dict({name: tensors[name].float() for name in own})
    return True


def _without_pooler(encoder: nn.Module) -> nn.Module:
    """Drop the sentence pooler that BERT's kind carries: never used, so never trained or saved."""
    if getattr(encoder, "pooler", None) is not None:
        encoder.register_module("pooler", None)
    return encoder
