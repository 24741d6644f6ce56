"""TransformerTagger: documents → padded batches (rows.py) → encoder → one row of scores per token.

The default model and the fast path: it uses transformers and tokenizers directly.
"""

from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model

from ..confidence import (
    WordConfidence,
    first_pieces_grad,
    pieces_to_words,
    words_to_pieces_grad,
)
from ..settings.arguments import TaggerArguments
from ..settings.read import check_section
from ..types import Floats2d
from .crf_layer import add_crf
from .encoders import open_encoder
from .head import EncoderTagger, build_encoder, freeze, load_encoder
from .rows import Row, batch_rows, owned, pad, to_rows
from .shim import TorchTagger, get_shim, has_own_layers
from .windows import check_window
from .wordpieces import WordPieces

TAGGER = "sciner_transformer_tagger"  # the model's name
Step = Tuple[List[Row], Tuple[int, ...], Callable]  # a batch, its output's shape, its backprop


class Saved(NamedTuple):
    """Thinc saves these as `attrs` with the weights, and what was saved wins over the config."""

    encoder: str
    head: str
    shapes: bool
    freeze_embeddings: bool
    frozen_layers: int
    window: int
    overlap: int
    dropout_rate: float = 0.1


class Running(NamedTuple):
    """These may be set anew where a trained pipeline is loaded, so they are no attrs."""

    word_confidence: WordConfidence
    batch_pieces: int
    fast: bool
    device: str
    precision: str


def build_transformer_tagger_v1(
    name: str,
    *,
    head: str = "linear",
    word_confidence: WordConfidence = "product",
    shapes: bool = True,
    fast: bool = True,
    freeze_embeddings: bool = False,
    frozen_layers: int = 0,
    window: int = 256,
    overlap: int = 64,
    batch_pieces: int = 4096,
    device: str = "auto",
    precision: str = "auto",
    nO: Optional[int] = None,
) -> Model[List[Doc], List[Floats2d]]:
    """Encoder, optional BiLSTM and linear layer in one torch module; a CRF over it if asked for.

    name (str): The encoder: a local directory, a hub name or "pypi:<package>". Read when the model
        is initialised, never when a trained pipeline is loaded.
    head (str): "linear", "bilstm" or "crf".
    word_confidence (str): How pieces make a word: "product", "mean", "min" or "first".
    shapes (bool): Tell the encoder each word's case and digits, which an uncased one does not see.
    fast (bool): On a CPU, BERT's layers and dropout by our own code; false: by Hugging Face's
        and torch's, for the same scores more slowly.
    freeze_embeddings (bool): Leave the word embeddings as they are: faster, less memory.
    frozen_layers (int): Leave this many of the lowest layers, and all below them, as they are.
    window (int): Word-pieces the encoder sees at once, special tokens not counted.
    overlap (int): Word-pieces that neighbouring windows share, at most half a window.
    batch_pieces (int): Word-pieces in one forward pass, padding counted; bounds the memory.
    device (str): "auto", "cpu" or "cuda".
    precision (str): "auto", "fp32", "bf16" or "fp16".
    RETURNS (Model[List[Doc], List[Floats2d]]): Log-scores, shape (n_tokens, n_tags) a document; a
        token without content, or without word-pieces, is shown to no encoder: its row is 0.
    RAISES (ScinerError): SCINER-E521 with all arguments that are none of these or out of range,
        SCINER-E320 for a CRF over "mean" or "min".
    """
    saved = Saved(name, head, shapes, freeze_embeddings, frozen_layers, window, overlap)
    running = Running(word_confidence, batch_pieces, fast, device, precision)
    _check(saved, running)
    tagger = _make_tagger(saved, running, nO=nO)
    return add_crf(tagger, word_confidence=word_confidence) if head == "crf" else tagger


def _check(saved: Saved, running: Running) -> None:
    given = {**saved._asdict(), **running._asdict()}
    arguments = {name: given[name] for name in TaggerArguments.model_fields}
    check_section(TaggerArguments, arguments, where="spacy-sciner.TransformerTagger.v1")


def _make_tagger(
    saved: Saved, running: Running, *, nO: Optional[int]
) -> Model[List[Doc], List[Floats2d]]:
    """The Thinc node without its module, which `init` or a trained pipeline's bytes bring."""
    how, batch_pieces, fast, device, precision = running
    rebuild = partial(_rebuild, fast=fast, device=device)
    return Model(
        TAGGER,
        partial(forward, word_confidence=how, batch_pieces=batch_pieces),
        init=partial(init, fast=fast, device=device),
        dims={"nO": nO},
        attrs=saved._asdict(),
        shims=[TorchTagger(rebuild, device=device, precision=precision)],
    )


