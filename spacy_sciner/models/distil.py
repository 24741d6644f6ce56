"""The torch modules of distillation: a small encoder's token states, or how its last layer relates
the tokens to each other, against a larger one's."""

import math
from typing import Any, List, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .body import Body
from .layers import use_fast_dropout

MAX_RELATIONS = 48  # heads; more are better for a base-sized teacher (MiniLMv2)


class DistilModel(nn.Module):
    """A linear map takes the student's last states to the teacher's; both without their scale.

    student (nn.Module): Trained, with the map.
    teacher (nn.Module): Cut above the layer that is learnt from. It is not part of the module:
        neither trained nor in its checkpoints.
    """

    def __init__(self, student: Any, teacher: Any):
        super().__init__()
        self.student: Any = student
        self.map = nn.Linear(student.config.hidden_size, teacher.config.hidden_size)
        use_fast_dropout(self)
        self._student_body = Body(student)
        self._teacher_body = Body(teacher.eval().requires_grad_(False))

    def to(self, device: Any) -> Any:  # type: ignore[override]
        self._teacher_body.encoder.to(device)
        return super().to(device)

    def forward(
        self,
        student_ids: Tensor,
        teacher_ids: Tensor,
        places: Tensor,
        counted: Tensor,
        lengths: Tensor,
    ) -> Tuple[Tensor, Tensor]:
        """The summed squared distance of normalised states, and of how many pieces.

        student_ids, teacher_ids (n, length): The same pieces, each numbered its own way.
        places (n_places,): The pieces that count, in the flattened batch.
        counted (n_places,): Whether they do, or only pad.
        lengths (n,): On the CPU.
        """
        with torch.no_grad():
            wanted = self._states(self._teacher_body, teacher_ids, places, lengths)
        states = self.map(self._states(self._student_body, student_ids, places, lengths)).float()
        distance = (_normed(states) - _normed(wanted.float())).square().mean(-1)
        return (distance * counted).sum(), counted.sum()

    @staticmethod
    def _states(body: Body, ids: Tensor, places: Tensor, lengths: Tensor) -> Tensor:
        words: Any = body.encoder.get_input_embeddings()
        hidden = body(words(ids), lengths)
        return hidden.reshape(-1, hidden.shape[-1])[places]


class RelationModel(nn.Module):
    """The student's self-attention relations come to be the teacher's (MiniLMv2, arXiv 2012.15828).

    Of the last layer of each, queries, keys and values are cut into as many heads; every token's
    scaled products with all tokens of the row, a distribution after softmax, are a relation. No
    map between widths is needed. What follows the products in that layer learns nothing.

    student, teacher (nn.Module): As in `DistilModel`.
    RAISES (ValueError): If a last layer's queries, keys and values are not known.
    """

    def __init__(self, student: Any, teacher: Any):
        super().__init__()
        self.student: Any = student
        use_fast_dropout(self)
        self._student, self._teacher = Body(student), Body(teacher.eval().requires_grad_(False))
        widths = [one.out_features for one in (linears_of(student)[0], linears_of(teacher)[0])]
        self.n_heads = max(n for n in range(1, MAX_RELATIONS + 1) if not any(w % n for w in widths))

    def to(self, device: Any) -> Any:  # type: ignore[override]
        self._teacher.encoder.to(device)
        return super().to(device)

    def forward(
        self,
        student_ids: Tensor,
        teacher_ids: Tensor,
        places: Tensor,
        counted: Tensor,
        lengths: Tensor,
    ) -> Tuple[Tensor, Tensor]:
        """The summed divergence of the relations, in nats a token, and of how many tokens; as in
        `DistilModel`."""
        with torch.no_grad():
            wanted = self._relations(self._teacher, teacher_ids, lengths)
        found = self._relations(self._student, student_ids, lengths)
        divergences = [
            F.kl_div(ours, theirs, reduction="none", log_target=True).sum(-1).mean(1)
            for ours, theirs in zip(found, wanted, strict=True)
        ]
        divergence = torch.stack(divergences).mean(0).reshape(-1)[places]
        return (divergence * counted).sum(), counted.sum()

    def _relations(self, body: Body, ids: Tensor, lengths: Tensor) -> List[Tensor]:
        """Log probabilities among queries, keys and values: (n, heads, length, length), fp32."""
        words: Any = body.encoder.get_input_embeddings()
        states = body(words(ids), lengths, below=1)
        length = ids.shape[1]
        padding = (torch.arange(length)[None, :] >= lengths[:, None]).to(ids.device)
        found = []
        for linear in linears_of(body.encoder):
            heads = linear(states).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            scores = (heads @ heads.transpose(2, 3)).float() / math.sqrt(heads.shape[-1])
            # Not infinite: a relation to padding is 0 in both, and their difference as well.
            scores = scores.masked_fill(padding[:, None, None, :], -1e4)
            found.append(torch.log_softmax(scores, -1))
        return found


def linears_of(encoder: Any) -> Tuple[nn.Linear, nn.Linear, nn.Linear]:
    """What makes the last layer's queries, keys and values.

    RAISES (ValueError): For layers that are neither BERT's nor MPNet's.
    """
    attention: Any = encoder.encoder.layer[-1].attention if hasattr(encoder, "encoder") else None
    if hasattr(attention, "self"):
        return attention.self.query, attention.self.key, attention.self.value
    if hasattr(attention, "attn"):
        return attention.attn.q, attention.attn.k, attention.attn.v
    raise ValueError(type(encoder).__name__)


def _normed(states: Tensor) -> Tensor:
    return F.layer_norm(states, (states.shape[-1],))
