"""How well confidences are calibrated on test, and what other fits on dev would give.

    python benchmarks/quality/calibration.py --loops work

Reads the pipelines of finished loops (`loop.py`); nothing is trained. Every variant fits the same
pipelines on the same dev papers. A perfect model shows an error, too: with few entities a bin's
share of right ones is far from its mean confidence by chance alone (`error_of_perfect`). Writes
benchmarks/results/calibration.json and from it calibration.md.
"""

import sys
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Dict, List, Optional, Tuple

import spacy
import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import read, record
from regret import recipe
from tables import generated_by, table, text_of, write_page

from spacy_sciner.confidence import Calibration
from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.evaluation.measure import outcomes
from spacy_sciner.pipeline.sciner import find_sciner
from spacy_sciner.scoring.calibration import error_of_perfect, expected_calibration_error
from spacy_sciner.settings import read_yaml
from spacy_sciner.training.calibrate import PRIOR, Prior, Scored, fit, score_gold

SHARED = ("slope", "length", "intercept")  # weights that do not belong to a label
OTHERS = "drawn to the mean of the other corpora"
VARIANTS: Dict[str, Optional[Prior]] = {
    "as it is": PRIOR,
    "no offset for a label": Prior(PRIOR.centre, {**PRIOR.penalty, "offset": 1e9}),
    "offsets harder to move": Prior(PRIOR.centre, {**PRIOR.penalty, "offset": 20.0}),
    "offsets easier to move": Prior(PRIOR.centre, {**PRIOR.penalty, "offset": 1.0}),
    "all harder to move": Prior(PRIOR.centre, {k: 5 * v for k, v in PRIOR.penalty.items()}),
    OTHERS: None,
}


def main(
    loops: Annotated[Path, typer.Option(help="Folder of `loop.py`'s folders.")] = Path("work"),
) -> None:
    models = [found for folder in sorted(loops.iterdir()) for found in read_models(folder)]
    for model in models:
        model["fitted"] = fit(model["dev"], model["labels"])
    rows = [row_of(model, models) for model in models]
    record("calibration", rows)
    write_page(__file__, "calibration", page(read("calibration")))


def read_models(folder: Path) -> List[Dict[str, Any]]:
    """Of each iteration the scores on dev and test."""
    if not (folder / "params.yaml").is_file():
        return []
    # Not as settings: a loop of an earlier release has other ones, and its pipelines stand.
    settings = read_yaml(folder / "params.yaml")
    found = []
    for k in map(int, settings["evaluations"]):
        path = folder / f"training/{k}/model-best"
        if not (path / "meta.json").is_file():
            return []
        nlp = spacy.load(path)
        sciner: Any = nlp.get_pipe(find_sciner(nlp))
        scored: Dict[str, List[Scored]] = {
            split: score_gold(nlp, read_docs(folder / f"corpus/gold/{split}.spacy", nlp.vocab))
            for split in ("dev", "test")
        }
        at = {"corpus": settings["corpus"], "seed": settings["seed"], "iteration": k}
        at["recipe"] = recipe(settings)
        found.append({**at, "labels": sciner.labels, **scored})
        print(at, flush=True)
    return found


def row_of(model: Dict[str, Any], models: List[Dict[str, Any]]) -> Dict[str, Any]:
    row = {key: model[key] for key in ("corpus", "recipe", "seed", "iteration")}
    row["raw"], _ = errors(model, None)
    row["errors"], row["perfect"] = {}, {}
    for name, prior in VARIANTS.items():
        if prior is None:
            others = [m["fitted"] for m in models if m["corpus"] != model["corpus"]]
            if not others:
                continue
            centre = {key: mean(getattr(f, key) for f in others) for key in SHARED}
            prior = Prior({**PRIOR.centre, **centre}, PRIOR.penalty)
        found = fit(model["dev"], model["labels"], prior)
        row["errors"][name], row["perfect"][name] = errors(model, found)
    return row


def errors(model: Dict[str, Any], fitted: Optional[Calibration]) -> Tuple[float, float]:
    """Of the test entities' confidences, and what a perfect model with these would show."""
    scores, right = outcomes(model["test"], model["labels"], fitted)[1]
    return expected_calibration_error(scores, right) or 0.0, error_of_perfect(scores)


def page(result: Dict[str, Any]) -> str:
    rows = result["rows"]
    groups = sorted({(row["recipe"], row["corpus"]) for row in rows}, reverse=True)
    names = [name for name in VARIANTS if all(name in row["errors"] for row in rows)]
    body = []
    for made, corpus in groups:
        mine = [r for r in rows if (r["recipe"], r["corpus"]) == (made, corpus)]
        cells = [f"{mean(r['errors'][name] for r in mine):.3f}" for name in names]
        perfect = mean(r["perfect"][names[0]] for r in mine)
        raw = mean(r["raw"] for r in mine)
        body.append([f"{corpus}, {made} ({len(mine)})", f"{raw:.3f}", *cells, f"{perfect:.3f}"])
    all_of = [f"{mean(float(line[i]) for line in body):.3f}" for i in range(1, len(body[0]))]
    what = "expected calibration error of the entities on test, mean over seeds and iterations "
    what += "(how many pipelines); what a perfect model with as many entities would show."
    header = ["corpus", "not fitted", *names, "if perfect"]
    return text_of(
        [*generated_by(result, what), *table(header, [*body, ["mean", *all_of]], left=1)]
    )


if __name__ == "__main__":
    typer.run(main)
