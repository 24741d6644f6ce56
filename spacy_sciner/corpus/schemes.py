"""Tag schemes of CoNLL files: which one it is, and the entities behind the tags.

IOB1 (B- only between two touching entities of one label), IOB2, IOBES and BILOU. One reading serves
them all, since each tag says whether it begins, continues or ends; the scheme only decides which
tags are counted as repaired. Rules: see `rules`.
"""

import re
from typing import Iterable, List, NamedTuple, Optional, Sequence, Tuple

_TAG = re.compile(r"([BIESLUM])-(.+)")
_BEGINS, _ALONE, _ENDS = frozenset("B"), frozenset("SU"), frozenset("EL")


class TagSpan(NamedTuple):
    """An entity over tokens [start, end)."""

    start: int
    end: int
    label: str


def parse_tag(tag: str) -> Optional[Tuple[str, str]]:
    """("B", "Task") of "B-Task", ("O", "") of "O", None if it is no tag."""
    if tag == "O":
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
    """The entities of one paragraph, and the repairs as (rule, token index)."""
    spans: List[TagSpan] = []
    repairs: List[Tuple[str, int]] = []
    has_end_tags = scheme in ("IOBES", "BILOU")
    start, open_label = 0, ""
    for i, tag in enumerate([*tags, "O"]):
        parsed = parse_tag(tag)
        if parsed is None:
            repairs.append(("invalid-tag", i))
        prefix, label = parsed or ("O", "")
        continues = prefix not in _BEGINS | _ALONE and label == open_label
        if open_label and not continues:
            spans.append(TagSpan(start, i, open_label))
            open_label = ""
            if has_end_tags:
                repairs.append(("unclosed", start))
        if label and not continues:
            start, open_label = i, label
            if prefix not in _BEGINS | _ALONE and scheme != "IOB1":
                repairs.append(("orphan-i", i))
        if prefix in _ENDS | _ALONE:
            spans.append(TagSpan(start, i + 1, open_label))
            open_label = ""
    return spans, repairs
