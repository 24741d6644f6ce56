"""Speed and peak memory beside spaCy, Hugging Face, SpanMarker and GLiNER: `make bench`.

    python benchmarks/speed/speed.py [--data FOLDER] [--paragraphs 300] [--quality-epochs 8]

Everyone has the same paragraphs, encoder, processor and number of threads. Contestants take turns
(ours, peer, peer, …, ours, peer, …), each run in a process of its own. Timed is one epoch over the
paragraphs, and the prediction of their texts by the model that was just trained; neither imports,
nor loading, nor a first pass over as many other paragraphs, which fetches the memory for everyone
(peers/child.py). Figures are medians of all runs.

- Paragraphs: a seeded choice from train.spacy of those that fit the encoder whole, so that nobody
  leaves anything out; the same number of words and pieces is counted for everyone, padding not.
- Contestants do what their users get; peers/ says how each is set up. The learning rate is the same
  for all; it has no influence on speed.
- GFLOP/s: operations that the task needs (operations.py), divided by seconds. Beside it the rate of
  a 2048 × 2048 matrix product measured in every round of the same run.
- --quality-epochs N also trains everyone for N epochs on the whole of train.spacy and scores strict
  F1 on test.spacy (seqeval, IOB2), with the last epoch's model, not one that was chosen on dev;
  whoever would take more than --quality-minutes for it is left out, with the minutes it would take.

Writes benchmarks/results/speed.json after every round and, from it, speed.md and speed.svg.
"""

import json
import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Callable, Dict, List, Optional, Tuple

import spacy
import typer
from spacy.tokens import Doc
from tokenizers import Tokenizer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from operations import forward_operations, training_operations
from peers import CONTESTANTS, Job
from record import PACKAGES, record
from speed_report import write_report
from turns import Turns

from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.files import write_json
from spacy_sciner.models.encoders import copy_encoder
from spacy_sciner.settings import read_settings

ROOT = Path(__file__).parents[2]
PEERS_PACKAGES = ("accelerate", "span-marker", "gliner", "datasets", "tokenizers")


def main(
    corpus: Annotated[
        str, typer.Option(help="Which of assets/; sample if it is not there.")
    ] = "acl",
    data: Annotated[
        Optional[Path], typer.Option(help="Folder with train and test.spacy instead.")
    ] = None,
    paragraphs: Annotated[int, typer.Option(help="Timed in each run.", min=1)] = 300,
    runs: Annotated[int, typer.Option(help="Of each contestant.", min=1)] = 5,
    threads: Annotated[int, typer.Option(help="0: as many as there are cores.", min=0)] = 0,
    quality_epochs: Annotated[int, typer.Option(help="0 leaves F1 out.", min=0)] = 0,
    quality_minutes: Annotated[
        float, typer.Option(help="Leave out of F1 who would train longer than this for one run.")
    ] = 60.0,
    quality_runs: Annotated[int, typer.Option(help="Seeds 0, 1, …", min=1)] = 1,
    only: Annotated[
        List[str], typer.Option(help="A contestant's name; default all. Can be repeated.")
    ] = [],  # noqa: B006  (Typer reads it once)
    name: Annotated[str, typer.Option(help="Results' name.")] = "speed",
    work: Annotated[Path, typer.Option(help="Where to work.")] = ROOT / "work" / "speed",
) -> None:
    names = check_names(only)
    threads = threads or len(os.sched_getaffinity(0))
    work = work.resolve()
    encoder = work / "encoder"
    settings = read_settings(ROOT / "params.yaml")
    source = settings.encoder
    copy_encoder(source.name, encoder, sha256=source.sha256, keep_layers=source.keep_layers)
    folder, corpus = (data, name_of(data)) if data else find_data(corpus, work)
    facts = {"corpus": corpus, "threads": threads, "runs": runs}
    facts.update(prepare(folder, work / "parts", encoder, paragraphs))
    job_of = partial(
        Job,
        encoder=str(encoder),
        folder=str(work / "parts"),
        threads=threads,
        epochs=quality_epochs,
        learn_rate=settings.train.learn_rate,
    )
    turns = Turns(facts, job_of, work)
    keep = partial(write_results, name, turns)
    measure_speed(turns, names, keep, runs=runs)
    if quality_epochs:
        facts["quality_epochs"] = quality_epochs
        measure_quality(turns, names, keep, minutes=quality_minutes, runs=quality_runs)


def write_results(name: str, turns: Turns) -> None:
    write_report(record(name, turns.rows(), packages=(*PACKAGES, *PEERS_PACKAGES)))


def measure_speed(turns: Turns, names: List[str], keep: Callable[[], None], *, runs: int) -> None:
    for _ in range(runs):
        turns.take("matrix product", "matrix")
        for task in ("train", "predict"):
            for contestant in names:
                turns.take(contestant, task)
        keep()


