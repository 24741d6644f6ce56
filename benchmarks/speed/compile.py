"""Whether `torch.compile` pays: `python benchmarks/speed/compile.py`.

Times a training step (forward and backward, no optimiser) and a prediction of the tagger in bf16,
with Hugging Face's layers as they are, with the same under torch.compile, and with ours, on batches
of a few lengths, as a training has them. Weights are random: needs no model. "compiling" is what
the calls that compile take in all. Writes benchmarks/results/compile.json and, from it,
benchmarks/speed/compile.md.
"""

import sys
import time
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Callable, Dict, List

import torch
import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, table, text_of, write_page

from spacy_sciner.models.head import EncoderTagger, build_encoder, freeze, set_dropout
from spacy_sciner.models.machine import keep_freed_memory

ENCODER = {  # all-MiniLM-L6-v2's
    "model_type": "bert",
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "attention_probs_dropout_prob": 0.0,
    "vocab_size": 30522,
}
N_TAGS = 15
WAYS = ("Hugging Face's layers", "the same, compiled", "ours")
TASKS = ("training", "prediction")


def main(
    lengths: Annotated[List[int], typer.Option(help="Word-pieces in a row.")] = [64, 128, 256],  # noqa: B006
    pieces: Annotated[int, typer.Option(help="Word-pieces in a batch.")] = 1024,
    repeats: Annotated[int, typer.Option(help="Runs behind each median.")] = 20,
) -> None:
    keep_freed_memory()
    rows: List[Dict[str, Any]] = []
    for way in WAYS:
        for task in TASKS:
            rows.append({"way": way, "task": task, **measure(way, task, lengths, pieces, repeats)})
            write_page(__file__, "compile", page(record("compile", rows)))


def measure(way: str, task: str, lengths: List[int], pieces: int, repeats: int) -> Dict[str, Any]:
    """RETURNS (dict): "compiling_s" and by length "ms", the median of a batch."""
    torch.manual_seed(0)
    torch.compiler.reset()
    encoder = build_encoder(ENCODER)
    freeze(encoder, embeddings=True, n_layers=0)
    tagger = EncoderTagger(encoder, 384, N_TAGS, shapes=True, fast=way == "ours")
    set_dropout(tagger, 0.1)
    tagger.train(task == "training")
    run: Callable = torch.compile(tagger, dynamic=True) if "compiled" in way else tagger
    milliseconds: Dict[str, float] = {}
    first_calls = steady = 0.0
    for length in lengths:
        batch = (
            torch.randint(1000, 30000, (pieces // length, length)),
            torch.randint(0, 4, (pieces // length, length)),
            torch.full((pieces // length,), length - 3),
        )
        # Two calls: what is compiled for the second length is meant for all others.
        for _ in range(2):
            first_calls += seconds(run, task, batch)
        times = [seconds(run, task, batch) for _ in range(repeats)]
        milliseconds[str(length)] = 1000 * median(times)
        steady += 2 * median(times)
    return {"compiling_s": first_calls - steady, "ms": milliseconds}


def seconds(run: Callable, task: str, batch: Any) -> float:
    started = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        if task == "training":
            run(*batch).mean().backward()
        else:
            with torch.inference_mode():
                run(*batch)
    return time.perf_counter() - started


def page(result: Dict[str, Any]) -> str:
    lengths = list(result["rows"][0]["ms"])
    rows = []
    for row in result["rows"]:
        cells = [f"{row['ms'][length]:.0f}" for length in lengths]
        compiling = f"{row['compiling_s']:.0f}" if "compiled" in row["way"] else "–"
        rows.append([row["way"], row["task"], *cells, compiling])
    return text_of(
        generated_by(result, "bf16, milliseconds a batch by the length of its rows, medians."),
        table(["", "task", *lengths, "compiling, s"], rows, left=2),
    )


if __name__ == "__main__":
    typer.run(main)
