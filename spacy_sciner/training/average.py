"""An exponential moving average of a pipeline's weights, torch modules and Thinc's own alike.

The average of the last steps is a steadier teacher than the last step (Mean Teacher, NeurIPS 2017).
"""

from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Tuple

import numpy as np
import torch
from thinc.api import Model


class Average:
    """average ← decay · average + (1 − decay) · weights, after every step.

    The first steps, far from where training ends, are forgotten faster: the decay of step t is
    (1 + t) / (10 + t) at most.

    models (Iterable[Model]): With their weights; parts that they share are averaged once.
    decay (float): In (0, 1); 0.99 averages over about the last 100 steps.
    """

    def __init__(self, models: Iterable[Model], *, decay: float):
        self.decay = decay
        self.n_steps = 0
        nodes = {id(node): node for model in models for node in model.walk()}
        shims = {id(shim): shim for node in nodes.values() for shim in node.shims}
        modules = [getattr(shim, "_model", None) for shim in shims.values()]
        self._torch: List[Tuple[torch.Tensor, torch.Tensor]] = [
            (weight, weight.detach().clone())
            for module in modules
            if isinstance(module, torch.nn.Module)
            for weight in module.parameters()
            if weight.requires_grad
        ]
        self._nodes = list(nodes.values())
        self._thinc: Dict[Tuple[int, str], Any] = {
            (i, name): node.get_param(name).copy()
            for i, node in enumerate(self._nodes)
            for name in node.param_names
            if node.has_param(name)
        }

    def update(self) -> None:
        """Take the weights of one more step in."""
        self.n_steps += 1
        new = 1.0 - min(self.decay, (1 + self.n_steps) / (10 + self.n_steps))
        with torch.no_grad():
            for weight, average in self._torch:
                average.lerp_(weight, new)
        for (i, name), average in self._thinc.items():
            average += new * (self._nodes[i].get_param(name) - average)

    def arrays(self) -> Dict[str, np.ndarray]:
        """The average of each weight, by its place among all."""
        found = {f"torch.{i}": a.cpu().numpy() for i, (_, a) in enumerate(self._torch)}
        for (i, name), average in self._thinc.items():
            found[f"thinc.{i}.{name}"] = self._nodes[i].ops.to_numpy(average)
        return found

    def restore(self, arrays: Dict[str, np.ndarray], *, n_steps: int) -> None:
        """arrays (Dict[str, np.ndarray]): As `arrays` gave them, of the same models."""
        self.n_steps = n_steps
        with torch.no_grad():
            for i, (_, average) in enumerate(self._torch):
                average.copy_(torch.tensor(arrays[f"torch.{i}"]))
        for i, name in self._thinc:
            ops: Any = self._nodes[i].ops
            self._thinc[i, name] = ops.asarray(arrays[f"thinc.{i}.{name}"].copy())

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Inside, the models have the average as their weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        with torch.no_grad():
            for weight, average in self._torch:
                kept = weight.detach().clone()
                weight.copy_(average)
                average.copy_(kept)
        for (i, name), average in self._thinc.items():
            node = self._nodes[i]
            before = node.get_param(name).copy()
            node.set_param(name, average)
            self._thinc[i, name] = before
