"""What became of entities from one annotation of the same paragraphs to another. Pure."""

from collections import Counter
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

KINDS = ("gained", "lost", "relabelled", "moved")
CONTEXT = 6  # words on either side of an example


class Entity(NamedTuple):
    start: int  # first token
    end: int  # after the last token
    label: str


class Paragraph(NamedTuple):
    """The same paragraph as annotated before and after."""

    paper: str
    number: Any
    words: Sequence[str]  # each with the space behind it
    before: Set[Entity]
    after: Set[Entity]
    gold: Optional[Set[Entity]] = None
    known: Sequence[bool] = ()  # of each token, where gold says something


class EntityChange(NamedTuple):
    kind: str  # one of KINDS
    before: Optional[Entity]
    after: Optional[Entity]
    was_right: Optional[bool]  # None where gold is not known, or there was nothing
    is_right: Optional[bool]
    paragraph: Paragraph

    @property
    def label(self) -> str:
        """Of an entity that is relabelled, what it was."""
        entity = self.before or self.after
        return entity.label if entity else ""

    def to_dict(self) -> Dict[str, Any]:
        return {
            "kind": self.kind,
            "paper": self.paragraph.paper,
            "paragraph": self.paragraph.number,
            "before": self.before and self.before.label,
            "after": self.after and self.after.label,
            "was_right": self.was_right,
            "is_right": self.is_right,
            "text": in_context(self),
        }


def changes_of(paragraph: Paragraph) -> Tuple[Counter, List[EntityChange]]:
    """The entities that stayed, counted by label, and what became of the others.

    An entity with the same words and another label is relabelled; one that shares a word with one
    before is moved, or relabelled if its label differs too; what shares none is gained or lost.
    """
    stayed = paragraph.before & paragraph.after
    before = sorted(paragraph.before - stayed)
    after = sorted(paragraph.after - stayed)
    pairs = sorted(
        (-_overlap(b, a), b, a) for b in before for a in after if _overlap(b, a) > 0
    )  # those with the most words in common first
    pairs.sort(key=lambda pair: pair[1][:2] != pair[2][:2])
    taken: Set[Tuple[int, Entity]] = set()
    found = []
    for _, b, a in pairs:
        if (0, b) not in taken and (1, a) not in taken:
            taken |= {(0, b), (1, a)}
            found.append(_change("moved" if b.label == a.label else "relabelled", b, a, paragraph))
    found += [_change("lost", b, None, paragraph) for b in before if (0, b) not in taken]
    found += [_change("gained", None, a, paragraph) for a in after if (1, a) not in taken]
    return Counter(entity.label for entity in stayed), found


def _overlap(one: Entity, other: Entity) -> int:
    return min(one.end, other.end) - max(one.start, other.start)


def _change(
    kind: str, before: Optional[Entity], after: Optional[Entity], paragraph: Paragraph
) -> EntityChange:
    right = [None if e is None else _is_right(e, paragraph) for e in (before, after)]
    return EntityChange(kind, before, after, right[0], right[1], paragraph)


def _is_right(entity: Entity, paragraph: Paragraph) -> Optional[bool]:
    if paragraph.gold is None or not all(paragraph.known[entity.start : entity.end]):
        return None
    return entity in paragraph.gold


def count_changes(paragraphs: Iterable[Optional[Paragraph]], *, examples: int) -> Dict[str, Any]:
    """Counts by type, and examples of each kind, as many types among them as there are.

    paragraphs (Iterable[Optional[Paragraph]]): None for one that is not on both sides.
    RETURNS (dict): "types", by type the number "same" and of each of KINDS "n", "was_right" and
        "is_right"; "relabelled", a list of (before, after, n); "examples", `EntityChange`s;
        "left_out", how many paragraphs are not on both sides.
    """
    types: Dict[str, Dict[str, Any]] = {}
    relabelled: Counter = Counter()
    by_kind: Dict[str, Dict[str, List[EntityChange]]] = {kind: {} for kind in KINDS}
    left_out = 0
    for paragraph in paragraphs:
        if paragraph is None:
            left_out += 1
            continue
        stayed, found = changes_of(paragraph)
        for label, n in stayed.items():
            _row(types, label)["same"] += n
        for change in found:
            cell = _row(types, change.label)[change.kind]
            cell["n"] += 1
            cell["was_right"] += bool(change.was_right)
            cell["is_right"] += bool(change.is_right)
            kept = by_kind[change.kind].setdefault(change.label, [])
            if len(kept) < examples:
                kept.append(change)
            if change.kind == "relabelled" and change.before and change.after:
                relabelled[change.before.label, change.after.label] += 1
    return {
        "types": dict(sorted(types.items())),
        "relabelled": [(a, b, n) for (a, b), n in relabelled.most_common()],
        "examples": [e for kind in KINDS for e in _in_turn(by_kind[kind], examples)],
        "left_out": left_out,
    }


def _row(types: Dict[str, Dict[str, Any]], label: str) -> Dict[str, Any]:
    empty = {kind: {"n": 0, "was_right": 0, "is_right": 0} for kind in KINDS}
    return types.setdefault(label, {"same": 0, **empty})


def _in_turn(by_label: Dict[str, List[EntityChange]], n: int) -> List[EntityChange]:
    """One of each label, then a second one of each, and so on."""
    ranked = [(i, label) for label, found in by_label.items() for i in range(len(found))]
    return [by_label[label][i] for i, label in sorted(ranked)[:n]]


def in_context(change: EntityChange) -> str:
    """The words around it: what it was in {…}, what it is in […]."""
    words = change.paragraph.words
    spans = [(s, marks) for s, marks in ((change.before, "{}"), (change.after, "[]")) if s]
    start = max(0, min(s.start for s, _ in spans) - CONTEXT)
    end = min(len(words), max(s.end for s, _ in spans) + CONTEXT)
    text = ""
    for i in range(start, end):
        word = words[i].rstrip()
        opened = "".join(marks[0] for s, marks in spans if s.start == i)
        closed = "".join(marks[1] for s, marks in reversed(spans) if s.end == i + 1)
        text += opened + word + closed + words[i][len(word) :]
    text = " ".join(text.split())
    return ("… " if start else "") + text + (" …" if end < len(words) else "")
