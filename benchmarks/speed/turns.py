"""Contestants take turns, each run in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from peers import Job

from spacy_sciner.files import write_json

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIMIT_S = 3 * 3600  # for one run: who hangs is named, and the others go on


class Turns:
    """What came of all runs so far; who has failed has no further one.

    facts (Dict[str, Any]): What was counted of the data, and whatever else the results begin with.
    job_of (Callable): A Job from its name, task and seed.
    work (Path): Where the runs' files go.
    """

    def __init__(self, facts: Dict[str, Any], job_of: Callable[..., Job], work: Path):
        self.facts, self.job_of, self.work = facts, job_of, work
        self.results: Dict[Tuple[str, str], List[Dict[str, Any]]] = {}  # of contestant and task
        self.failed: Dict[str, str] = {}  # reasons

    def take(self, contestant: str, task: str, seed: int = 0) -> None:
        if contestant in self.failed:
            return
        result, reason = run_child(self.job_of(name=contestant, task=task, seed=seed), self.work)
        if reason:
            self.failed[contestant] = f"{task}: {reason}"
        else:
            self.results.setdefault((contestant, task), []).append(result)
        print(f"{task:8} {contestant:26} {reason or shorten(result)}", flush=True)

    def rows(self) -> List[Dict[str, Any]]:
        return to_rows(self.facts, self.results, self.failed)


def run_child(job: Job, work: Path) -> Tuple[Dict[str, Any], str]:
    """A run in a process of its own: its result, or the reason why there is none."""
    asked, answer = work / "job.json", work / "result.json"
    write_json(asked, job._asdict())
    answer.unlink(missing_ok=True)
    threads = str(job.threads)
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": threads,
        "RAYON_NUM_THREADS": threads,
        "CUDA_VISIBLE_DEVICES": "",  # some would take a GPU by themselves and others not
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(HERE), str(ROOT), os.environ.get("PYTHONPATH")])
        ),
    }
    log = work / f"{job.name}-{job.task}.log".replace(" ", "_")
    with log.open("w", encoding="utf8") as out:
        command = [sys.executable, "-m", "peers.child", str(asked), str(answer)]
        try:
            done = subprocess.run(
                command,
                cwd=work,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=LIMIT_S,
            )
        except subprocess.TimeoutExpired:
            return {}, f"not done after {LIMIT_S} seconds"
    if done.returncode == 0 and answer.exists():
        result: Dict[str, Any] = json.loads(answer.read_text(encoding="utf8"))
        return result, ""
    said = log.read_text(encoding="utf8", errors="replace").strip().splitlines()
    return {}, (said[-1] if said else f"exit code {done.returncode}")[:300]


def shorten(result: Dict[str, Any]) -> str:
    return ", ".join(f"{key} {value:.4g}" for key, value in result.items())


def to_rows(
    facts: Dict[str, Any],
    results: Dict[Tuple[str, str], List[Dict[str, Any]]],
    failed: Dict[str, str],
) -> List[Dict[str, Any]]:
    """What was counted, then one row for each contestant and task: a list of values per figure."""
    rows: List[Dict[str, Any]] = [{"task": "data", **facts}]
    for (contestant, task), runs in results.items():
        figures = {key: [round(run[key], 4) for run in runs] for key in runs[0]}
        rows.append({"contestant": contestant, "task": task, **figures})
    for contestant, reason in failed.items():
        rows.append({"contestant": contestant, "task": "failed", "reason": reason})
    return rows
