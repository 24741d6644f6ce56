"""The convert stage: annotation files and parsed papers to DocBins, split by paper."""

import warnings
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Set, Tuple

from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from ..errors import Errors, ScinerError, ScinerWarning, Warnings
from ..files import progress, read_json, remove, write_json
from ..settings import Settings
from ..settings.corpora import CALIBRATION
from ..settings.tree import Convert
from .counterparts import counterparts
from .docbin import DocFile, write_docs
from .pool import Pool, PoolParagraph, read_parsed, select_pool
from .projection import project_paper, with_tags
from .reader import iob_tags, words_and_spaces
from .settings import CorpusSettings
from .splits.gold import GoldSplits, read_gold_splits, refuse_without_entities


def convert_corpus(
    name: str, *, settings: Settings, assets: Path, parsed: Path, out: Path
) -> Dict[str, Any]:
    """Write `gold/{train,dev,test}.spacy`, `pool.spacy`, `pool_gold.spacy` and `_report.json`.

    `gold/calibration.spacy` too, if the corpus has such a split; else it is removed.

    name (str): The corpus, an entry of section `corpora`.
    assets (Path): Folder with `labels.yaml` and a folder per corpus.
    parsed (Path): Folder of the parse stage; the pool.
    RETURNS (Dict[str, Any]): The report.
    RAISES (ScinerError): See `settings`, `formats`, `split` and `pool`.
    """
    convert = settings.convert
    corpus = CorpusSettings.of(settings, name, labels_path=assets / "labels.yaml")
    read = read_gold_splits(corpus, folder=assets / name, seed=convert.seed)
    refuse_without_entities(read, corpus)
    reader, gold = read.reader, {s: docs for s, docs in read.docs.items() if s != "pool"}
    parsed_papers = read_parsed(parsed)
    pool = pool_of(read, parsed_papers, corpus=corpus, convert=convert)
    if not pool.paragraphs:
        warnings.warn(Warnings.W202.format(parsed=parsed), ScinerWarning, stacklevel=2)
    projected = by_paper(read.pool_gold)
    counts = {split: Counts(corpus.labels) for split in (*gold, "pool", "pool_gold")}
    _write_gold(out / "gold", gold, counts)
    # The pool may be more than memory holds as docs: they are written, and read, one by one.
    written = _write_pool(out / "pool.spacy", pool, reader.tokenizer, counts["pool"])
    projection = _write_pool_gold(
        out / "pool_gold.spacy", pool, written, projected, counts["pool_gold"]
    )
    report = {
        "corpus": name,
        "labels": list(corpus.labels),
        "files": reader.files,
        "splits": {split: seen.to_dict() for split, seen in counts.items()},
        "papers": {s: list(dict.fromkeys(d.user_data["paper"] for d in gold[s])) for s in gold},
        **reader.to_dict(),
        "counterparts": counterparts(
            gold, projected, parsed={p.paper for p in parsed_papers}, pool=pool.papers()
        ),
        "excluded_papers": pool.excluded_papers,
        "exclude_unknown": pool.exclude_unknown,
        "dropped_paragraphs": dict(sorted(pool.dropped.items())),
        "projection": projection,
    }
    write_json(out / "_report.json", report)
    return report


def pool_of(
    read: GoldSplits,
    parsed: Sequence[PoolParagraph],
    *,
    corpus: CorpusSettings,
    convert: Convert,
) -> Pool:
    """The pool of a corpus: its annotated text and the parsed papers, but for what is left out."""
    annotated = [_pool_paragraph(doc) for doc in read.docs["pool"]]
    return select_pool(
        [*annotated, *_new_papers(parsed, annotated)],
        gold={split: docs for split, docs in read.docs.items() if split != "pool"},
        exclude=corpus.exclude,
        overlap_ngrams=convert.overlap_ngrams,
        overlap_min=convert.overlap_min,
        min_words=convert.min_words,
    )


def _write_gold(folder: Path, gold: Dict[str, List[Doc]], counts: Dict[str, "Counts"]) -> None:
    for split, docs in gold.items():
        write_docs(folder / f"{split}.spacy", counts[split].seen(docs))
    if CALIBRATION not in gold:
        remove(folder / f"{CALIBRATION}.spacy")


def _write_pool(path: Path, pool: Pool, tokenizer: Tokenizer, counts: "Counts") -> DocFile:
    paragraphs = progress(pool.paragraphs, description="pool")
    docs = (_pool_doc(paragraph, tokenizer) for paragraph in paragraphs)
    write_docs(path, counts.seen(docs))
    return DocFile(path, tokenizer.vocab)


