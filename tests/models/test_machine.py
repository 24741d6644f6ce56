"""What torch uses of a machine: memory once freed, threads of a fork, bf16 where it is faster."""

import os
import platform
import subprocess
import sys

import pytest
import torch

from spacy_sciner.models import machine

CODE = """
import os, resource
import torch
from spacy_sciner.models.machine import keep_freed_memory

for keep in (True, False):
    if os.fork() == 0:
        if keep:
            assert keep_freed_memory()
        for _ in range(12):  # where the heap begins is random, and once in a while in the way
            torch.ones(16 * 2**20)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(10):
            torch.ones(16 * 2**20)  # 64 MiB, more than glibc ever keeps by itself
        print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's settings")
def test_freed_memory_costs_fewer_page_faults():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    kept, left = map(int, done.stdout.split())
    assert kept * 2 < left


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


@pytest.mark.parametrize(
    ("amx", "vendor", "flags", "fast"),
    [
        (True, "GenuineIntel", "avx512_bf16 amx_bf16", True),
        (False, "GenuineIntel", "avx512f avx512_bf16", False),
        (False, "AuthenticAMD", "avx512f avx512_bf16", True),
        (False, "AuthenticAMD", "avx2", False),
    ],
)
def test_bf16_is_faster_with_amx_and_on_amds_processors_that_have_it(
    amx, vendor, flags, fast, monkeypatch
):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    cpu = {"vendor_id": vendor, "flags": flags}
    monkeypatch.setattr(machine, "read_proc", lambda path: cpu)
    assert machine.has_fast_bf16.__wrapped__() is fast
