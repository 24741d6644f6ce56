"""The CRF's sums against the sum over every path, one by one, and against pytorch-crf."""

from functools import cache
from itertools import product
from typing import Iterator, List, NamedTuple, Tuple

import numpy as np
import pytest
import torch
from torch import Tensor
from torchcrf import CRF as PytorchCRF

from spacy_sciner.models.crf import (
    CRF,
    legal_transitions,
    log_likelihood,
    log_marginals,
    log_partition,
)
from spacy_sciner.tagging import is_legal

N_TAGS = 5  # O, B-A, I-A, B-B, I-B


class Case(NamedTuple):
    """Documents of some lengths, padded with what must not count."""

    scores: Tensor  # (n, length, n_tags)
    lengths: Tensor  # (n,)
    table: Tensor  # (n_tags + 2, n_tags)
    allowed: Tensor  # bool (n, length, n_tags)


@cache
def legal_paths(n: int) -> List[Tuple[int, ...]]:
    """All of n tokens."""
    return [path for path in product(range(N_TAGS), repeat=n) if is_legal(np.array(path))]


def make_case(*lengths: int, seed: int = 0, known: float = 0.5) -> Case:
    """known (float): Share of tokens that are allowed but some of the tags, one of a legal path."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    crf = CRF(N_TAGS)
    torch.nn.init.normal_(crf.transitions)
    scores = torch.randn(len(lengths), max(lengths), N_TAGS, dtype=torch.float64) * 2
    allowed = torch.ones(scores.shape, dtype=torch.bool)
    for doc_i, n in enumerate(lengths):
        scores[doc_i, n:] = 1e6
        path = legal_paths(n)[rng.integers(len(legal_paths(n)))]
        for token_i in np.flatnonzero(rng.random(n) < known):
            allowed[doc_i, token_i] = torch.from_numpy(rng.random(N_TAGS) < 0.3)
            allowed[doc_i, token_i, path[token_i]] = True
    return Case(scores, torch.tensor(lengths), crf.table().detach(), allowed)


def score_of(path: Tuple[int, ...], scores: Tensor, table: Tensor) -> Tensor:
    total = table[-2, path[0]] + table[-1, path[-1]]
    total = total + sum(scores[i, tag] for i, tag in enumerate(path))
    return total + sum(table[a, b] for a, b in zip(path, path[1:]))


def of_each(case: Case) -> Iterator[Tuple[Tensor, List[Tuple[int, ...]], Tensor]]:
    """Each document's own scores, its legal paths and their scores."""
    for rows, n in zip(case.scores, case.lengths.tolist()):
        paths = legal_paths(n)
        yield rows[:n], paths, torch.stack([score_of(p, rows, case.table) for p in paths])


LENGTHS = [(1,), (2,), (3,), (6,), (4, 1, 6, 3)]


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("seed", [0, 1])
def test_log_partition_is_the_sum_over_all_legal_paths(lengths, seed):
    case = make_case(*lengths, seed=seed)
    expected = torch.stack([path_scores.logsumexp(0) for _, _, path_scores in of_each(case)])
    found = log_partition(case.scores, case.lengths, case.table)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("seed", [0, 1])
