"""What pseudo-labelling costs as the pool grows, and what more workers and Ray bring or cost.

    python benchmarks/scale/scale.py --model training/0/model-best --pool corpus/pool.spacy

On an otherwise idle machine. Pools are the first paragraphs of --pool, again from its start where
it is too short. Every figure is the median of --repeats runs, each in a process of its own with an
empty cache. Writes benchmarks/results/scale.json and, from it, benchmarks/scale/scale.md.

- `growing`: the whole stage, loading the model included, on 1, 2, 4, 8 times --paragraphs, in one
  process with all cores. `seconds`; `peak_gb` of the process and all it started, pages that they
  share counted once, sampled every 0.1 s; `off_line`: how far `seconds` is from the straight line
  (least squares, with a constant for loading) through the four, as a share.
- `workers`: predicting alone, with one thread a worker: engine local with 1 and 2 workers, Ray with
  1 and 2. `seconds` from the call to the last shard, starting the workers included; `words_per_s`
  from when every worker has given its first shard to the last one: what a large pool comes to.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Dict, List, Sequence

import numpy as np
import typer
from spacy.vocab import Vocab

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, table, text_of, write_page

from spacy_sciner.corpus.docbin import iter_docs, write_docs

STAGE = """
import json, sys, time
from pathlib import Path
from spacy_sciner.annotation.pseudo_label import pseudo_label
model, pool, gold, work = map(Path, sys.argv[1:5])
began = time.perf_counter()
pseudo_label(model, pool, work / "out.spacy", gold=gold, iteration=1, gamma=0.98,
             cache=work / "cache")
print(json.dumps({"seconds": time.perf_counter() - began}))
"""
PREDICT = """
import json, sys, time
from pathlib import Path
from itertools import islice
from spacy.vocab import Vocab
from spacy_sciner.corpus.docbin import iter_docs
from spacy_sciner.corpus.reader import words_and_spaces
from spacy_sciner.annotation.engine import Engine
from spacy_sciner.annotation.run import run_shards
model, pool, engine, workers, shard = sys.argv[1:]
docs = iter_docs(pool, Vocab())
shards = []
while texts := [words_and_spaces(doc) for doc in islice(docs, int(shard))]:
    shards.append(texts)
n_words = [sum(len(words) for words, _ in texts) for texts in shards]
began = time.perf_counter()
done = []
engine = Engine(engine, int(workers))
for i, _ in run_shards(Path(model), iter(enumerate(shards)), len(shards), engine):
    done.append((time.perf_counter() - began, n_words[i]))
