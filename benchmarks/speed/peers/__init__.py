"""Those who are measured, each in a module of its own, run in a child process of its own.

A contestant is a class with:

    build()                              load the encoder, add a fresh head; never timed
    training(part, epochs)               a function that trains; getting it ready is not timed
    save(path), load(path)               the trained pipeline, as its users save and load it
    prediction(part)                     a function that predicts a part's texts and gives a count
    tags(part)                           BIO tags of a part's gold words, to score

A part is the name of a file in the job's folder: <part>.json, and <part>.spacy for spaCy's readers.
"""

import json
from bisect import bisect_right
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

CONTESTANTS = {
    "spacy_sciner": "peers.spacy_loop:Ours",
    "spacy-transformers + ner": "peers.spacy_loop:StockSpacy",
    "Hugging Face": "peers.hugging_face:HuggingFace",
    "SpanMarker": "peers.spanmarker:SpanMarker",
    "GLiNER": "peers.gliner_spans:Gliner",
}


class Job(NamedTuple):
    """What one child process is to do."""

    name: str
    task: str  # train, predict, quality or matrix
    encoder: str
    folder: str  # with the parts, and the models that were trained
    threads: int
    seed: int
    epochs: int
    learn_rate: float  # peak, after a linear warm-up over a tenth of the steps

    @property
    def model(self) -> Path:
        return Path(self.folder) / "models" / self.name.replace(" ", "_")

    @property
    def labels(self) -> List[str]:
        labels: List[str] = read_json(self.folder, "labels")
        return labels


Span = Tuple[int, int, str]  # words, end exclusive, and a label


def make(job: Job) -> Any:
    module, _, name = CONTESTANTS[job.name].partition(":")
    return getattr(import_module(module), name)(job)


def read_json(folder: str, part: str) -> Any:
    return json.loads((Path(folder) / f"{part}.json").read_text(encoding="utf8"))


def read_part(job: Job, part: str) -> List[Dict[str, Any]]:
    """Paragraphs: "words", "text", "tags" (BIO) and "spans"."""
    paragraphs: List[Dict[str, Any]] = read_json(job.folder, part)
    return paragraphs


def spans_to_tags(spans: Sequence[Span], n_words: int) -> List[str]:
    """BIO tags; of two spans that overlap the one that comes first is kept."""
    tags = ["O"] * n_words
    for start, end, label in spans:
        if all(tag == "O" for tag in tags[start:end]):
            tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


def chars_to_words(entities: Sequence[Dict[str, Any]], words: Sequence[str]) -> List[Span]:
    """Spans of words that touch spans of characters in the words joined by spaces.

    entities (Sequence[dict]): "start" and "end" in characters, end exclusive, and "label".
    """
    begins = [0, *accumulate(len(word) + 1 for word in words)][:-1]
    return [
        (bisect_right(begins, e["start"]) - 1, bisect_right(begins, e["end"] - 1), e["label"])
        for e in entities
    ]
