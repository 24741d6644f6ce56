"""Active learning with held-back gold as the expert: what annotated paragraphs are worth.

From a start set, each round trains from the encoder on what was revealed so far, and a strategy
chooses what is revealed next among the rest, which is disjoint from it.
SOURCE: the NERC extraction project (estnafinema0) asks the question; its seed sentences stay in its
pool, and it has no random baseline.
"""

from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence

import numpy as np
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..corpus.docbin import read_docs, write_docs
from ..corpus.filled import persons
from ..corpus.reader import words_and_spaces
from ..files import link, read_json
from .choose import choose
from .predict import probabilities
from .strategies import RANDOM, score_all

ALL = "all"  # in place of a strategy: everything at once, what the others are measured against
Run = Callable[[Path, int], None]  # trains and measures in a project's folder, to an iteration
Row = Dict[str, Any]


class Plan(NamedTuple):
    """One simulation."""

    strategy: str
    seed: int
    start: int  # tokens, drawn at random
    budget: int  # tokens a round
    rounds: int  # after the start
    per_paper: int = 0  # most paragraphs of a paper in a round; 0: no cap
    loop: bool = False  # the loop learns from what is not revealed


def simulate(plan: Plan, out: Path, gold: Path, run: Run) -> Iterator[Row]:
    """Train round after round, each in a folder of its own; all strategies share the first.

    out (Path): Has a folder for each seed's start, and one for each strategy and seed.
    gold (Path): Folder with train.spacy, dev.spacy and test.spacy.
    run (Callable): Trains and measures what lies in a round's folder, up to an iteration: 1 on top
        of the loop, 0 without it, or where nothing is left to learn from. What was done is not done
        again.
    YIELDS (dict): Of each round the tokens and paragraphs revealed, and the scores.
    """
    docs = persons(read_docs(gold / "train.spacy", Vocab()))
    every = plan.strategy == ALL
    drawn = np.random.default_rng(plan.seed).random(len(docs)).tolist()
    revealed = list(range(len(docs))) if every else choose(docs, drawn, tokens=plan.start, near=2)
    for number in range(1 if every else plan.rounds + 1):
        shared = number == 0 and not every
        folder = f"start-seed{plan.seed}" if shared else f"{plan.strategy}-seed{plan.seed}"
        place = out / folder / f"round-{number}"
        rest = [i for i in range(len(docs)) if i not in set(revealed)]
        _write(place, docs, revealed, rest, gold)
        iteration = int(plan.loop and bool(rest))
        run(place, iteration)
        yield _row(plan, number, place, iteration, [docs[i] for i in revealed])
        if not rest or number == plan.rounds:
            return
        left = [docs[i] for i in rest]
        members = _members(place, plan, iteration) if plan.strategy != RANDOM else []
        found = map(list, zip(*(probabilities(member, left) for member in members), strict=True))
        scores = score_all(plan.strategy, found, texts=[d.text for d in left], seed=plan.seed)
        new = choose(left, scores, tokens=plan.budget, per_paper=plan.per_paper)
        revealed = [*revealed, *(rest[i] for i in new)]


def _write(
    place: Path, docs: Sequence[Doc], revealed: Sequence[int], rest: Sequence[int], gold: Path
) -> None:
    """What a round begins with: the gold that was revealed, the rest as pool, what is measured."""
    corpus = place / "corpus"
    (corpus / "gold").mkdir(parents=True, exist_ok=True)
    for split in ("dev", "test", "calibration"):
        if (gold / f"{split}.spacy").exists():
            link(corpus / f"gold/{split}.spacy", gold / f"{split}.spacy")
    write_docs(corpus / "gold/train.spacy", [docs[i] for i in sorted(revealed)])
    write_docs(corpus / "pool.spacy", [_plain(docs[i]) for i in rest])
    write_docs(corpus / "pool_gold.spacy", [docs[i] for i in rest])


def _plain(doc: Doc) -> Doc:
    """The same words, and nothing known of them."""
    words, spaces = words_and_spaces(doc)
    plain = Doc(doc.vocab, words=words, spaces=spaces)
    plain.user_data.update({key: doc.user_data.get(key) for key in ("paper", "paragraph")})
    plain.user_data["source"] = "pool"
    return plain


def _members(place: Path, plan: Plan, iteration: int) -> List[Path]:
    """The model; for `disagreement` also the teachers, of which iteration 0 alone has several."""
    model = place / f"training/{iteration}/model-best"
    teachers = place / "training/0/teachers"
    return [model, *(sorted(teachers.iterdir()) if plan.strategy == "disagreement" else [])]


def _row(plan: Plan, number: int, place: Path, iteration: int, revealed: Sequence[Doc]) -> Row:
    path = place / f"metrics/iteration-{iteration}.json"
    clean = read_json(path)["clean"]
    return {
        "strategy": plan.strategy,
        "seed": plan.seed,
        "loop": plan.loop,
        "round": number,
        "paragraphs": len(revealed),
        "tokens": sum(map(len, revealed)),
        "dev": clean["dev"]["f1"],
        "test": clean["test"]["f1"],
    }
