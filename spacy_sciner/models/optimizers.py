"""Thinc's optimisers for torch modules: AdamW, or SGD with momentum, which Thinc does not have."""

from typing import Any, Dict, List, Union

import torch
from thinc.api import Optimizer
from thinc.types import Generator
from torch import nn

FloatOrSchedule = Union[float, List[float], Generator]


class MomentumSGD(Optimizer):
    """Stochastic gradient descent. Weights that are not torch's are updated without momentum."""

    def __init__(self, learn_rate: FloatOrSchedule, *, momentum: float, **settings: Any) -> None:
        super().__init__(learn_rate, beta1=0.0, beta2=0.0, use_averages=False, **settings)
        self.momentum = momentum


def make_momentum_sgd(
    learn_rate: FloatOrSchedule,
    momentum: float = 0.9,
    L2: float = 0.0,
    grad_clip: float = 1.0,
) -> MomentumSGD:
    """The registered optimiser `spacy-sciner.SGD.v1`.

    momentum (float): Share of the last step that is made again, in [0, 1).
    L2 (float): Weight decay. grad_clip (float): Largest norm of all gradients together; 0: any.
    """
    return MomentumSGD(learn_rate, momentum=momentum, L2=L2, grad_clip=grad_clip)


def torch_optimizer(optimizer: Optimizer, module: nn.Module) -> torch.optim.Optimizer:
    """What updates a module as Thinc's optimiser says: SGD if it keeps no moments, else AdamW."""
    groups = decay_groups(module)
    if optimizer.b1 or optimizer.b2:
        return torch.optim.AdamW(groups, fused=True)
    return torch.optim.SGD(groups, lr=0.0, momentum=getattr(optimizer, "momentum", 0.0))


def take_settings(own: torch.optim.Optimizer, optimizer: Optimizer) -> None:
    """Give a torch optimiser Thinc's settings of this step."""
    for group in own.param_groups:
        group["lr"] = float(optimizer.learn_rate)
        group["weight_decay"] = float(optimizer.L2) if group["decays"] else 0.0
        if "betas" in group:
            group["betas"] = (float(optimizer.b1), float(optimizer.b2))
            group["eps"] = float(optimizer.eps)


def decay_groups(module: nn.Module) -> List[Dict[str, Any]]:
    """Weight decay for matrices, none for biases and layer norms."""
    named = [(n, p) for n, p in module.named_parameters() if p.requires_grad]
    return [
        {"params": [p for _, p in named if p.ndim > 1], "decays": True},
        {"params": [p for _, p in named if p.ndim <= 1], "decays": False},
    ]
