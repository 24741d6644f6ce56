"""A file of concepts from several sources, without the text that anything is measured on."""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from spacy.tokens import Doc

from ..corpus.annotated import make_vocab
from ..corpus.convert import check_converted
from ..corpus.docbin import read_docs
from ..corpus.pool import GOLD, PoolParagraph, select_pool
from ..corpus.settings import CorpusSettings, load_labels
from ..corpus.splits.gold import read_gold_splits
from ..errors import Errors, ScinerError
from ..settings import Settings
from .concepts import Entity, Source, of_candidates, of_definitions, of_labels

LABELLED, DEFINITIONS, CANDIDATES = "gold:", "abbreviations", "candidates"
SOURCES = (f"{LABELLED}CORPUS", DEFINITIONS, CANDIDATES)
HELD_OUT = GOLD[1:]  # all but train


class Found(NamedTuple):
    """A mention, and which source it is of."""

    source: str
    entity: Entity


@dataclass
class Gathered:
    """Texts, each once, with all their mentions; in the order of the sources.

    left_out (Dict[str, Counter[str]]): Of each source, by reason.
    compared (List[str]): The held-out splits that texts were compared with.
    """

    texts: Dict[str, List[Found]] = field(default_factory=dict)
    places: Dict[str, Tuple[str, Any]] = field(default_factory=dict)  # paper, paragraph
    left_out: Dict[str, Counter[str]] = field(default_factory=dict)
    compared: List[str] = field(default_factory=list)

    def add(self, name: str, source: Source) -> None:
        self.left_out[name].update(source.left_out)
        for doc, text, entities in source.lines:
            own = self.texts.setdefault(text, [])
            self.places.setdefault(text, (doc.user_data["paper"], doc.user_data["paragraph"]))
            there = {found.entity[:2] for found in own}
            own += [Found(name, entity) for entity in entities if entity[:2] not in there]

    def draw(self, n: int, *, seed: int) -> None:
        """Keep n texts at most, 0: all. A larger n keeps the same and more."""
        order = list(self.texts)
        random.Random(seed).shuffle(order)
        kept = set(order[: n or None])
        self.texts = {text: found for text, found in self.texts.items() if text in kept}

    def to_jsonl(self) -> str:
        lines = []
        for text, found in self.texts.items():
            paper, paragraph = self.places[text]
            entities = [one.entity if one.entity[2] else one.entity[:2] for one in found]
            record = {"text": text, "entities": entities, "paper": paper, "paragraph": paragraph}
            record["source"] = "+".join(dict.fromkeys(one.source for one in found))
            lines.append(json.dumps(record, ensure_ascii=False) + "\n")
        return "".join(lines)

    def rows(self) -> List[List[str]]:
        """A table: of each source, its texts, mentions (each once in a text) and concepts."""
        rows = [["source", "texts", "mentions", "concepts"]]
        every = [(text, one) for text, found in self.texts.items() for one in found]
        for name in self.left_out:
            rows.append(_row(name, [(text, one) for text, one in every if one.source == name]))
        return [*rows, _row("all", every)]

    def left_out_lines(self) -> List[str]:
        """What was left out of each source, by reason."""
        told = {
            name: ", ".join(f"{reason} {n}" for reason, n in sorted(some.items()) if n)
            for name, some in self.left_out.items()
        }
        return [f"{name}, left out: {reasons or 'nothing'}" for name, reasons in told.items()]


def _row(name: str, found: Sequence[Tuple[str, Found]]) -> List[str]:
    texts, concepts = {text for text, _ in found}, {one.entity[1] for _, one in found}
    return [name, *map(str, (len(texts), len(found), len(concepts)))]


