"""Texts with freely named concepts instead of a fixed set of labels, for concept pre-training.

JSON lines `{"text": …, "entities": [["mention", "concept", "description"], …]}`, as a language
model answers (`sciner annotate-llm --open`); it gives no offsets, so a mention stands wherever its
very words do. What cannot be used is left out and counted.
SOURCE: arXiv 2402.15343, section 3.
"""

import gzip
import re
import zlib
from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from ..errors import Errors, ScinerError
from .formats.sniff import load_json, mend

MAX_MENTION_WORDS = 10  # a longer one is a clause
MAX_CONCEPT_WORDS = 6  # a longer one is a description
SUFFIXES = (".jsonl", ".jsonl.gz")
_GZIP = b"\x1f\x8b"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WIDE = re.compile(r"\s\s|[^\S ]")  # white space that is no single blank: few texts have it
_PARTING = re.compile(r"[\s_\-/]+")


class ConceptText(NamedTuple):
    text: str
    mentions: List[Tuple[int, int, str]]  # [start, end) characters, concept's name; sorted
    paper: str = ""  # where the line says
    told: Tuple[Tuple[str, str], ...] = ()  # concepts with their descriptions, "" without one


class ConceptData(NamedTuple):
    """Texts; the `descriptions` of the concepts in them; and `counts`.

    Kept: texts, texts without mention, mentions (places), concepts. Left out, in entities as they
    were given: no mention, long mention, no concept, long concept, duplicate, not found, overlap
    (every place is part of a longer mention of the same concept); and texts: no text.
    """

    texts: List[ConceptText]
    descriptions: Dict[str, str]
    counts: Dict[str, int]


def read_concepts(path: Path) -> ConceptData:
    """Read a `.jsonl` or `.jsonl.gz` file, or all of a folder in the order of their names.

    A line may name its paper.

    RAISES (ScinerError): SCINER-E345 if there is no such file, SCINER-E346 if one cannot be read,
        SCINER-E347 for a line that is no such object, with file and line.
    """
    gathered = _Gathered()
    for file in _files(path):
        for record in _lines(file):
            paper = record.get("paper")
            paper = paper if isinstance(paper, str) else ""
            gathered.add(record["text"], record["entities"], paper)
    return gathered.data()


def label_in_words(label: str) -> str:
    """`MethodName`, `method_name` and `METHOD-NAME` as "method name"."""
    return " ".join(_PARTING.split(_CAMEL.sub(" ", label))).strip().lower()


def find_mention(text: str, mention: str) -> Iterator[Tuple[int, int]]:
    """Every place of these very words in a text, white space between them aside, where neither end
    is inside a word."""
    mention = " ".join(mention.split())
    for start, end in (_over_any if _WIDE.search(text) else _over_blanks)(text, mention):
        if not _is_inside_word(text, start) and not _is_inside_word(text, end):
            yield start, end


def _over_blanks(text: str, mention: str) -> Iterator[Tuple[int, int]]:
    start = text.find(mention)
    while mention and start >= 0:
        yield start, start + len(mention)
        start = text.find(mention, start + 1)


def _over_any(text: str, mention: str) -> Iterator[Tuple[int, int]]:
    pattern = re.compile(r"\s+".join(map(re.escape, mention.split(" "))))
    found = pattern.search(text)
    while mention and found:
        yield found.span()
        found = pattern.search(text, found.start() + 1)


class Places:
    """Characters that are taken already: the longest mentions come first."""

    def __init__(self) -> None:
        self._taken: List[Tuple[int, int]] = []  # sorted, apart

    def take(self, start: int, end: int) -> bool:
        """RETURNS (bool): False, and nothing is taken, if a character is taken already."""
        i = bisect_left(self._taken, (start, end))
        before, after = self._taken[i - 1 : i], self._taken[i : i + 1]
        if (before and before[0][1] > start) or (after and after[0][0] < end):
            return False
        self._taken.insert(i, (start, end))
        return True


