"""Gold as `convert` reads it: every file, one annotation of each text, divided by paper.

Nothing is written here; `convert` writes what comes out, `sciner check` only tells of it.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from ...errors import Errors, ScinerError
from ...settings import GoldFile
from ...settings.corpora import CALIBRATION, GOLD_SPLITS, PARAGRAPHS
from ..annotated import LLM, Annotated, annotated_to_doc, make_tokenizer
from ..duplicates import Found, compare_extras, one_annotation_each, same_papers, without_leaks
from ..filled import fill_unknown
from ..formats.registry import AnnotatedFile, read_gold
from ..rules import Repairs
from ..settings import CorpusSettings
from ..split import split_papers
from .allowed import refuse_models, refuse_predictions, warn_of_shared_papers

PAPERS_TABLE = "acl-papers.tsv"  # beside the corpora, and watched as they are


@dataclass
class GoldReader:
    """What every gold file of a run is read with, and what was found."""

    folder: Path  # of the corpus
    labels: Optional[Tuple[str, ...]]  # to keep, None for all
    is_gold: bool = True  # False: what a pipeline has predicted is read as well
    tokenizer: Tokenizer = field(default_factory=make_tokenizer)
    repairs: Repairs = field(default_factory=Repairs)
    found: Found = field(default_factory=Found)
    files: List[Dict[str, Any]] = field(default_factory=list)  # for the report
    n_annotations: int = 0
    n_paragraphs: int = 0
    used: List[Annotated] = field(default_factory=list)
    path_of: Dict[Path, str] = field(default_factory=dict)  # the files read, by which `path`
    is_corpus: bool = False  # a corpus of params.yaml, which DVC watches

    def read_list(self, gold_files: Sequence[GoldFile]) -> List[List[Annotated]]:
        """The paragraphs of each. Gold of the pool may be that of a split, as another list."""
        self.path_of.clear()
        return [self.read(gold_file) for gold_file in gold_files]

    def read(self, gold_file: GoldFile) -> List[Annotated]:
        """RAISES (ScinerError): SCINER-E246 for a file that was read before, E568 for predictions,
        E570 for one outside of the corpus' folder; see `read_gold`."""
        by_paragraph = gold_file.papers == PARAGRAPHS
        table = self.folder / gold_file.papers if gold_file.papers and not by_paragraph else None
        if table is not None and table.resolve() != (self.folder.parent / PAPERS_TABLE).resolve():
            self._refuse_outside([str(gold_file.papers)])
        found: AnnotatedFile = read_gold(
            self.folder / gold_file.path,
            file_format=gold_file.format,
            file=gold_file.path,
            repairs=self.repairs,
            papers_path=table,
            are_paragraphs_papers=by_paragraph,
            text_key=gold_file.text_key,
            labels=self.labels,
        )
        self._refuse_twice(gold_file, found.files)
        self._refuse_outside(found.files)
        if self.is_gold:
            refuse_predictions(found.paragraphs, gold_file.path)
        self.n_annotations += sum(len(p.spans) for p in found.paragraphs)
        self.n_paragraphs += len(found.paragraphs)
        self.files.append(self._entry(gold_file, found))
        return found.paragraphs

    def _refuse_twice(self, gold_file: GoldFile, files: Sequence[str]) -> None:
        for name in files:
            path = (self.folder / name).resolve()
            if gold_file.format == "brat":  # which may be named by either of its two files
                path = path.with_suffix("")
            if path in self.path_of:
                both = {"first": self.path_of[path], "second": gold_file.path}
                raise ScinerError(Errors.E246.format(file=name, **both))
            self.path_of[path] = gold_file.path

    def _refuse_outside(self, names: Sequence[str]) -> None:
        """DVC looks at what is in the corpus' folder, and into no linked folder in it."""
        folder = self.folder.resolve()
        for name in names if self.is_corpus else ():
            if not (self.folder / name).parent.resolve().is_relative_to(folder):
                raise ScinerError(Errors.E570.format(file=name, folder=self.folder))

    def _entry(self, gold_file: GoldFile, found: AnnotatedFile) -> Dict[str, Any]:
        entry: Dict[str, Any] = {"file": gold_file.path, "format": gold_file.format}
        if found.scheme is not None:
            entry["scheme"] = found.scheme
        if found.files != [gold_file.path]:
            entry["files"] = len(found.files)
        units = sorted({self.repairs.units[f] for f in found.files if f in self.repairs.units})
        if units:
            entry["offsets"] = "; ".join(units)
        n_papers = len({p.paper for p in found.paragraphs})
        return {**entry, "papers": n_papers, "paragraphs": len(found.paragraphs)}

    def to_dict(self) -> Dict[str, Any]:
        """The report's part: repairs by kind with examples, duplicates, two ways of counting."""
        report: Dict[str, Any] = {
            "annotations": self.n_annotations,
            "annotated_paragraphs": self.n_paragraphs,
            "repairs": self.repairs.to_dict(),
            "duplicates": self.found.to_dict(),
        }
        if self.repairs.rivals:
            report["offsets_in_doubt"] = dict(sorted(self.repairs.rivals.items()))
        return report

    def docs(self, paragraphs: Sequence[Annotated]) -> List[Doc]:
        return self._docs(paragraphs, self.repairs)

    def models(self) -> List[Doc]:
        """What a language model annotated of texts that a person annotated, too."""
        return self._docs([p for p in self.repairs.extras if p.source == LLM], Repairs())

    def _docs(self, paragraphs: Sequence[Annotated], repairs: Repairs) -> List[Doc]:
        asked: Any = {"tokenizer": self.tokenizer, "labels": self.labels, "repairs": repairs}
        docs = (annotated_to_doc(paragraph, **asked) for paragraph in paragraphs)
        return [doc for doc in docs if doc is not None]


