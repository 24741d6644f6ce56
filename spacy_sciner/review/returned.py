"""What comes back from a person, held against the record of what was shown."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ..corpus.annotated import UNKNOWN_LABEL, Annotated, annotated_to_doc, standard_tokenizer
from ..corpus.formats.registry import read_gold
from ..corpus.rules import Repairs
from ..corpus.text import squeezed
from ..errors import Errors, ScinerError
from ..scoring.changes import Entity, Paragraph, changes_of
from .annotators import format_of
from .gold import (
    Versions,
    by_text,
    explicit,
    is_in_doubt,
    merge_reviewed,
    one_each,
    read_reviewed,
    write_reviewed,
)
from .record import Round, ShownTask
from .tasks import NAMES

# What became of a shown entity, by the names of `scoring.changes`.
KINDS = {"lost": "removed", "gained": "added", "relabelled": "relabelled", "moved": "moved"}
_OF_CHANGE = ("kind", "paper", "paragraph", "before", "after", "text")
_OF_TASKS = ("not-accepted", "unannotated")  # rules for what nobody has finished
_COUNTED = (*_OF_TASKS, "extra-annotation")  # of the rules that readers apply, told elsewhere


class HeldOut(NamedTuple):
    """Gold that must not move: nothing of it is reviewed into train."""

    papers: Collection[str]
    texts: Collection[str]  # `squeezed`


class _Sorted(NamedTuple):
    """What came back, by what can be done with it."""

    found: Dict[str, Versions]
    shown: Dict[str, ShownTask]  # of those that have a record
    aside: Dict[str, List[str]]  # places by reason


def import_files(
    paths: Sequence[Path],
    *,
    rounds: Sequence[Round],
    held_out: HeldOut,
    corpus: str,
    gold: Path,
    labels: Optional[Sequence[str]],
    file_format: Optional[str] = None,
    annotator: str = "",
) -> Dict[str, Any]:
    """Merge annotation tools' exports into a gold file, and say what a person changed.

    rounds (Sequence[Round]): What was shown; of the same text, the last one of the corpus counts.
    corpus (str): Whose gold it becomes.
    gold (Path): The file of reviewed paragraphs; made, or extended.
    labels (Optional[Sequence[str]]): Of the corpus; others are reported. None: all are known.
    file_format (Optional[str]): Of all files; None: told by their content.
    annotator (str): Who it was; of files that name one person at most, instead of their name.
    RETURNS (dict): The report, see docs/review.md.
    RAISES (ScinerError): What the readers raise; SCINER-E251 if nothing can be taken over, E252 for
        a format that is none of a review, E253 if it was shown from another corpus, E544 if a
        paragraph comes twice and nothing tells which one counts, E547 for what was shown, E548 for
        an `annotator` of files by several.
    """
    read: List[Annotated] = []
    repairs = Repairs()
    kinds = {path: _kind(path, file_format) for path in paths}
    _check_came_back(paths, rounds)
    for path, kind in kinds.items():
        read += read_gold(path, file_format=kind, file=str(path), repairs=repairs).paragraphs
    read += repairs.extras
    rounds = sorted(rounds, key=lambda one: one.corpus == corpus)  # of equals the order stays
    back = _sorted(_named(read, annotator), rounds, held_out)
    if not back.found:
        aside = ", ".join(f"{why.replace('_', ' ')} {len(p)}" for why, p in back.aside.items())
        files = ", ".join(map(str, paths))
        raise ScinerError(Errors.E251.format(files=files, n=len(read), counts=aside))
    corpus_of = {task.key: one.corpus for one in rounds for task in one.tasks}
    if others := {corpus_of[key] for key in back.shown} - {corpus}:
        raise ScinerError(Errors.E253.format(others=", ".join(sorted(others)), corpus=corpus))
    placed, first, lost = _placed(back.found)
    merged, counts = merge_reviewed(by_text(read_reviewed(gold)), placed)
    write_reviewed(gold, merged)
    counts["nameless"] += sum(map(is_in_doubt, back.found.values()))
    n_again = sum(len(back.found[key]) - len(versions) for key, versions in placed.items())
    return {
        "tasks": _task_counts(back, rounds, repairs),
        "set_aside": back.aside,
        **_compared({key: v[0] for key, v in placed.items()}, back.shown),
        "lost": lost,
        "overlaps": _overlaps(placed),
        "repairs": _repairs(first, labels),
        "offsets": dict(sorted(repairs.units.items())),
        "formats": sorted(set(kinds.values())),
        "offsets_in_doubt": dict(sorted(repairs.rivals.items())),
        "not_read": {r: n for r, n in sorted(repairs.counts.items()) if r not in _COUNTED},
        "gold": {"path": gold.as_posix(), "paragraphs": len(merged), **counts, "again": n_again},
    }


def _named(paragraphs: List[Annotated], annotator: str) -> List[Annotated]:
    """RAISES (ScinerError): SCINER-E548 if one name is given for several."""
    if not annotator:
        return paragraphs
    names = sorted({p.annotator for p in paragraphs} - {"", annotator})
    if len(names) > 1:
        raise ScinerError(Errors.E548.format(name=annotator, names=", ".join(names)))
    return [replace(p, annotator=annotator) for p in paragraphs]


def _kind(path: Path, file_format: Optional[str]) -> str:
    kind = format_of(path, file_format)
    if kind not in NAMES:
        raise ScinerError(Errors.E252.format(path=path, format=kind, known=", ".join(NAMES)))
    return kind


def _check_came_back(paths: Sequence[Path], rounds: Sequence[Round]) -> None:
    """doccano's lines look the same before and after a person has seen them."""
    shown = [one.path.with_name(name) for one in rounds for name in sorted(set(NAMES.values()))]
    of_size = {path: path.stat().st_size for path in shown if path.is_file()}
    for path in paths:
        same = [t for t, size in of_size.items() if path.is_file() and size == path.stat().st_size]
        if any(task.read_bytes() == path.read_bytes() for task in same):
            raise ScinerError(Errors.E547.format(path=path))


