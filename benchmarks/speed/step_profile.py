"""Where a training step's time goes: `python benchmarks/speed/step_profile.py`, after speed.py.

Trains on the paragraphs that speed.py timed (work/speed/parts) under torch's profiler and sums the
time of each operation by kind. Beside it what a step could cost at the least: the operations that
speed.py counted at the rate of a 2048 × 2048 product, and how fast memory beyond the caches is
copied, since a step's activations, weights, gradients and optimiser states do not fit them. Writes
benchmarks/results/step_profile.json and, from it, benchmarks/speed/step_profile.md.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Dict

import torch
import typer
from torch.profiler import ProfilerActivity, profile

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from peers import Job, make, read_part
from peers.child import matrix, timed
from record import read, record
from tables import generated_by, table, text_of, write_page

ROOT = Path(__file__).parents[2]
KINDS = {
    "matrix products": ("aten::mm", "aten::addmm", "mkldnn::_linear_pointwise"),
    "attention's products": ("aten::bmm",),
    "softmax, forward and backward": ("aten::_softmax", "aten::_softmax_backward_data"),
    "GELU, forward and backward": ("aten::gelu", "aten::gelu_backward"),
    "layer norms": ("aten::native_layer_norm", "aten::native_layer_norm_backward"),
    "copies, casts and transposes": ("aten::copy_",),
    "sums, additions and masks": (
        "aten::add",
        "aten::add_",
        "aten::mul",
        "aten::mul_",
        "aten::sum",
        "aten::lt",
        "aten::random_",
    ),
    "optimiser": ("aten::_fused_adamw_", "aten::_foreach_norm", "aten::_foreach_mul_"),
}


def main(
    work: Annotated[Path, typer.Option(help="speed.py's.")] = ROOT / "work" / "speed",
    threads: Annotated[int, typer.Option(help="0: as many as there are cores.")] = 0,
) -> None:
    threads = threads or len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    job = Job(
        name="spacy_sciner",
        task="train",
        encoder=str(work / "encoder"),
        folder=str(work / "parts"),
        threads=threads,
        seed=0,
        epochs=1,
        learn_rate=3e-4,
    )
    contestant = make(job)
    contestant.build()
    contestant.training("warm", epochs=1)()
    run = contestant.training("timed", epochs=1)
    began = time.perf_counter()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        run()
    seconds = time.perf_counter() - began
    spent: Counter[str] = Counter()
    n_steps = 0
    for event in profiler.key_averages():
        n_steps = event.count if event.key == "aten::_fused_adamw_" else n_steps
        spent[event.key] += event.self_cpu_time_total / 1e6
    n_steps //= 2  # groups of parameters: with weight decay, and without
    words = sum(len(paragraph["words"]) for paragraph in read_part(job, "timed"))
    row: Dict[str, Any] = {
        "threads": threads,
        "steps": n_steps,
        "words": words,
        "operations": count_operations(words),
        "step_ms": 1000 * seconds / n_steps,
        "bf16_gflops": matrix(job)["bf16_gflops"],
        "copy_gb_per_s": copy_rate(),
        "kinds_ms": {k: 1000 * sum(spent[o] for o in ops) / n_steps for k, ops in KINDS.items()},
    }
    write_page(__file__, "step_profile", page(record("step_profile", [row])))


def count_operations(words: int) -> int:
    """What speed.py counted for an epoch over these paragraphs."""
    data = read("speed")["rows"][0]
    if data["words"] != words:
        raise SystemExit("results/speed.json is of other paragraphs: run speed.py again")
    return int(data["train_operations"])


def copy_rate(megabytes: int = 256) -> float:
    """GB read and written a second in copying an array, the best of a few tries."""
    source = torch.ones(megabytes * 2**18)
    target = torch.empty_like(source)
    best = min(timed(lambda: target.copy_(source)) for _ in range(8))
    return 2 * source.nbytes / best / 1e9


def page(result: Dict[str, Any]) -> str:
    row = result["rows"][0]
    kinds: Dict[str, float] = dict(row["kinds_ms"])
    kinds["Python, allocation and the rest"] = row["step_ms"] - sum(kinds.values())
    cells = [
        [kind, f"{ms:.0f}", f"{100 * ms / row['step_ms']:.0f} %"] for kind, ms in kinds.items()
    ]
    least = row["operations"] / row["steps"] / row["bf16_gflops"] / 1e6
    what = (
        f"{row['steps']} steps of {row['words'] / row['steps']:.0f} words, "
        f"{row['threads']} threads, profiler on."
    )
    return text_of(
        generated_by(result, what),
        table(["", "ms a step", "share"], [*cells, ["**step**", f"{row['step_ms']:.0f}", ""]]),
        [
            f"The operations that a step needs would take {least:.0f} ms at the rate of a large "
            f"square product, {row['bf16_gflops']:,.0f} GFLOP/s; memory beyond the caches is "
            f"copied at {row['copy_gb_per_s']:.0f} GB/s, read and written."
        ],
    )


if __name__ == "__main__":
    typer.run(main)