@dataclass
class GoldSplits:
    """Gold docs by split (train, dev, test, pool, and calibration if there is such a split) and
    those of `pool_gold`, with what the reader found."""

    docs: Dict[str, List[Doc]]
    pool_gold: List[Doc]
    reader: GoldReader


def read_gold_splits(corpus: CorpusSettings, *, folder: Path, seed: int) -> GoldSplits:
    """Read the gold of a corpus as `convert` does, in the order of the files; nothing is written.

    folder (Path): What the paths of the gold files are relative to.
    seed (int): Of a split by shares.
    RAISES (ScinerError): See `formats`, `split`; SCINER-E209 if a split would be empty,
        SCINER-E245, SCINER-E246, SCINER-E568.
    """
    reader = GoldReader(folder, corpus.labels, is_corpus=True)
    docs = _read_splits(corpus, reader, seed=seed)
    docs["train"] = fill_unknown(docs["train"], reader.models(), found=reader.found)
    pool_gold = _one_each(reader.read_list(corpus.pool_gold), reader)
    compare_extras(reader.used, reader.repairs.extras, found=reader.found)
    return GoldSplits(docs, reader.docs([p for some in pool_gold for p in some]), reader)


def refuse_without_entities(read: GoldSplits, corpus: CorpusSettings) -> None:
    """RAISES (ScinerError): SCINER-E567 if train has gold and no entity in it, with what the gold
    has instead. A review may begin with such gold; a training may not."""
    docs = read.docs["train"]
    if not docs or any(doc.ents for doc in docs):
        return
    unknown: Any = read.reader.repairs.to_dict().get("unknown-label")
    others = ""
    if unknown:
        examples = "; ".join(example["text"] for example in unknown["examples"][:3])
        others = f" (all of the gold has {unknown['count']} of other labels: {examples})"
    told = {"labels": ", ".join(corpus.labels), "n": len(docs), "others": others}
    raise ScinerError(Errors.E567.format(corpus=corpus.name, **told))


