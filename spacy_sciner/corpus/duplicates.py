"""The same text twice: by two persons, in one file, or in two splits.

Texts are the same if they differ in white space and Unicode's composition only. What is found:

- Two files of one set whose whole text is the same (two BRAT folders), or that share half of their
  paragraphs (doccano's file for each annotator): the first file is used.
- The same text by another annotator, or of the same task: the first one, a person's before a
  language model's, a complete annotation before accepted suggestions, and any before a file without
  a single entity, which its annotator has not begun; of the same person's the last. The others are
  set aside, and kept for `agree`.
- The same text again in one file: both are used. If their annotations differ, a person must know.
- A paper with the whole text of another: both go to the same split.
- The same text in train and in dev, test or calibration, or a sentence of one that is in the
  other: train does without it.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import (
    Callable,
    Collection,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from .annotated import GOLD, Annotated
from .contained import Contained
from .rules import Repairs
from .text import squeezed

HELD_OUT = ("dev", "test", "calibration")
# Of the smaller of two files, so many of its paragraphs in the other make them one set.
MIN_SHARED = 0.5
MIN_CHARACTERS = 10  # shorter ones, such as headings, say nothing about two files
MAX_EXAMPLES = 5


@dataclass
class Found:
    """What a person should know of, for the screen."""

    n_twice: int = 0  # texts that two persons annotated
    n_different: int = 0  # of these, with other annotations
    contradictions: List[str] = field(default_factory=list)  # the same text again, in one file
    same_papers: Dict[str, str] = field(default_factory=dict)  # another paper with its whole text
    leaks: Counter[str] = field(default_factory=Counter)  # paragraphs, by "split and split"
    leak_examples: List[str] = field(default_factory=list)
    # What a language model told of paragraphs that a person left unknown: `filled`.
    filled: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> Dict[str, object]:
        return {
            "annotated_twice": self.n_twice,
            "annotated_otherwise": self.n_different,
            "contradictions": len(self.contradictions),
            "contradiction_examples": self.contradictions[:MAX_EXAMPLES],
            "same_papers": dict(sorted(self.same_papers.items())),
            "in_two_splits": dict(sorted(self.leaks.items())),
            "in_two_splits_examples": self.leak_examples[:MAX_EXAMPLES],
            "filled": dict(sorted(self.filled.items())),
        }


def one_annotation_each(
    paragraphs: Sequence[Annotated],
    *,
    repairs: Repairs,
    found: Found,
    set_of: Optional[Mapping[int, object]] = None,
) -> List[Annotated]:
    """The paragraphs of a set without second annotations of the same text; see above.

    Those set aside are counted and added to `repairs.extras`.
    set_of (Mapping): By `id` of each paragraph, the set that it is of, where there are several
        that have one annotation each already: then only those of different sets are compared.
    """
    second = _second_files(paragraphs) if set_of is None else _Second(set(), set())
    kept: Dict[str, List[Annotated]] = {}
    is_kept = [True] * len(paragraphs)
    for i in _order(paragraphs):
        paragraph = paragraphs[i]
        of_text = kept.setdefault(squeezed(paragraph.text), [])
        own = set_of and set_of[id(paragraph)]
        same = [p for p in of_text if set_of is None or set_of[id(p)] != own]
        where = f"{paragraph.paper}/{paragraph.paragraph}"
        place = {"file": paragraph.file, "paragraph": where, "text": paragraph.text}
        is_other = any(_is_other_annotation(paragraph, earlier, second) for earlier in same)
        if is_other or paragraph.file in second.wholly:
            is_kept[i] = False
            repairs.add("extra-annotation", **place)
            repairs.extras.append(paragraph)
            continue
        if same:
            repairs.add("same-text", **place)
            if _entities(paragraph) != _entities(same[0]):
                first = f"{same[0].paper}/{same[0].paragraph}"
                found.contradictions.append(f"{first} and {where}: {paragraph.text[:60]!r}")
        of_text.append(paragraph)
    return [p for p, keep in zip(paragraphs, is_kept, strict=True) if keep]


def _order(paragraphs: Sequence[Annotated]) -> List[int]:
    """Which is to be used first; of one person's answers to one task, the last."""
    groups = [(p.file, p.task, p.annotator) if p.task else n for n, p in enumerate(paragraphs)]
    first: Dict[object, int] = {}
    for n, group in enumerate(groups):
        first.setdefault(group, n)
    newest = sorted(range(len(groups)), key=lambda i: (paragraphs[i].time, i), reverse=True)
    order = _by_use(paragraphs)
    return sorted(newest, key=lambda i: (order(paragraphs[i]), first[groups[i]]))


def compare_extras(used: Iterable[Annotated], extras: Iterable[Annotated], *, found: Found) -> None:
    """Count the texts that have a second annotation, and those where it is another one."""
    entities = {squeezed(p.text): _entities(p) for p in reversed(list(used))}
    differs: Dict[str, bool] = {}
    for extra in extras:
        key = squeezed(extra.text)
        differs[key] = differs.get(key, False) or _entities(extra) != entities.get(key)
    found.n_twice, found.n_different = len(differs), sum(differs.values())


