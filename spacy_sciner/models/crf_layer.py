"""The CRF as a layer over any tagger's scores of words, whole documents at a time.

In prediction it makes log-marginals of them, so whatever reads a tagger's scores reads a CRF's. In
training it passes them on, with the transitions' scores as one more array at the end: all that the
loss depends on is among what `begin_update` gives, and all that it says in what `backprop` takes.
"""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import Model, chain
from torch import Tensor

from ..errors import Errors, ScinerError
from ..tagging import are_words
from ..types import Floats2d, TokenLoss
from .crf import CRF, log_likelihood, log_marginals
from .shim import TorchTagger, get_shim

BATCH_WORDS = 16384  # in one pass of prediction, padding counted: bounds the memory
LINEAR_CONFIDENCES = ("product", "first")  # sums of pieces' scores, whose constants cancel


def add_crf(
    tagger: Model[List[Doc], List[Floats2d]], *, word_confidence: str = "product"
) -> Model[List[Doc], List[Floats2d]]:
    """The tagger with a CRF on top.

    RETURNS (Model[List[Doc], List[Floats2d]]): `attrs["compute_loss"]` is its loss (pipeline/
        objective.py has the one of models without).
    RAISES (ScinerError): SCINER-E320 for a word_confidence whose words' scores are no sums.
    """
    if word_confidence not in LINEAR_CONFIDENCES:
        known = " or ".join(LINEAR_CONFIDENCES)
        raise ScinerError(Errors.E320.format(found=word_confidence, known=known))
    # On the CPU, where the scores are: a step is on a few hundred numbers.
    crf: Model[List[Floats2d], List[Floats2d]] = Model(
        "sciner_crf",
        forward,
        init=init,
        dims={"nO": None},
        shims=[TorchTagger(_rebuild, device="cpu", precision="fp32")],
    )
    model: Model[List[Doc], List[Floats2d]] = chain(tagger, crf)
    model.attrs["compute_loss"] = compute_loss
    if "tok2vec" in tagger.ref_names:
        model.set_ref("tok2vec", tagger.get_ref("tok2vec"))
    return model


def init(
    model: Model, X: Optional[List[Floats2d]] = None, Y: Optional[List[Floats2d]] = None
) -> None:
    shim = get_shim(model)
    sample = Y or X
    if shim.data or not sample:
        return
    model.set_dim("nO", sample[0].shape[1])
    data = {"n_tags": model.get_dim("nO")}
    shim.set_module(_rebuild(data), data)


def forward(
    model: Model[List[Floats2d], List[Floats2d]], scores: List[Floats2d], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Floats2d]]]:
    ops: Any = model.ops
    shim = get_shim(model)
    if not is_train:
        found = _marginals(shim, [ops.to_numpy(rows) for rows in scores])
        return [ops.asarray2f(rows) for rows in found], lambda d_scores: scores
    module: Any = shim.module
    table = module.table()

    def backprop(d_scores: List[Floats2d]) -> List[Floats2d]:
        *d_rows, d_table = d_scores
        table.backward(torch.from_numpy(ops.to_numpy(d_table)).double())
        return d_rows

    return [*scores, ops.asarray2f(table.detach().numpy().astype(np.float32))], backprop


def compute_loss(
    scores: Sequence[Floats2d],
    targets: Sequence[Floats2d],
    asked: Sequence[Optional[TokenLoss]],
) -> Tuple[float, List[Floats2d]]:
    """−log-probability of the paths that a document's targets allow, times the document's weight.

    scores (Sequence[Floats2d]): As in training: each document's, and the transitions'.
    targets (Sequence[Floats2d]): Rows of 0 are unknown tokens: every tag is allowed.
    asked (Sequence[Optional[TokenLoss]]): Where a document has one, its targets are no decisions
        that make a path: the sum of these losses of its tokens' marginals is taken.
    RETURNS (Tuple[float, List[Floats2d]]): The sum over documents, and the gradient of each array.
    """
    *of_docs, table_rows = scores
    words = [are_words(rows) for rows in of_docs]
    table = torch.from_numpy(table_rows).double().requires_grad_()
    gradients = [np.zeros_like(rows) for rows in scores]
    loss = 0.0
    for by_token in (False, True):
        group = [i for i, w in enumerate(words) if w.any() and bool(asked[i]) == by_token]
        if not group:
            continue
        rows, lengths = _pad([of_docs[i][words[i]] for i in group])
        rows = rows.double().requires_grad_()
        wanted = [targets[i][words[i]] for i in group]
        if by_token:
            its = [(asked[i], np.flatnonzero(words[i])) for i in group]
            loss += _token_loss(rows, lengths, table, wanted, its)
        else:
            loss += _path_loss(rows, lengths, table, wanted)
        d_rows: Any = rows.grad
        for i, length, gradient in zip(group, lengths.tolist(), d_rows.numpy()):
            gradients[i][words[i]] = gradient[:length]
    if table.grad is not None:
        gradients[-1][:] = table.grad.numpy()
    return loss, gradients


