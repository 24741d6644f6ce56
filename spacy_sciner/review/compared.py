"""What a person made of the entities that were shown."""

from collections import Counter
from typing import Any, Dict, List, Mapping, Optional, Tuple

from ..corpus.annotated import UNKNOWN_LABEL, Annotated
from ..scoring.changes import Entity, Paragraph, changes_of
from .record import ShownTask

# What became of a shown entity, by the names of `scoring.changes`.
KINDS = {"lost": "removed", "gained": "added", "relabelled": "relabelled", "moved": "moved"}
_OF_CHANGE = ("kind", "paper", "paragraph", "before", "after", "text")
_Places = List[Tuple[int, int, str]]  # start, end, label


def compared(found: Mapping[str, Annotated], shown: Mapping[str, ShownTask]) -> Dict[str, Any]:
    """What became of the shown entities: counts by label, and each change in its context.

    found (Mapping[str, Annotated]): As it is in gold, by text.
    RETURNS (dict): "entities", "changes" and "not_compared" of the report, see docs/review.md.
    """
    types: Dict[str, Counter] = {}
    changes: List[Dict[str, Any]] = []
    n_unknown = n_open = 0
    not_compared: List[str] = []
    for key, one in found.items():
        if (task := shown.get(key)) is None:
            continue
        named = {span[:2] for span in one.spans if span.label != UNKNOWN_LABEL}
        n_unknown += sum(s.label == UNKNOWN_LABEL and s[:2] not in named for s in one.spans)
        places = _places(one, task)
        if places is None:
            not_compared.append(name_of(one))
            continue
        paragraph, n = _paragraph(one, *places)
        n_open += n
        kept, changed = changes_of(paragraph)
        for label, n in kept.items():
            types.setdefault(label, Counter())["kept"] += n
        for change in changed:
            types.setdefault(change.label, Counter())[KINDS[change.kind]] += 1
            row = {**change.to_dict(), "kind": KINDS[change.kind]}
            changes.append({name: row[name] for name in _OF_CHANGE})
    names = ("kept", *KINDS.values())
    rows = {label: {name: types[label][name] for name in names} for label in sorted(types)}
    every = {name: sum(row[name] for row in rows.values()) for name in names}
    return {
        "entities": {"all": every, "types": rows, "unknown": n_unknown, "open": n_open},
        "changes": changes,
        "not_compared": not_compared,
    }


def _places(one: Annotated, task: ShownTask) -> Optional[Tuple[_Places, _Places]]:
    """What was shown and what came back, in one text; None if letters are composed otherwise."""
    place_of = _carried(task.text, one.text)
    if place_of is None:
        return None
    before = [(place_of[s.start], place_of[s.end - 1] + 1, s.label) for s in task.spans]
    return before, [(*_words_of(one.text, s.start, s.end), s.label) for s in one.spans]


def _words_of(text: str, start: int, end: int) -> Tuple[int, int]:
    """A place without the white space at its ends, which nobody annotates on purpose."""
    inner = text[start:end].strip()
    start += text[start:end].find(inner)
    return start, start + len(inner)


def _paragraph(one: Annotated, before: _Places, after: _Places) -> Tuple[Paragraph, int]:
    """Both versions over the same words, without what is open: proposals where nothing is known
    now. And how many these are."""
    became = [place for place in after if place[2] != UNKNOWN_LABEL]
    named = {place[:2] for place in became}  # a label of another corpus has an unknown twin
    gaps = [p[:2] for p in after if p[2] == UNKNOWN_LABEL and p[:2] not in named]
    shown = [place for place in before if place[2] != UNKNOWN_LABEL]
    was = [p for p in shown if p in became or not any(p[0] < e and s < p[1] for s, e in gaps)]
    bounds = {place for start, end, _ in [*was, *became] for place in (start, end)}
    text = one.text
    bounds |= {i for i in range(1, len(text)) if text[i - 1].isspace() and not text[i].isspace()}
    cuts = sorted(bounds | {0, len(text)})
    index = {cut: i for i, cut in enumerate(cuts)}
    now, then = (
        {Entity(index[s], index[e], label) for s, e, label in some} for some in (became, was)
    )
    words = [text[a:b] for a, b in zip(cuts, cuts[1:])]
    return Paragraph(one.paper, one.paragraph, words, then, now), len(shown) - len(was)


def _carried(source: str, target: str) -> Optional[Dict[int, int]]:
    """Places in one text by those in another that differs in white space only; None if it differs
    in more."""
    if source == target:
        return {i: i for i in range(len(source))}
    places = [[i for i, c in enumerate(text) if not c.isspace()] for text in (source, target)]
    same = [[text[i] for i in own] for text, own in zip((source, target), places)]
    return dict(zip(*places)) if same[0] == same[1] else None


def name_of(one: Annotated) -> str:
    """Where a paragraph stands, and how it begins."""
    return f"{one.paper}/{one.paragraph}: {one.text[:60]!r}"