def init(
    model: Model,
    X: Optional[List[Doc]] = None,
    Y: Optional[List[Floats2d]] = None,
    *,
    fast: bool = True,
    device: str = "auto",
) -> None:
    if Y is not None and model.has_dim("nO") is None:
        model.set_dim("nO", Y[0].shape[1])
    shim = get_shim(model)
    if shim.data or not model.has_dim("nO"):
        return
    with open_encoder(model.attrs["encoder"]) as path:
        encoder: Any = load_encoder(str(path), ours=has_own_layers(fast, device))
        # No token is longer than a window.
        wordpieces = WordPieces.from_pretrained(str(path), at_most=model.attrs["window"])
    data = {
        "encoder": encoder.config.to_dict(),
        "wordpieces": wordpieces.to_dict(),
        "head": model.attrs["head"],
        "shapes": model.attrs["shapes"],
        "freeze_embeddings": model.attrs["freeze_embeddings"],
        "frozen_layers": model.attrs["frozen_layers"],
        "n_tags": model.get_dim("nO"),
    }
    # The directory is where this machine keeps it, not what the model is.
    for key in ("_name_or_path", "transformers_version"):
        data["encoder"].pop(key, None)
    check_window(model.attrs["window"], data)
    shim.set_module(_add_head(encoder, data, fast=fast), data)


def forward(
    model: Model[List[Doc], List[Floats2d]],
    docs: List[Doc],
    is_train: bool,
    *,
    word_confidence: str,
    batch_pieces: int,
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]:
    shim = get_shim(model)
    ops: Any = model.ops
    n_tags = model.get_dim("nO")
    how = word_confidence
    if is_train:
        shim.set_dropout(model.attrs["dropout_rate"])
        how = "first" if how == "first" else "product"
    counts, rows = to_rows(model, docs)
    special = shim.runtime["pieces"].wordpieces.special
    n_before, n_around = len(special["prefix"]), len(special["prefix"]) + len(special["suffix"])
    # All documents' pieces stand one after the other, so a document's are a slice of `logs`.
    ends = np.cumsum(counts)
    logs = np.zeros((int(ends[-1]) if len(ends) else 0, n_tags), dtype=np.float32)
    steps: List[Step] = []
    for batch in batch_rows(rows, batch_pieces, n_around):
        padded = pad(batch, special)
        if is_train:
            output, backprop_batch = shim.begin_update(padded)
            steps.append((batch, output.shape, backprop_batch))
        else:
            output = shim.predict(padded)
        for inside, among in owned(batch, n_before):
            logs[among] = output[inside]
    words = counts > 0  # the encoder sees no others
    starts = (ends - counts)[words]
    scores = _to_words(logs, words, starts, how)
    lengths = [len(doc) for doc in docs]

    def backprop(d_docs: List[Floats2d]) -> List[Doc]:
        to_pieces = first_pieces_grad if how == "first" else words_to_pieces_grad
        if not steps:
            return docs
        d_words = np.concatenate([ops.to_numpy(d) for d in d_docs])[words]
        d_logs = to_pieces(d_words, starts, len(logs))
        _backprop_steps(steps, d_logs, n_before)
        return docs

    of_docs = [scores[end - n : end] for n, end in zip(lengths, np.cumsum(lengths, dtype=int))]
    return [ops.asarray2f(of_doc) for of_doc in of_docs], backprop


def _backprop_steps(steps: Sequence[Step], d_logs: Floats2d, n_before: int) -> None:
    """Hand each batch the gradient of its own pieces; 0 for all else in it."""
    for batch, shape, backprop_batch in steps:
        d_output = np.zeros(shape, dtype=np.float32)
        for inside, among in owned(batch, n_before):
            d_output[inside] = d_logs[among]
        backprop_batch(d_output)


def _to_words(logs: Floats2d, words: np.ndarray, starts: np.ndarray, how: str) -> Floats2d:
    """Scores of all tokens, 0 for those that are no words.

    words (np.ndarray): Bool, shape (n_tokens,).
    starts (np.ndarray): Each word's first piece.
    """
    scores = pieces_to_words(logs, starts, how) if len(starts) else logs
    if words.all():
        return scores
    every = np.zeros((len(words), logs.shape[1]), dtype=np.float32)
    every[words] = scores
    return every


def _rebuild(data: Dict[str, Any], *, fast: bool, device: str) -> EncoderTagger:
    """The module without its weights, from what `init` saved."""
    encoder = build_encoder(data["encoder"], ours=has_own_layers(fast, device))
    return _add_head(encoder, data, fast=fast)


def _add_head(encoder: Any, data: Dict[str, Any], *, fast: bool) -> EncoderTagger:
    freeze(encoder, embeddings=data["freeze_embeddings"], n_layers=data["frozen_layers"])
    width, n_tags = encoder.config.hidden_size, data["n_tags"]
    return EncoderTagger(
        encoder, width, n_tags, head=data["head"], shapes=data["shapes"], fast=fast
    )
