"""Where the pool is predicted, in this process, in several, or on Ray: what they all share.

All give the same bytes: a shard is predicted as a whole by one process, in the same batches.
"""

from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Tuple

from spacy.util import load_config

from ..errors import Errors, ScinerError
from ..models.machine import count_gpus
from .shards import Texts

ENGINES = ("local", "ray")
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

    def check(self) -> None:
        """RAISES (ScinerError): SCINER-E302 for the name, SCINER-E312 for the workers."""
        if self.name not in ENGINES:
            known = ", ".join(ENGINES)
            raise ScinerError(Errors.E302.format(name="engine", value=self.name, known=known))
        if not isinstance(self.workers, int) or self.workers < 0:
            message = Errors.E312.format(name="workers", value=self.workers, range="0 or more")
            raise ScinerError(message)

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