def measure_quality(
    turns: Turns, names: List[str], keep: Callable[[], None], *, minutes: float, runs: int
) -> None:
    """minutes (float): Who would train longer is left out. runs (int): Of each; seeds 0, 1, …"""
    slow = too_slow(turns.facts, turns.results, turns.facts["quality_epochs"], minutes)
    rounds = [(seed, c) for seed in range(runs) for c in names if c not in slow]
    for seed, contestant in rounds:
        turns.take(contestant, "quality", seed)
        keep()
    turns.facts["no_quality"] = slow
    keep()


def too_slow(
    facts: Dict[str, Any],
    results: Dict[Tuple[str, str], List[Dict[str, Any]]],
    epochs: int,
    longest: float,
) -> Dict[str, int]:
    """Who would train longer than `longest` minutes, and how long."""
    minutes = {
        contestant: minutes_of(facts, timed, epochs)
        for (contestant, task), timed in results.items()
        if task == "train"
    }
    return {c: round(m) for c, m in minutes.items() if m > longest}


def check_names(only: List[str]) -> List[str]:
    unknown = [name for name in only if name not in CONTESTANTS]
    if unknown:
        sys.exit(f"✘ No contestant {unknown[0]!r}; there are: {', '.join(CONTESTANTS)}.")
    return [name for name in CONTESTANTS if not only or name in only]


def find_data(corpus: str, work: Path) -> Tuple[Path, str]:
    """The converted corpus: made from its assets, or from the sample's if it has none here."""
    if not (ROOT / "assets" / corpus / "gold").exists():
        print(
            f"assets/{corpus} is not here (sciner assets --corpus {corpus} fetches it): the "
            "embedded sample is measured instead."
        )
        corpus = "sample"
    out = work / f"corpus-{corpus}"
    if not (out / "_report.json").exists():
        (work / "no-pool").mkdir(parents=True, exist_ok=True)
        command = ["scripts/convert.py", "--corpus", corpus, "--parsed", str(work / "no-pool")]
        subprocess.run([sys.executable, *command, "--out", str(out)], cwd=ROOT, check=True)
    return out / "gold", corpus


def name_of(data: Path) -> str:
    """The corpus that a folder's report names, or the folder's own name."""
    report = data.parent / "_report.json"
    known = json.loads(report.read_text(encoding="utf8")) if report.exists() else {}
    return str(known.get("corpus", data.name))


def minutes_of(facts: Dict[str, Any], runs: List[Dict[str, Any]], epochs: int) -> float:
    """What training on the whole of train takes, at the speed that was measured."""
    seconds = median(run["seconds"] for run in runs)
    return float(seconds * facts["train_words"] * epochs / facts["words"] / 60)


def prepare(data: Path, parts: Path, encoder: Path, n: int) -> Dict[str, Any]:
    """Write the parts that the contestants read; RETURNS what is counted of the timed one."""
    nlp = spacy.blank("en")
    train, test = (read_docs(data / f"{s}.spacy", nlp.vocab) for s in ("train", "test"))
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    config = json.loads((encoder / "config.json").read_text(encoding="utf8"))

    def fitting(docs: List[Doc]) -> List[Tuple[Doc, int]]:
        """Docs that the encoder sees whole, with their pieces."""
        known = [doc for doc in docs if len(doc)]
        encodings = tokenizer.encode_batch(
            [[t.text for t in d] for d in known], is_pretokenized=True
        )
        sized = [(doc, len(e.ids)) for doc, e in zip(known, encodings)]
        return [(doc, size) for doc, size in sized if size <= config["max_position_embeddings"]]

    labels = sorted({ent.label_ for doc in train for ent in doc.ents})
    pairs = fitting(train)
    timed = random.Random(0).sample(pairs, min(n, len(pairs)))
    chosen_texts = {doc.text for doc, _ in timed}
    others = [pair for pair in pairs if pair[0].text not in chosen_texts] or pairs
    chosen = {
        "warm": [doc for doc, _ in random.Random(1).sample(others, min(n, len(others)))],
        "timed": [doc for doc, _ in timed],
        "train": [doc for doc in train if len(doc)],
        "test": [doc for doc in test if len(doc)],
    }
    for part, docs in chosen.items():
        write_docs(parts / f"{part}.spacy", docs)
        write_json(parts / f"{part}.json", [to_paragraph(doc) for doc in docs])
    write_json(parts / "labels.json", labels)
    sizes = [size for _, size in timed]
    return {
        "paragraphs": len(timed),
        "words": sum(len(doc) for doc, _ in timed),
        "train_words": sum(map(len, train)),
        "pieces": sum(sizes) - 2 * len(sizes),  # without the special ones
        "train_operations": training_operations(config, sizes),
        "predict_operations": forward_operations(config, sizes),
    }


def to_paragraph(doc: Doc) -> Dict[str, Any]:
    return {
        "words": [token.text for token in doc],
        "text": doc.text,
        "tags": [tag or "O" for tag in iob_tags(doc)],
        "spans": [[ent.start, ent.end, ent.label_] for ent in doc.ents],
    }


if __name__ == "__main__":
    typer.run(main)
