"""The torch modules of distillation: a small encoder's token states, or how its last layer relates
the tokens to each other, against a larger one's."""

import math
from abc import ABC, abstractmethod
from operator import attrgetter
from typing import Any, List, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import Errors, ScinerError
from .body import Body
from .layers import use_fast_dropout

# By model type: others' layers may have these names and norm their input before (MegatronBERT).
_LINEARS = {
    **dict.fromkeys(
        ("bert", "roberta", "xlm-roberta", "camembert", "electra"),
        attrgetter("self.query", "self.key", "self.value"),
    ),
    "mpnet": attrgetter("attn.q", "attn.k", "attn.v"),
}
MAX_RELATIONS = 48  # heads; more are better for a base-sized teacher (MiniLMv2)


class Distillation(nn.Module, ABC):
    """What a token is to the student comes to be what it is to the teacher.

    student (nn.Module): Trained.
    teacher (nn.Module): Cut above the layer that is learnt from. It is not part of the module:
        neither trained nor in its checkpoints.
    """

    def __init__(self, student: Any, teacher: Any):
        super().__init__()
        self.student: Any = student
        use_fast_dropout(self)
        self.bodies = (Body(student), Body(teacher.eval().requires_grad_(False)))

    def to(self, device: Any) -> Any:  # type: ignore[override]
        self.bodies[1].encoder.to(device)
        return super().to(device)

    def forward(
        self,
        student_ids: Tensor,
        teacher_ids: Tensor,
        places: Tensor,
        counted: Tensor,
        lengths: Tensor,
    ) -> Tuple[Tensor, Tensor]:
        """The summed distance, and of how many pieces.

        student_ids, teacher_ids (n, length): The same pieces, each numbered its own way.
        places (n_places,): The pieces that count, in the flattened batch.
        counted (n_places,): Whether they do, or only pad.
        lengths (n,): On the CPU.
        """
        student, teacher = self.bodies
        with torch.no_grad():
            wanted = self.view(teacher, teacher_ids, places, lengths)
        found = self.view(student, student_ids, places, lengths)
        return (self.distance(found, wanted) * counted).sum(), counted.sum()

    @abstractmethod
    def view(self, body: Body, ids: Tensor, places: Tensor, lengths: Tensor) -> Any:
        """What an encoder makes of the tokens at `places`."""

    @abstractmethod
    def distance(self, found: Any, wanted: Any) -> Tensor:
        """Of two views: (n_places,), fp32."""


class DistilModel(Distillation):
    """A linear map takes the student's last states to the teacher's; both without their scale."""

    def __init__(self, student: Any, teacher: Any):
        super().__init__(student, teacher)
        self.map = nn.Linear(student.config.hidden_size, teacher.config.hidden_size)

    def view(self, body: Body, ids: Tensor, places: Tensor, lengths: Tensor) -> Tensor:
        """(n_places, width)."""
        words: Any = body.encoder.get_input_embeddings()
        hidden = body(words(ids), lengths)
        return hidden.reshape(-1, hidden.shape[-1])[places]

    def distance(self, found: Tensor, wanted: Tensor) -> Tensor:
        """The mean squared difference of normalised states."""
        return (_normed(self.map(found).float()) - _normed(wanted.float())).square().mean(-1)


class RelationModel(Distillation):
    """The student's self-attention relations come to be the teacher's (MiniLMv2, arXiv 2012.15828).

    Of the last layer of each, queries, keys and values are cut into as many heads; every token's
    scaled products with all tokens of the row, a distribution after softmax, are a relation. No
    map between widths is needed. What follows the products in that layer learns nothing.

    RAISES (ScinerError): SCINER-E565 if a last layer's queries, keys and values are not known.
    """

    def __init__(self, student: Any, teacher: Any):
        super().__init__(student, teacher)
        widths = [one.out_features for one in (linears_of(student)[0], linears_of(teacher)[0])]
        self.n_heads = max(n for n in range(1, MAX_RELATIONS + 1) if not any(w % n for w in widths))

    def view(self, body: Body, ids: Tensor, places: Tensor, lengths: Tensor) -> List[Tensor]:
        """Log probabilities among queries, keys and values: (n_places, heads, length), fp32."""
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
            rows = scores.transpose(1, 2).reshape(-1, self.n_heads, length)[places]
            found.append(torch.log_softmax(rows, -1))
        return found

    def distance(self, found: List[Tensor], wanted: List[Tensor]) -> Tensor:
        """Kullback and Leibler's divergence in nats, the mean over heads and the three."""
        divergences = [
            F.kl_div(ours, theirs, reduction="none", log_target=True).sum(-1).mean(-1)
            for ours, theirs in zip(found, wanted, strict=True)
        ]
        return torch.stack(divergences).mean(0)


def linears_of(encoder: Any) -> Tuple[nn.Linear, nn.Linear, nn.Linear]:
    """What makes the last layer's queries, keys and values.

    RAISES (ScinerError): SCINER-E565 for layers that are neither BERT's nor MPNet's.
    """
    take = _LINEARS.get(encoder.config.model_type)
    if take is None:
        raise ScinerError(Errors.E565.format(kind=type(encoder).__name__))
    found: Tuple[nn.Linear, nn.Linear, nn.Linear] = take(encoder.encoder.layer[-1].attention)
    return found


def _normed(states: Tensor) -> Tensor:
    return F.layer_norm(states, (states.shape[-1],))
