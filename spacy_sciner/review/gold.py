"""Reviewed paragraphs as a gold file: Label Studio tasks with every annotator's version.

Of a paragraph the first version is the one that is trained on (`convert` sets the others aside, and
`sciner agree` reads them): the latest import's first, accepted suggestions behind what is complete.
Offsets are code points, in which every annotation has its own text, so that reading them leaves no
doubt.
"""

import json
from bisect import bisect_right
from collections import Counter
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    Iterable,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from ..corpus.annotated import LOST, UNKNOWN_LABEL, Annotated, CharSpan, place_in, spelled
from ..corpus.formats.label_studio_tasks import task_result
from ..corpus.formats.registry import read_gold
from ..corpus.rules import Repairs
from ..corpus.text import squeezed
from ..errors import Errors, ScinerError
from ..files import write_text

Versions = List[Annotated]  # of one text, the one to use first
_COUNTS = ("new", "replaced", "nameless", "unchanged", "second", "older")
SECONDS = len("2026-11-28T14:00:00")  # of a time: what tools agree on


def read_reviewed(path: Path) -> List[Annotated]:
    """What was reviewed before, with the second versions; nothing if there is no file.

    RAISES (ScinerError): SCINER-E205 or E206 if it is not what `write_reviewed` wrote.
    """
    if not path.exists():
        return []
    repairs = Repairs()
    first = read_gold(path, file_format="label-studio", file=path.name, repairs=repairs)
    return [*first.paragraphs, *repairs.extras]


def by_text(paragraphs: Iterable[Annotated]) -> Dict[str, Versions]:
    """The versions of each text, complete annotations before accepted suggestions."""
    found: Dict[str, Versions] = {}
    for paragraph in paragraphs:
        found.setdefault(squeezed(paragraph.text), []).append(paragraph)
    return {key: sorted(some, key=lambda p: p.is_partial) for key, some in found.items()}


def is_name(annotator: str) -> bool:
    """A number is one within one Label Studio alone: the first user of each is 1."""
    return bool(annotator) and not annotator.isdecimal()


def is_in_doubt(versions: Versions) -> bool:
    """Whether several files have one text differently, by somebody whom they don't name: it may be
    another person's work, of which only the latest counts."""
    nameless: Dict[str, Versions] = {}
    for version in versions:
        if not is_name(version.annotator):
            nameless.setdefault(version.annotator, []).append(version)
    return any(
        len({v.file for v in some}) > 1 and any(_marks(v) != _marks(some[0]) for v in some)
        for some in nameless.values()
    )


def one_each(versions: Versions) -> Versions:
    """Of each annotator the version that counts: a complete one before accepted suggestions, the
    ground truth of a file, the latest. Annotators are in that order, too, else in the files'.

    RAISES (ScinerError): SCINER-E544 if two that differ are equal in all of this.
    """
    by_file: Dict[Tuple[str, str], Versions] = {}
    for version in versions:
        by_file.setdefault((version.annotator, version.file), []).append(version)
    by_name: Dict[str, Versions] = {}
    for (who, _), some in by_file.items():
        by_name.setdefault(who, []).append(_best(some, lambda v: v.is_truth))
    found = [_best(some, lambda v: False) for some in by_name.values()]
    return sorted(found, key=lambda v: (v.is_partial, not v.is_truth))


def _best(versions: Versions, is_truth: Callable[[Annotated], bool]) -> Annotated:
    """The first of one person's versions that nothing goes before."""

    def rank(version: Annotated) -> Tuple[bool, bool, str]:
        return not version.is_partial, is_truth(version), version.time[:SECONDS]

    best = max(versions, key=rank)
    if any(rank(v) == rank(best) and _marks(v) != _marks(best) for v in versions):
        place = f"{best.paper}/{best.paragraph}: {best.text[:60]!r}"
        raise ScinerError(Errors.E544.format(paragraph=place))
    return best


class Merged(NamedTuple):
    """What is gold after an import."""

    texts: Dict[str, Versions]
    # How many versions are "new" (of a text that is), "replaced", of these "nameless" (the file has
    # no name, see `is_name`), "unchanged", "second" (somebody else's is there, and kept beside it)
    # and "older" than the same annotator's, or less complete, so that this stays.
    counts: Counter
    taken: Dict[str, Annotated]  # of each text the first version that came in, as it is now


def merge_reviewed(before: Dict[str, Versions], after: Dict[str, Versions]) -> Merged:
    """Both, each text once. Who annotates a paragraph again replaces his own earlier version; what
    he accepts of further suggestions comes to what he has accepted before. The order changes by
    what is new alone."""
    merged = {key: list(versions) for key, versions in before.items()}
    counts: Counter = Counter(dict.fromkeys(_COUNTS, 0))
    taken: Dict[str, Annotated] = {}
    for key, versions in after.items():
        there = merged.setdefault(key, [])
        came: Versions = []
        for version in reversed(versions):
            own = _own(version, there)
            at = 0
            if own is None:
                counts["second" if there else "new"] += 1
            elif version.is_partial and own.is_partial:
                version = _united(own, version)
            elif version.is_partial or (_is_older(version, own) and not own.is_partial):
                counts["older"] += 1
                continue
            if own is not None:
                is_same = _marks(own) == _marks(version)
                counts["unchanged" if is_same else "replaced"] += 1
                counts["nameless"] += not is_same and not is_name(version.annotator)
                at = there.index(own) if is_same else 0
                there.remove(own)
            there.insert(at, version)
            came.append(version)
            taken[key] = version
        first = there[0]
        _put_truth_first(there, came)
        counts["unchanged"] -= there[0] is not first
        counts["replaced"] += there[0] is not first
        there.sort(key=lambda v: v.is_partial)
    return Merged(merged, counts, taken)


