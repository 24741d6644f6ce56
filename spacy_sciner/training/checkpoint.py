"""Where a training stands after an epoch: enough to go on after a kill and end with the same bytes.

A checkpoint is one safetensors file: the weights that change, the optimiser's moments, the states
of the random numbers, the moving average, and the progress. Beside it lies the best epoch's
pipeline so far. Both are in a folder named after all that the training depends on, outside of what
DVC owns and removes, so that nothing is ever continued with other data, settings or code.
"""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np
import torch
from safetensors import safe_open
from safetensors.numpy import save_file
from spacy.language import Language
from thinc.api import Model, Optimizer

from ..files import replacing
from ..models.shim import TorchTagger
from .average import Average
from .processes import Group

FILE = "checkpoint.safetensors"
Arrays = Dict[str, np.ndarray]


class Progress(NamedTuple):
    epoch: int = 0  # epochs done
    step: int = 0  # the last step of them
    best: float = 0.0  # dev score, in [0, 1]


class Checkpoint:
    """Saved after each epoch; restored in two steps, since others join in between.

    Of several processes the first one writes, for all: they differ in their random numbers alone.

    folder (Path): None saves nothing, as for pipelines with torch modules of other packages, whose
        optimisers are out of reach.
    """

    def __init__(self, folder: Optional[Path], group: Group):
        self.path = folder / FILE if folder else None
        self.group = group
        self._arrays: Arrays = {}
        self._plain: Dict[str, Any] = {}

    def save(
        self, nlp: Language, optimizer: Optimizer, average: Optional[Average], progress: Progress
    ) -> None:
        if self.path is None or not _is_ours(nlp):
            return
        random = self.group.of_each(_random_state())
        if not self.group.is_first:
            return
        arrays: Arrays = {}
        _save_weights(nlp, arrays)
        plain: Dict[str, Any] = {"progress": progress._asdict()}
        plain["scalers"] = _save_shims(nlp, arrays)
        plain["updates"] = _save_thinc(nlp, optimizer, arrays)
        plain["random"] = [rest for _, rest in random]
        for rank, (states, _) in enumerate(random):
            arrays.update({f"random.{rank}.{name}": a for name, a in states.items()})
        if average:
            plain["average"] = average.n_steps
            arrays.update({f"average.{name}": a for name, a in average.arrays().items()})
        with replacing(self.path) as temporary:
            metadata = {"state": json.dumps(plain)}
            save_file({k: np.ascontiguousarray(a) for k, a in arrays.items()}, temporary, metadata)

    def restore_weights(self, nlp: Language, optimizer: Optimizer) -> Progress:
        """Weights and optimiser as they were; without a checkpoint everything stays as it is.

        So it does where a process does not see the others' checkpoint, as on another machine."""
        self._read()
        found = self.group.of_each(self._plain.get("progress"))
        if found[0] is None or found.count(found[0]) < len(found):
            self._arrays, self._plain = {}, {}
            return Progress()
        _load_weights(nlp, self._arrays)
        _load_shims(nlp, optimizer, self._arrays, self._plain["scalers"])
        _load_thinc(nlp, optimizer, self._arrays, self._plain["updates"])
        progress = Progress(**self._plain["progress"])
        for _ in range(progress.step + 1):
            optimizer.step_schedules()
        return progress

    def _read(self) -> None:
        if self.path is not None and self.path.is_file():
            with safe_open(self.path, framework="numpy") as file:
                self._plain = json.loads(file.metadata()["state"])
                self._arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118

    def restore_rest(self, average: Optional[Average]) -> None:
        """The moving average, and last the random numbers, which nothing may draw from between."""
        if not self._plain:
            return
        if average:
            prefix = "average."
            found = {k[len(prefix) :]: a for k, a in self._arrays.items() if k.startswith(prefix)}
            average.restore(found, n_steps=self._plain["average"])
        rank = self.group.rank
        _load_random(self._arrays, f"random.{rank}", self._plain["random"][rank])
        self._arrays, self._plain = {}, {}


def _models(nlp: Language) -> Iterator[Tuple[str, Model]]:
    for name, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        if isinstance(model, Model):
            yield name, model


def _is_ours(nlp: Language) -> bool:
    shims = [shim for _, model in _models(nlp) for node in model.walk() for shim in node.shims]
    return all(isinstance(shim, TorchTagger) for shim in shims)


def _shims(nlp: Language) -> Iterator[Tuple[str, TorchTagger]]:
    for name, model in _models(nlp):
        for node_i, node in enumerate(model.walk()):
            for shim in node.shims:
                if isinstance(shim, TorchTagger):
                    yield f"{name}.{node_i}", shim


