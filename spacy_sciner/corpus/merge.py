"""The merge stage: gold and pseudo-labels to one training set. Gold always wins."""

import random
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple, Union

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..files import write_json
from ..settings.tree import Merge
from .docbin import DocFile, read_docs, write_docs
from .soft import SOFT
from .text import text_key


class _Paragraph(NamedTuple):
    """What is chosen by: a pool's paragraphs themselves may be more than memory holds."""

    place: int  # in the pool
    labels: Tuple[str, ...]  # one for each entity


def merge_docs(
    gold_docs: Sequence[Doc],
    pseudo_docs: Union[Sequence[Doc], DocFile],
    *,
    max_all_o_ratio: Optional[float],
    max_paragraphs: Optional[int] = None,
    balance: float = 0.0,
    seed: int = 0,
) -> Tuple[List[Doc], Dict[str, int]]:
    """All gold docs in their order, then the pseudo-labelled ones that are of use, in theirs.

    Left out: a pseudo doc with the text of a gold doc; one in which every token is unknown, unless
    it has soft labels; and of those without an accepted entity, a seeded choice of what goes beyond
    the cap, since they would teach the model to find nothing. Of what is left, a seeded choice of
    `max_paragraphs`.

    pseudo_docs (Union[Sequence[Doc], DocFile]): Gone through twice.
    max_all_o_ratio (Optional[float]): At most so many docs without an entity for each one with an
        entity, 0 or more. None = no cap.
    max_paragraphs (Optional[int]): At most so many pseudo docs, 1 or more, so that a large pool
        neither drowns the gold nor takes days to train on. None = no cap.
    balance (float): In the choice of `max_paragraphs` a doc's chance grows with the rarity of its
        labels, to this power: 0 = all the same, 1 = a label half as frequent counts twice.
    RETURNS (Tuple[List[Doc], Dict[str, int]]): The docs, and counts of docs kept and left out.
    """
    known, counts = _of_use(pseudo_docs, gold_texts={text_key(doc.text) for doc in gold_docs})
    under_cap = _cap_without_entity(known, max_all_o_ratio, seed)
    kept = _choose(under_cap, max_paragraphs, balance=balance, seed=seed)
    report = {
        "gold": len(gold_docs),
        **counts,
        "pseudo_without_entity_over_cap": len(known) - len(under_cap),
        "pseudo_over_max_paragraphs": len(under_cap) - len(kept),
        "pseudo_without_entity": sum(not paragraph.labels for paragraph in kept),
        "pseudo_with_entity": sum(bool(paragraph.labels) for paragraph in kept),
        "pseudo_entities": sum(len(paragraph.labels) for paragraph in kept),
        "merged": len(gold_docs) + len(kept),
    }
    places = {paragraph.place for paragraph in kept}
    return [*gold_docs, *(doc for i, doc in enumerate(pseudo_docs) if i in places)], report


def _of_use(
    pseudo_docs: Iterable[Doc], *, gold_texts: Set[str]
) -> Tuple[List[_Paragraph], Dict[str, int]]:
    """The docs of which something is known that gold does not say, and counts of all and of the
    others."""
    counts = Counter(pseudo=0, pseudo_equal_to_gold=0, pseudo_all_unknown=0)
    known: List[_Paragraph] = []
    for place, doc in enumerate(pseudo_docs):
        counts["pseudo"] += 1
        if text_key(doc.text) in gold_texts:
            counts["pseudo_equal_to_gold"] += 1
        elif SOFT in doc.user_data or doc.to_array("ENT_IOB").any():
            known.append(_Paragraph(place, tuple(ent.label_ for ent in doc.ents)))
        else:
            counts["pseudo_all_unknown"] += 1
    return known, counts


def _cap_without_entity(
    paragraphs: Sequence[_Paragraph], ratio: Optional[float], seed: int
) -> List[_Paragraph]:
    """ratio (Optional[float]): At most so many without an entity for each one with; None: all."""
    without = [i for i, paragraph in enumerate(paragraphs) if not paragraph.labels]
    n_with = len(paragraphs) - len(without)
    n_most = len(without) if ratio is None else int(ratio * n_with)
    n_dropped = max(0, len(without) - n_most)
    dropped = set(random.Random(seed).sample(without, n_dropped))
    return [paragraph for i, paragraph in enumerate(paragraphs) if i not in dropped]


def _choose(
    paragraphs: Sequence[_Paragraph], n_most: Optional[int], *, balance: float, seed: int
) -> List[_Paragraph]:
    """n_most (Optional[int]): At most so many; None: all. balance (float): As in `merge_docs`."""
    n_over = 0 if n_most is None else max(0, len(paragraphs) - n_most)
    rng = random.Random(seed)
    if balance and n_over:
        # The highest u^(1/w) with u in [0, 1): drawn without replacement by weight w (Efraimidis
        # and Spirakis 2006).
        weights = rarities([paragraph.labels for paragraph in paragraphs], balance)
        ranks = [rng.random() ** (1.0 / weight) for weight in weights]
        over = set(sorted(range(len(paragraphs)), key=ranks.__getitem__)[:n_over])
    else:
        over = set(rng.sample(range(len(paragraphs)), n_over))
    return [paragraph for i, paragraph in enumerate(paragraphs) if i not in over]


def rarities(paragraphs: Sequence[Sequence[str]], balance: float) -> List[float]:
    """How rare a paragraph's labels are, mean over its entities: 1 for the commonest label, and
    without an entity; (n_commonest / n_label) ** balance for others.

    paragraphs (Sequence[Sequence[str]]): The labels of each one's entities.
    """
    counts = Counter(label for labels in paragraphs for label in labels)
    most = max(counts.values(), default=1)
    weights = {label: (most / n) ** balance for label, n in counts.items()}
    return [
        sum(weights[label] for label in labels) / len(labels) if labels else 1.0
        for labels in paragraphs
    ]


def merge_iteration(corpus_dir: Path, *, iteration: int, settings: Merge) -> Dict[str, Any]:
    """Write `iteration-K/train.spacy` and `iteration-K/_merge.json` in the corpus' folder.

    RAISES (ScinerError): SCINER-E201 or E202 for the two inputs.
    """
    folder = corpus_dir / f"iteration-{iteration}"
    vocab = Vocab()
    docs, report = merge_docs(
        read_docs(corpus_dir / "gold" / "train.spacy", vocab),
        DocFile(folder / "pseudo.spacy", vocab),
        max_all_o_ratio=settings.max_all_o_ratio,
        max_paragraphs=settings.max_paragraphs,
        balance=settings.balance,
        seed=settings.seed,
    )
    write_docs(folder / "train.spacy", docs)
    write_json(folder / "_merge.json", {"iteration": iteration, **report})
    return report