def _sorted(paragraphs: Sequence[Annotated], rounds: Sequence[Round], held_out: HeldOut) -> _Sorted:
    tasks = [task for one in rounds for task in one.tasks]
    shown = {task.key: task for task in tasks}
    places = {(task.paper, task.paragraph) for task in tasks}
    found = _Sorted({}, {}, {"other_text": [], "no_record": [], "held_out": []})
    for key, versions in by_text(paragraphs).items():
        one = versions[0]
        task = shown.get(key)
        if task is not None:  # a tool may forget the place
            place = {"paper": task.paper, "paragraph": task.paragraph, "section": task.section}
            versions = [replace(v, **place) for v in versions]  # type: ignore[arg-type]
        elif (one.paper, one.paragraph) in places:
            found.aside["other_text"].append(_name(one))
            continue
        elif not one.of_pool:
            found.aside["no_record"].append(_name(one))
            continue
        if versions[0].paper in held_out.papers or key in held_out.texts:
            found.aside["held_out"].append(_name(versions[0]))
            continue
        found.found[key] = versions
        if task is not None:
            found.shown[key] = task
    return found


def _name(one: Annotated) -> str:
    return f"{one.paper}/{one.paragraph}: {one.text[:60]!r}"


def _placed(
    found: Dict[str, Versions],
) -> Tuple[Dict[str, Versions], List[Annotated], List[str]]:
    """One version of each annotator with every span at its place; of each text the first one as it
    was read; and the annotations that have no place."""
    placed: Dict[str, Versions] = {}
    first, lost = [], []
    for key, versions in found.items():
        made = [explicit(version) for version in versions]
        placed[key] = one_each([one for one, _ in made])
        kept = list(map(id, placed[key]))
        first += [v for v, (one, _) in zip(versions, made) if id(one) == kept[0]]
        for one, without in made:
            where = f"{one.paper}/{one.paragraph}"
            lost += [f"{where}: {s.label} {s.text!r}" for s in without if id(one) in kept]
    return placed, first, lost