def test_log_marginals_are_those_of_the_paths(lengths, seed):
    case = make_case(*lengths, seed=seed)
    found = log_marginals(case.scores, case.lengths, case.table).exp()
    for doc_i, (rows, paths, path_scores) in enumerate(of_each(case)):
        expected = torch.zeros_like(rows)
        for path, prob in zip(paths, path_scores.softmax(0)):
            for token_i, tag in enumerate(path):
                expected[token_i, tag] += prob
        torch.testing.assert_close(found[doc_i, : len(rows)], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("known", [0.5, 1.0])
def test_log_likelihood_is_the_share_of_the_allowed_paths(lengths, known):
    case = make_case(*lengths, known=known)
    found = log_likelihood(case.scores, case.lengths, case.table, case.allowed)
    for doc_i, (_, paths, path_scores) in enumerate(of_each(case)):
        fits = [all(case.allowed[doc_i, i, tag] for i, tag in enumerate(path)) for path in paths]
        expected = path_scores[torch.tensor(fits)].logsumexp(0) - path_scores.logsumexp(0)
        torch.testing.assert_close(found[doc_i], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("lengths", LENGTHS)
def test_gradients_are_those_of_the_sum_over_paths(lengths):
    case = make_case(*lengths)
    scores, table = case.scores.clone().requires_grad_(), case.table.clone().requires_grad_()
    log_likelihood(scores, case.lengths, table, case.allowed).sum().backward()
    found = scores.grad, table.grad
    scores, table = case.scores.clone().requires_grad_(), case.table.clone().requires_grad_()
    total = torch.zeros((), dtype=torch.float64)
    again = case._replace(scores=scores, table=table)
    for doc_i, (_, paths, path_scores) in enumerate(of_each(again)):
        fits = [all(case.allowed[doc_i, i, tag] for i, tag in enumerate(path)) for path in paths]
        total = total + path_scores[torch.tensor(fits)].logsumexp(0) - path_scores.logsumexp(0)
    total.backward()
    for one, other in zip(found, (scores.grad, table.grad)):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)
    assert found[0] is not None
    assert all(not d[n:].any() for d, n in zip(found[0], case.lengths.tolist()))  # of padding
    assert found[1] is not None
    assert not found[1][~legal_transitions(N_TAGS)].any()


def test_gradients_of_marginals_are_numerically_right():
    case = make_case(3, 5)
    scores = case.scores.clamp(max=3.0).requires_grad_()
    table = case.table.clone().requires_grad_()

    def marginals(scores: Tensor, table: Tensor) -> Tensor:
        found = log_marginals(scores, case.lengths, table).exp()
        return torch.cat([rows[:n] for rows, n in zip(found, case.lengths.tolist())])

    assert torch.autograd.gradcheck(marginals, (scores, table), atol=1e-6)


@pytest.mark.parametrize("lengths", [(1,), (6,), (40, 3, 17)])
def test_full_labels_score_as_in_pytorch_crf(lengths):
    """Whose transitions know nothing of BIO: here they are given ours."""
    torch.manual_seed(1)
    crf = CRF(N_TAGS)
    torch.nn.init.normal_(crf.transitions)
    table = crf.table().detach()
    scores = torch.randn(len(lengths), max(lengths), N_TAGS, dtype=torch.float64)
    tags = torch.tensor([1, 2, 0, 3, 4, 4, 1, 1, 2, 0] * 4)[: max(lengths)].expand(len(lengths), -1)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    other = PytorchCRF(N_TAGS, batch_first=True).double()
    other.transitions.data = table[:-2]
    other.start_transitions.data, other.end_transitions.data = table[-2], table[-1]
    theirs = scores.clone().requires_grad_()
    expected = other(theirs, tags, mask=mask, reduction="none")
    expected.sum().backward()
    ours = scores.clone().requires_grad_()
    allowed = torch.nn.functional.one_hot(tags, N_TAGS).bool()
    found = log_likelihood(ours, torch.tensor(lengths), table, allowed)
    found.sum().backward()
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-10, atol=1e-10)


def test_a_document_alone_is_as_it_is_in_a_batch():
    case = make_case(6, 1, 4)
    together = log_marginals(case.scores, case.lengths, case.table)
    likelihoods = log_likelihood(case.scores, case.lengths, case.table, case.allowed)
    for i, n in enumerate(case.lengths.tolist()):
        alone = case.scores[i : i + 1, :n], case.lengths[i : i + 1], case.table
        torch.testing.assert_close(log_marginals(*alone)[0], together[i, :n])
        likelihood = log_likelihood(*alone, case.allowed[i : i + 1, :n])
        torch.testing.assert_close(likelihood[0], likelihoods[i])


def test_a_token_of_which_nothing_is_known_costs_nothing():
    case = make_case(5, 2, known=0.0)
    scores, table = case.scores.clone().requires_grad_(), case.table.clone().requires_grad_()
    found = log_likelihood(scores, case.lengths, table, case.allowed)
    found.sum().backward()
    assert found.tolist() == [0.0, 0.0]
    assert scores.grad is not None
    assert table.grad is not None
    assert scores.grad.abs().max() < 1e-15
    assert table.grad.abs().max() < 1e-15


def test_what_bio_forbids_has_no_probability():
    """However much the scores want it, and however the transitions are trained."""
    crf = CRF(N_TAGS)
    torch.nn.init.constant_(crf.transitions, 50.0)
    scores = torch.zeros(1, 3, N_TAGS)
    scores[0, 0, 2] = scores[0, 1, 4] = 500.0  # I-A at the start, then I-B after it
    probs = crf(scores, torch.tensor([3])).exp().detach()
    assert probs[0, 0, 2] == 0.0
    assert probs[0, 0, 3] == pytest.approx(1.0)  # the I-B is worth its B-B
    assert probs[0, 1, 4] == pytest.approx(1.0)


@pytest.mark.parametrize("n_tags", [3, 5, 15])
def test_legal_transitions_are_those_of_tagging(n_tags):
    legal = legal_transitions(n_tags)
    for a, b in product(range(n_tags), repeat=2):
        begins = [a] if a % 2 or not a else [a - 1, a]  # an I-X needs its B-X
        assert bool(legal[a, b]) == is_legal(np.array([*begins, b])), (a, b)
    assert [bool(x) for x in legal[-2]] == [is_legal(np.array([b])) for b in range(n_tags)]
    assert legal[-1].all()


def test_long_documents_stay_exact_and_finite():
    """4,000 words whose scores span hundreds: rows still sum to 1 and nothing is NaN."""
    torch.manual_seed(0)
    scores = torch.randn(1, 4000, N_TAGS) * 100
    found = CRF(N_TAGS)(scores, torch.tensor([4000]))
    assert found.dtype == torch.float32
    assert torch.isfinite(found).all()
    assert (found <= 0).all()
    torch.testing.assert_close(found.exp().sum(-1), torch.ones(1, 4000), rtol=0, atol=1e-6)
