"""Torch modules and their Thinc models."""

import os
import sys


def _one_thread() -> None:
    """Torch's other threads are not there in a forked process, which would wait for them for ever:
    `nlp.pipe(n_process=2)` forks."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_one_thread)