def _task_counts(found: _Sorted, rounds: Sequence[Round], repairs: Repairs) -> Dict[str, int]:
    """Tasks of the rounds of which anything came back."""
    begun = [one for one in rounds if any(task.key in found.shown for task in one.tasks)]
    shown = {task.key for one in begun for task in one.tasks}
    return {
        "shown": len(shown),
        "returned": len(found.found),
        "with_record": len(found.shown),
        "not_returned": len(shown - set(found.shown)),
        **{rule.replace("-", "_"): repairs.counts[rule] for rule in _OF_TASKS},
    }


def _compared(found: Dict[str, Annotated], shown: Dict[str, ShownTask]) -> Dict[str, Any]:
    """What became of the shown entities: counts by label, and each change in its context."""
    types: Dict[str, Counter] = {}
    changes: List[Dict[str, Any]] = []
    n_unknown = 0
    not_compared: List[str] = []
    for key, task in shown.items():
        one = found[key]
        paragraph = _paragraph(one, task)
        n_unknown += sum(span.label == UNKNOWN_LABEL for span in one.spans)
        if paragraph is None:
            not_compared.append(_name(one))
            continue
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
        "entities": {"all": every, "types": rows, "unknown": n_unknown},
        "changes": changes,
        "not_compared": not_compared,
    }


def _paragraph(one: Annotated, task: ShownTask) -> Optional[Paragraph]:
    """Both versions over the same words; None if the texts differ in their letters' composition."""
    place_of = _carried(task.text, one.text)
    if place_of is None:
        return None
    before = [(place_of[s.start], place_of[s.end - 1] + 1, s.label) for s in task.spans]
    after = [(s.start, s.end, s.label) for s in one.spans if s.start < s.end]
    bounds = {place for start, end, _ in [*before, *after] for place in (start, end)}
    text = one.text
    bounds |= {i for i in range(1, len(text)) if text[i - 1].isspace() and not text[i].isspace()}
    cuts = sorted(bounds | {0, len(text)})
    index = {cut: i for i, cut in enumerate(cuts)}
    was, became = (
        {Entity(index[s], index[e], label) for s, e, label in some if label != UNKNOWN_LABEL}
        for some in (before, after)
    )
    words = [text[a:b] for a, b in zip(cuts, cuts[1:])]
    return Paragraph(one.paper, one.paragraph, words, was, became)


def _carried(source: str, target: str) -> Optional[Dict[int, int]]:
    """Places in one text by those in another that differs in white space only."""
    if source == target:
        return {i: i for i in range(len(source))}
    places = [[i for i, c in enumerate(text) if not c.isspace()] for text in (source, target)]
    same = [[text[i] for i in own] for text, own in zip((source, target), places)]
    return dict(zip(*places)) if same[0] == same[1] else None


def _overlaps(placed: Dict[str, Versions]) -> List[str]:
    """Annotations that share characters: `convert` uses the longest, the rest is only kept."""
    found = []
    for versions in placed.values():
        one = versions[0]
        spans = [span for span in one.spans if span.label != UNKNOWN_LABEL]
        for i, a in enumerate(spans):
            for b in spans[i + 1 :]:
                if b.start >= a.end:
                    break
                pair = f"{a.label} {a.text!r} and {b.label} {b.text!r}"
                found.append(f"{one.paper}/{one.paragraph}: {pair}")
    return found


def _repairs(paragraphs: Sequence[Annotated], labels: Optional[Sequence[str]]) -> Dict[str, Any]:
    """What `convert` will do to annotations, by rule, with examples."""
    repairs, tokenizer = Repairs(), standard_tokenizer()
    for paragraph in paragraphs:
        annotated_to_doc(paragraph, tokenizer=tokenizer, labels=labels, repairs=repairs)
    return repairs.to_dict()


def held_out_of(docs: Mapping[str, Sequence[Doc]]) -> HeldOut:
    """docs (Mapping[str, Sequence[Doc]]): Gold by split, as `read_gold_splits` gives it."""
    kept = [doc for split, some in docs.items() if split not in ("train", "pool") for doc in some]
    papers = {str(doc.user_data["paper"]) for doc in kept}
    return HeldOut(papers, {squeezed(doc.text) for doc in kept})
