"""What different annotators' labels are worth: a language model's, a person's, and mixtures.

Every token keeps its source; where both have annotated the same text, or one a part of the other's,
gold wins, and the other tells what gold leaves unknown of the same text.
SOURCE: the NERC extraction project (estnafinema0) compares a model on LLM labels with one on gold,
from different splits and evaluators; here everything but the labels is the same.
"""

import shutil
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ..corpus.annotated import LLM
from ..corpus.docbin import read_docs, write_docs
from ..corpus.duplicates import Found, sharing
from ..corpus.filled import fill_unknown
from ..corpus.screen import unknown_label_warnings
from ..corpus.splits.gold import GoldReader
from ..corpus.text import text_key
from ..errors import ScinerWarning
from ..evaluation.measure import measure_clean
from ..settings.corpora import GoldFile
from ..training.experiment import load_pipeline
from ..training.recipe import Recipe
from ..training.train import train_pipeline

MIXED, ALONE = "mixed", "gold alone"


class Mixture(NamedTuple):
    """What one model is trained on."""

    share: float  # of gold's paragraphs, in [0, 1]
    kind: str  # MIXED: the other annotator's paragraphs, too; ALONE: that gold and nothing else
    loss: str  # of the other annotator's labels: nll or gce
    seed: int


def mixtures(shares: Sequence[float], losses: Sequence[str], seeds: int) -> List[Mixture]:
    """Every combination; gold alone is trained once a share and seed, without gold not at all."""
    found = []
    for seed in range(seeds):
        for share in shares:
            found += [Mixture(share, MIXED, loss, seed) for loss in losses]
            if share:
                found.append(Mixture(share, ALONE, "nll", seed))
    return found


def read_source(
    path: Path, *, file_format: str, labels: Sequence[str], held_out: Sequence[Doc]
) -> Tuple[List[Doc], Dict[str, int]]:
    """The other annotator's paragraphs, but for those that are measured on.

    held_out (Sequence[Doc]): Of dev, test and calibration; what has their text, a part of it, or
        one of them in it, is left out.
    RETURNS (Tuple[List[Doc], Dict[str, int]]): Docs with source "llm"; how many there were, how
        many were left out, and how often a rule of `corpus.rules` was applied. Warns with
        SCINER-W204 of labels that are not the corpus'.
    RAISES (ScinerError): What reading gold raises.
    """
    reader = GoldReader(path.parent, tuple(labels), is_gold=False)
    annotated = reader.read(GoldFile(path=path.name, format=file_format, papers="paragraphs"))
    docs = reader.docs(annotated)
    is_held_out = _same_or_part(held_out)
    kept = [doc for doc in docs if not is_held_out(doc.text)]
    for doc in kept:
        doc.user_data["source"] = LLM
    if lines := unknown_label_warnings(reader.repairs.to_dict()):
        warnings.warn(lines[0], ScinerWarning, stacklevel=2)
    counts = {"paragraphs": len(docs), "measured on": len(docs) - len(kept)}
    return kept, {**counts, **dict(sorted(reader.repairs.counts.items()))}


def mix(gold: Sequence[Doc], other: Sequence[Doc], mixture: Mixture) -> List[Doc]:
    """The training data: a seeded choice of gold paragraphs, and the other's with other texts, and
    for the words that gold leaves unknown."""
    n = round(mixture.share * len(gold))
    order = np.random.default_rng(mixture.seed).permutation(len(gold))[:n]
    chosen = [gold[i] for i in sorted(order)]
    if mixture.kind == ALONE:
        return chosen
    is_gold = _same_or_part(chosen)
    filled = fill_unknown(chosen, other, found=Found())
    return [*filled, *(doc for doc in other if not is_gold(doc.text))]


def _same_or_part(docs: Sequence[Doc]) -> Callable[[str], bool]:
    """Whether a text is one of these, however it is cut into tokens, a part of one, or has one in
    it."""
    keys, is_part = {text_key(doc.text) for doc in docs}, sharing(doc.text for doc in docs)
    return lambda text: text_key(text) in keys or is_part(text)


def train_mixture(
    mixture: Mixture, docs: Sequence[Doc], *, recipe: Recipe, gold: Path, work: Path
) -> Dict[str, Any]:
    """Train a model and measure it on gold's dev and test.

    recipe (Recipe): How; its seed and objective are the mixture's.
    gold (Path): Folder with dev.spacy and test.spacy.
    work (Path): A folder for the model, removed when it is measured.
    """
    train, model = work / "train.spacy", work / "model"
    write_docs(train, docs)
    objective = recipe.objective._replace(loss=mixture.loss)
    own = recipe._replace(seed=mixture.seed, objective=objective)
    train_pipeline(own, train=train, dev=gold / "dev.spacy", out=model, resume=work / "resume")
    nlp = load_pipeline(model)
    row: Dict[str, Any] = {**mixture._asdict(), "paragraphs": len(docs)}
    row["gold_paragraphs"] = sum(doc.user_data.get("source") != LLM for doc in docs)
    for split in ("dev", "test"):
        docs_of_split = read_docs(gold / f"{split}.spacy", nlp.vocab)
        found = measure_clean(nlp, docs_of_split, n_bootstrap=0, seed=0)
        row[split] = {key: found[key] for key in ("f1", "precision", "recall")}
    shutil.rmtree(work)
    return row
