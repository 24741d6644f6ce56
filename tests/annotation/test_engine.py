"""Predicting in several processes and on Ray: the same bytes, also when one is killed half-way."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, Tuple

import pytest
from safetensors import safe_open
from tiny import SENTENCES

from spacy_sciner.annotation import local, worker
from spacy_sciner.annotation.engine import Engine
from spacy_sciner.annotation.local import environment
from spacy_sciner.annotation.run import run_shards
from spacy_sciner.annotation.shards import Texts
from spacy_sciner.errors import ScinerError
from spacy_sciner.models.machine import usable_cores

Shards = List[Tuple[int, Texts]]


def shards(n: int) -> Shards:
    """Each with its own sentences."""
    words = [(text.split(), [True] * len(text.split())) for text, _ in SENTENCES]
    return [(i, words[i % 8 :] + words * i) for i in range(n)]


def run(model: Path, tasks: Shards, *engine) -> Dict[int, bytes]:
    return dict(run_shards(model, iter(tasks), len(tasks), Engine(*engine)))


def descendants(pid: int) -> List[int]:
    """Processes that a process started, and those that these started."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents[int(status.parent.name)] = int(fields[1])
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found[1:]


@pytest.mark.usefixtures("warm_spawn")
def test_two_processes_give_the_same_bytes_though_one_is_killed(tiny_model):
    tasks = shards(12)
    alone = run(tiny_model, tasks)
    assert sorted(alone) == list(range(12))
    together: Dict[int, bytes] = {}
    for shard_i, content in run_shards(tiny_model, iter(tasks), 12, Engine("local", 2)):
        together[shard_i] = content
        if len(together) == 3:
            pids = [child.pid for child in multiprocessing.active_children()]
            assert len(pids) == 2
            os.kill(pids[0], signal.SIGKILL)
    assert together == alone
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("wanted", "n_tasks", "n_gpus", "n_cores", "expected"),
    [
        (0, 99, 0, 3, 3),
        (0, 99, 2, 16, 2),  # one a GPU
        (5, 99, 2, 16, 5),
        (5, 2, 0, 16, 2),  # no more than shards
        (0, 0, 0, 4, 1),
    ],
)
def test_number_of_workers(wanted, n_tasks, n_gpus, n_cores, expected):
    engine = Engine("local", wanted)
    assert engine.n_workers(n_tasks, n_gpus=n_gpus, n_cores=n_cores) == expected


def test_one_worker_is_this_process(tiny_model):
    for _ in run_shards(tiny_model, iter(shards(2)), 2, Engine("local", 1)):
        assert multiprocessing.active_children() == []


def test_omp_num_threads_bounds_the_cores():
    affinity = getattr(os, "sched_getaffinity", None)
    n_cores = len(affinity(0)) if affinity else os.cpu_count()
    for value, expected in [("1", 1), ("1000", n_cores), ("", n_cores), ("0", n_cores)]:
        with environment({"OMP_NUM_THREADS": value}):
            assert usable_cores() == expected


@pytest.mark.usefixtures("warm_spawn")
def test_the_pipelines_own_error_is_the_one_that_is_shown(tiny_model, tmp_path):
    broken = tmp_path / "model"
    shutil.copytree(tiny_model, broken)
    text = (broken / "config.cfg").read_text()
    (broken / "config.cfg").write_text(text.replace('head = "linear"', 'head = "square"'))
    with pytest.raises(ScinerError, match=r"^SCINER-E521.*\n  head: 'square' is not one of linear"):
        run(broken, shards(2), "local", 2)


class Deadly:
    """Ends the process that reads it, as the system does when memory is out."""

    def __reduce__(self):
        return os._exit, (1,)


@pytest.mark.usefixtures("warm_spawn")
def test_e317_when_worker_after_worker_dies(tiny_model):
    tasks: Shards = [*shards(2), (2, Deadly())]  # type: ignore[list-item]
    with pytest.raises(ScinerError, match=r"SCINER-E317: 3 workers died over shard \d of the pool"):
        run(tiny_model, tasks, "local", 2)
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("warm_spawn")
def test_what_is_read_ahead_is_one_shard_a_worker_and_who_stops_ends_the_processes(tiny_model):
    read = []
    tasks = (read.append(task[0]) or task for task in shards(6))
    results = run_shards(tiny_model, tasks, 6, Engine("local", 2))
    for n_done in range(1, 5):
        next(results)
        assert len(read) <= n_done + 1
    assert multiprocessing.active_children()
    results.close()
    assert multiprocessing.active_children() == []


def test_the_processes_end_with_a_killed_parent(tiny_model, tmp_path):
    (tmp_path / "main.py").write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from spacy_sciner.annotation.engine import Engine\n"
        "from spacy_sciner.annotation.run import run_shards\n"
        "if __name__ == '__main__':\n"
        "    tasks = ((i, [(['a'], [True])]) for i in range(4))\n"
        "    results = run_shards(Path(sys.argv[1]), tasks, 4, Engine('local', 2))\n"
        "    next(results)\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, str(tmp_path / "main.py"), str(tiny_model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        started = descendants(parent.pid)
        parent.kill()
    until = time.monotonic() + 20
    while time.monotonic() < until and any(Path(f"/proc/{pid}").exists() for pid in started):
        time.sleep(0.1)
    assert len(started) >= 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)


def test_each_process_takes_the_next_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    n_started = multiprocessing.get_context("spawn").Value("i", 0)
    found = []
    for _ in range(3):
        with environment({}), monkeypatch.context() as patch:
            patch.setattr("signal.signal", lambda *_: None)
            patch.setattr("threading.Thread.start", lambda _: None)
            worker.start(n_started, local._gpu_names(2))
            found.append(os.environ["CUDA_VISIBLE_DEVICES"])
        os.environ["CUDA_VISIBLE_DEVICES"] = "4,7"
    assert found == ["4", "7", "4"]


def test_e318_without_ray(tiny_model, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ScinerError, match=r"SCINER-E318.*pip install 'spacy-sciner\[ray\]'"):
        run(tiny_model, shards(1), "ray", 2)


def test_scores_are_those_of_one_file_format(tiny_model, tmp_path):
    (tmp_path / "shard").write_bytes(run(tiny_model, shards(1))[0])
    with safe_open(tmp_path / "shard", framework="numpy") as file:
        assert sorted(file.keys()) == ["lengths", "scores"]
        lengths, scores = file.get_tensor("lengths"), file.get_tensor("scores")
    assert lengths.tolist() == [len(text.split()) for text, _ in SENTENCES]
    assert (scores.shape, str(scores.dtype)) == ((lengths.sum(), 7), "float16")


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_ray_gives_the_same_bytes_though_a_worker_is_killed(tiny_model):
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'spacy-sciner[ray]'")
    tasks = shards(12)
    alone = run(tiny_model, tasks)
    together: Dict[int, bytes] = {}
    for shard_i, content in run_shards(tiny_model, iter(tasks), 12, Engine("ray", 2)):
        together[shard_i] = content
        if len(together) == 3:
            names = {
                pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in descendants(os.getpid())
            }
            actors = [pid for pid, name in names.items() if name.startswith("ray::Predictor")]
            assert actors  # the second may still be starting
            os.kill(actors[0], signal.SIGKILL)
    assert together == alone
