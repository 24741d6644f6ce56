"""What all methods share: steps on text, a held-out loss on the way, checkpoints, early stop."""

import math
import time
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Protocol, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from ..models.machine import keep_freed_memory
from ..models.optimizers import AdamW, clip_gradients, decay_groups
from ..models.shim import resolve_device, resolve_precision
from .checkpoint import Checkpoint, Curve, place_of_best

# Share of the steps in which the learning rate rises; then it falls, to above 0 in the last.
WARMUP = 0.06
WEIGHT_DECAY, CLIP = 0.01, 1.0
EVALUATIONS = 20  # of a whole run


class Task(Protocol):
    """What a method trains."""

    @property
    def module(self) -> nn.Module:
        """Gives the sum of a batch's losses, and of how many targets."""

    def batches(self, epoch: int) -> List[List[int]]:
        """Indices of each batch, the same for the same epoch."""

    def parts(self, batch: List[int], rng: np.random.Generator) -> List[Tuple[Tensor, ...]]:
        """The module's inputs, of what goes through it at once; the lengths, always last, stay on
        the CPU."""

    def held_out(self) -> Sequence[Tuple[Tensor, ...]]:
        """Batches of the text kept aside."""


class Schedule(NamedTuple):
    epochs: int
    learn_rate: float  # peak
    patience: int  # evaluations without a better held-out loss before it ends; 0: never
    seed: int
    device: str = "auto"
    precision: str = "auto"


class Measured(NamedTuple):
    """An evaluation: what is plotted, and told to the person waiting."""

    step: int
    n_steps: int  # of the whole run
    steps: int  # since the last evaluation
    loss: float  # of the training batches since the last one, nats a target
    held_out: Optional[float]  # None without any text kept aside
    seconds: float  # of these steps


Report = Callable[[Measured], None]


class AdaptLoop:
    """Train a module and leave the weights with the lowest held-out loss in it.

    checkpoint (Checkpoint): Written at each evaluation. A run that was killed goes on from there
        and ends with the same weights.
    report (Callable): Told of each evaluation.
    """

    def __init__(self, task: Task, schedule: Schedule, *, checkpoint: Checkpoint, report: Report):
        self.task, self.schedule = task, schedule
        self.checkpoint, self.report = checkpoint, report
        self.device = resolve_device(schedule.device)
        self.dtype = resolve_precision(schedule.precision, self.device)
        keep_freed_memory()
        self.module = task.module.to(self.device)
        self.optimizer: Any = AdamW(decay_groups(self.module))
        self.scaler = torch.amp.GradScaler(self.device, enabled=self.dtype == torch.float16)
        self.n_steps = schedule.epochs * max(1, len(task.batches(0)))
        self.curve: Curve = []

    def run(self) -> Curve:
        """RETURNS (Curve): "step", "loss" and "held_out" of each evaluation, the first before any
        step."""
        torch.manual_seed(self.schedule.seed)
        held = [self._to_device(batch) for batch in self.task.held_out()]
        self.curve = self.checkpoint.restore(self.module, self.optimizer, self.scaler)
        if not self.curve:
            self.curve.append({"step": 0, "held_out": self._measure(held)})
        every = max(1, math.ceil(self.n_steps / EVALUATIONS))
        total, count, start = 0.0, 0, time.monotonic()
        # What had given up before it was killed does not go on.
        done = self.n_steps if self._gave_up() else int(self.curve[-1]["step"])
        for step, parts in self._batches(done=done):
            loss, n = self._step(step, parts)
            total, count = total + loss, count + n
            if step % every and step < self.n_steps:
                continue
            seconds = time.monotonic() - start
            held_out = self._measure(held)
            average = total / max(1, count)
            self.curve.append({"step": step, "loss": average, "held_out": held_out})
            self.checkpoint.save(self.module, self.optimizer, self.scaler, self.curve)
            steps = step - int(self.curve[-2]["step"])
            self.report(Measured(step, self.n_steps, steps, average, held_out, seconds))
            if self._gave_up():
                break
            total, count, start = 0.0, 0, time.monotonic()
        self.optimizer.state.clear()  # the best weights take its memory
        self.checkpoint.load_best(self.module)
        return self.curve

    def _batches(self, done: int) -> Iterator[Tuple[int, List[Tuple[Tensor, ...]]]]:
        """Steps from 1, with the parts of each; those that were done are skipped unmade."""
        step = 0
        for epoch in range(self.schedule.epochs):
            for batch in self.task.batches(epoch):
                step += 1
                if step > done:
                    rng = np.random.default_rng((self.schedule.seed, step))
                    yield step, self.task.parts(batch, rng)

    def _step(self, step: int, parts: Sequence[Tuple[Tensor, ...]]) -> Tuple[float, int]:
        self.module.train()
        total, count, divisor = 0.0, 0, 0
        for tensors in parts:
            with self._autocast():
                loss, n = self.module(*self._to_device(tensors))
            if not int(n):
                continue
            divisor = divisor or int(n)  # how many they all are is not known yet
            self.scaler.scale(loss / divisor).backward()
            total, count = total + float(loss.detach()), count + int(n)
        if not count:
            return 0.0, 0
        warm = max(1, round(WARMUP * self.n_steps))
        share = min(step / warm, (self.n_steps - step + 1) / (self.n_steps - warm + 1))
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.learn_rate * share
            group["weight_decay"] = WEIGHT_DECAY if group["decays"] else 0.0
        self.scaler.unscale_(self.optimizer)
        if count != divisor:
            for param in self.module.parameters():
                if param.grad is not None:
                    param.grad.mul_(divisor / count)
        clip_gradients(self.module.parameters(), CLIP)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        return total, count

    def _measure(self, held: Sequence[Tuple[Tensor, ...]]) -> Optional[float]:
        """Mean held-out loss; None without any text kept aside."""
        self.module.eval()
        total, count = 0.0, 0
        with torch.inference_mode(), self._autocast():
            for batch in held:
                loss, n = self.module(*batch)
                total, count = total + float(loss), count + int(n)
        return total / count if count else None

    def _gave_up(self) -> bool:
        patience = self.schedule.patience
        n = len(self.curve) - 1  # evaluations after the first step
        return 0 < patience <= n and n - place_of_best(self.curve) >= patience

    def _autocast(self) -> Any:
        enabled = self.dtype != torch.float32
        return torch.autocast(self.device, dtype=self.dtype if enabled else None, enabled=enabled)

    def _to_device(self, tensors: Tuple[Tensor, ...]) -> Tuple[Tensor, ...]:
        return (*(x.to(self.device, non_blocking=True) for x in tensors[:-1]), tensors[-1])
