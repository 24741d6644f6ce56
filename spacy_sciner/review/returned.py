"""What comes back from a person, held against the record of what was shown."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Collection, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc

from ..corpus.annotated import UNKNOWN_LABEL, Annotated, annotated_to_doc, standard_tokenizer
from ..corpus.formats.registry import UNFINISHED, read_gold
from ..corpus.rules import Repairs, Skipped
from ..corpus.text import squeezed
from ..errors import Errors, ScinerError
from .annotators import format_of
from .compared import compared, name_of
from .gold import (
    SECONDS,
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

_COUNTED = (*UNFINISHED, "extra-annotation")  # of the rules that readers apply, told elsewhere


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
    corpus (str): Whose gold it becomes. gold (Path): Its file of reviewed paragraphs.
    labels (Optional[Sequence[str]]): Of the corpus; others are reported. None: all are known.
    file_format (Optional[str]): Of all files; None: told by their content.
    annotator (str): Who it was; of files that name one person at most, instead of their name.
    RETURNS (dict): The report, see docs/review.md.
    RAISES (ScinerError): What the readers raise; SCINER-E251 if nothing can be taken over, E252 for
        a format that is none of a review, E253 if it was shown from another corpus, E544 if a
        paragraph comes twice and nothing tells which one counts, E547 for what was shown, E548 for
        an `annotator` of files by several.
    """
    repairs = Repairs()
    kinds = {path: _kind(path, file_format) for path in paths}
    _check_came_back(paths, rounds)
    read = _named(_read(kinds, repairs), annotator)
    rounds = sorted(rounds, key=lambda one: one.corpus == corpus)  # of equals the order stays
    back = _sorted(read, rounds, held_out)
    _check_corpus(back, rounds, corpus)
    placed, first, lost = _placed(back.found, labels)
    before = by_text(read_reviewed(gold))
    skipped = _skipped_now(repairs.skipped, before, placed)
    _check_found(back, paths, n=len(read), repairs=repairs, skipped=skipped)
    merged, merging, taken = merge_reviewed(before, placed)
    write_reviewed(gold, merged)
    counts = _gold_counts(merging, back.found, placed)
    return {
        "tasks": _task_counts(back, rounds, repairs),
        "set_aside": back.aside,
        "not_shown": [name_of(v[0]) for k, v in placed.items() if k not in back.shown],
        "skipped_now": skipped,
        **compared(taken, back.shown),
        "lost": lost,
        "overlaps": _overlaps(placed),
        "repairs": _repairs(first, labels),
        **_readings(kinds, repairs),
        "gold": {"path": gold.as_posix(), "paragraphs": len(merged), **counts},
    }


def _read(kinds: Mapping[Path, str], repairs: Repairs) -> List[Annotated]:
    """What each file's format reads of it, and what a text's second annotators said."""
    read: List[Annotated] = []
    for path, kind in kinds.items():
        read += read_gold(
            path, file_format=kind, file=str(path), repairs=repairs, may_be_unfinished=True
        ).paragraphs
    return [*read, *repairs.extras]


def _check_found(
    back: _Sorted, paths: Sequence[Path], *, n: int, repairs: Repairs, skipped: Sequence[str]
) -> None:
    """n (int): Paragraphs read. skipped (Sequence[str]): What is told all the same.

    RAISES (ScinerError): SCINER-E251 if nothing can be taken over or told.
    """
    if not back.found and not skipped:
        counts = {why.replace("_", " "): len(places) for why, places in back.aside.items()}
        counts.update({rule: repairs.counts[rule] for rule in UNFINISHED})
        aside = ", ".join(f"{why} {count}" for why, count in counts.items())
        files = ", ".join(map(str, paths))
        raise ScinerError(Errors.E251.format(files=files, n=n, counts=aside))


def _check_corpus(back: _Sorted, rounds: Sequence[Round], corpus: str) -> None:
    """RAISES (ScinerError): SCINER-E253 if some of it was shown from another corpus."""
    corpus_of = {task.key: one.corpus for one in rounds for task in one.tasks}
    if others := {corpus_of[key] for key in back.shown} - {corpus}:
        raise ScinerError(Errors.E253.format(others=", ".join(sorted(others)), corpus=corpus))


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
            found.aside["other_text"].append(name_of(one))
            continue
        elif not one.of_pool:
            found.aside["no_record"].append(name_of(one))
            continue
        if versions[0].paper in held_out.papers or key in held_out.texts:
            found.aside["held_out"].append(name_of(versions[0]))
            continue
        found.found[key] = versions
        if task is not None:
            found.shown[key] = task
    return found


def _placed(
    found: Dict[str, Versions], labels: Optional[Collection[str]]
) -> Tuple[Dict[str, Versions], List[Annotated], List[str]]:
    """One version of each annotator with every span at its place; of each text the first one as it
    was read; and the annotations that have no place."""
    placed: Dict[str, Versions] = {}
    first, lost = [], []
    for key, versions in found.items():
        made = [explicit(version, labels) for version in versions]
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
        **{rule.replace("-", "_"): repairs.counts[rule] for rule in UNFINISHED},
    }


def _gold_counts(
    counts: Mapping[str, int], found: Dict[str, Versions], placed: Dict[str, Versions]
) -> Dict[str, int]:
    """counts (Mapping[str, int]): Of `merge_reviewed`; of `placed`, one version of each person."""
    n_in_doubt = sum(map(is_in_doubt, found.values()))
    n_again = sum(len(found[key]) - len(versions) for key, versions in placed.items())
    return {**counts, "nameless": counts["nameless"] + n_in_doubt, "again": n_again}


def _readings(kinds: Mapping[Path, str], repairs: Repairs) -> Dict[str, Any]:
    """How the files were read: the report's "offsets" to "not_read"."""
    return {
        "offsets": dict(sorted(repairs.units.items())),
        "formats": sorted(set(kinds.values())),
        "offsets_in_doubt": dict(sorted(repairs.rivals.items())),
        "not_read": {r: n for r, n in sorted(repairs.counts.items()) if r not in _COUNTED},
    }


def _skipped_now(
    skipped: Sequence[Skipped], before: Dict[str, Versions], placed: Dict[str, Versions]
) -> List[str]:
    """Paragraphs that are gold from an earlier import, and in these files are skipped alone or
    without annotation; and those that somebody has skipped after annotating them."""
    found = {}
    for one in skipped:
        key = squeezed(one.text)
        own = [v for v in placed.get(key, ()) if v.annotator == one.annotator]
        is_later = any(v.time[:SECONDS] < one.time[:SECONDS] for v in own)
        if is_later or (key in before and key not in placed):
            found[key] = name_of((placed.get(key) or before[key])[0])
    return list(found.values())


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