def _save_shims(nlp: Language, arrays: Arrays) -> Dict[str, Any]:
    """RETURNS (dict): The state of each gradient scaler, empty where it does nothing."""
    scalers = {}
    for name, shim in _shims(nlp):
        scalers[name] = shim.scaler.state_dict()
        for key, tensor in shim.optimizer_state().items():
            arrays[f"torch.{name}.{key}"] = tensor.detach().cpu().numpy()
    return scalers


def _load_shims(
    nlp: Language, optimizer: Optimizer, arrays: Arrays, scalers: Dict[str, Any]
) -> None:
    for name, shim in _shims(nlp):
        shim.scaler.load_state_dict(scalers[name])
        prefix = f"torch.{name}."
        found = {
            key[len(prefix) :]: torch.tensor(array)
            for key, array in arrays.items()
            if key.startswith(prefix)
        }
        shim.restore_optimizer(found, optimizer)


def _params(nlp: Language) -> Iterator[Tuple[str, Model, str]]:
    """Thinc's own weights: a name that every process gives them, the node, its name of it."""
    for name, model in _models(nlp):
        for node_i, node in enumerate(model.walk()):
            for param in node.param_names:
                yield f"{name}.{node_i}.{param}", node, param


def _changing(nlp: Language) -> Iterator[Tuple[str, torch.Tensor]]:
    for name, shim in _shims(nlp):
        weights = [(k, w) for k, w in shim.module.named_parameters() if w.requires_grad]
        for key, tensor in (*weights, *shim.module.named_buffers()):
            yield f"{name}.{key}", tensor


def _save_weights(nlp: Language, arrays: Arrays) -> None:
    """All that training changes; what is frozen a pipeline has when it is made anew."""
    for name, tensor in _changing(nlp):
        arrays[f"weights.{name}"] = tensor.detach().cpu().numpy()
    for name, node, param in _params(nlp):
        if node.has_param(param):
            arrays[f"params.{name}"] = _to_numpy(node.get_param(param))


def _load_weights(nlp: Language, arrays: Arrays) -> None:
    for name, tensor in _changing(nlp):
        tensor.data.copy_(torch.tensor(arrays[f"weights.{name}"]))
    for name, node, param in _params(nlp):
        if node.has_param(param):
            ops: Any = node.ops
            node.set_param(param, ops.asarray(arrays[f"params.{name}"].copy()))


def _thinc_keys(nlp: Language) -> Dict[Tuple[int, str], str]:
    """Thinc's optimiser knows a weight by its node's number, which another process counts anew."""
    return {(node.id, param): name for name, node, param in _params(nlp)}


_MOMENTS = ("mom1", "mom2", "averages")


def _save_thinc(nlp: Language, optimizer: Optimizer, arrays: Arrays) -> Dict[str, int]:
    """RETURNS (dict): Updates of each weight so far."""
    names = _thinc_keys(nlp)
    for moment in _MOMENTS:
        for key, array in (getattr(optimizer, moment) or {}).items():
            arrays[f"{moment}.{names[key]}"] = _to_numpy(array)
    return {names[key]: n for key, n in optimizer.nr_update.items()}


def _load_thinc(
    nlp: Language, optimizer: Optimizer, arrays: Arrays, updates: Dict[str, int]
) -> None:
    ops: Any = next(model.ops for _, model in _models(nlp))
    for key, name in _thinc_keys(nlp).items():
        if name in updates:
            optimizer.nr_update[key] = updates[name]
        for moment in _MOMENTS:
            if f"{moment}.{name}" in arrays:
                getattr(optimizer, moment)[key] = ops.asarray(arrays[f"{moment}.{name}"].copy())


def _random_state() -> Tuple[Arrays, List[Any]]:
    """RETURNS (Tuple[Arrays, list]): This process' states, and what numpy's has besides."""
    kind, keys, position, has_gauss, gauss = np.random.get_state()
    arrays = {"numpy": np.asarray(keys), "torch": torch.get_rng_state().numpy()}
    if torch.cuda.is_initialized():  # else nothing has drawn from it, and a fork may not ask
        arrays["cuda"] = torch.cuda.get_rng_state().numpy()
    return arrays, [kind, position, has_gauss, gauss]


def _load_random(arrays: Arrays, prefix: str, rest: List[Any]) -> None:
    kind, position, has_gauss, gauss = rest
    np.random.set_state((kind, arrays[f"{prefix}.numpy"], position, has_gauss, gauss))
    torch.set_rng_state(torch.tensor(arrays[f"{prefix}.torch"]))
    if f"{prefix}.cuda" in arrays and torch.cuda.is_available():
        torch.cuda.set_rng_state(torch.tensor(arrays[f"{prefix}.cuda"]))


def _to_numpy(array: Any) -> np.ndarray:
    return np.asarray(array.get() if hasattr(array, "get") else array)
