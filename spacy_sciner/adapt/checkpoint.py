"""Where an adaptation stands: one safetensors file, enough to go on and end with the same bytes.

Only torch's random numbers have a state; batches and masks follow from the seed and the step.
"""

import json
from pathlib import Path
from typing import Any, Dict, List

import torch
from safetensors import safe_open
from safetensors.torch import load, save_file
from torch import Tensor, nn

from ..files import replacing

FILE, BEST = "checkpoint.safetensors", "best.safetensors"
Curve = List[Dict[str, Any]]  # "step", "loss" and "held_out" of each evaluation


class Checkpoint:
    """The last evaluation's state, and the weights of the best.

    folder (Path): Belongs to the caller, who names it after all that the weights depend on and
        removes it.
    """

    def __init__(self, folder: Path):
        self.last, self.best = folder / FILE, folder / BEST

    def save(self, module: nn.Module, optimizer: Any, scaler: Any, curve: Curve) -> None:
        weights = _weights(module)
        if place_of_best(curve) == len(curve) - 1:
            with replacing(self.best) as temporary:
                save_file(weights, temporary)
        tensors = {f"weights.{name}": tensor for name, tensor in weights.items()}
        for i, state in optimizer.state_dict()["state"].items():
            for name, tensor in state.items():
                tensors[f"optimizer.{i}.{name}"] = tensor.detach().cpu().contiguous()
        tensors["random.cpu"] = torch.get_rng_state()
        if torch.cuda.is_initialized():  # else nothing has drawn from it
            tensors["random.cuda"] = torch.cuda.get_rng_state()
        plain = json.dumps({"curve": curve, "scaler": scaler.state_dict()})
        with replacing(self.last) as temporary:
            save_file(tensors, temporary, {"state": plain})

    def restore(self, module: nn.Module, optimizer: Any, scaler: Any) -> Curve:
        """Everything as it was saved last, and its curve; without a checkpoint nothing changes."""
        if not self.last.is_file():
            return []
        with safe_open(self.last, framework="pt") as file:
            plain = json.loads(file.metadata()["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        module.load_state_dict(_under("weights.", tensors))
        states: Dict[int, Dict[str, Tensor]] = {}
        for key, tensor in _under("optimizer.", tensors).items():
            place, name = key.split(".")
            states.setdefault(int(place), {})[name] = tensor
        optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
        scaler.load_state_dict(plain["scaler"])
        torch.set_rng_state(tensors["random.cpu"])
        if "random.cuda" in tensors and torch.cuda.is_available():
            torch.cuda.set_rng_state(tensors["random.cuda"])
        return plain["curve"]  # type: ignore[no-any-return]

    def load_best(self, module: nn.Module) -> None:
        module.load_state_dict(load(self.best.read_bytes()))


def place_of_best(curve: Curve) -> int:
    """Which evaluation after the first step has the lowest held-out loss, of equal ones the last;
    without any text kept aside the last of all."""
    if curve[-1]["held_out"] is None:
        return len(curve) - 1
    return min(range(1, len(curve)), key=lambda i: (curve[i]["held_out"], -i))


def _weights(module: nn.Module) -> Dict[str, Tensor]:
    return {k: v.detach().cpu().contiguous() for k, v in module.state_dict().items()}


def _under(prefix: str, tensors: Dict[str, Tensor]) -> Dict[str, Tensor]:
    return {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
