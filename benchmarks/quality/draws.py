"""The paper's significance table: small draws from the test set, for several models.

    python benchmarks/quality/draws.py --test FILE --model before=training/0/model-best

Each draw takes --size test paragraphs without replacement; mean and range over --draws of them, of
token accuracy and strict F1 (arXiv 2502.16312 reports 12 draws of 50). Every model sees the same
draws. Writes benchmarks/results/<name>.json and, from it, <name>.md beside this script.
"""

import sys
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Dict, List

import numpy as np
import spacy
import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, table, text_of, write_page

from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.evaluation.measure import predict
from spacy_sciner.scoring.scores import score, to_pair


def main(
    test: Annotated[Path, typer.Option(help="DocBin of gold that no model has seen.")],
    model: Annotated[List[str], typer.Option(help="NAME=PATH of a pipeline; may be repeated.")],
    draws: Annotated[int, typer.Option(min=1)] = 12,
    size: Annotated[int, typer.Option(min=1, help="Paragraphs in a draw.")] = 50,
    seed: int = 0,
    name: Annotated[str, typer.Option(help="Results' name.")] = "draws",
) -> None:
    rows: List[Dict[str, Any]] = []
    for entry in model:
        label, _, path = entry.partition("=")
        nlp = spacy.load(path)
        golds = read_docs(test, nlp.vocab)
        if len(golds) < size:
            sys.exit(f"{test} has {len(golds)} paragraphs: --size {size} is too large")
        pairs = [to_pair(gold, found) for gold, found in zip(golds, predict(nlp, golds))]
        rng = np.random.default_rng(seed)
        drawn = [rng.choice(len(pairs), size, replace=False) for _ in range(draws)]
        scores = [score([pairs[i] for i in draw], n_bootstrap=0) for draw in drawn]
        figures = {key: [s[key] for s in scores] for key in ("token_accuracy", "f1")}
        rows.append({"model": label, "draws": draws, "size": size, "seed": seed, **figures})
    write_page(__file__, name, page(record(name, rows)))


def page(result: Dict[str, Any]) -> str:
    first = result["rows"][0]
    what = f"{first['draws']} draws of {first['size']} test paragraphs without replacement, "
    keys = ("token_accuracy", "f1")
    cells = [[row["model"], *(mean_range(row[key]) for key in keys)] for row in result["rows"]]
    return text_of(
        generated_by(result, what + "mean (lowest–highest)."),
        table(["model", "token accuracy", "strict F1"], cells),
    )


def mean_range(values: List[float]) -> str:
    return f"{mean(values):.3f} ({min(values):.3f}–{max(values):.3f})"


if __name__ == "__main__":
    typer.run(main)
