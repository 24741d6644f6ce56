"""Training in several processes that torchrun started: each has the whole model and its own share
of the batches, and all take the same step.

A step of N processes is one on N batches together: gradients are averaged by how many tokens each
process' loss is a mean of, as one process would with all of them.
"""

import atexit
import os
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Callable, ContextManager, Dict, Iterable, Iterator, List, Tuple

import torch
from spacy.language import Language
from spacy.training import Example
from thinc.api import Model
from torch import distributed, nn

Batch = Tuple[int, List[Example]]  # epoch, examples
# The others wait while the first process evaluates. A process that dies does not keep them waiting:
# torchrun ends them all.
PATIENCE = timedelta(days=2)


class Group:
    """This process among those that train together; alone unless torchrun started it.

    rank (int): 0 is the one that evaluates and writes.
    size (int): Processes, 1 or more.
    """

    def __init__(self, rank: int, size: int):
        self.rank = rank
        self.size = size
        self.weight = 1.0  # of this process' gradient in the running step
        self._counted: Dict[str, float] = {}
        self._losses: Dict[str, float] = {}

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def join(self, nlp: Language, *, seed: int) -> None:
        """Begin with the first process' weights, go on with its own dropout, share gradients."""
        if self.size == 1:
            return
        for pipe in _trained(nlp):
            _each_array(pipe.model, _broadcast)
            pipe.finish_update = self._finish(pipe, pipe.finish_update)
        torch.manual_seed(seed + self.rank)

    def share(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Every N-th batch, from this process' rank on. Every process has to give the same batches.

        An epoch ends for all at the same step: who has no batch left for it gets an empty one.
        """
        if self.size == 1:
            yield from batches
            return
        held: List[Batch] = []
        for batch in batches:
            if held and batch[0] != held[0][0]:
                yield self._mine(held)
                held = []
            held.append(batch)
            if len(held) == self.size:
                yield self._mine(held)
                held = []
        if held:
            yield self._mine(held)

    def _mine(self, held: List[Batch]) -> Batch:
        return held[self.rank] if self.rank < len(held) else (held[0][0], [])

    def weigh(self, n_known: int) -> None:
        """Before each step's gradients are shared.

        n_known (int): Tokens that this process' loss is a mean of."""
        if self.size > 1:
            total = torch.tensor([float(n_known)], dtype=torch.float64)
            distributed.all_reduce(total)
            self.weight = n_known / float(total) if total else 1 / self.size

    def first_only(self, function: Callable[[], Any]) -> Any:
        """Call it in the first process; every process gets what it gave."""
        if self.size == 1:
            return function()
        result = [function() if self.is_first else None]
        distributed.broadcast_object_list(result, src=0)
        return result[0]

    def of_each(self, value: Any) -> List[Any]:
        """What every process calls this with, by rank; in every process."""
        values = [value] * self.size
        if self.size > 1:
            distributed.all_gather_object(values, value)
        return values

    def count_losses(self, losses: Dict[str, float]) -> None:
        """After each step.

        losses (Dict[str, float]): This process' own, growing over an epoch."""
        for name, loss in losses.items():
            step = loss - self._counted.get(name, 0.0)
            self._losses[name] = self._losses.get(name, 0.0) + step * self.weight
        self._counted = dict(losses)

    def total_losses(self) -> Dict[str, float]:
        """The epoch's losses over all processes; the count begins anew."""
        names = sorted(self._losses)
        totals = torch.tensor([self._losses[name] for name in names], dtype=torch.float64)
        if self.size > 1:
            distributed.all_reduce(totals)
        self._counted, self._losses = {}, dict.fromkeys(names, 0.0)
        return dict(zip(names, totals.tolist()))

    def _finish(self, pipe: Any, finish: Callable[[Any], None]) -> Callable[[Any], None]:
        def finish_update(sgd: Any) -> None:
            average_gradients(pipe.model, self.weight)
            finish(sgd)

        return finish_update


def group_size() -> int:
    """Processes that train together, as torchrun says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def group_rank() -> int:
    """Which of them this is; the one with 0 evaluates and writes."""
    return int(os.environ.get("RANK", "0"))


@contextmanager
def training_group() -> Iterator[Group]:
    """The processes that torchrun started, connected over NCCL for CUDA and gloo for the CPU.

    The connection is made once and lasts as long as the process: torchrun's store still knows the
    addresses of one that was closed, and a second one would wait for them for ever."""
    size = group_size()
    if size > 1 and not distributed.is_initialized():
        backend = "gloo"
        if torch.cuda.is_available():
            backend = "cpu:gloo,cuda:nccl"
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group(backend, timeout=PATIENCE)
        atexit.register(distributed.destroy_process_group)
    yield Group(group_rank(), size)
    if size > 1:
        distributed.barrier()  # nobody leaves before the first process has written


def if_first(group: Group, context: ContextManager[Any]) -> ContextManager[Any]:
    """Of several processes, only the first one makes files."""
    return context if group.is_first else nullcontext()


def average_gradients(model: Model, weight: float) -> None:
    """Replace the gradients of all of a model's weights by the sum over processes, each times its
    weight. What has no gradient in any process stays without one.

    weight (float): This process' share in [0, 1]; over all processes they add up to 1.
    """
    for module in _modules(model):
        params = [p for p in module.parameters() if p.requires_grad]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in params]
        has = [p.grad is not None for p in params]
        for param, gradient in zip(params, _sum(gradients, has, weight)):
            param.grad = gradient
    for node in model.walk():
        ops: Any = node.ops
        names = list(node.param_names)
        if not names:
            continue
        has = [bool(node.has_grad(name)) for name in names]
        arrays = [
            node.get_grad(name) if found else node.get_param(name) * 0
            for name, found in zip(names, has)
        ]
        tensors = [torch.tensor(ops.to_numpy(array)) for array in arrays]
        for name, gradient in zip(names, _sum(tensors, has, weight)):
            if gradient is not None:
                node.set_grad(name, ops.asarray(gradient.numpy()))


def _sum(gradients: List[torch.Tensor], has: List[bool], weight: float) -> List[Any]:
    """One message for all of them; None for a gradient that no process has."""
    if not gradients:
        return []
    flags = torch.tensor(has, dtype=torch.float32, device=gradients[0].device)
    flat = torch.cat([*(g.reshape(-1).float() * weight for g in gradients), flags])
    distributed.all_reduce(flat)
    parts = flat.split([*(g.numel() for g in gradients), len(has)])
    return [
        part.reshape(g.shape).to(g.dtype) if flag else None
        for part, g, flag in zip(parts, gradients, parts[-1].tolist())
    ]


def _each_array(model: Model, function: Callable[[torch.Tensor], None]) -> None:
    """Call a function that writes into a tensor on every weight of a model."""
    for module in _modules(model):
        for tensor in (*module.parameters(), *module.buffers()):
            function(tensor.data)
    for node in model.walk():
        ops: Any = node.ops
        for name in node.param_names:
            if node.has_param(name):
                tensor = torch.tensor(ops.to_numpy(node.get_param(name)))
                function(tensor)
                node.set_param(name, ops.asarray(tensor.numpy()))


def _broadcast(tensor: torch.Tensor) -> None:
    distributed.broadcast(tensor, src=0)


def _modules(model: Model) -> List[nn.Module]:
    """Torch modules of our own shim and of Thinc's."""
    shims = [getattr(shim, "_model", None) for node in model.walk() for shim in node.shims]
    return [module for module in shims if isinstance(module, nn.Module)]


def _trained(nlp: Language) -> List[Any]:
    pipes = [pipe for _, pipe in nlp.pipeline if getattr(pipe, "is_trainable", False)]
    return [pipe for pipe in pipes if isinstance(getattr(pipe, "model", None), Model)]
