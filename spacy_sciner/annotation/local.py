"""Predict shards on this machine: in this process, or in several."""

import multiprocessing
import os
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import ContextManager, Deque, Dict, Generator, Iterator, List, Optional, Tuple

from ..errors import Errors, ScinerError
from ..models.machine import thread_settings, threads_of_each, usable_cores
from ..pools import process_pool
from . import worker
from .engine import TRIES, Engine, Results, Task, Tasks, gpus_for
from .shards import ShardPredictor

# Not fork: the parent runs threads.
_context = multiprocessing.get_context("spawn")


def run_locally(model: Path, tasks: Tasks, n_tasks: int, engine: Engine) -> Results:
    """As `run_shards`."""
    n_gpus = gpus_for(model)
    workers = engine.n_workers(n_tasks, n_gpus=n_gpus, n_cores=usable_cores())
    if workers == 1:
        return _run_here(model, tasks)
    return _run_in_processes(model, tasks, workers, n_gpus)


def _run_here(model: Path, tasks: Tasks) -> Results:
    predict = ShardPredictor(model)
    for shard_i, texts in tasks:
        yield shard_i, predict(texts)


def _run_in_processes(model: Path, tasks: Tasks, workers: int, n_gpus: int) -> Results:
    """A pool whose process died is broken: the next one gets the shards that were in work."""
    tries: Dict[int, int] = Counter()
    again: Deque[Task] = deque()
    while True:
        with _processes(workers, _gpu_names(n_gpus)) as pool:
            lost = yield from _run_pool(pool, model, tasks, again, workers)
        if lost is None:
            return
        for shard_i, _ in lost:
            tries[shard_i] += 1
            if tries[shard_i] == TRIES:
                why = "a process ended without a word"
                raise ScinerError(Errors.E317.format(shard=shard_i, n=TRIES, why=why))
        again.extend(lost)


def _run_pool(
    pool: ProcessPoolExecutor, model: Path, tasks: Tasks, again: Deque[Task], workers: int
) -> Generator[Tuple[int, bytes], None, Optional[List[Task]]]:
    """Predict while the pool holds, one shard at a time for each process: texts are read lazily.

    again (Deque[Task]): Given out before any other.
    RETURNS (List[Task]): Shards that a broken pool had in work; None if all are done.
    """
    threads = threads_of_each(workers)
    given: Dict[Future[bytes], Task] = {}
    lost: List[Task] = []
    broken = False
    while True:
        while not broken and len(given) < workers:
            task = again.popleft() if again else next(tasks, None)
            if task is None:
                break
            try:
                # Processes start when there is work; libraries read these as they are imported.
                with environment(thread_settings(threads)):
                    given[pool.submit(worker.predict, model, threads, task[1])] = task
            except BrokenProcessPool:  # one died between two shards
                again.appendleft(task)
                broken = True
        if not given:
            return lost if broken else None
        for future in wait(given, return_when=FIRST_COMPLETED).done:
            task = given.pop(future)
            try:
                content = future.result()
            except BrokenProcessPool:
                lost.append(task)
                broken = True
                continue
            yield task[0], content


def _processes(workers: int, gpus: List[str]) -> ContextManager[ProcessPoolExecutor]:
    arguments = (_context.Value("i", 0), gpus)
    return process_pool(workers, mp_context=_context, initializer=worker.start, initargs=arguments)


def _gpu_names(n_gpus: int) -> List[str]:
    """What CUDA_VISIBLE_DEVICES calls the GPUs that it lets this process see."""
    names = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return names[:n_gpus] or [str(i) for i in range(n_gpus)]


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
