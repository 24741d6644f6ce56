"""Freed memory is used again for the next batch, and a fork has no threads to wait for."""

import os
import platform
import subprocess
import sys
from typing import List

import pytest

CODE = """
import resource
import torch
from spacy_sciner.models.machine import keep_freed_memory

def page_faults():
    for _ in range(3):
        torch.ones(16 * 2**20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        torch.ones(16 * 2**20)  # 64 MiB, more than glibc ever keeps by itself
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

left = page_faults()
assert keep_freed_memory()
print(page_faults(), left)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's settings")
def test_freed_memory_costs_fewer_page_faults():
    # Where the heap begins is random, and once in a while something stands in its way.
    assert any(kept * 2 < left for kept, left in (page_faults() for _ in range(3)))


def page_faults() -> List[int]:
    """With memory kept, and left to glibc."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    return [int(n) for n in done.stdout.split()]


FORK = """
import multiprocessing
import torch
import spacy_sciner.models

def multiply():
    return float((x @ x).sum())

torch.set_num_threads(2)
x = torch.ones(1000, 1000)
multiply()
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.apply(multiply))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_torch_computes_in_a_forked_process():
    """Without its other threads it would wait for them for ever: `nlp.pipe(n_process=2)`."""
    command = [sys.executable, "-c", FORK]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert float(done.stdout) == 1e9