def _read_splits(corpus: CorpusSettings, reader: GoldReader, *, seed: int) -> Dict[str, List[Doc]]:
    read = _read_sets(corpus, reader)
    divided: Dict[Tuple[str, ...], List[Annotated]] = {}
    for gold_file, paragraphs in read:
        if not isinstance(gold_file.split, str):
            divided.setdefault(_into(gold_file, corpus), []).extend(paragraphs)
    split_of = {
        into: _divide(paragraphs, into, corpus, reader.found, seed=seed)
        for into, paragraphs in divided.items()
    }
    splits = (*GOLD_SPLITS, CALIBRATION, "pool")
    gold: Dict[str, List[Annotated]] = {split: [] for split in splits}
    for gold_file, paragraphs in read:
        for paragraph in paragraphs:
            if isinstance(gold_file.split, str):
                gold[gold_file.split].append(paragraph)
            else:
                gold[split_of[_into(gold_file, corpus)][paragraph.paper]].append(paragraph)
    if not gold[CALIBRATION]:
        del gold[CALIBRATION]
    gold["train"] = _one_each_of_sets(gold["train"], read, reader)
    warn_of_shared_papers(gold)
    kept = without_leaks(gold, repairs=reader.repairs, found=reader.found)
    docs = {split: reader.docs(paragraphs) for split, paragraphs in kept.items()}
    refuse_models(kept)
    for split in GOLD_SPLITS if corpus.gold else ():
        if not docs[split]:
            reason = "they have no text"
            if not gold[split]:
                reason = "no gold file has such paragraphs"
            elif not kept[split]:
                reason = "all its texts are in dev, test or calibration too"
            raise ScinerError(Errors.E209.format(split=split, corpus=corpus.name, reason=reason))
    return docs


def _read_sets(
    corpus: CorpusSettings, reader: GoldReader
) -> List[Tuple[GoldFile, List[Annotated]]]:
    """The gold files with their paragraphs; those that go to the same splits are one set, in which
    each text has one annotation."""
    read = reader.read_list(corpus.gold)
    sets: Dict[Union[str, Tuple[str, ...]], List[int]] = {}
    for i, gold_file in enumerate(corpus.gold):
        sets.setdefault(gold_file.split, []).append(i)
    kept: Dict[int, List[Annotated]] = {}
    for members in sets.values():
        kept.update(zip(members, _one_each([read[i] for i in members], reader), strict=True))
    return [(gold_file, kept[i]) for i, gold_file in enumerate(corpus.gold)]


def _one_each(read: Sequence[List[Annotated]], reader: GoldReader) -> List[List[Annotated]]:
    """The same lists without second annotations."""
    every = [paragraph for some in read for paragraph in some]
    kept = one_annotation_each(every, repairs=reader.repairs, found=reader.found)
    reader.used += kept
    left = {id(paragraph) for paragraph in kept}
    return [[p for p in some if id(p) in left] for some in read]


def _one_each_of_sets(
    train: List[Annotated],
    read: Sequence[Tuple[GoldFile, List[Annotated]]],
    reader: GoldReader,
) -> List[Annotated]:
    """Train without second annotations that came by another set, as a language model's file with
    `split: train` beside gold that is divided."""
    set_of = {id(p): gold_file.split for gold_file, some in read for p in some}
    repairs, found = reader.repairs, reader.found
    kept = one_annotation_each(train, repairs=repairs, found=found, set_of=set_of)
    aside = set(map(id, train)) - set(map(id, kept))
    reader.used = [p for p in reader.used if id(p) not in aside]
    return kept


def _divide(
    paragraphs: Sequence[Annotated],
    into: Tuple[str, ...],
    corpus: CorpusSettings,
    found: Found,
    *,
    seed: int,
) -> Dict[str, str]:
    """The split of each paper; one that has the whole text of another goes with that."""
    papers = sorted({p.paper for p in paragraphs})
    lists = [papers for papers in corpus.split.values() if not isinstance(papers, (int, float))]
    named = {paper for some in lists for paper in some}
    other_of = {p: o for p, o in same_papers(paragraphs, named).items() if p not in named}
    split_of = split_papers(
        [paper for paper in papers if paper not in other_of],
        into=into,
        shares=corpus.split,
        seed=seed,
        corpus=corpus.name,
    )
    found.same_papers.update(other_of)
    return {**split_of, **{paper: split_of[other] for paper, other in other_of.items()}}


def _into(gold_file: GoldFile, corpus: CorpusSettings) -> Tuple[str, ...]:
    """What a file's papers are divided into: `calibration` papers, if any, come out of train's."""
    into = tuple(gold_file.split)
    wanted = CALIBRATION in corpus.split and "train" in into and CALIBRATION not in into
    return (*into, CALIBRATION) if wanted else into
