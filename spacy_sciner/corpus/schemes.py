"""Tag schemes of CoNLL files: which one it is, and the entities behind the tags.

IOB1 (B- only between two touching entities of one label), IOB2, IOBES and BILOU. One reading serves
them all, since each tag says whether it begins, continues or ends; the scheme only decides which
tags are counted as repaired. Rules: see `rules`.
"""

import re
from typing import Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ..tagging import labels_to_ids, span_bounds

UNKNOWN_TAG = "-"  # nothing is known of the token, as in spaCy
_TAG = re.compile(r"([BIESLUM])-(.+)")
_BEGINS, _ENDS = frozenset("BSU"), frozenset("ELSU")


class TagSpan(NamedTuple):
    """An entity over tokens [start, end)."""

    start: int
    end: int
    label: str


def parse_tag(tag: str) -> Optional[Tuple[str, str]]:
    """("B", "Task") of "B-Task", ("O", "") of "O" and of "-", None if it is no tag."""
    if tag in ("O", UNKNOWN_TAG):
        return "O", ""
    match = _TAG.fullmatch(tag)
    return (match[1], match[2]) if match else None


def detect_scheme(blocks: Iterable[Sequence[str]]) -> str:
    """The scheme of a file: "IOB1", "IOB2", "IOBES", "BILOU", or "O" if it has no entity.

    blocks (Iterable[Sequence[str]]): The tags of each paragraph.
    """
    prefixes = set()
    n_free_b = n_free_i = 0  # those that don't follow an entity of the same label
    for tags in blocks:
        previous = ""
        for tag in tags:
            prefix, label = parse_tag(tag) or ("O", "")
            prefixes.add(prefix)
            if label != previous:
                n_free_b += prefix == "B"
                n_free_i += prefix == "I"
            previous = label
    if prefixes & set("LU"):
        return "BILOU"
    if prefixes & set("ESM"):
        return "IOBES"
    if n_free_b == n_free_i == 0:
        return "O"
    return "IOB1" if n_free_i > n_free_b else "IOB2"


def tags_to_spans(
    tags: Sequence[str], *, scheme: str
) -> Tuple[List[TagSpan], List[Tuple[str, int]]]:
    """The entities of one paragraph, and the repairs as (rule, token index), by token."""
    parsed = [parse_tag(tag) for tag in tags]
    prefixes, labels = (
        [tag[0] if tag else "O" for tag in parsed],
        [tag[1] if tag else "" for tag in parsed],
    )
    bounds = span_bounds(
        labels_to_ids(labels),
        begins=[prefix in _BEGINS for prefix in prefixes],
        ends=[prefix in _ENDS for prefix in prefixes],
    )
    repairs = [("invalid-tag", i) for i, tag in enumerate(parsed) if tag is None]
    if scheme != "IOB1":
        repairs += [("orphan-i", start) for start, _ in bounds if prefixes[start] not in _BEGINS]
    if scheme in ("IOBES", "BILOU"):
        repairs += [("unclosed", start) for start, end in bounds if prefixes[end - 1] not in _ENDS]
    spans = [TagSpan(start, end, labels[start]) for start, end in bounds]
    return spans, sorted(repairs, key=lambda repair: repair[1])