def _put_truth_first(there: Versions, came: Versions) -> None:
    """What a person has made the ground truth since goes before what came with it."""
    places = sorted(next(i for i, v in enumerate(there) if v is one) for one in came)
    mine = sorted((there[i] for i in places), key=lambda v: not v.is_truth)
    for i, version in zip(places, mine, strict=True):
        there[i] = version


def _own(version: Annotated, there: Versions) -> Optional[Annotated]:
    """What the same annotator has there; or the same work, which had no name until now."""
    own = next((v for v in there if v.annotator == version.annotator), None)
    if own is None and is_name(version.annotator) and version.time:
        same = (v for v in there if not is_name(v.annotator) and v.time == version.time)
        own = next((v for v in same if _marks(v) == _marks(version)), None)
    return own


def _is_older(version: Annotated, own: Annotated) -> bool:
    return bool(version.time) and version.time[:SECONDS] < own.time[:SECONDS]


def _united(own: Annotated, version: Annotated) -> Annotated:
    """What one person accepted at two times; where both say something, the later does."""
    if _is_older(version, own):
        own, version = version, own
    later = [span for span in version.spans if span.label != UNKNOWN_LABEL]
    spans = list(later)
    for span in _moved(own, version.text):
        is_free = all(span.end <= other.start or span.start >= other.end for other in later)
        spans += [span] if is_free and span.label != UNKNOWN_LABEL else []
    spans.sort(key=_place)
    return replace(version, spans=sorted([*spans, *_gaps(version.text, spans)], key=_place))


def _moved(paragraph: Annotated, text: str) -> Sequence[CharSpan]:
    """Its spans at their places in the same text with other white space, or composed otherwise."""
    if text == paragraph.text:
        return paragraph.spans
    lengths = [len(squeezed(text[:i])) for i in range(len(text) + 1)]
    moved = []
    for s in paragraph.spans:
        start, end = (
            bisect_right(lengths, len(squeezed(paragraph.text[:i]))) - 1 for i in (s.start, s.end)
        )
        end = start + len(text[start:end].rstrip())
        moved += [_at(text, start, end, s.label)] if start < end else []
    return moved


def _marks(paragraph: Annotated) -> Set[Tuple[int, str, str]]:
    """Each annotation by its place, words and label, white space aside."""
    text = paragraph.text
    return {
        (len(squeezed(text[: s.start])), squeezed(str(s.text)), s.label) for s in paragraph.spans
    }


def explicit(
    paragraph: Annotated, labels: Optional[Collection[str]] = None
) -> Tuple[Annotated, List[CharSpan]]:
    """A paragraph that says of itself what is unknown in it, every span at its place.

    labels (Optional[Collection[str]]): The corpus'; what has another one is unknown where the
        text between spans is. None: all are.
    RETURNS (Tuple[Annotated, List[CharSpan]]): With spans in code points that have their own text
        there; where only suggestions were accepted, or where an annotation's place is lost, the
        text between spans is unknown. And the lost annotations.
    """
    is_foreign = lambda s: labels is not None and spelled(s.label, labels) is None  # noqa: E731
    spans, lost = [], []
    for span in paragraph.spans:
        place, rules = place_in(paragraph.text, span)
        if place is None:
            lost += [span] if LOST.intersection(rules) else []
        elif paragraph.text[slice(*place)].strip():  # over white space alone it says nothing
            spans.append(_at(paragraph.text, *place, span.label or UNKNOWN_LABEL))
    spans.sort(key=_place)  # of one place, as in the file
    if paragraph.is_partial or lost:
        foreign = [s._replace(label=UNKNOWN_LABEL) for s in spans if is_foreign(s)]
        spans = sorted([*spans, *foreign, *_gaps(paragraph.text, spans)], key=_place)
    return replace(paragraph, spans=spans), lost


def _place(span: CharSpan) -> Tuple[int, int]:
    return span.start, span.end


def _at(text: str, start: int, end: int, label: str) -> CharSpan:
    return CharSpan(start, end, label, text[start:end])


def _gaps(text: str, spans: Sequence[CharSpan]) -> List[CharSpan]:
    """What is in no span, without white space at its ends."""
    found = []
    last = 0
    for start, end in [*((s.start, s.end) for s in spans), (len(text), len(text))]:
        between = text[last:start]
        if inner := between.strip():
            first = last + len(between) - len(between.lstrip())
            found.append(_at(text, first, first + len(inner), UNKNOWN_LABEL))
        last = max(last, end)
    return found


def write_reviewed(path: Path, texts: Dict[str, Versions]) -> None:
    """Write tasks, sorted by their place; the same ones always give the same bytes."""
    lines = [
        json.dumps(_task(list(same)), ensure_ascii=False)
        for versions in sorted(
            texts.values(), key=lambda v: (v[0].paper, v[0].paragraph, v[0].text)
        )
        # Tools change white space, and offsets are those of one text.
        for _, same in groupby(versions, key=lambda v: v.text)
    ]
    write_text(path, "[\n" + ",\n".join(lines) + "\n]\n")


def _task(versions: Versions) -> Dict[str, Any]:
    one = versions[0]
    place = {"paper": one.paper, "paragraph": one.paragraph, "section": one.section}
    data = {"text": one.text, **place, "of_pool": True}
    return {"data": data, "annotations": [_annotation(one.text, v) for v in versions]}


def _annotation(text: str, version: Annotated) -> Dict[str, Any]:
    results = [
        task_result(text, span.start, span.end, span.label, name=f"s{n}")
        for n, span in enumerate(version.spans)
    ]
    told: Dict[str, Any] = {"completed_by": version.annotator, "updated_at": version.time}
    told["accepted_only"] = version.is_partial
    return {**{key: value for key, value in told.items() if value}, "result": results}