def same_papers(paragraphs: Sequence[Annotated], named: Collection[str] = ()) -> Dict[str, str]:
    """Papers whose whole text is that of another, with that one: the first of them by name, of
    those that `split` names if it names one.
    """
    texts: Dict[str, List[str]] = {}
    for paragraph in paragraphs:
        texts.setdefault(paragraph.paper, []).append(squeezed(paragraph.text))
    first_with: Dict[str, str] = {}
    order = sorted(texts, key=lambda paper: (paper not in named, paper))
    pairs = [(p, first_with.setdefault("".join(texts[p]), p)) for p in order]
    return {paper: first for paper, first in pairs if paper != first}


def without_leaks(
    splits: Mapping[str, Sequence[Annotated]], *, repairs: Repairs, found: Found
) -> Dict[str, List[Annotated]]:
    """The paragraphs by split, train without the texts of the splits that are held out."""
    texts = {split: {squeezed(p.text) for p in some} - {""} for split, some in splits.items()}
    held_out = [split for split in HELD_OUT if split in texts]
    for i, split in enumerate(held_out):
        for other in held_out[i + 1 :]:
            if n := len(texts[split] & texts[other]):
                found.leaks[f"{split} and {other}"] = n
    result = {split: list(some) for split, some in splits.items()}
    train: List[Annotated] = []
    is_in = {split: sharing(p.text for p in splits[split]) for split in held_out}
    for paragraph in result.get("train", ()):
        holder = next((split for split in held_out if is_in[split](paragraph.text)), None)
        if holder is None:
            train.append(paragraph)
            continue
        where = f"{paragraph.paper}/{paragraph.paragraph}"
        repairs.add("in-held-out", file=paragraph.file, paragraph=where, text=paragraph.text)
        found.leaks[f"train and {holder}"] += 1
        found.leak_examples.append(f"{where}, also in {holder}: {paragraph.text[:60]!r}")
    return {**result, "train": train} if "train" in result else result


def sharing(texts: Iterable[str]) -> Callable[[str], bool]:
    """Whether another text is one of these, a part of one, or has one in it."""
    texts = list(texts)
    same, whole = {squeezed(text) for text in texts} - {""}, Contained(texts)
    return lambda text: squeezed(text) in same or whole.hold(text) or whole.are_in(text)


class _Second(NamedTuple):
    """Files that annotate what an earlier one does."""

    wholly: Set[str]
    partly: Set[str]


def _second_files(paragraphs: Sequence[Annotated]) -> _Second:
    by_file: Dict[str, List[str]] = {}
    for paragraph in sorted(paragraphs, key=_by_use(paragraphs)):
        by_file.setdefault(paragraph.file, []).append(squeezed(paragraph.text))
    second = _Second(set(), set())
    first_with: Dict[str, str] = {}
    holders: Dict[str, List[str]] = {}
    texts = {f: {t for t in some if len(t) >= MIN_CHARACTERS} for f, some in by_file.items()}
    for file, some in by_file.items():
        # However the lines were joined to paragraphs.
        joined = "".join(some)
        if joined and first_with.setdefault(joined, file) != file:
            second.wholly.add(file)
            continue
        shared = Counter(other for text in texts[file] for other in holders.get(text, ()))
        for other, n in shared.most_common(1):
            if n >= MIN_SHARED * min(len(texts[file]), len(texts[other])):
                second.partly.add(file)
        for text in texts[file]:
            holders.setdefault(text, []).append(file)
    return second


def _is_other_annotation(paragraph: Annotated, earlier: Annotated, second: _Second) -> bool:
    """Whether two paragraphs of one text are two persons' work, not the text's two places."""
    if _rank(paragraph) != _rank(earlier) or paragraph.annotator != earlier.annotator:
        return True
    if paragraph.file != earlier.file:
        return paragraph.file in second.partly
    return bool(paragraph.task) and paragraph.task == earlier.task


def _rank(paragraph: Annotated) -> Tuple[bool, bool]:
    """A person's annotation comes before a language model's, a complete one before accepted
    suggestions."""
    return paragraph.source != GOLD, paragraph.is_partial


def _by_use(paragraphs: Sequence[Annotated]) -> Callable[[Annotated], Tuple[bool, ...]]:
    """A key that sorts what is to be used to the front."""
    begun = {p.file for p in paragraphs if p.spans}
    return lambda paragraph: (*_rank(paragraph), paragraph.file not in begun)


def _entities(paragraph: Annotated) -> Set[Tuple[str, str, int]]:
    """Each entity as its label, its words and where they stand, white space aside."""
    found = set()
    for start, end, label, _ in paragraph.spans:
        if isinstance(start, int) and isinstance(end, int):
            before, inside = paragraph.text[: max(start, 0)], paragraph.text[max(start, 0) : end]
            found.add((label, squeezed(inside), len(squeezed(before))))
    return found
