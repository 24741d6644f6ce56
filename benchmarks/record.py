"""Write and read a measurement where every measurement goes: benchmarks/results/<name>.json."""

import datetime
import json
import os
import platform
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

import typer

from spacy_sciner.cli.loops import ended_with_us
from spacy_sciner.files import write_json

HERE = Path(__file__).parent
RESULTS = HERE / "results"
PACKAGES = ("spacy", "spacy-transformers", "torch", "transformers", "numpy", "pypdfium2")


def record(
    name: str, rows: List[Dict[str, Any]], packages: Sequence[str] = PACKAGES
) -> Dict[str, Any]:
    """The rows with what makes them checkable: command, commit, machine, versions and date.

    packages (Sequence[str]): Whose versions; those that are not installed are left out.
    RETURNS (Dict[str, Any]): What `read` gives of it.
    """
    script = Path(sys.argv[0]).resolve()
    shown = script.relative_to(HERE.parent) if HERE in script.parents else script.name
    write_json(
        RESULTS / f"{name}.json",
        {
            "command": shlex.join(["python", str(shown), *map(portable, sys.argv[1:])]),
            "commit": commit(),
            "machine": machine(),
            "versions": versions(packages),
            "date": datetime.date.today().isoformat(),
            "rows": rows,
        },
    )
    return read(name)


def run_with_loops(main: Callable[..., None]) -> None:
    """A script's `main` on its command line; SIGTERM ends the loops' stages with it."""
    with ended_with_us():
        typer.run(main)


def read(name: str) -> Dict[str, Any]:
    """A measurement as it was recorded, with its "name"."""
    text = (RESULTS / f"{name}.json").read_text(encoding="utf8")
    return {"name": name, **json.loads(text)}


def recorded(name: str) -> List[Dict[str, Any]]:
    """The rows that are there already: of a run that was stopped, or of others beside this one."""
    rows: List[Dict[str, Any]] = read(name)["rows"] if (RESULTS / f"{name}.json").exists() else []
    return rows


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
