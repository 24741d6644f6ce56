"""How a CoNLL file writes its tags: B-X; X-B, with the letter behind; or X alone.

A file has one style, found from all its tags. Tags of the others become B-X where they are read.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Collection, FrozenSet, List, Optional, Sequence, Tuple

from ...errors import Errors, ScinerError
from ..schemes import parse_tag

IO = "IO"  # the label alone: touching entities of one label cannot be told apart
_BEFORE = re.compile(r"([BIESLUM])[-_:/](.+)")
_BEHIND = re.compile(r"(.+)[-_:/]([BIESLUM])")


def split_tag(tag: str) -> Optional[Tuple[str, str]]:
    """What `parse_tag` gives, for tags of every style that has a letter."""
    if parsed := parse_tag(tag):
        return parsed
    if match := _BEFORE.fullmatch(tag):
        return match[1], match[2]
    match = _BEHIND.fullmatch(tag)
    return (match[2], match[1]) if match else None


def is_tag(tag: str, labels: Collection[str] = ()) -> bool:
    """labels (Collection[str]): `casefolded`; one of these alone is a tag, too."""
    return split_tag(tag) is not None or tag.casefold() in labels


def casefolded(labels: Optional[Collection[str]]) -> FrozenSet[str]:
    return frozenset(label.casefold() for label in labels or ())


def plain_tags(
    blocks: Sequence[Sequence[str]], *, labels: Optional[Collection[str]], path: Path
) -> Tuple[List[List[str]], Optional[str]]:
    """The tags of a file as O, B-X, I-X …, and the scheme if it is IO.

    What is no tag stays as it is, to be counted where it is read.

    labels (Optional[Collection[str]]): Of the corpus, None if they are not known.
    RAISES (ScinerError): SCINER-E207 if most that are not O are no tags.
    """
    tags = [tag for block in blocks for tag in block]
    named = Counter(tag for tag in tags if tag != "O")
    if not named:
        return [list(block) for block in blocks], None
    n_plain = sum(n for tag, n in named.items() if parse_tag(tag))
    behind = _is_behind(named, labels)
    if 2 * n_plain >= sum(named.values()) and not behind:
        return [list(block) for block in blocks], None
    if all(map(split_tag, named)):
        return [[_plain(tag, behind=behind) for tag in block] for block in blocks], None
    if labels is not None and set(named) <= set(labels):
        return [_with_letters(block) for block in blocks], IO
    bad = [tag for tag in tags if parse_tag(tag) is None]
    found = ", ".join(sorted(named)[:10])
    raise ScinerError(
        Errors.E207.format(path=path, tag=bad[0], n=len(bad), total=len(tags), found=found)
    )


def _is_behind(named: Collection[str], labels: Optional[Collection[str]]) -> bool:
    """Whether "B-I" and the like are a label B that begins with I: as the corpus' labels say."""
    if labels is None:
        return False
    known = set(labels)
    before = sum((parse_tag(tag) or ("", ""))[1] in known for tag in named)
    matches = [_BEHIND.fullmatch(tag) for tag in named]
    behind = sum(match is not None and match[1] in known for match in matches)
    return behind > before


def _plain(tag: str, *, behind: bool) -> str:
    match = _BEHIND.fullmatch(tag) if behind else None
    letter, label = (match[2], match[1]) if match else split_tag(tag) or ("O", "")
    return f"{letter}-{label}" if label else "O"


def _with_letters(tags: Sequence[str]) -> List[str]:
    previous = ["O", *tags]
    return [
        tag if tag == "O" else f"{'I' if tag == before else 'B'}-{tag}"
        for tag, before in zip(tags, previous)
    ]
