"""Predict shards in this process, in several of this machine, or on a Ray cluster.

All give the same bytes: a shard is predicted as a whole by one process, in the same batches.
"""

import multiprocessing
import os
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from spacy.util import load_config

from ..errors import Errors, ScinerError
from ..models.machine import count_gpus, set_threads, thread_settings, usable_cores
from .shards import ShardPredictor, Texts

ENGINES = ("local", "ray")
TRIES = 3  # processes that may die over a shard before it is given up
Tasks = Iterator[Tuple[int, Texts]]
Results = Iterator[Tuple[int, bytes]]

# Not fork: the parent runs threads.
_context = multiprocessing.get_context("spawn")


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


def run_shards(model: Path, tasks: Tasks, n_tasks: int, engine: Engine) -> Results:
    """Predict shards; yield each one's number and bytes as it is ready, in any order.

    n_tasks (int): How many shards.
    RAISES (ScinerError): SCINER-E302, E312 for the engine; E317 if worker after worker died over
        one shard, E318 if Ray is wanted and not installed; what loading the pipeline raises.
    """
    engine.check()
    if engine.name == "ray":
        from .ray import run_on_ray

        return run_on_ray(model, tasks, n_tasks, engine)
    n_gpus = gpus_for(model)
    workers = engine.n_workers(n_tasks, n_gpus=n_gpus, n_cores=usable_cores())
    if workers == 1:
        return _run_here(model, tasks)
    return _run_local(model, tasks, workers, n_gpus)


def gpus_for(model: Path) -> int:
    """GPUs of this machine that a trained pipeline may use. RAISES: SCINER-E314 without it."""
    if not (model / "config.cfg").is_file():
        raise ScinerError(Errors.E314.format(path=model))
    components = load_config(model / "config.cfg")["components"].values()
    return max((count_gpus(part.get("model", {})) for part in components), default=0)


def _run_here(model: Path, tasks: Tasks) -> Results:
    predict = ShardPredictor(model)
    for shard_i, texts in tasks:
        yield shard_i, predict(texts)


class _Worker(NamedTuple):
    process: Any
    pipe: Connection
    place: int  # 0, 1, …; a worker that died leaves its place to the next


def _run_local(model: Path, tasks: Tasks, workers: int, n_gpus: int) -> Results:
    """One task at a time for each process; who dies is replaced, its shard given out again."""
    threads = max(1, usable_cores() // workers)
    running: Dict[Connection, _Worker] = {}
    given: Dict[Connection, Tuple[int, Texts]] = {}
    deaths: Dict[int, int] = {}
    again: List[Tuple[int, Texts]] = []
    upcoming = next(tasks, None)

    def start(place: int) -> None:
        worker = _start(model, place, threads, n_gpus)
        running[worker.pipe] = worker

    try:
        for place in range(workers):
            start(place)
        while True:
            for pipe in [pipe for pipe in running if pipe not in given]:
                task = again.pop() if again else upcoming
                if task is None:
                    break
                if task is upcoming:
                    upcoming = next(tasks, None)
                given[pipe] = task
                _send(pipe, task[1])
            if not given:
                return
            for pipe in [pipe for pipe in wait(list(given)) if isinstance(pipe, Connection)]:
                shard_i, texts = given.pop(pipe)
                try:
                    error, result = pipe.recv()
                except (EOFError, ConnectionResetError):  # the process is gone
                    worker = running.pop(pipe)
                    code = _stop(worker, gone=True)
                    deaths[shard_i] = deaths.get(shard_i, 0) + 1
                    if deaths[shard_i] == TRIES:
                        message = Errors.E317.format(
                            shard=shard_i, n=TRIES, why=f"exit code {code}"
                        )
                        raise ScinerError(message) from None
                    again.append((shard_i, texts))
                    start(worker.place)
                    continue
                if error:
                    raise ScinerError(error)
                yield shard_i, result
    finally:
        for worker in running.values():
            _stop(worker)


def _send(pipe: Connection, texts: Texts) -> None:
    # If the process is gone, reading from the pipe will say so.
    with suppress(BrokenPipeError, ConnectionResetError):
        pipe.send(texts)


def _start(model: Path, place: int, threads: int, n_gpus: int) -> _Worker:
    ours, theirs = _context.Pipe()
    settings = thread_settings(threads)
    if n_gpus:
        settings["CUDA_VISIBLE_DEVICES"] = _gpu_name(place % n_gpus)
    process = _context.Process(target=_serve, args=(model, threads, theirs), daemon=True)
    with environment(settings):  # read by libraries when they are imported, before any argument
        process.start()
    theirs.close()  # or the end of the process would not end the pipe
    return _Worker(process, ours, place)


def _gpu_name(gpu: int) -> str:
    names = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return names[gpu] if names else str(gpu)


def _stop(worker: _Worker, *, gone: bool = False) -> Optional[int]:
    """End a process. RETURNS (int): Its exit code, its own one if it is about to end by itself."""
    if gone:
        worker.process.join(timeout=10)
    worker.process.kill()
    worker.process.join()
    code: Optional[int] = worker.process.exitcode
    worker.pipe.close()
    worker.process.close()
    return code


def _serve(model: Path, threads: int, pipe: Connection) -> None:
    predict: Optional[ShardPredictor] = None
    while True:
        try:
            texts = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            if predict is None:
                set_threads(threads)
                predict = ShardPredictor(model)
            answer = ("", predict(texts))
        except ScinerError as e:
            answer = (str(e), b"")
        pipe.send(answer)


@contextmanager
def environment(settings: Dict[str, str]) -> Iterator[None]:
    """Set environment variables, and set them back."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
