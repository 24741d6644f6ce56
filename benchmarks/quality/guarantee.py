"""Does `gamma: auto` keep its promise? Certify on drawn papers of a gold file, look at all of them.

    python benchmarks/quality/guarantee.py --model training/0/model-best --gold FILE

The gold must be none that the model was trained on; teachers in ../teachers are averaged in, as
over the pool. Each of --draws takes as many papers as there are, with replacement, as calibration
papers: whole papers, since the entities of one are alike. They are drawn from the file, so its
precision is the true one. For every α the table says how often anything could be promised, how
often the promise was true, which may fail in a share δ of the draws, and what share of the
predicted entities was accepted. Writes benchmarks/results/<name>.json and, from it, <name>.md
beside this script.
"""

import random
import sys
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Dict, List, Sequence

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, table, text_of, write_page

from spacy_sciner.annotation.gamma import GammaRule, Judged, certify, judge, outcome
from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.pipeline.sciner import find_sciner
from spacy_sciner.training.experiment import load_pipeline

HEADER = [
    *("promised precision", "draws with a promise", "kept", "broken, of all draws"),
    *("precision observed, mean (lowest)", "share of predicted entities accepted"),
]


def main(
    model: Annotated[Path, typer.Option(help="A trained pipeline.")],
    gold: Annotated[Path, typer.Option(help="DocBin of gold.")],
    draws: Annotated[int, typer.Option(min=1)] = 200,
    alpha: Annotated[
        List[float], typer.Option(help="Shares of wrong ones that are promised at most.")
    ] = [0.05, 0.1, 0.2, 0.3, 0.4],  # noqa: B006  (Typer reads it once)
    delta: float = 0.1,
    name: Annotated[str, typer.Option(help="Of the results.")] = "guarantee",
) -> None:
    nlp = load_pipeline(model)
    folder = model.with_name("teachers")
    teachers = sorted(folder.iterdir()) if folder.is_dir() else []
    judged = judge(nlp, read_docs(gold, nlp.vocab), [load_pipeline(path) for path in teachers])
    labels = nlp.get_pipe(find_sciner(nlp)).labels  # type: ignore[attr-defined]
    papers: Dict[str, List[Judged]] = {}
    for j in judged:
        papers.setdefault(j.paper, []).append(j)
    rows: List[Dict[str, Any]] = []
    for share in alpha:
        rule = GammaRule("auto", "entity", alpha=share, delta=delta)
        found = [one_draw(papers, labels, rule, seed=seed) for seed in range(draws)]
        rows.append({"alpha": share, "delta": delta, "papers": len(papers), "draws": found})
    write_page(__file__, name, page(record(name, rows)))


def one_draw(
    papers: Dict[str, List[Judged]], labels: Sequence[str], rule: GammaRule, *, seed: int
) -> Dict[str, Any]:
    """RETURNS (dict): "predicted" entities of all papers, of these "accepted", and "wrong" ones."""
    drawn = random.Random(seed).choices(sorted(papers), k=len(papers))
    report = certify([j for paper in drawn for j in papers[paper]], labels, rule)
    gammas = {label: report["labels"][label]["gamma"] for label in labels}
    judged = [j for paper in papers.values() for j in paper]
    outcomes = [outcome(j, gammas[j.candidate.entity.label], rule.accept) for j in judged]
    n_accepted, n_wrong = (sum(column) for column in zip(*outcomes)) if outcomes else (0, 0)
    return {"predicted": len(judged), "accepted": n_accepted, "wrong": n_wrong}


def page(result: Dict[str, Any]) -> str:
    lines, first = [], result["rows"][0]
    for row in result["rows"]:
        promised = [d for d in row["draws"] if d["accepted"]]
        found = [1 - d["wrong"] / d["accepted"] for d in promised]
        kept = sum(precision >= 1 - row["alpha"] for precision in found)
        yields = [d["accepted"] / d["predicted"] for d in promised]
        cells = [f"{1 - row['alpha']:.0%}", f"{len(promised)} of {len(row['draws'])}"]
        cells.append(f"{kept} of {len(promised)}" if promised else "–")
        cells.append(f"{(len(promised) - kept) / len(row['draws']):.1%}")
        cells.append(f"{mean(found):.3f} ({min(found):.3f})" if promised else "–")
        cells.append(f"{mean(yields):.1%}" if promised else "–")
        lines.append(cells)
    what = f"{len(first['draws'])} draws of {first['papers']} papers, δ = {first['delta']}."
    return text_of(generated_by(result, what), table(HEADER, lines))


if __name__ == "__main__":
    typer.run(main)