def allowed_tags(target: Floats2d) -> np.ndarray:
    """The tags that a document's paths may go over, bool, shape (n_tokens, n_tags).

    An I-X that continues nothing begins an entity, as everywhere: a document may be cut out of one.
    """
    allowed: np.ndarray = (target > 0) | ~target.any(axis=1, keepdims=True)
    begins, inside = allowed[:, 1::2], allowed[:, 2::2]
    continues = np.zeros_like(inside)
    continues[1:] = (begins | inside)[:-1]
    begins |= inside & ~continues
    return allowed


def _path_loss(rows: Tensor, lengths: Tensor, table: Tensor, targets: List[Floats2d]) -> float:
    """The loss; its gradients are added to those of rows and table."""
    weights = torch.tensor([target.max() for target in targets], dtype=torch.float64)
    padded, _ = _pad([allowed_tags(target).astype(np.float32) for target in targets])
    loss = -(weights * log_likelihood(rows, lengths, table, padded > 0)).sum()
    loss.backward()
    return float(loss.detach())


def _token_loss(
    rows: Tensor,
    lengths: Tensor,
    table: Tensor,
    targets: List[Floats2d],
    asked: Sequence[Tuple[Any, np.ndarray]],
) -> float:
    """The loss; its gradients are added to those of rows and table.

    asked (Sequence[Tuple]): Of each document its `TokenLoss`, and which tokens its rows are.
    """
    marginals = log_marginals(rows, lengths, table)
    logs = marginals.detach().numpy()
    gradient = np.zeros_like(logs)
    total = 0.0
    for i, (target, (token_loss, tokens)) in enumerate(zip(targets, asked)):
        losses, gradient[i, : len(target)] = token_loss(logs[i, : len(target)], target, tokens)
        total += float(losses.sum())
    marginals.backward(torch.from_numpy(gradient))
    return total


def _marginals(shim: TorchTagger, scores: List[Floats2d]) -> List[Floats2d]:
    """Tokens without content have no part in the chain: their rows stay 0."""
    found = [rows.copy() for rows in scores]
    words = [are_words(rows) for rows in scores]
    n_words = [int(of_doc.sum()) for of_doc in words]
    longest_first = sorted((i for i, n in enumerate(n_words) if n), key=lambda i: -n_words[i])
    first = 0
    while first < len(longest_first):
        n_docs = max(1, BATCH_WORDS // n_words[longest_first[first]])
        batch = longest_first[first : first + n_docs]
        rows, lengths = _pad([scores[i][words[i]] for i in batch])
        for i, logs in zip(batch, shim.predict((rows, lengths))):
            found[i][words[i]] = logs[: n_words[i]]
        first += n_docs
    return found


def _pad(arrays: List[Floats2d]) -> Tuple[Tensor, Tensor]:
    """RETURNS: Shape (n, longest, n_tags), and lengths (n,)."""
    lengths = [len(rows) for rows in arrays]
    padded = np.zeros((len(arrays), max(lengths), arrays[0].shape[1]), dtype=np.float32)
    for row_i, rows in enumerate(arrays):
        padded[row_i, : len(rows)] = rows
    return torch.from_numpy(padded), torch.tensor(lengths)


def _rebuild(data: Dict[str, Any]) -> CRF:
    return CRF(data["n_tags"])
