"""Gold as `convert` would read it, as a report that nothing is written of."""

from copy import deepcopy
from pathlib import Path
from typing import Any, Collection, Dict, List, Mapping, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ..errors import ScinerError
from ..settings import GoldFile, Settings
from .annotated import Annotated
from .convert import Counts, by_paper, pool_of
from .counterparts import counterparts
from .duplicates import compare_extras, one_annotation_each
from .pool import IN_EXCLUDED_PAPER, PoolParagraph
from .settings import CorpusSettings
from .splits.gold import GoldReader, read_gold_splits, refuse_without_entities

GIVEN = "train"  # the split, in a report, of files that have none


def check_corpus(
    name: str, *, settings: Settings, assets: Path, parsed: Sequence[PoolParagraph]
) -> Dict[str, Any]:
    """The report that `convert` would write of a corpus.

    parsed (Sequence[PoolParagraph]): What the parse stage would make of its papers.
    RAISES (ScinerError): What `convert` raises.
    """
    corpus = CorpusSettings.of(settings, name, labels_path=assets / "labels.yaml")
    read = read_gold_splits(corpus, folder=assets / name, seed=settings.convert.seed)
    refuse_without_entities(read, corpus)
    pool = pool_of(read, parsed, corpus=corpus, convert=settings.convert)
    gold = {split: docs for split, docs in read.docs.items() if split != "pool"}
    pairs = counterparts(
        gold,
        by_paper(read.pool_gold),
        parsed={p.paper for p in parsed},
        pool={p.paper for p in pool.paragraphs},
    )
    report = _report(gold, corpus.labels, read.reader)
    return {
        **report,
        "counterparts": pairs,
        "pool": {
            "papers": len({p.paper for p in pool.paragraphs}),
            "paragraphs": len(pool.paragraphs),
        },
        "excluded_papers": pool.excluded_papers,
        "exclude_unknown": pool.exclude_unknown,
        "dropped_paragraphs": dict(sorted(pool.dropped.items())),
    }


def refused_files(name: str, *, settings: Settings, assets: Path) -> List[ScinerError]:
    """What is wrong with each gold file of a corpus that `convert` refuses to read: all of them,
    where `check_corpus` names the first."""
    corpus = CorpusSettings.of(settings, name, labels_path=assets / "labels.yaml")
    refused: List[ScinerError] = []
    for gold_files in (corpus.gold, corpus.pool_gold):
        _read_each(GoldReader(assets / name, corpus.labels, is_corpus=True), gold_files, refused)
    return refused


def _read_each(
    reader: GoldReader, files: Sequence[GoldFile], refused: List[ScinerError]
) -> List[Annotated]:
    """The paragraphs of the files that can be read; of the others nothing is left in the reader."""
    paragraphs: List[Annotated] = []
    for gold_file in files:
        before = deepcopy(reader.repairs)
        try:
            paragraphs += reader.read(gold_file)
        except ScinerError as e:
            reader.repairs = before
            refused.append(e)
    return paragraphs


def check_files(
    files: Sequence[Tuple[Path, str]],
    *,
    labels: Optional[Collection[str]],
    papers: Collection[str],
    refused: List[ScinerError],
) -> Dict[str, Any]:
    """A report of gold files without a corpus: one set, that is not divided; {} without any.

    files (Sequence[Tuple[Path, str]]): Files or folders with their formats.
    labels (Optional[Collection[str]]): Labels that are known, None for all.
    papers (Collection[str]): Ids of parsed papers that the gold belongs to; none for no comparison.
    refused (List[ScinerError]): Gets what is wrong with files that cannot be read; the report is
        of the others.
    """
    reader = GoldReader(Path(), None if labels is None else tuple(labels))
    gold_files = [GoldFile(path=str(path), format=file_format) for path, file_format in files]
    paragraphs = _read_each(reader, gold_files, refused)
    if not paragraphs:
        return {}
    kept = one_annotation_each(paragraphs, repairs=reader.repairs, found=reader.found)
    compare_extras(kept, reader.repairs.extras, found=reader.found)
    gold = {GIVEN: reader.docs(kept)}
    found = sorted({ent.label_ for doc in gold[GIVEN] for ent in doc.ents})
    report = _report(gold, found if labels is None else list(labels), reader)
    return {**report, "counterparts": counterparts(gold, {}, parsed=papers, pool=())}


def _report(
    gold: Mapping[str, Sequence[Doc]], labels: Sequence[str], reader: GoldReader
) -> Dict[str, Any]:
    counts = {split: Counts(labels) for split in gold}
    for split, docs in gold.items():
        for _ in counts[split].seen(docs):
            pass
    return {
        "labels": list(labels),
        "files": reader.files,
        "splits": {split: seen.to_dict() for split, seen in counts.items()},
        **reader.to_dict(),
    }


def report_lines(report: Dict[str, Any]) -> List[str]:
    """Files, splits, labels and repairs, for the screen."""
    lines = []
    for entry in report["files"]:
        scheme = f", {entry['scheme']}" if "scheme" in entry else ""
        unit = entry.get("offsets", "code points")
        offsets = "" if entry["format"] in ("conll", "spacy") else f", offsets in {unit}"
        lines.append(
            f"gold {entry['file']}: {entry['format']}{scheme}, {entry['papers']} papers, "
            f"{entry['paragraphs']} paragraphs{offsets}"
        )
    for split, n in report["splits"].items():
        name = split if "pool" in report else "all"  # files without a corpus are not divided
        types = ", ".join(f"{label} {count}" for label, count in n["types"].items())
        lines.append(
            f"{name}: {n['papers']} papers, {n['paragraphs']} paragraphs, {n['tokens']} tokens "
            f"({n['unknown_tokens']} unknown), {n['entities']} entities: {types or 'none'}"
        )
    if pool := report.get("pool"):
        lines.append(f"pool: {pool['papers']} papers, {pool['paragraphs']} paragraphs")
    reasons: Dict[str, List[str]] = {}
    for excluded in report.get("excluded_papers", ()):
        reasons.setdefault(excluded["reason"], []).append(excluded["paper"])
    for reason, papers in reasons.items():
        lines.append(f"not in the pool: {', '.join(papers)}: {reason}")
    for reason, n in report.get("dropped_paragraphs", {}).items():
        if reasons and reason == IN_EXCLUDED_PAPER:
            reason = "those of the papers above"
        lines.append(f"not in the pool: {n} paragraphs, {reason}")
    for rule, repair in report["repairs"].items():
        lines.append(f"{rule}: {repair['count']}")
        for example in repair["examples"][:3]:
            where = " ".join(str(example[key]) for key in ("file", "paragraph") if example[key])
            lines.append(f"  {where}: {example['text']!r}")
    return lines
