"""The pool: paragraphs of parsed papers that may be annotated by machine.

No paper of the gold is in it, none that shares text with one (of annotated pool papers apart), no
paragraph twice, and none that is in the gold already, is a part of a paragraph that is held out, or
has one in it.
A paper of which only paragraphs were annotated for training, by a language model or in review,
stays without these.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Collection, Dict, Iterable, List, Mapping, Optional, Sequence, Set
from unicodedata import normalize

from spacy.tokens import Doc

from ..errors import Errors, ScinerError
from ..types import Paragraph
from .annotated import LLM
from .contained import Contained
from .counterparts import without_counterpart
from .formats.sniff import mend
from .text import ngrams, text_key, words_of

# The last to claim a run of words is named in the report: what is held out, before train.
GOLD = ("train", "dev", "test", "calibration")
HELD_OUT = ("dev", "test", "calibration")
IN_EXCLUDED_PAPER = "in an excluded paper"  # why a paragraph is left out


@dataclass(frozen=True)
class PoolParagraph:
    """A paragraph of the pool; with its gold doc if it comes from an annotated file."""

    paper: str
    paragraph: int
    section: str
    text: str
    gold_doc: Optional[Doc] = None


@dataclass
class Pool:
    """What is left, sorted by paper and paragraph, and what was left out and why."""

    paragraphs: List[PoolParagraph]
    excluded_papers: List[Dict[str, str]] = field(default_factory=list)  # paper, reason
    dropped: Counter[str] = field(default_factory=Counter)  # paragraphs by reason
    # Names in `exclude` of no paper, each with the nearest that is one.
    exclude_unknown: List[Dict[str, Optional[str]]] = field(default_factory=list)

    def papers(self) -> Set[str]:
        return {paragraph.paper for paragraph in self.paragraphs}


def read_parsed(folder: Path) -> List[PoolParagraph]:
    """Every paragraph of `data/parsed/*.jsonl`, or of one such file; none if there is no folder.

    RAISES (ScinerError): SCINER-E214 for a line that is not a paragraph.
    """
    paragraphs = []
    for path in [folder] if folder.is_file() else sorted(folder.glob("*.jsonl")):
        lines = path.read_text(encoding="utf8").split("\n")
        for n, line in enumerate(lines, start=1):
            if line.strip():
                p = _parse(line, path, n)
                paragraphs.append(
                    PoolParagraph(p["paper"], p["paragraph"], p["section"], p["text"])
                )
    return paragraphs


def select_pool(
    paragraphs: Iterable[PoolParagraph],
    *,
    gold: Mapping[str, Sequence[Doc]],
    exclude: Collection[str],
    overlap_ngrams: int,
    overlap_min: int,
    min_words: int,
) -> Pool:
    """Leave out what must not be in the pool.

    gold (Mapping[str, Sequence[Doc]]): Gold docs by split.
    exclude (Collection[str]): Papers that the user wants out.
    overlap_ngrams (int): Words in a run that counts as shared.
    overlap_min (int): A paper with so many different runs of a gold paper is left out.
    min_words (int): Paragraphs with fewer words are left out.
    """
    by_paper: Dict[str, List[PoolParagraph]] = {}
    for paragraph in sorted(paragraphs, key=lambda p: (p.paper, p.paragraph)):
        by_paper.setdefault(paragraph.paper, []).append(paragraph)
    known = _Gold.of(gold, overlap_ngrams)
    excluded = {normalize("NFC", name) for name in exclude}  # as papers' names are
    pool = Pool([], exclude_unknown=without_counterpart(excluded, {*by_paper, *known.papers}))
    seen: Set[str] = set()
    for paper, its_paragraphs in by_paper.items():
        if paper in excluded:
            reason: Optional[str] = "named in `exclude`"
        elif paper in known.papers:
            reason = f"gold {known.papers[paper]} paper"
        else:
            reason = _overlap(its_paragraphs, known.ngrams, overlap_ngrams, overlap_min)
        if reason is not None:
            pool.excluded_papers.append({"paper": paper, "reason": reason})
            pool.dropped[IN_EXCLUDED_PAPER] += len(its_paragraphs)
            continue
        for paragraph in its_paragraphs:
            key = text_key(paragraph.text)
            reason = _reason_to_drop(paragraph.text, key, known, seen, min_words=min_words)
            if reason is not None:
                pool.dropped[reason] += 1
            else:
                seen.add(key)
                pool.paragraphs.append(paragraph)
    return pool


@dataclass(frozen=True)
class _Gold:
    """What the pool is held against."""

    papers: Dict[str, str]  # the split of each that was annotated whole
    ngrams: Dict[str, str]  # each run of words of these, with where it is from
    texts: Dict[str, str]  # the first split of each `text_key`
    held_out: Dict[str, Contained]  # by split

    @classmethod
    def of(cls, gold: Mapping[str, Sequence[Doc]], n: int) -> "_Gold":
        """n (int): Words in a run."""
        own = {s: [d for d in docs if s != "train" or not is_alone(d)] for s, docs in gold.items()}
        papers = {doc.user_data["paper"]: split for split, docs in own.items() for doc in docs}
        texts: Dict[str, str] = {}
        for split, docs in gold.items():
            for doc in docs:
                texts.setdefault(text_key(doc.text), split)
        held_out = {split: Contained(doc.text for doc in gold.get(split, ())) for split in HELD_OUT}
        return cls(papers, _gold_ngrams(own, n), texts, held_out)


def _reason_to_drop(
    text: str, key: str, gold: _Gold, seen: Set[str], *, min_words: int
) -> Optional[str]:
    """Why a paragraph must not be in the pool, None if it may.

    key (str): Its `text_key`.
    seen (Set[str]): Those of the pool's paragraphs so far.
    """
    if not text.strip() or len(words_of(text)) < min_words:
        return "shorter than min_words"
    if key in gold.texts:
        return f"equals a gold {gold.texts[key]} paragraph"
    if of := [split for split in HELD_OUT if gold.held_out[split].hold(text)]:
        return f"part of a gold {of[0]} paragraph"
    if of := [split for split in HELD_OUT if gold.held_out[split].are_in(text)]:
        return f"has a gold {of[0]} paragraph in it"
    return "equals an earlier pool paragraph" if key in seen else None


def _gold_ngrams(gold: Mapping[str, Sequence[Doc]], n: int) -> Dict[str, str]:
    """Each run of n words of a gold paper, with where it is from."""
    words: Dict[str, List[str]] = {}
    for split in GOLD:
        for doc in gold.get(split, ()):
            # Across paragraphs: the pool may be cut into other ones.
            name = f"{split} paper {doc.user_data['paper']}"
            words.setdefault(name, []).extend(words_of(doc.text))
    return {ngram: name for name in words for ngram in ngrams(words[name], n)}


def _overlap(
    paragraphs: Sequence[PoolParagraph], gold_ngrams: Mapping[str, str], n: int, least: int
) -> Optional[str]:
    words = [word for paragraph in paragraphs for word in words_of(paragraph.text)]
    shared = Counter(gold_ngrams[ngram] for ngram in set(ngrams(words, n)) if ngram in gold_ngrams)
    if sum(shared.values()) < least:
        return None
    name, count = min(shared.items(), key=lambda item: (-item[1], item[0]))
    return f"shares {count} runs of {n} words with {name}"


def is_alone(doc: Doc) -> bool:
    """Whether a train paragraph was annotated without its paper: by a language model, or by a
    person in review. Then the paper's other paragraphs stay in the pool."""
    return bool(doc.user_data.get("source") == LLM or doc.user_data.get("of_pool"))


def _parse(line: str, path: Path, n: int) -> Paragraph:
    try:
        record = json.loads(line)
        paper, paragraph, text = record["paper"], record["paragraph"], record["text"]
    except (ValueError, KeyError, TypeError) as e:
        raise ScinerError(Errors.E214.format(path=path, line=n, reason=repr(e))) from e
    if not (isinstance(paper, str) and type(paragraph) is int and isinstance(text, str)):
        reason = "paper and text must be strings, paragraph a whole number"
        raise ScinerError(Errors.E214.format(path=path, line=n, reason=reason))
    if mend(record)[1]:
        reason = "half of a character alone, such as \\ud835, which no text can have"
        raise ScinerError(Errors.E214.format(path=path, line=n, reason=reason))
    section = str(record.get("section") or "")
    return {"paper": paper, "paragraph": paragraph, "section": section, "text": text}
