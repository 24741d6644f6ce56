"""A linear-chain CRF over BIO tags: a score for each tag of each token, one for each pair of
neighbouring tags, and the sums over all paths that make them probabilities.

Transitions that BIO forbids are far below everything else and are never learnt, so a path through
one has no probability. A token may be known in part: sums go over the paths that a mask of allowed
tags leaves, which is how tokens of which nothing is known count in no loss (Tsuboi et al., COLING
2008; EDS-NLP's CRF does the same). Sums are in double precision: of a paragraph of 400 words single
precision leaves probabilities with two or three digits.
"""

from typing import List, Tuple

import torch
from torch import Tensor, nn

# A log-score that no sum of others comes near, in place of −inf, whose gradients are no numbers.
FORBIDDEN = -1e5


class CRF(nn.Module):
    """The scores of transitions, and the marginals that they make of the tags' scores.

    n_tags (int): 2 · labels + 1, in the order of tagging.py.
    """

    legal: Tensor

    def __init__(self, n_tags: int):
        super().__init__()
        # From each tag to each, then from the start to each, then from each to the end.
        self.transitions = nn.Parameter(torch.zeros(n_tags + 2, n_tags))
        self.register_buffer("legal", legal_transitions(n_tags), persistent=False)

    def table(self) -> Tensor:
        """RETURNS (Tensor): Scores of transitions, shape (n_tags + 2, n_tags), double."""
        return self.transitions.double().masked_fill(~self.legal, FORBIDDEN)

    def forward(self, scores: Tensor, lengths: Tensor) -> Tensor:
        """scores (n, length, n_tags), lengths (n,) → log-marginals, the same shape, fp32."""
        return log_marginals(scores.double(), lengths, self.table()).float()


def legal_transitions(n_tags: int) -> Tensor:
    """RETURNS (Tensor): Which transitions BIO allows, bool, shape (n_tags + 2, n_tags)."""
    inside = torch.arange(2, n_tags, 2)
    legal = torch.ones(n_tags + 2, n_tags, dtype=torch.bool)
    legal[:-1, inside] = False  # I-X follows neither other tags nor the start …
    legal[inside, inside] = legal[inside - 1, inside] = True  # … but B-X and I-X
    return legal


def log_partition(scores: Tensor, lengths: Tensor, table: Tensor) -> Tensor:
    """Log of the sum over all paths of exp(score of the path).

    scores (Tensor): Log-scores of tags, any on padding, shape (n, length, n_tags).
    lengths (Tensor): Tokens of each, 1 or more, shape (n,).
    table (Tensor): Scores of transitions, as `CRF.table` gives them.
    RETURNS (Tensor): Shape (n,).
    """
    return torch.logsumexp(_forward(scores, lengths, table)[-1] + table[-1], dim=1)


def log_marginals(scores: Tensor, lengths: Tensor, table: Tensor) -> Tensor:
    """Log-probability of each tag of each token, all other tokens' tags summed out.

    RETURNS (Tensor): Shape (n, length, n_tags), each value ≤ 0; on padding nothing of meaning.
    """
    ahead = torch.stack(_forward(scores, lengths, table), dim=1)
    behind = torch.stack(_backward(scores, lengths, table), dim=1)
    total = torch.logsumexp(ahead[:, -1] + table[-1], dim=1)
    return (ahead + behind - total[:, None, None]).clamp(max=0.0)


def log_likelihood(scores: Tensor, lengths: Tensor, table: Tensor, allowed: Tensor) -> Tensor:
    """Log-probability of all paths together that go over allowed tags only.

    allowed (Tensor): Bool, shape (n, length, n_tags); all of a token of which nothing is known.
    RETURNS (Tensor): Shape (n,).
    """
    masked = scores.masked_fill(~allowed, FORBIDDEN)
    both = log_partition(torch.cat([masked, scores]), torch.cat([lengths, lengths]), table)
    of_allowed, of_all = both.chunk(2)
    return of_allowed - of_all


def _forward(scores: Tensor, lengths: Tensor, table: Tensor) -> List[Tensor]:
    """Sums over the paths up to each token, by its tag; from the last token on they stay."""
    inner, start = table[:-2], table[-2]
    sums = [start + scores[:, 0]]
    for i, goes_on in _steps(scores, lengths):
        step = torch.logsumexp(sums[-1][:, :, None] + inner, dim=1) + scores[:, i]
        sums.append(torch.where(goes_on, step, sums[-1]))
    return sums


def _backward(scores: Tensor, lengths: Tensor, table: Tensor) -> List[Tensor]:
    """Sums over the paths behind each token, by its tag; behind the last one is the end."""
    inner, end = table[:-2], table[-1].expand(len(scores), -1)
    sums = [end]
    for i, goes_on in reversed(_steps(scores, lengths)):
        step = torch.logsumexp(inner + (scores[:, i] + sums[-1])[:, None, :], dim=2)
        sums.append(torch.where(goes_on, step, end))
    return sums[::-1]


def _steps(scores: Tensor, lengths: Tensor) -> List[Tuple[int, Tensor]]:
    """From the second token on: its place, and who has one there, shape (n, 1)."""
    return [(i, (lengths > i)[:, None]) for i in range(1, scores.shape[1])]
