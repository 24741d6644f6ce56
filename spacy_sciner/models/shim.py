"""What Thinc needs to own a torch module: run it, update it, turn it into bytes."""

from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, Optional, Tuple

import numpy as np
import srsly
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from thinc.api import Optimizer
from thinc.shims.shim import Shim
from torch import nn

from ..errors import Errors, ScinerError
from .head import set_dropout
from .machine import has_fast_bf16, keep_freed_memory
from .optimizers import clip_gradients, take_settings, torch_optimizer


class TorchTagger(Shim):
    """A torch module that maps padded batches to tag log-probabilities, with its optimiser.

    Weights are kept as safetensors beside whatever plain data `rebuild` needs to make the module
    again, so that loading needs no file, no network and no pickle, and the same weights are the
    same bytes.

    rebuild (Callable): Makes the module with random weights from the plain data.
    device (str): "auto" takes CUDA if there is one.
    precision (str): "auto" is bf16 where that is faster, on a CPU by `has_fast_bf16`.
    """

    def __init__(
        self,
        rebuild: Callable[[Dict[str, Any]], nn.Module],
        *,
        device: str = "auto",
        precision: str = "auto",
    ):
        super().__init__(None)
        self.rebuild = rebuild
        self.data: Dict[str, Any] = {}
        self.runtime: Dict[str, Any] = {}  # made from `data` on first use, never saved
        self.device = resolve_device(device)
        keep_freed_memory()
        self.dtype = resolve_precision(precision, self.device)
        self.scaler = torch.amp.GradScaler(enabled=self.dtype == torch.float16)

    @property
    def module(self) -> nn.Module:
        if self._model is None:
            raise ScinerError(Errors.E301)
        module: nn.Module = self._model
        return module

    def set_module(self, module: nn.Module, data: Dict[str, Any]) -> None:
        self._model = module.to(self.device)
        self._optimizer = None
        self.data = data
        self.runtime = {}

    def predict(self, batch: Tuple[torch.Tensor, ...]) -> np.ndarray:
        """Log-probabilities of a padded batch, float32, shape (n, length, n_tags)."""
        self.module.eval()
        with torch.inference_mode(), self._autocast():
            return self.module(*self._to_device(batch)).cpu().numpy()

    def begin_update(
        self, batch: Tuple[torch.Tensor, ...]
    ) -> Tuple[np.ndarray, Callable[[np.ndarray], Optional[np.ndarray]]]:
        """The same in training mode, and a function that takes the gradient of what it returns.

        That function gives the gradient of the first input back if it is floating-point.
        """
        self.module.train()
        inputs = self._to_device(batch)
        first = inputs[0].requires_grad_() if inputs[0].is_floating_point() else None
        with self._autocast():
            output = self.module(*inputs)

        def backprop(d_output: np.ndarray) -> Optional[np.ndarray]:
            gradient = torch.from_numpy(d_output).to(output.device)
            # `output.backward(gradient)` is the same, and imports sympy, half a second.
            self.scaler.scale((output * gradient).sum()).backward()
            if first is None or first.grad is None:
                return None
            return (first.grad / self.scaler.get_scale()).cpu().numpy()

        return output.detach().cpu().numpy(), backprop

    def set_dropout(self, rate: float) -> None:
        set_dropout(self.module, rate)

    def finish_update(self, optimizer: Optimizer) -> None:
        """One step with Thinc's current settings over all parameters at once: of fused AdamW, or of
        SGD if the optimiser keeps no moments.

        Gradients are clipped by their global norm, as is usual for transformers. Thinc's averages
        (use_averages) do not reach torch modules, here as in Thinc's own wrapper by default.
        """
        if all(p.grad is None for p in self.module.parameters()):
            return
        own = self._torch_optimizer(optimizer)
        take_settings(own, optimizer)
        self.scaler.unscale_(own)
        if optimizer.grad_clip:
            clip_gradients(self.module.parameters(), float(optimizer.grad_clip))
        self.scaler.step(own)
        self.scaler.update()
        own.zero_grad()

    def optimizer_state(self) -> Dict[str, torch.Tensor]:
        """The moments and step of each weight, by its place among all: `3.exp_avg`; empty before
        the first step."""
        if self._optimizer is None:
            return {}
        states = self._optimizer.state_dict()["state"].items()
        return {f"{i}.{k}": x for i, state in states for k, x in state.items() if x is not None}

    def restore_optimizer(self, tensors: Dict[str, torch.Tensor], optimizer: Optimizer) -> None:
        """tensors (Dict[str, Tensor]): As `optimizer_state` gave them, of the same module."""
        own = self._torch_optimizer(optimizer)
        state: Dict[int, Dict[str, torch.Tensor]] = {}
        for key, tensor in tensors.items():
            place, name = key.split(".")
            state.setdefault(int(place), {})[name] = tensor
        own.load_state_dict({**own.state_dict(), "state": state})

    def _torch_optimizer(self, optimizer: Optimizer) -> Any:
        if self._optimizer is None:
            self._optimizer = torch_optimizer(optimizer, self.module)
        return self._optimizer

    @contextmanager
    def use_params(self, params: Any) -> Iterator[None]:
        yield

    def to_device(self, device_type: str, device_id: int) -> None:
        """Thinc's own device calls change nothing: the device is a setting of the architecture."""

    def to_bytes(self) -> bytes:
        if self._model is None:
            return srsly.msgpack_dumps({})
        tensors = {k: v.detach().cpu().contiguous() for k, v in self.module.state_dict().items()}
        return srsly.msgpack_dumps({"data": self.data, "weights": save_tensors(tensors)})

    def from_bytes(self, data: bytes) -> "TorchTagger":
        message = srsly.msgpack_loads(data)
        if message:
            # A training draws the same random numbers however many pipelines it loads.
            with torch.random.fork_rng(devices=[]):
                module = self.rebuild(message["data"])
            module.load_state_dict(load_tensors(message["weights"]))
            self.set_module(module, message["data"])
        return self

    def copy(self) -> "TorchTagger":
        twin = TorchTagger(self.rebuild)
        twin.device, twin.dtype = self.device, self.dtype
        return twin.from_bytes(self.to_bytes())

    def _autocast(self) -> torch.autocast:
        enabled = self.dtype != torch.float32
        return torch.autocast(self.device, dtype=self.dtype if enabled else None, enabled=enabled)

    def _to_device(self, batch: Tuple[torch.Tensor, ...]) -> Tuple[torch.Tensor, ...]:
        """Inputs to the device; the lengths, always last, stay on the CPU."""
        return (*(x.to(self.device, non_blocking=True) for x in batch[:-1]), batch[-1])


def resolve_device(device: str) -> str:
    """device (str): "auto", "cpu" or "cuda". RAISES (ScinerError): SCINER-E303 without CUDA."""
    if device == "cuda" and not torch.cuda.is_available():
        raise ScinerError(Errors.E303)
    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


def has_own_layers(fast: bool, device: str) -> bool:
    """Whether an encoder's layers are computed by our own code, if they are BERT's."""
    return fast and resolve_device(device) == "cpu"


def resolve_precision(precision: str, device: str) -> torch.dtype:
    """precision (str): "auto", "fp32", "bf16" or "fp16"."""
    if precision == "auto":
        fast = torch.cuda.is_bf16_supported() if device == "cuda" else has_fast_bf16()
        precision = "bf16" if fast else "fp32"
    if precision == "fp16" and device == "cpu":
        precision = "bf16"
    return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]


def get_shim(model: Any) -> TorchTagger:
    """The torch module's shim of one of our own Thinc nodes."""
    shim: TorchTagger = model.shims[0]
    return shim