def _write_pool_gold(
    path: Path, pool: Pool, written: DocFile, projected: Dict[str, List[Doc]], counts: "Counts"
) -> Dict[str, int]:
    """The pool's docs with the gold that there is of them; RETURNS what became of `projected`."""
    pool_gold, projection = _gold_of_pool(pool, written, projected)
    docs = (
        pool_gold[i] if i in pool_gold else with_tags(doc, [None] * len(doc))
        for i, doc in enumerate(written)
    )
    write_docs(path, counts.seen(docs))
    return projection


def _pool_paragraph(doc: Doc) -> PoolParagraph:
    place = doc.user_data
    return PoolParagraph(place["paper"], place["paragraph"], place["section"], doc.text, doc)


def _new_papers(
    parsed: Sequence[PoolParagraph], annotated: Sequence[PoolParagraph]
) -> List[PoolParagraph]:
    """Parsed papers, but for those whose annotated text is in the pool."""
    there = {p.paper for p in annotated}
    return [p for p in parsed if p.paper not in there]


def _pool_doc(paragraph: PoolParagraph, tokenizer: Tokenizer) -> Doc:
    """Without entities: every token is unknown."""
    if paragraph.gold_doc is None:
        doc = tokenizer(paragraph.text)
    else:
        words, spaces = words_and_spaces(paragraph.gold_doc)
        doc = Doc(tokenizer.vocab, words=words, spaces=spaces)
    doc.user_data["paper"] = paragraph.paper
    doc.user_data["paragraph"] = paragraph.paragraph
    doc.user_data["section"] = paragraph.section
    doc.user_data["source"] = "pool"
    return doc


def by_paper(docs: Iterable[Doc]) -> Dict[str, List[Doc]]:
    found: Dict[str, List[Doc]] = {}
    for doc in docs:
        found.setdefault(doc.user_data["paper"], []).append(doc)
    return found


def _gold_of_pool(
    pool: Pool, pool_docs: Iterable[Doc], gold_docs: Dict[str, List[Doc]]
) -> Tuple[Dict[int, Doc], Dict[str, int]]:
    """Those pool docs, by their place, for which there is gold, with it, and what became of the
    gold of `pool_gold`."""
    by_paper: Dict[str, List[int]] = {}
    for i, paragraph in enumerate(pool.paragraphs):
        by_paper.setdefault(paragraph.paper, []).append(i)
    wanted = {
        i
        for paper, indices in by_paper.items()
        if paper in gold_docs or pool.paragraphs[indices[0]].gold_doc is not None
        for i in indices
    }
    docs = {i: doc for i, doc in enumerate(pool_docs) if i in wanted}
    counts = Counter(projected=0, lost=0, papers=0, papers_not_in_pool=0)
    counts["papers_not_in_pool"] = len(set(gold_docs) - set(by_paper))
    for paper, indices in by_paper.items():
        if indices[0] not in wanted:
            continue
        own = [pool.paragraphs[i].gold_doc for i in indices]
        if own[0] is not None:  # the pool's text is the annotated text
            result = [
                with_tags(docs[i], iob_tags(doc))
                for i, doc in zip(indices, own, strict=True)
                if doc is not None
            ]
        else:
            result, n_projected, n_lost = project_paper(
                gold_docs[paper], [docs[i] for i in indices]
            )
            counts.update(projected=n_projected, lost=n_lost, papers=1)
        docs.update(zip(indices, result, strict=True))
    return docs, dict(counts)


def check_converted(settings: Settings, *, root: Path) -> None:
    """Whether corpus/ is that of the corpus in the settings, so far as it can be told.

    root (Path): The project's folder.
    RAISES (ScinerError): SCINER-E529.
    """
    path = root / "corpus/_report.json"
    if path.is_file():
        found = read_json(path).get("corpus")
        if found != settings.corpus:
            raise ScinerError(Errors.E529.format(found=found, corpus=settings.corpus))


class Counts:
    """Counts docs as they go by."""

    def __init__(self, labels: Sequence[str]):
        self.labels = labels
        self.papers: Set[str] = set()
        self.types: Counter[str] = Counter()
        self.n_docs = self.n_tokens = self.n_unknown = 0

    def seen(self, docs: Iterable[Doc]) -> Iterator[Doc]:
        for doc in docs:
            self.papers.add(doc.user_data["paper"])
            self.types.update(ent.label_ for ent in doc.ents)
            self.n_docs += 1
            self.n_tokens += len(doc)
            self.n_unknown += int((doc.to_array("ENT_IOB") == 0).sum())
            yield doc

    def to_dict(self) -> Dict[str, Any]:
        return {
            "papers": len(self.papers),
            "paragraphs": self.n_docs,
            "tokens": self.n_tokens,
            "unknown_tokens": self.n_unknown,
            "entities": sum(self.types.values()),
            "types": {label: self.types[label] for label in self.labels},
        }
