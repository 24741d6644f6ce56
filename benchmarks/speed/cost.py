"""What the whole ACL Anthology would cost, on paper: from measured rates and counted operations.

    python benchmarks/speed/cost.py

Reads results/speed.json (words a second of ours, and the share of the machine's bf16 matrix product
that this is), results/parse.json (seconds a PDF, one core) and results/scale.json (words a second
of the whole pseudo-label stage); writes cost.md with the arithmetic.
What is not measured is an assumption with a name below.
"""

import sys
from pathlib import Path
from statistics import median
from typing import Any, Dict, List

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from operations import forward_operations, training_operations
from record import read
from tables import generated_from, table, text_of, write_page

SOURCES = ("speed", "parse", "scale")  # of results/
PAPERS = 87_587  # arXiv 2502.16312
PARAGRAPHS = 9_000_000  # of these papers, about
WORDS = 95  # of a paragraph: the mean of acl's pool
TRAINED = 100_000  # paragraphs in a training file of gold and pseudo-labels …
EPOCHS = 5  # … and passes over it, the paper's
GPU_PEAK = 989e12  # bf16 operations a second of an H100 SXM by its data sheet, dense
GPU_SHARE = {"predict": 0.30, "train": 0.25}  # of it that is reached: an assumption
ENCODERS: Dict[str, Dict[str, Any]] = {
    "all-MiniLM-L6-v2": {"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1536},
    "bert-large-cased": {"num_hidden_layers": 24, "hidden_size": 1024, "intermediate_size": 4096},
}


def main() -> None:
    write_page(__file__, "cost", page(*(read(name) for name in SOURCES)))


def page(speed: Dict[str, Any], parse: Dict[str, Any], scale: Dict[str, Any]) -> str:
    data = next(row for row in speed["rows"] if row["task"] == "data")
    ours = {r["task"]: r for r in speed["rows"] if r.get("contestant") == "spacy_sciner"}
    cores = data["threads"]
    per_word = data["pieces"] / data["words"]
    length = round(WORDS * per_word)
    a_pdf = median(row["seconds"] for row in parse["rows"])
    operations = operations_of(length)
    # Operations a second that ours reaches here, which another encoder reaches too.
    rates = {
        task: data[f"{task}_operations"] / median(ours[task]["seconds"])
        for task in ("predict", "train")
    }
    stage = words_a_second(scale)
    alone = data["words"] / median(ours["predict"]["seconds"])
    what = (
        f"{PAPERS:,} papers, {PARAGRAPHS:,} paragraphs of {WORDS} words or {length} word-pieces "
        f"({per_word:.2f} a word)."
    )
    sources = f"results/speed.json ({speed['date']}, {cores} cores), parse.json and scale.json"
    parsed = [PAPERS * a_pdf / cores, PAPERS * a_pdf / 64, None, None]
    return text_of(
        ["# Cost", ""],
        generated_from("python benchmarks/speed/cost.py", sources, what),
        [
            f"- Parsing: {a_pdf:.2f} s a PDF and core, measured: {PAPERS:,} × {a_pdf:.2f} s = "
            f"{PAPERS * a_pdf / 3600:.0f} core-hours. A GPU does not help.",
            *counted_operations(operations, rates, cores),
            f"- 64 cores are taken as {64 // cores} times {cores}: shards of the pool are "
            "independent. For training they would need `torchrun`, whose loss is not measured.",
            f"- The pseudo-label rate is of predicting alone, {alone:,.0f} words/s; with reading "
            f"and writing the stage comes to {stage:,.0f} (scale.md), so it takes "
            f"{alone / stage:.1f} times as long for the default encoder.",
            "- bert-large-cased is taken to reach the same operations a second; it was not "
            "measured.",
            "",
        ],
        table(
            ["", f"{cores} cores", "64 cores", "1 GPU", "8 GPUs"],
            [cells("parse", parsed), *encoder_rows(operations, rates, cores)],
            left=1,
        ),
    )


def operations_of(length: int) -> Dict[str, Dict[str, float]]:
    """Of a paragraph of so many word-pieces, by encoder and task."""
    return {
        name: {
            "predict": forward_operations(config, [length]),
            "train": training_operations(config, [length]),
        }
        for name, config in ENCODERS.items()
    }


def words_a_second(scale: Dict[str, Any]) -> float:
    """Of the whole stage: what a larger pool takes beyond a smaller one."""
    grown = [row for row in scale["rows"] if row["part"] == "growing"]
    words, seconds = ([row[key] for row in grown] for key in ("words", "seconds"))
    return (words[-1] - words[0]) / (seconds[-1] - seconds[0])


def counted_operations(
    operations: Dict[str, Dict[str, float]], rates: Dict[str, float], cores: int
) -> List[str]:
    lines = []
    for task, what in (
        ("predict", f"Pseudo-labelling: {PARAGRAPHS:,} paragraphs once"),
        ("train", f"Training: {TRAINED:,} paragraphs × {EPOCHS} epochs"),
    ):
        counted = "; ".join(
            f"{name} {operations[name][task] / 1e9:,.1f} GFLOP a paragraph" for name in ENCODERS
        )
        lines.append(
            f"- {what}. {counted}. {rates[task] / 1e9:,.0f} GFLOP/s measured on {cores} cores; "
            f"a GPU is assumed to reach {GPU_SHARE[task]:.0%} of {GPU_PEAK / 1e12:.0f} TFLOP/s."
        )
    return lines


def encoder_rows(
    operations: Dict[str, Dict[str, float]], rates: Dict[str, float], cores: int
) -> List[List[str]]:
    rows = []
    for name in ENCODERS:
        for task, n in (("predict", PARAGRAPHS), ("train", TRAINED * EPOCHS)):
            total = n * operations[name][task]
            gpu = total / (GPU_SHARE[task] * GPU_PEAK)
            here = total / rates[task]
            label = "pseudo-label" if task == "predict" else "train"
            rows.append(cells(f"{label}, {name}", [here, here * cores / 64, gpu, gpu / 8]))
    return rows


def cells(name: str, seconds: List[Any]) -> List[str]:
    return [name, *("–" if s is None else shown(s) for s in seconds)]


def shown(seconds: float) -> str:
    """In the unit that reads best."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.0f} s"


if __name__ == "__main__":
    main()
