"""Small text for the tests of adapt: what a tiny encoder can learn."""

import json
import random
from pathlib import Path
from typing import List

from spacy.tokens import Doc
from spacy.vocab import Vocab
from stage_project import make_settings
from tiny import SENTENCES

from spacy_sciner.corpus.docbin import write_docs

VOCAB = Vocab()
# Words that the tiny encoders have pieces for.
CONCEPTS = {"Method": "train", "Dataset": "paper", "Metric": "nothing"}


def paragraphs(n_papers: int, *, per_paper: int = 3, seed: int = 0, prefix: str = "p") -> List[Doc]:
    """Three of the sentences that all tests share, in an order of its own."""
    rng = random.Random(seed)
    docs = []
    for paper in range(n_papers):
        for paragraph in range(per_paper):
            words = [w for text, _ in rng.sample(SENTENCES, 3) for w in text.split()]
            doc = Doc(VOCAB, words=words)
            doc.user_data.update(paper=f"{prefix}{paper}", paragraph=paragraph, source="pool")
            docs.append(doc)
    return docs


def write_project(root: Path, pool: List[Doc], **gold: List[Doc]) -> Path:
    """corpus/ of a project, with splits of gold by name."""
    write_docs(root / "corpus/pool.spacy", pool)
    for split in ("train", "dev", "test"):
        write_docs(root / f"corpus/gold/{split}.spacy", gold.get(split, []))
    return root


def settings_of(encoder: Path, methods: List[str], **adapt: object):
    small = {"batch_pieces": 256, "window": 64, "learn_rate": 0.003, "held_out": 0.2, "epochs": 2}
    return make_settings(
        encoder={"name": str(encoder)}, adapt={**small, "methods": methods, **adapt}
    )


def concept_lines(n: int, *, seed: int = 0) -> List[str]:
    """JSON lines of the same sentences with their types as concepts, one of them described."""
    rng = random.Random(seed)
    lines = []
    for _ in range(n):
        chosen = rng.sample(SENTENCES, 3)
        entities = []
        for text, tags in chosen:
            for start, tag in enumerate(tags.split()):
                if tag.startswith("B-"):
                    length = 2 if tags.split()[start + 1 : start + 2] == [f"I-{tag[2:]}"] else 1
                    mention = " ".join(text.split()[start : start + length])
                    concept = CONCEPTS[tag[2:]]
                    entities.append([mention, concept, "what is tried" * (concept == "train")])
        text = " ".join(text for text, _ in chosen)
        lines.append(json.dumps({"text": text, "entities": entities}))
    return lines
