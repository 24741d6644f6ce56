"""Run a function on files in other processes, so that a crash or a hang costs one file.

`concurrent.futures` gives up the whole pool when one process dies, and cannot stop a call.
"""

import multiprocessing
import time
from multiprocessing.connection import Connection, wait
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple, Union

from ..errors import Errors, ScinerError

# Not fork: the parent may run threads. Costs about a second for each worker, once.
_context = multiprocessing.get_context("spawn")
# What is raised where a foreign file holds what nobody thought of: it costs that file alone.
ODD_DATA = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


class _Worker(NamedTuple):
    process: Any
    pipe: Connection


def run_isolated(
    function: Callable[[str], Any], files: Sequence[str], *, workers: int, timeout_s: float
) -> Iterator[Tuple[int, Union[Any, ScinerError]]]:
    """Yield (index, result or why there is none) as they are ready.

    function (Callable): Importable by name; what it raises is the file's error, SCINER-E569 where
        it is none of ours.
    timeout_s (float): For one file; then its process is killed.
    """
    queue = list(enumerate(files))[::-1]
    idle: List[_Worker] = []
    busy: Dict[Connection, Tuple[_Worker, int, float]] = {}
    try:
        while queue or busy:
            while queue and len(busy) < workers:
                i, file = queue.pop()
                worker = idle.pop() if idle else _start(function)
                worker.pipe.send(file)
                busy[worker.pipe] = (worker, i, time.monotonic() + timeout_s)
            first = min(deadline for _, _, deadline in busy.values())
            ready = wait(list(busy), timeout=max(0.0, first - time.monotonic()))
            late = [pipe for pipe, (_, _, end) in busy.items() if end <= time.monotonic()]
            for pipe in [pipe for pipe in busy if pipe in ready or pipe in late]:
                worker, i, _ = busy.pop(pipe)
                outcome = _receive(worker, files[i], timeout_s, answered=pipe in ready)
                if not worker.pipe.closed:
                    idle.append(worker)
                yield i, outcome
    finally:
        for worker in [*idle, *(worker for worker, _, _ in busy.values())]:
            _stop(worker)


def _receive(worker: _Worker, file: str, timeout_s: float, *, answered: bool) -> Any:
    name = _name(file)
    if not answered:
        _stop(worker)
        return ScinerError(Errors.E114.format(file=name, seconds=f"{timeout_s:g}"))
    try:
        failed, result = worker.pipe.recv()
    except EOFError:  # the process is gone
        worker.process.join()
        code = worker.process.exitcode
        _stop(worker)
        return ScinerError(Errors.E113.format(file=name, code=code))
    return ScinerError(result) if failed else result


def _name(file: str) -> str:
    return file.replace("\\", "/").rpartition("/")[2]


def _start(function: Callable[[str], Any]) -> _Worker:
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_serve, args=(function, theirs), daemon=True)
    process.start()
    theirs.close()  # or the end of the process would not end the pipe
    return _Worker(process, ours)


def _stop(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.join()
    worker.pipe.close()
    worker.process.close()


def _serve(function: Callable[[str], Any], pipe: Connection) -> None:
    while True:
        try:
            file = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        try:
            answer = (False, function(file))
        except ScinerError as e:
            answer = (True, str(e))
        except ODD_DATA as e:
            reason = f"{type(e).__name__}: {e}"
            answer = (True, Errors.E569.format(file=_name(file), reason=reason))
        pipe.send(answer)
