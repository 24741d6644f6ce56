"""What averaging models is worth, and so how much a student could learn from them at most.

    python benchmarks/quality/ensemble.py --gold corpus/gold "teachers=A/model-best,B/model-best"

Each group is a name and the pipelines whose probabilities are averaged, all with the same labels:
strict F1 of the members, mean ± standard deviation, and of their mean, on dev and test. Writes
benchmarks/results/ensemble.json and, from it, benchmarks/quality/ensemble.md.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Dict, List

import numpy as np
import spacy
import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, mean_sd, table, text_of, write_page

from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.pipeline.sciner import find_sciner
from spacy_sciner.scoring.scores import Pair, score
from spacy_sciner.tagging import UNKNOWN, decode_all, labels_to_tags
from spacy_sciner.training.calibrate import score_gold
from spacy_sciner.training.ensemble import mean_scores

SPLITS = ("dev", "test")
HEADER = [
    *("models", "number", "dev F1, each", "dev F1, averaged", "test F1, each"),
    *("test F1, averaged", "test precision, averaged", "test recall, averaged"),
]


def main(
    groups: Annotated[List[str], typer.Argument(help="NAME=PIPELINE,PIPELINE,…")],
    gold: Annotated[Path, typer.Option(help="Folder of dev.spacy and test.spacy.")],
) -> None:
    rows: List[Dict[str, Any]] = []
    for group in groups:
        name, _, paths = group.partition("=")
        row: Dict[str, Any] = {"group": name, "members": [], "mean": {}}
        scored: Dict[str, List[Any]] = {split: [] for split in SPLITS}
        for path in paths.split(","):
            nlp = spacy.load(path)
            tags = labels_to_tags(nlp.get_pipe(find_sciner(nlp)).labels)  # type: ignore[attr-defined]
            for split in SPLITS:
                found = score_gold(nlp, read_docs(gold / f"{split}.spacy", nlp.vocab))
                scored[split].append(found)
            row["members"].append({s: scores_of([scored[s][-1]], tags) for s in SPLITS})
        row["mean"] = {s: scores_of(scored[s], tags) for s in SPLITS}
        rows.append(row)
        write_page(__file__, "ensemble", page(record("ensemble", rows)))


def scores_of(members: List[List[Any]], tags: List[str]) -> Dict[str, float]:
    """Strict F1, precision and recall of the mean of some models' scores of the same gold."""
    logs = list(mean_scores([[scored.word_logs for scored in member] for member in members]))
    pairs = []
    for scored, predicted in zip(members[0], decode_all(logs)):
        known = scored.gold_tags != UNKNOWN
        names = [[tags[i] for i in ids[known]] for ids in (scored.gold_tags, predicted)]
        pairs.append(Pair("", *names))
    figures = score(pairs, n_bootstrap=0)
    return {name: float(np.round(figures[name], 6)) for name in ("f1", "precision", "recall")}


def page(result: Dict[str, Any]) -> str:
    lines = []
    for row in result["rows"]:
        cells = [row["group"], str(len(row["members"]))]
        for split in SPLITS:
            cells.append(mean_sd([member[split]["f1"] for member in row["members"]]))
            cells.append(f"{row['mean'][split]['f1']:.3f}")
        cells += [f"{row['mean']['test'][name]:.3f}" for name in ("precision", "recall")]
        lines.append(cells)
    return text_of(generated_by(result, "strict F1."), table(HEADER, lines))


if __name__ == "__main__":
    typer.run(main)
