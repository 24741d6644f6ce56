"""A `python` that starts at once: a fork of a process that has imported what ours need.

Imports are most of the time of a stage as the tests run it. What such a `python` runs has its own
arguments, folder, environment, open files and exit code, and is killed with it; other signals do
not reach it, and only what is imported later sees its environment. Where that matters, tests start
Python itself.

    python tests/warm_python.py FOLDER [now]

makes FOLDER/python and answers it until its own standard input ends. It imports now, or for its
first call. xdist's workers begin so, too, and what multiprocessing spawns where a test asks for it.
"""

import atexit
import fcntl
import gc
import importlib
import json
import os
import pickle
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import OrderedDict
from contextlib import contextmanager
from itertools import dropwhile
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, Iterator, List, Tuple

# A shell starts it: a first line may neither be long nor have blanks in its path.
CLIENT = """#!/bin/sh
'''exec' "{python}" -IS "$0" "$@"
' '''
import json, os, socket, sys
if "PYTHONPATH" in os.environ:
    os.execv("{python}", ["{python}", *sys.argv[1:]])
files = [int(name) for name in os.listdir("/proc/self/fd")]
files = [file for file in files if os.path.exists(f"/proc/self/fd/{{file}}")]
message = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), files]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect("{address}")
    socket.send_fds(server, [len(message).to_bytes(8, "big")], files)
    server.sendall(message)
    answer = server.recv(1)
sys.exit(answer[0] if answer else 1)
"""
PLACE = "SCINER_WARM_PYTHON"  # where the tests' processes find it
# The rest is imported where it is used.
IMPORTED = (
    *("dvc.cli", "dvc.cli.command", "dvc.cli.parser", "dvc.commands.repro", "dvc.commands.status"),
    *("dulwich.index", "dvc.cachemgr", "dvc.data_cloud", "dvc.dirs", "dvc.lock", "dvc.rwlock"),
    *("dvc_render", "dvc_render.vega", "matplotlib.pyplot", "networkx"),
    *("dvc.dvcfile", "dvc.output", "dvc.repo", "dvc.repo.index", "dvc.repo.reproduce", "dvc.scm"),
    *("dvc.stage", "dvc.stage.run", "dvc_data.hashfile.build", "dvc_data.index", "jinja2"),
    *("multiprocessing.spawn", "pydantic", "scipy.optimize", "seqeval.metrics", "spacy"),
    *("spacy.cli", "torch", "typer", "spacy_sciner.cli", "spacy_sciner.cli.iterate"),
    *("spacy_sciner.adapt.encoder", "spacy_sciner.annotation.iteration"),
    *("spacy_sciner.corpus.convert", "spacy_sciner.corpus.merge", "spacy_sciner.papers"),
    *("spacy_sciner.evaluation.iteration", "spacy_sciner.report.build"),
    *("spacy_sciner.training.ensemble", "spacy_sciner.training.members"),
    *("transformers.models.bert.modeling_bert", "transformers.models.roberta.modeling_roberta"),
)


def warm_python() -> str:
    """The `python` of this test run; where there is none, Python itself."""
    return os.environ.get(PLACE, sys.executable)


@contextmanager
def warmed(*, at_once: bool) -> Iterator[None]:
    """Inside, processes find one. One thread each, as its libraries are told once.

    at_once (bool): Whether to import before anything asks for it."""
    if not sys.platform.startswith("linux"):  # elsewhere, a fork of so much is not sound
        yield
        return
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        client = Path(folder, "python")
        command = [sys.executable, __file__, folder, *(["now"] if at_once else [])]
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as server:
            while not client.exists() and server.poll() is None:
                time.sleep(0.01)
            if client.exists():  # else it could not begin, and Python itself is there
                os.environ[PLACE] = str(client)
            yield
            os.environ.pop(PLACE, None)


def serve(folder: Path, *, at_once: bool) -> None:
    address, client = folder / "socket", folder / "python"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen(64)
        new = folder / "new"
        new.write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf8")
        new.chmod(0o755)
        new.rename(client)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
        if at_once:
            _import()
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            _import()
            if os.fork() == 0:
                listener.close()
                _run(connection, str(client))
            connection.close()


def _import() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # a fork that looked through all of it for garbage would copy it


def _quicken_yaml() -> None:
    """DVC reads and writes dvc.lock anew for every stage, by a parser in Python that keeps
    comments, of which it has none, and params.yaml as often, of which nothing has changed: more
    than half of a `dvc repro` of small stages."""
    from dvc.utils.serialize import _yaml
    from ruamel.yaml import YAML

    parse = _yaml.parse_yaml
    parsed: Dict[Tuple[str, str], bytes] = {}

    def once(text: str, path: str, typ: str = "safe") -> Any:
        if (text, typ) not in parsed:
            parsed[text, typ] = pickle.dumps(parse(text, path, typ))
        return pickle.loads(parsed[text, typ])

    def in_c() -> YAML:
        yaml = YAML(typ="safe")
        yaml.default_flow_style, yaml.sort_base_mapping_type_on_output = False, False
        yaml.representer.add_representer(OrderedDict, type(yaml.representer).represent_dict)
        return yaml

    _yaml.parse_yaml, _yaml.parse_yaml_for_update, _yaml._get_yaml = once, once, in_c


def _run(connection: socket.socket, client: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, files, *_ = socket.recv_fds(connection, 8, 64)
    message = connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    command, cwd, environment, places = json.loads(message)
    connection = _put_in_place(files, places, connection)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    if command[0] != "-u":  # xdist's workers: what they start is Python itself if none says more
        sys.executable = client
        _quicken_yaml()

    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    code = 1

    def answer() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(bytes([code & 0xFF]))
        os._exit(code & 0xFF)

    atexit.register(answer)  # before all others, so it comes last
    code = _exit_code(command)
    sys.exit(code)


def _put_in_place(files: List[int], places: List[int], connection: socket.socket) -> socket.socket:
    """Give files the numbers that they have in the client, and the connection one beyond these."""
    beyond = max(places) + 1
    moved = [fcntl.fcntl(file, fcntl.F_DUPFD, beyond) for file in files]
    connection_moved = socket.socket(fileno=fcntl.fcntl(connection, fcntl.F_DUPFD, beyond))
    connection.close()
    for file in files:
        os.close(file)
    for file, place in zip(moved, places):
        os.dup2(file, place)
        os.close(file)
    return connection_moved


def _end_with(connection: socket.socket) -> None:
    """A killed client says nothing, and what it stands for is killed, too."""
    if not connection.recv(1):
        os.kill(os.getpid(), signal.SIGKILL)


def _exit_code(command: List[str]) -> int:
    try:
        _execute(command)
    except SystemExit as done:
        if done.code is None or isinstance(done.code, int):
            return done.code or 0
        print(done.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _execute(command: List[str]) -> None:
    how, *rest = dropwhile(lambda word: word[0] == "-" and word not in ("-c", "-m"), command)
    if how == "-m":
        sys.argv = rest
        sys.path[0] = os.getcwd()
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif how == "-c":
        sys.argv = ["-c", *rest[1:]]
        sys.path[0] = ""
        main = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)
    else:
        sys.argv = [how, *rest]
        sys.path[0] = str(Path(how).resolve().parent)
        runpy.run_path(how, run_name="__main__")


if __name__ == "__main__":
    serve(Path(sys.argv[1]), at_once="now" in sys.argv[2:])