def gather_concepts(
    sources: Sequence[str], *, settings: Settings, n: int, seed: int, root: Path = Path()
) -> Gathered:
    """Mentions with concepts of each source.

    What has the id of a dev, test or calibration paper of the corpus, or shares text with one by
    `convert`'s rule, is left out.

    sources (Sequence[str]): Of SOURCES.
    n (int): Texts at most; 0: all. seed (int): Of that choice, and of the mining of candidates.
    root (Path): The project's folder.
    RAISES (ScinerError): SCINER-E524 for another source, SCINER-E525 for the corpus under test,
        SCINER-E526 without any mention, SCINER-E529 if corpus/gold is another corpus'; what
        reading gold, the pool and mining raise.
    """
    for source in sources:
        _check(source, settings)
    check_converted(settings, root=root)
    vocab = make_vocab()
    folder = root / "corpus/gold"
    gold = {s: read_docs(folder / f"{s}.spacy", vocab) for s in GOLD if _is_there(folder, s)}
    held_out = {split: docs for split, docs in gold.items() if split in HELD_OUT}
    gathered = Gathered(compared=list(held_out))
    pool: List[Doc] = []
    if not all(source.startswith(LABELLED) for source in sources):
        pool = read_docs(root / "corpus/pool.spacy", vocab)
    for source in dict.fromkeys(sources):
        left_out = gathered.left_out[source] = Counter()
        if source.startswith(LABELLED):
            corpus = source[len(LABELLED) :]
            docs, meanings = _labelled(corpus, settings, root / "assets")
            docs = _apart(docs, held_out, settings, left_out)
            gathered.add(source, of_labels(docs, meanings))
            continue
        docs = _apart(pool, held_out, settings, left_out)
        if source == DEFINITIONS:
            gathered.add(source, of_definitions(docs))
        else:
            gathered.add(source, of_candidates(docs, gold.get("train", []), seed=seed))
    gathered.draw(n, seed=seed)
    if not gathered.texts:
        raise ScinerError(
            Errors.E526.format(
                sources=", ".join(sources), left_out="; ".join(gathered.left_out_lines())
            )
        )
    return gathered


def _check(source: str, settings: Settings) -> None:
    if source in (DEFINITIONS, CANDIDATES):
        return
    corpus = source[len(LABELLED) :]
    if not source.startswith(LABELLED) or not corpus:
        raise ScinerError(Errors.E524.format(source=source, known=", ".join(SOURCES)))
    if corpus == settings.corpus:
        raise ScinerError(Errors.E525.format(corpus=corpus))


def _is_there(folder: Path, split: str) -> bool:
    return (folder / f"{split}.spacy").exists()


def _labelled(corpus: str, settings: Settings, assets: Path) -> Tuple[List[Doc], Mapping[str, str]]:
    """What a corpus has annotated for training and as pool, and the meanings of labels."""
    path = assets / "labels.yaml"
    own = CorpusSettings.of(settings, corpus, labels_path=path)
    read = read_gold_splits(own, folder=assets / corpus, seed=settings.convert.seed)
    labels = load_labels(path) if path.is_file() else {}
    meanings = {label: meaning or "" for label, meaning in labels.items()}
    return [*read.docs["train"], *read.docs["pool"]], meanings


def _apart(
    docs: Iterable[Doc],
    held_out: Mapping[str, Sequence[Doc]],
    settings: Settings,
    left_out: Counter[str],
) -> List[Doc]:
    """The docs that share nothing with what is measured on, by paper and paragraph."""
    convert = settings.convert
    paragraphs = []
    for i, doc in enumerate(docs):
        place = doc.user_data
        place.setdefault("paper", "")
        number = place.setdefault("paragraph", i)
        paragraphs.append(PoolParagraph(str(place["paper"]), number, "", doc.text, doc))
    selected = select_pool(
        paragraphs,
        gold=held_out,
        exclude=settings.corpus_of(settings.corpus).exclude,
        overlap_ngrams=convert.overlap_ngrams,
        overlap_min=convert.overlap_min,
        min_words=convert.min_words,
    )
    left_out.update(selected.dropped)
    return [one.gold_doc for one in selected.paragraphs if one.gold_doc is not None]
