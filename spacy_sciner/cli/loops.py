"""Whole loops outside DVC: a folder each, in which the stages of dvc.yaml run.

What is run beside the project's own loop must not touch it: not its outputs, its lock, its cache.
"""

import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from graphlib import TopologicalSorter
from pathlib import Path
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Set,
)

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..errors import Errors, ScinerError
from ..files import PACKAGE, fingerprint, link, read_json, write_json, write_text
from ..models.machine import thread_settings
from ..settings import read_settings
from ..settings.read import parse_settings, parse_yaml, read_yaml
from ..settings.tree import Settings
from .yaml_text import round_trip

LINKED = ("assets", "configs", "scripts")
READ = ("configs", "dvc.yaml")  # of the project, beside its package and the settings
ENCODERS = ("encoder.name", "encoder.teacher.name", "adapt.distil.teacher.name")
COSTS = "costs.json"
LOG = "log.txt"
REPORT = "report"  # the stage that ends a loop
MADE = "_made.json"  # what a folder's loops were made with
GIVEN = ("parse", "convert", "adapt")  # stages of which a project has corpus and encoder
Say = Callable[[str], None]
_RUNNING: Set["subprocess.Popen[bytes]"] = set()
_ENDED = threading.Event()


class Stage(NamedTuple):
    name: str
    command: List[str]
    deps: List[str]
    outs: List[str]


def set_up(folder: Path, values: Sequence[str], *, root: Path, params: str) -> Settings:
    """A folder in which a loop can run: links to what is only read, and its own params.yaml.

    values (Sequence[str]): `name=value`, the name with dots as in docs/parameters.md.
    root (Path): The project. params (str): Its params.yaml, or what is to stand for it.
    RAISES (ScinerError): SCINER-E520 for values that are wrong, SCINER-E523 for names.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = with_values(params, values)
    found = local_encoders(parse_yaml(text, "params.yaml"), root)
    places = [f"{name}={json.dumps(str(path.resolve()))}" for name, path in found.items()]
    for name in LINKED:
        link(folder / name, root / name)
    write_text(folder / "params.yaml", with_values(text, places) if places else text)
    return read_settings(folder / "params.yaml")


def local_encoders(tree: Any, root: Path) -> Dict[str, Path]:
    """The folders among the encoders that settings name: a loop runs in a folder of its own."""
    found = {}
    for setting in ENCODERS:
        value = tree
        for part in setting.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, str) and (root / value).is_dir():
            found[setting] = root / value
    return found


def with_values(params: str, values: Sequence[str]) -> str:
    """params.yaml with other values, the rest of the text as it is.

    params (str): A file that `read_settings` has no objection to.
    values (Sequence[str]): NAME=VALUE; the seed, if any, as the command sets it, is the last.
    RAISES (ScinerError): SCINER-E523 for what is no setting, or no YAML; SCINER-E520 for
        values that are wrong; SCINER-E571 for a seed beside the command's own.
    """
    from io import StringIO

    seeds = [value for value in values if value.partition("=")[0] in ("seed", "convert.seed")]
    for seed in seeds:
        if sum(other.partition("=")[0] == seed.partition("=")[0] for other in seeds) > 1:
            raise ScinerError(Errors.E571.format(value=seed))
    writer = round_trip()
    tree = writer.load(params)
    for value in values:
        name, equals, text = value.partition("=")
        *path, last = name.split(".")
        node = tree
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        if not equals or not isinstance(node, dict) or last not in node:
            raise ScinerError(Errors.E523.format(value=value))
        try:
            node[last] = YAML(typ="safe").load(text)
        except (YAMLError, ValueError, LookupError) as e:
            raise ScinerError(Errors.E523.format(value=value)) from e
    text_out = StringIO()
    writer.dump(tree, text_out)
    parse_settings(text_out.getvalue(), f"params.yaml with {', '.join(values)}")
    return text_out.getvalue()


def check_made(
    folder: Path, params: str, values: Sequence[str], *, root: Path, converted: bool = False
) -> None:
    """Refuse to go on in a folder whose loops were made with something else.

    params (str): params.yaml without what differs from loop to loop.
    values (Sequence[str]): What was asked for besides.
    converted (bool): Nothing is read of assets/, and `values` have what was made of it.
    RAISES (ScinerError): SCINER-E519.
    """
    tree = parse_yaml(params, "params.yaml")
    made: Dict[str, Any] = {
        "settings": hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest(),
        "options": sorted(values),
        "code": [fingerprint(code, "*.py") for code in (PACKAGE, root / "scripts")]
        + [fingerprint(root / name) for name in READ],
    }
    if not converted:
        assets = root / "assets"
        own = [assets / str(tree["corpus"]), assets / "labels.yaml"]
        own += [own[0] / str(name) for name in tree["adapt"]["collections"]]  # may lie outside
        made["assets"] = [fingerprint(path) for path in own if path.exists()]
    made["encoders"] = {n: fingerprint(path) for n, path in local_encoders(tree, root).items()}
    path = folder / MADE
    if path.is_file():
        before = read_json(path)
        differ = [name for name in made if before.get(name, {}) != made[name]]
        if differ:
            raise ScinerError(Errors.E519.format(path=folder, differ=", ".join(differ)))
    else:
        write_json(path, made)


def stages_of(dvc_yaml: Any, params: Any, last: str = REPORT) -> List[Stage]:
    """A stage and all that it needs, in an order in which they can run.

    dvc_yaml, params (Any): The two files as they are read.
    """
    stages: List[Stage] = []
    for name, entry in dvc_yaml["stages"].items():
        if "foreach" not in entry:
            stages.append(_stage(name, entry, params))
            continue
        items = params[entry["foreach"].strip("${}")]
        for key, item in items.items():
            scope = {**params, "key": key, "item": item}
            stages.append(_stage(f"{name}@{key}", entry["do"], scope))
    makers = {out: stage.name for stage in stages for out in stage.outs}
    graph = {
        stage.name: {
            maker for out, maker in makers.items() for dep in stage.deps if _within(dep, out)
        }
        - {stage.name}
        for stage in stages
    }
    needed = _needed(last, graph)
    by_name = {stage.name: stage for stage in stages}
    return [by_name[name] for name in TopologicalSorter(graph).static_order() if name in needed]


def _needed(name: str, graph: Mapping[str, Set[str]]) -> Set[str]:
    """A stage and all before it."""
    found = {name}
    for before in graph[name] - found:
        found |= _needed(before, graph)
    return found


def _stage(name: str, entry: Mapping[str, Any], scope: Mapping[str, Any]) -> Stage:
    def filled(text: str) -> str:
        return re.sub(r"\$\{([\w.-]+)\}", lambda match: str(_lookup(scope, match[1])), text)

    outs = [*entry.get("outs", ()), *entry.get("metrics", ())]
    paths = [filled(next(iter(out)) if isinstance(out, dict) else out) for out in outs]
    command = shlex.split(filled(entry["cmd"]))
    return Stage(name, command, [filled(dep) for dep in entry.get("deps", ())], paths)


def _lookup(scope: Any, name: str) -> Any:
    for part in name.split("."):
        scope = scope[part]
    return scope


def _within(one: str, other: str) -> bool:
    """Whether a path is another, or in it, or around it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def run_loop(
    folder: Path,
    dvc_yaml: Any,
    *,
    threads: int,
    say: Say,
    last: str = REPORT,
    given: Collection[str] = (),
) -> Dict[str, Any]:
    """Run what is not done yet of a stage and all before it.

    threads (int): For each stage. say (Callable): Told of every stage that begins.
    given (Collection[str]): Stages that are not run: what the others need of them is there.
    RETURNS (dict): Of each stage wall "seconds" and "peak_gb", of its largest process, kept in
        costs.json.
    RAISES (ScinerError): SCINER-E522 with the log's path, if a stage fails.
    """
    path = folder / COSTS
    costs: Dict[str, Any] = read_json(path) if path.is_file() else {}
    stages = stages_of(dvc_yaml, read_yaml(folder / "params.yaml"), last)
    stages = [stage for stage in stages if stage.name not in given]
    for i, stage in enumerate(stages):
        if stage.name in costs and all((folder / out).exists() for out in stage.outs):
            continue
        if _ENDED.is_set():  # while this thread was between two stages
            sys.exit(128 + signal.SIGTERM)
        say(f"{stage.name} ({i + 1} of {len(stages)})")
        costs[stage.name] = _run(folder, stage, threads)
        write_json(path, costs)
    return costs


