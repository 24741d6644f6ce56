"""Where the pool is predicted, in this process, in several, or on Ray: what they all share.

All give the same bytes: a shard is predicted as a whole by one process, in the same batches.
"""

from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Tuple

from spacy.util import load_config

from ..errors import Errors, ScinerError
from ..models.machine import count_gpus
from ..settings.tree import Annotate
from .shards import Texts

TRIES = 3  # processes that may die over a shard before it is given up
Task = Tuple[int, Texts]  # a shard's number and its words
Tasks = Iterator[Task]
Results = Iterator[Tuple[int, bytes]]


class Engine(NamedTuple):
    """Where shards are predicted.

    name (str): "local" or "ray".
    workers (int): Processes; 0 is one for each GPU the model may use, else one for each core.
    ray_address (str): A running cluster's; None starts Ray on this machine.
    """

    name: str = "local"
    workers: int = 1
    ray_address: Optional[str] = None

    @classmethod
    def of(cls, annotate: Annotate) -> "Engine":
        return cls(annotate.engine, annotate.workers, annotate.ray_address)

    def n_workers(self, n_tasks: int, *, n_gpus: int, n_cores: int) -> int:
        """Workers to start: no more than there are shards, at least one."""
        return max(1, min(n_tasks, self.workers or n_gpus or n_cores))


HERE = Engine()


def gpus_for(model: Path) -> int:
    """GPUs of this machine that a trained pipeline may use. RAISES: SCINER-E314 without it."""
    if not (model / "config.cfg").is_file():
        raise ScinerError(Errors.E314.format(path=model))
    components = load_config(model / "config.cfg")["components"].values()
    return max((count_gpus(part.get("model", {})) for part in components), default=0)
