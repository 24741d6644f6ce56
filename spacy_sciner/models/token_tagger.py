"""TokenTagger: the same head over any spaCy tok2vec.

With a TransformerListener it shares spacy-transformers' `transformer` with other pipes; with a CNN
it trains in seconds.
"""

from typing import Any, Callable, Dict, List, Optional, Tuple, Union

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import Model, chain

from ..content import has_content
from ..settings.arguments import HeadArguments
from ..settings.read import check_section
from ..types import Floats2d
from .crf_layer import add_crf
from .head import TagHead
from .shim import TorchTagger, get_shim

# Of tokens, where white space is left out.
COPIED: List[Union[int, str]] = ["NORM", "TAG", "POS", "MORPH", "LEMMA"]


def build_token_tagger_v1(
    tok2vec: Model[List[Doc], List[Floats2d]], *, head: str = "linear", nO: Optional[int] = None
) -> Model[List[Doc], List[Floats2d]]:
    """A linear, BiLSTM or CRF head over token vectors.

    tok2vec (Model[List[Doc], List[Floats2d]]): One vector per token.
    head (str): "linear", "bilstm" or "crf".
    RETURNS (Model[List[Doc], List[Floats2d]]): Log-probabilities, shape (n_tokens, n_tags); the
        row of a token without content is 0. The head does not see it, nor does the tok2vec, unless
        it is a listener: what another pipe has made of the document is shared as it is.
    RAISES (ScinerError): SCINER-E521 for an unknown head.
    """
    check_section(HeadArguments, {"head": head}, where="spacy-sciner.TokenTagger.v1")
    tagger: Model[List[Floats2d], List[Floats2d]] = Model(
        "sciner_tag_head",
        forward,
        init=init,
        dims={"nI": None, "nO": nO},
        attrs={"head": head, "dropout_rate": 0.1},
        shims=[TorchTagger(_rebuild, device="cpu", precision="fp32")],
    )
    chained: Model[List[Doc], List[Floats2d]] = chain(tok2vec, tagger)
    model: Model[List[Doc], List[Floats2d]] = Model(
        chained.name,
        forward_words,
        init=chained.init,
        dims={name: chained.maybe_get_dim(name) for name in chained.dim_names},
        layers=chained.layers,
    )
    model.set_ref("tok2vec", tok2vec)
    return add_crf(model) if head == "crf" else model


def forward_words(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]:
    """Both layers, over the tokens with content."""
    tok2vec, tagger = model.layers
    ops: Any = model.ops
    words = [np.array([has_content(token.text) for token in doc], dtype=bool) for doc in docs]
    if all(of_doc.all() for of_doc in words):
        vectors, to_docs = tok2vec(docs, is_train)
        scores, to_vectors = tagger(vectors, is_train)
        return scores, lambda d_scores: to_docs(to_vectors(d_scores))
    # A listener knows the documents that it has vectors of; it takes no others.
    listens = any(hasattr(node, "receive") for node in tok2vec.walk())
    shown = docs if listens else [_words_of(doc, of_doc) for doc, of_doc in zip(docs, words)]

    def pick(rows: List[Floats2d]) -> List[Floats2d]:
        return [ops.asarray2f(ops.to_numpy(of_doc)[w]) for of_doc, w in zip(rows, words)]

    def spread(rows: List[Floats2d]) -> List[Floats2d]:
        full = [np.zeros((len(w), of_doc.shape[1]), "f") for of_doc, w in zip(rows, words)]
        for of_doc, found, w in zip(rows, full, words):
            found[w] = ops.to_numpy(of_doc)
        return [ops.asarray2f(of_doc) for of_doc in full]

    vectors, to_docs = tok2vec(shown, is_train)
    scores, to_vectors = tagger(pick(vectors) if listens else vectors, is_train)

    def backprop(d_scores: List[Floats2d]) -> List[Doc]:
        d_vectors = to_vectors(pick(d_scores))
        to_docs(spread(d_vectors) if listens else d_vectors)
        return docs

    return spread(scores), backprop


def _words_of(doc: Doc, words: np.ndarray) -> Doc:
    """A document of the tokens with content alone, with what a tok2vec may ask of them."""
    tokens = [token for token, is_word in zip(doc, words) if is_word]
    spaces = [bool(token.whitespace_) for token in tokens]
    found = Doc(doc.vocab, words=[token.text for token in tokens], spaces=spaces)
    return found.from_array(COPIED, doc.to_array(COPIED).reshape(-1, len(COPIED))[words])


def init(
    model: Model, X: Optional[List[Floats2d]] = None, Y: Optional[List[Floats2d]] = None
) -> None:
    if X is not None and model.has_dim("nI") is None:
        model.set_dim("nI", X[0].shape[1])
    if Y is not None and model.has_dim("nO") is None:
        model.set_dim("nO", Y[0].shape[1])
    shim = get_shim(model)
    if not shim.data and model.has_dim("nI") and model.has_dim("nO"):
        data = {
            "head": model.attrs["head"],
            "width": model.get_dim("nI"),
            "n_tags": model.get_dim("nO"),
        }
        shim.set_module(_rebuild(data), data)


def forward(
    model: Model[List[Floats2d], List[Floats2d]], vectors: List[Floats2d], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Floats2d]]]:
    shim = get_shim(model)
    ops: Any = model.ops
    lengths = [len(v) for v in vectors]
    n_tags, width = model.get_dim("nO"), model.get_dim("nI")
    filled = [i for i, n in enumerate(lengths) if n]
    if not filled:
        return [model.ops.alloc2f(0, n_tags) for _ in vectors], lambda d: vectors
    padded = np.zeros((len(filled), max(lengths), width), dtype=np.float32)
    for row, i in enumerate(filled):
        padded[row, : lengths[i]] = model.ops.to_numpy(vectors[i])
    batch = (torch.from_numpy(padded), torch.tensor([lengths[i] for i in filled]))
    backprop_batch: Callable[[np.ndarray], Optional[np.ndarray]] = lambda d: None  # noqa: E731
    if is_train:
        shim.set_dropout(model.attrs["dropout_rate"])
        output, backprop_batch = shim.begin_update(batch)
    else:
        output = shim.predict(batch)

    def unpad(array: np.ndarray) -> List[Floats2d]:
        rows = iter(array)
        return [
            ops.asarray2f(next(rows)[:n] if n else np.zeros((0, array.shape[-1]), "f"))
            for n in lengths
        ]

    def backprop(d_scores: List[Floats2d]) -> List[Floats2d]:
        d_output = np.zeros(output.shape, dtype=np.float32)
        for row, i in enumerate(filled):
            d_output[row, : lengths[i]] = model.ops.to_numpy(d_scores[i])
        d_input = backprop_batch(d_output)
        return unpad(np.zeros_like(padded) if d_input is None else d_input)

    return unpad(output), backprop


def _rebuild(data: Dict[str, Any]) -> TagHead:
    return TagHead(data["width"], data["n_tags"], kind=data["head"])