@contextmanager
def ended_with_us() -> Iterator[None]:
    """SIGTERM ends the stages that run, whichever thread waits for them, and then this process."""

    def end(number: int, frame: Any) -> None:
        _ENDED.set()
        for process in tuple(_RUNNING):
            process.terminate()
        sys.exit(128 + number)

    _ENDED.clear()
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(folder: Path, stage: Stage, threads: int) -> Dict[str, Any]:
    """One stage as a process of its own, its output in the folder's log."""
    command = [sys.executable if part == "python" else part for part in stage.command]
    environment = {**os.environ, **thread_settings(threads)}
    started = time.monotonic()
    with (folder / LOG).open("a", encoding="utf8") as log:
        log.write(f"=== {stage.name}\n")
        log.flush()
        streams: Dict[str, Any] = {"stdout": log, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, cwd=folder, env=environment, **streams)
        _RUNNING.add(process)
        if _ENDED.is_set():
            process.terminate()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            _RUNNING.discard(process)
    if process.returncode:
        raise ScinerError(Errors.E522.format(stage=stage.name, log=folder / LOG))
    return {
        "threads": threads,
        "seconds": round(time.monotonic() - started, 1),
        "peak_gb": round(usage.ru_maxrss / 2**20, 2),
    }


def read_dvc_yaml(root: Path) -> Any:
    """RAISES (ScinerError): SCINER-E502 for a file that is not there, or has no stages."""
    path = root / "dvc.yaml"
    tree = read_yaml(path)
    if not isinstance(tree, dict) or not isinstance(tree.get("stages"), dict):
        raise ScinerError(Errors.E502.format(path=path, reason="it has no `stages`"))
    return tree
