"""Pools of processes that end when the one that started them does, in whichever way it ends."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, parent_process
from typing import Any, Iterator


@contextmanager
def process_pool(workers: int, **options: Any) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes are gone at the end, in whichever way it comes.

    options: Of ProcessPoolExecutor; its initializer should call `end_with_parent`.
    """
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, **options)
    try:
        yield pool
    except BaseException:  # Ctrl-C, an error, or nobody wants the rest: don't wait for it
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def end_with_parent() -> None:
    """In a process of a pool: leave Ctrl-C to the parent, and end if it is killed.

    A killed parent cannot end its processes, and they would wait for work for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
