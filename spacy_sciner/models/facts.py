"""What a person has to know of this machine before asking why something is slow."""

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any, Dict, Optional

import torch

from .machine import has_fast_bf16, read_proc, usable_cores
from .shim import resolve_device, resolve_precision

LIBRARIES = ("spacy", "torch", "transformers", "dvc")


def machine_facts(device: str, precision: str) -> Dict[str, Any]:
    """Measured now; none of it may enter an output of a stage.

    device, precision (str): The settings of that name; "precision" of the facts is the outcome.
    RAISES (ScinerError): SCINER-E303 without CUDA.
    """
    cpu = read_proc(Path("/proc/cpuinfo"))
    flags = cpu.get("flags", "").split()
    memory = read_proc(Path("/proc/meminfo"))
    used = resolve_device(device)
    return {
        "processor": cpu.get("model name") or platform.processor() or platform.machine(),
        "bf16": any(flag.endswith("_bf16") for flag in flags),
        "fast_bf16": has_fast_bf16(),  # what `precision: auto` goes by
        "device": used,
        "precision": str(resolve_precision(precision, used)).replace("torch.", ""),
        "cores": usable_cores(),
        "threads": torch.get_num_threads(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS"),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "memory_gb": _gigabytes(memory.get("MemTotal")),
        "free_memory_gb": _gigabytes(memory.get("MemAvailable")),
        "gpus": _gpus(),
        "versions": {"python": platform.python_version(), **{n: _version(n) for n in LIBRARIES}},
    }


def _gigabytes(kib: Optional[str]) -> Optional[float]:
    return round(int(kib.split()[0]) / 2**20, 1) if kib else None


def _gpus() -> Dict[str, float]:
    found = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
    return {f"{i}: {gpu.name}": round(gpu.total_memory / 2**30, 1) for i, gpu in enumerate(found)}


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"
