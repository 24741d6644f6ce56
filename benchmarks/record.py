"""Write a measurement where every measurement goes: benchmarks/results/<name>.json."""

import datetime
import os
import platform
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Dict, List, Optional, Sequence

from spacy_sciner.files import write_json

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("spacy", "spacy-transformers", "torch", "transformers", "numpy", "pypdfium2")


def record(name: str, rows: List[Dict[str, Any]], packages: Sequence[str] = PACKAGES) -> None:
    """The rows with what makes them checkable: command, commit, machine, versions and date.

    packages (Sequence[str]): Whose versions; those that are not installed are left out.
    """
    script = Path(sys.argv[0]).name
    write_json(
        RESULTS / f"{name}.json",
        {
            "command": shlex.join(["python", f"benchmarks/{script}", *map(portable, sys.argv[1:])]),
            "commit": commit(),
            "machine": machine(),
            "versions": versions(packages),
            "date": datetime.date.today().isoformat(),
            "rows": rows,
        },
    )


def mean_sd(values: Sequence[Optional[float]], sign: str = "") -> str:
    """Mean ± standard deviation of a table's cell; "–" where a value is missing."""
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return "–"
    spread = f" ± {stdev(known):.3f}" if len(known) > 1 else ""
    return f"{mean(known):{sign}.3f}{spread}"


def portable(argument: str) -> str:
    """A path of this machine alone says nothing elsewhere: its last part stays, NAME= too."""
    name, equals, path = argument.rpartition("=")
    return name + equals + Path(path).name if os.path.isabs(path) else argument


def versions(packages: Sequence[str]) -> Dict[str, str]:
    """Of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """Hash of the measured revision, with "+" if the tree had changes."""
    git = ["git", "-C", str(RESULTS)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    dirty = subprocess.run(
        [*git, "status", "--porcelain", "--untracked-files=no", "--", ":/spacy_sciner"],
        capture_output=True,
        text=True,
    )
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def machine() -> str:
    """Processor and the number of cores this process may use."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{model}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"