first = done[engine.workers - 1][0]
rate = sum(n for _, n in done[engine.workers:]) / (done[-1][0] - first)
print(json.dumps({"seconds": done[-1][0], "words_per_s": rate}))
"""


def main(
    model: Annotated[Path, typer.Option(help="A trained pipeline.")],
    pool: Annotated[Path, typer.Option(help="A DocBin.")] = Path("corpus/pool.spacy"),
    paragraphs: Annotated[int, typer.Option(help="In the smallest pool.")] = 2000,
    shard: Annotated[int, typer.Option(help="Paragraphs in a shard, for `workers`.")] = 128,
    repeats: Annotated[int, typer.Option(help="Runs behind each figure.")] = 3,
    times: Annotated[List[int], typer.Option(help="Sizes of the growing pool.")] = [1, 2, 4, 8],  # noqa: B006
) -> None:
    rows: List[Dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for size in times:
            grown, n_words = make_pool(pool, work / f"{size}.spacy", size * paragraphs)
            command = [STAGE, str(model), str(grown), str(pool)]
            runs = [run([*command, make_folder(work, f"{size}-{i}")]) for i in range(repeats)]
            row = {"part": "growing", "times": size, "paragraphs": size * paragraphs}
            rows.append({**row, "words": n_words, **middle(runs)})
        add_off_line(rows)
        for engine, workers in [("local", 1), ("local", 2), ("ray", 1), ("ray", 2)]:
            command = [PREDICT, str(model), str(work / f"{times[0]}.spacy")]
            command += [engine, str(workers), str(shard)]
            runs = [run(command, OMP_NUM_THREADS="1") for _ in range(repeats)]
            rows.append({"part": "workers", "engine": engine, "workers": workers, **middle(runs)})
    write_page(__file__, "scale", page(record("scale", rows)))


def make_pool(pool: Path, path: Path, n_docs: int) -> "tuple[Path, int]":
    n_words: List[int] = []

    def docs() -> Any:
        source = cycle([0])
        everything = (doc for _ in source for doc in iter_docs(pool, Vocab()))
        for doc in islice(everything, n_docs):
            n_words.append(len(doc))
            yield doc

    write_docs(path, docs())
    return path, sum(n_words)


def make_folder(work: Path, name: str) -> str:
    (work / name).mkdir()
    return str(work / name)


def run(command: Sequence[str], **settings: str) -> Dict[str, float]:
    """Run code in a process of its own; RETURNS what it printed, and its peak memory."""
    process = subprocess.Popen(
        [sys.executable, "-c", *command],
        stdout=subprocess.PIPE,
        env={**os.environ, **settings},
        encoding="utf8",
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, memory_gb(process.pid))
        time.sleep(0.1)
    if process.returncode or process.stdout is None:
        sys.exit(f"a run failed with exit code {process.returncode}, see above")
    figures = json.loads(process.stdout.read().strip().splitlines()[-1])
    return {**figures, "peak_gb": peak}


def memory_gb(pid: int) -> float:
    """Memory of a process and all it started now, pages they share counted once."""
    parents: Dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has just ended
            continue
    tree = [pid]
    for parent in tree:
        tree += [child for child, its in parents.items() if its == parent]
    total = 0
    for member in tree:
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 2**20


def middle(runs: List[Dict[str, float]]) -> Dict[str, float]:
    return {name: round(median(run[name] for run in runs), 3) for name in runs[0]}


def add_off_line(rows: List[Dict[str, Any]]) -> None:
    if len(rows) < 3:  # through two points every line fits
        return
    words = np.array([row["words"] for row in rows], dtype=float)
    seconds = np.array([row["seconds"] for row in rows])
    fitted = np.polyval(np.polyfit(words, seconds, 1), words)
    for row, share in zip(rows, seconds / fitted - 1):
        row["off_line"] = round(float(share), 4)


def page(result: Dict[str, Any]) -> str:
    grown = [
        [
            f"{row['times']}×",
            row["paragraphs"],
            row["words"],
            f"{row['seconds']:.1f}",
            f"{row['off_line']:+.1%}" if "off_line" in row else "–",
            f"{row['peak_gb']:.2f}",
        ]
        for row in result["rows"]
        if row["part"] == "growing"
    ]
    workers = {(r["engine"], r["workers"]): r for r in result["rows"] if r["part"] == "workers"}
    shared = [
        [*key, f"{r['seconds']:.1f}", f"{r['words_per_s']:.0f}", f"{r['peak_gb']:.2f}"]
        for key, r in workers.items()
    ]
    rates = {key: row["words_per_s"] for key, row in workers.items()}
    gain = rates["ray", 2] / rates["ray", 1]
    costs = [1 - rates["ray", n] / rates["local", n] for n in (1, 2)]
    what = "what each figure means stands in the docstring of `benchmarks/scale/scale.py`."
    pool = ["pool", "paragraphs", "words", "seconds", "off the line", "peak GB"]
    return text_of(
        ["# Scale", ""],
        generated_by(result, what),
        table(pool, grown, left=0),
        table(["engine", "workers", "seconds", "words/s", "peak GB"], shared, left=1),
        [
            f"Ray, 2 workers against 1: {gain:.2f}×. Ray against local, words/s lost: "
            f"{costs[0]:.1%} with 1 worker, {costs[1]:.1%} with 2."
        ],
    )


if __name__ == "__main__":
    typer.run(main)
