"""The torch module of distillation: a small encoder's token states against a larger one's."""

from typing import Any, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .body import Body
from .layers import use_fast_dropout


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


def _normed(states: Tensor) -> Tensor:
    return F.layer_norm(states, (states.shape[-1],))
