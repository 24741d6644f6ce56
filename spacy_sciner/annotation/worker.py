"""What runs in a process of the local engine. Imports torch only once it is told its GPU."""

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from ..pools import end_with_parent

if TYPE_CHECKING:
    from .shards import ShardPredictor, Texts


def start(n_started: Any, gpus: Sequence[str]) -> None:
    """Before any other import: take a GPU, and end if the parent does.

    n_started (multiprocessing.Value): How many processes of this pool have started.
    gpus (Sequence[str]): Names for CUDA_VISIBLE_DEVICES, taken in turn; empty on the CPU.
    """
    end_with_parent()
    with n_started.get_lock():
        place = n_started.value
        n_started.value += 1
    if gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[place % len(gpus)]


def predict(model: Path, threads: int, texts: "Texts") -> bytes:
    return _predictor(model, threads)(texts)


@lru_cache(maxsize=1)
def _predictor(model: Path, threads: int) -> "ShardPredictor":
    from ..models.machine import set_threads
    from .shards import ShardPredictor

    set_threads(threads)
    return ShardPredictor(model)
