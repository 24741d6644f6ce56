"""What torch may use of this machine: threads, GPUs and bf16."""

import ctypes
import os
import platform
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict

import torch

KEPT_BYTES = 512 * 2**20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def usable_cores() -> int:
    """Cores this process may run on, and no more than OMP_NUM_THREADS where it is set."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(limit)) if limit.isdecimal() and int(limit) else cores


def threads_of_each(processes: int) -> int:
    """Threads of each of several processes that compute at the same time."""
    return max(1, usable_cores() // processes)


def thread_settings(threads: int) -> Dict[str, str]:
    """Environment of a process whose libraries are to start so many threads, not one a core."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    return {name: str(threads) for name in names}


def set_threads(threads: int) -> None:
    torch.set_num_threads(threads)


def count_gpus(model: Dict[str, Any]) -> int:
    """GPUs that a model may use: none if it runs on the CPU.

    model (Dict[str, Any]): The component's section of the config; `device` if it has a choice.
    """
    return torch.cuda.device_count() if model.get("device") in ("auto", "cuda") else 0


@lru_cache(maxsize=1)
def has_fast_bf16() -> bool:
    """Whether this processor multiplies matrices faster in bf16 than in fp32 (docs/log.md).

    All with AMX do, and AMD's with AVX-512's bf16, which takes half of the time; Intel's with that
    and without AMX take longer.
    """
    has_amx = getattr(torch.cpu, "_is_amx_tile_supported", None)
    if has_amx and has_amx():
        return True
    cpu = read_proc(Path("/proc/cpuinfo"))
    return cpu.get("vendor_id") == "AuthenticAMD" and "avx512_bf16" in cpu.get("flags", "").split()


def read_proc(path: Path) -> Dict[str, str]:
    """The first value of each name in a file of `name : value`; empty where Linux is not."""
    if not path.is_file():
        return {}
    rows: Dict[str, str] = {}
    for line in path.read_text(encoding="utf8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        rows.setdefault(name.strip(), value.strip())
    return rows


@lru_cache(maxsize=1)
def keep_freed_memory() -> bool:
    """Let glibc reuse what a batch freed for the next one instead of giving it back in between.

    Giving it back and taking it anew costs a page fault each 4 KiB. The process keeps at most
    KEPT_BYTES more than it needs. Other C libraries are left alone.

    RETURNS (bool): Whether it was set.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    settings = ((_M_MMAP_THRESHOLD, KEPT_BYTES), (_M_TRIM_THRESHOLD, KEPT_BYTES))
    return all(mallopt(name, value) for name, value in settings)
