"""Thinc's optimisers for torch modules: AdamW, or SGD with momentum, which Thinc does not have."""

from itertools import chain
from typing import Any, Dict, Iterable, Iterator, List, Tuple, Union

import torch
from thinc.api import Optimizer
from thinc.types import Generator
from torch import Tensor, nn
from torch.optim.adamw import adamw

FloatOrSchedule = Union[float, List[float], Generator]
State = Dict[str, Tensor]


class AdamW:
    """What `torch.optim.AdamW(groups, fused=True)` does, through the function that it calls.

    The class brings torch's compiler along, more than a second in every process that trains.

    groups (List[Dict]): As `decay_groups` gives them; each step takes "lr", "weight_decay", "betas"
        and "eps" from them.
    state (Dict[int, State]): "step", "exp_avg" and "exp_avg_sq" of a weight, by its place among
        all, from its first gradient on.
    """

    def __init__(self, groups: List[Dict[str, Any]]):
        self.param_groups = [{"lr": 0.0, "betas": (0.9, 0.999), "eps": 1e-8, **g} for g in groups]
        self.state: Dict[int, State] = {}

    @torch.no_grad()
    def step(self) -> None:
        for group, members in self._groups():
            found = [(weight, self._state(i, weight)) for i, weight in members]
            states = [state for _, state in found]
            adamw(
                [weight for weight, _ in found],
                [weight.grad for weight, _ in found],  # type: ignore[misc]
                [state["exp_avg"] for state in states],
                [state["exp_avg_sq"] for state in states],
                [],
                [state["step"] for state in states],
                fused=True,
                amsgrad=False,
                maximize=False,
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                lr=group["lr"],
                weight_decay=group["weight_decay"],
                eps=group["eps"],
            )

    def zero_grad(self) -> None:
        for weight in chain.from_iterable(group["params"] for group in self.param_groups):
            weight.grad = None

    def state_dict(self) -> Dict[str, Any]:
        return {"state": self.state}

    def load_state_dict(self, saved: Dict[str, Any]) -> None:
        """saved (Dict): What `state_dict` gave for the same weights, on any device."""
        weights = list(chain.from_iterable(group["params"] for group in self.param_groups))
        self.state = {
            i: {name: tensor.to(weights[i].device) for name, tensor in state.items()}
            for i, state in saved["state"].items()
        }

    def _groups(self) -> Iterator[Tuple[Dict[str, Any], List[Tuple[int, Tensor]]]]:
        """Each group with its weights that have a gradient, and their places among all."""
        start = 0
        for group in self.param_groups:
            members = enumerate(group["params"], start)
            yield group, [(i, weight) for i, weight in members if weight.grad is not None]
            start += len(group["params"])

    def _state(self, i: int, weight: Tensor) -> State:
        if i not in self.state:
            step = torch.zeros((), dtype=torch.float32, device=weight.device)
            moments = {name: torch.zeros_like(weight) for name in ("exp_avg", "exp_avg_sq")}
            self.state[i] = {"step": step, **moments}
        return self.state[i]


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


def torch_optimizer(optimizer: Optimizer, module: nn.Module) -> Any:
    """What updates a module as Thinc's optimiser says: SGD if it keeps no moments, else AdamW."""
    groups = decay_groups(module)
    if optimizer.b1 or optimizer.b2:
        return AdamW(groups)
    return torch.optim.SGD(groups, lr=0.0, momentum=getattr(optimizer, "momentum", 0.0))


def take_settings(own: Any, optimizer: Optimizer) -> None:
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


def clip_gradients(parameters: Iterable[nn.Parameter], limit: float) -> None:
    """torch's `clip_grad_norm_`, which passes over all gradients where there is nothing to clip."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norms = [torch.linalg.vector_norm(gradient) for gradient in gradients]
    share = limit / (torch.linalg.vector_norm(torch.stack(norms)) + 1e-6)
    if not share >= 1:  # nor if it is no number
        for gradient in gradients:
            gradient.mul_(share)