class _Gathered:
    """Texts as they come, and what becomes of their entities."""

    def __init__(self) -> None:
        self.texts: List[ConceptText] = []
        self.counts: Counter[str] = Counter()

    def add(self, text: str, entities: Sequence[Sequence[str]], paper: str) -> None:
        if not text.strip():
            self.counts["no text"] += 1
            return
        kept: Dict[Tuple[str, str], str] = {}  # mention, concept: description
        for entity in entities:
            mention, concept, description = (" ".join(part.split()) for part in _three(entity))
            if reason := _why_not(mention, concept):
                self.counts[reason] += 1
            elif (mention, concept.lower()) in kept:
                self.counts["duplicate"] += 1
            else:
                kept[mention, concept.lower()] = description
        mentions: List[Tuple[int, int, str]] = []
        told: List[Tuple[str, str]] = []
        places: Dict[str, Places] = {}
        for (mention, concept), description in sorted(kept.items(), key=lambda e: -len(e[0][0])):
            found = list(find_mention(text, mention))
            free = [p for p in found if places.setdefault(concept, Places()).take(*p)]
            if not free:
                self.counts["overlap" if found else "not found"] += 1
                continue
            mentions += [(start, end, concept) for start, end in free]
            told.append((concept, description))
        self.texts.append(ConceptText(text, sorted(mentions), paper, tuple(told)))

    def data(self) -> ConceptData:
        return _data(self.texts, descriptions(self.texts), self.counts)


def descriptions(texts: Iterable[ConceptText]) -> Dict[str, str]:
    """The description of each concept that is most frequent in texts, "" if it has none."""
    found: Dict[str, Counter[str]] = {}
    for text in texts:
        for concept, description in text.told:
            found.setdefault(concept, Counter())[description] += 1
    return {name: _commonest(all_) for name, all_ in sorted(found.items())}


def _data(texts: List[ConceptText], told: Dict[str, str], left_out: Counter[str]) -> ConceptData:
    counts = {
        "texts": len(texts),
        "texts without mention": sum(not text.mentions for text in texts),
        "mentions": sum(len(text.mentions) for text in texts),
        "concepts": len(told),
    }
    return ConceptData(texts, told, {**counts, **dict(sorted(left_out.items()))})


def _commonest(descriptions: Counter[str]) -> str:
    """The first of the most frequent ones that say something."""
    told = Counter({text: n for text, n in descriptions.items() if text})
    return told.most_common(1)[0][0] if told else ""


def _why_not(mention: str, concept: str) -> str:
    if not mention:
        return "no mention"
    if not concept:
        return "no concept"
    if len(mention.split()) > MAX_MENTION_WORDS:
        return "long mention"
    return "long concept" if len(concept.split()) > MAX_CONCEPT_WORDS else ""


def _three(entity: Sequence[str]) -> Tuple[str, str, str]:
    mention, concept, *description = entity
    return mention, concept, description[0] if description else ""


def _is_inside_word(text: str, i: int) -> bool:
    return 0 < i < len(text) and text[i - 1].isalnum() and text[i].isalnum()


def _files(path: Path) -> List[Path]:
    found = [path] if path.is_file() else []
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.name.endswith(SUFFIXES))
    if not found:
        raise ScinerError(Errors.E345.format(path=path))
    return found


def _lines(path: Path) -> Iterator[Dict[str, Any]]:
    try:
        with path.open("rb") as file:
            opened = gzip.open if file.read(2) == _GZIP else open
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for n, line in enumerate(lines, start=1):
                if line.strip():
                    yield _read_line(line, path, n)
    # gzip's and the decoder's own on damaged files.
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as e:
        reason = f"{type(e).__name__}: {e}"
        raise ScinerError(Errors.E346.format(path=path, reason=reason)) from e


def _read_line(line: str, path: Path, n: int) -> Dict[str, Any]:
    try:
        # Half a character is no text to any tokenizer.
        record: Dict[str, Any] = mend(load_json(line))[0]
    except ValueError as e:
        raise ScinerError(Errors.E347.format(path=path, line=n, reason=f"not JSON, {e}")) from e
    if reason := _wrong(record):
        raise ScinerError(Errors.E347.format(path=path, line=n, reason=reason))
    return record


def _wrong(record: Any) -> str:
    """What is wrong with a line's object, "" if nothing is."""
    if not isinstance(record, dict):
        return "it is no object"
    if not isinstance(record.get("text"), str):
        return f"its text is {record.get('text')!r}"
    if not isinstance(record.get("entities"), list):
        return f"its entities are {record.get('entities')!r}"
    bad = [e for e in record["entities"] if not _is_entity(e)]
    return f"one of its entities is {bad[0]!r}" if bad else ""


def _is_entity(value: Any) -> bool:
    is_list = isinstance(value, list) and len(value) in (2, 3)
    return is_list and all(isinstance(part, str) for part in value)
