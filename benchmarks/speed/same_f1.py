"""Whether what makes training fast costs F1: the fast path against the plain one, seed by seed.

    python benchmarks/speed/same_f1.py --gold corpus/gold --encoder encoder

fast: the default config, our own BERT layers in bf16 where the processor has it. plain: the same
config with `fast = false` and fp32, which is Hugging Face's layers as they come. Everything else is
the same, so that the difference is the fast path's. Writes benchmarks/results/same_f1.json and,
from it, benchmarks/speed/same_f1.md; resumes after the last seed that was written.
"""

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Dict

import spacy
import typer
from spacy.util import load_config

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record, recorded
from tables import generated_by, mean_sd, table, text_of, write_page

from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.evaluation.measure import measure_clean
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline

ROOT = Path(__file__).parents[2]
SPLITS = ("dev", "test")
PATHS = {"fast": {"fast": True, "precision": "auto"}, "plain": {"fast": False, "precision": "fp32"}}


def main(
    gold: Annotated[Path, typer.Option(help="Folder of train, dev and test DocBins.")],
    encoder: Annotated[Path, typer.Option(help="The encoder's folder.")],
    seeds: int = 5,
    epochs: int = 20,
    batch_words: int = 512,
    learn_rate: float = 3e-4,
) -> None:
    rows = recorded("same_f1")
    for seed in range(len(rows), seeds):
        row: Dict[str, Any] = {"seed": seed}
        for name, settings in PATHS.items():
            with tempfile.TemporaryDirectory() as work:
                config = load_config(ROOT / "configs/transformer.cfg")
                config["components"]["sciner"]["model"].update(settings)
                config.to_disk(Path(work) / "config.cfg")
                recipe = Recipe(
                    Path(work) / "config.cfg",
                    epochs=epochs,
                    learn_rate=learn_rate,
                    batch_words=batch_words,
                    seed=seed,
                    precision=str(settings["precision"]),
                    encoder=str(encoder.resolve()),
                    calibrate=False,
                )
                out = Path(work) / "model"
                train_pipeline(recipe, train=gold / "train.spacy", dev=gold / "dev.spacy", out=out)
                row[name] = {}
                nlp = spacy.load(out)
                for split in SPLITS:
                    golds = read_docs(gold / f"{split}.spacy", nlp.vocab)
                    row[name][split] = measure_clean(nlp, golds, n_bootstrap=0, seed=0)["f1"]
        rows.append(row)
        write_page(__file__, "same_f1", page(record("same_f1", rows)))


def page(result: Dict[str, Any]) -> str:
    rows = result["rows"]
    cells = [
        [name, *(mean_sd([row[name][split] for row in rows]) for split in SPLITS)] for name in PATHS
    ]
    changes = [mean_sd([row["fast"][s] - row["plain"][s] for row in rows]) for s in SPLITS]
    return text_of(
        generated_by(result, f"{len(rows)} seeds, strict F1, mean ± standard deviation."),
        table(["", "dev F1", "test F1"], [*cells, ["fast − plain, same seed", *changes]]),
    )


if __name__ == "__main__":
    typer.run(main)
