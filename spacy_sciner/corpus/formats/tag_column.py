"""Which column of a CoNLL file holds the tags of entities: not that of chunks, nor an empty one."""

from pathlib import Path
from typing import AbstractSet, Collection, Dict, Iterable, List, Optional, Sequence

from ...errors import ScinerError
from .no_conll import not_conll
from .tag_style import casefolded, is_tag, split_tag

# Of a column's values, that make it one of tags: surely, and with slips, such as o for O.
MIN_TAGS, MIN_TAGS_WITH_SLIPS = 0.98, 0.5
# CoNLL-2000's: tags of the same form that name no entities.
_CHUNKS = frozenset(
    ["np", "vp", "pp", "advp", "adjp", "sbar", "prt", "conjp", "intj", "lst", "ucp"]
)


def tag_column(
    columns: Iterable[int],
    rows: Sequence[Sequence[str]],
    labels: Optional[Collection[str]],
    path: Path,
) -> Optional[int]:
    """The column with the corpus' labels, else with the tags of others, else with an O; a slip in
    it is no reason to take another.

    RETURNS (Optional[int]): None if there is no such column, or more than one.
    RAISES (ScinerError): SCINER-E218 if two columns may be the tags.
    """
    columns = list(columns)
    sure = tagged(columns, rows, labels)
    likely = tagged(columns, rows, labels, share=MIN_TAGS_WITH_SLIPS)
    found = _of_labels(likely, rows, labels, path) if labels is not None else []
    named = {i: _named([row[i] for row in rows]) for i in likely}
    others = [i for i in likely if not (named[i] and named[i] <= _CHUNKS)]
    with_o = [i for i in others if any(row[i] == "O" for row in rows)]
    found = found or _only(others, rows, named, path)
    found = found or [i for i in with_o if i in sure] or with_o or sure
    return found[0] if len(found) == 1 else None


def _only(
    columns: Sequence[int],
    rows: Sequence[Sequence[str]],
    named: Dict[int, AbstractSet[str]],
    path: Path,
) -> List[int]:
    """Of the columns whose tags name something the one, where no labels tell it."""
    found = [i for i in columns if named[i]]
    other = next((i for i in found if any(row[i] != row[found[0]] for row in rows)), None)
    if other is not None:
        raise _two(found[0], other, rows, path, "tags")
    return found[-1:]


def _two(one: int, other: int, rows: Sequence[Sequence[str]], path: Path, what: str) -> ScinerError:
    n = sum(row[one] != row[other] for row in rows)
    reason = f"columns {one + 1} and {other + 1} both have {what}, and differ in {n} of "
    reason += f"{len(rows)} lines (gold and predicted?): keep the gold column only"
    return not_conll(path, reason)


def tagged(
    columns: Iterable[int],
    rows: Sequence[Sequence[str]],
    labels: Optional[Collection[str]],
    *,
    share: float = MIN_TAGS,
) -> List[int]:
    """The columns that hold tags, all but a few of their values."""
    known = casefolded(labels)
    values = {i: [row[i] for row in rows] for i in columns}
    n_tags = {i: sum(is_tag(v, known) for v in values[i]) for i in values}
    return [i for i, n in n_tags.items() if n >= share * len(rows)]


def _named(tags: Iterable[str]) -> AbstractSet[str]:
    """The labels of tags with a letter."""
    parsed = filter(None, map(split_tag, set(tags)))
    return {label.casefold() for _, label in parsed if label}


def _of_labels(
    columns: Sequence[int], rows: Sequence[Sequence[str]], labels: Collection[str], path: Path
) -> List[int]:
    """Of several columns of tags, such as chunks and entities, the one with the corpus' labels."""
    known = casefolded(labels)
    named: Dict[int, AbstractSet[str]] = {
        i: {(split_tag(row[i]) or ("", row[i]))[1].casefold() for row in rows} for i in columns
    }
    found = [i for i in columns if named[i] & known]
    other = next((i for i in found if any(row[i] != row[found[0]] for row in rows)), None)
    if other is None:
        return found[:1]
    raise _two(found[0], other, rows, path, "tags of the corpus' labels")
