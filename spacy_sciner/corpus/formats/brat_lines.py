"""The lines of a BRAT .ann file: its text-bound annotations, and what is no line of BRAT's."""

import re
from itertools import pairwise
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..annotated import UNKNOWN_LABEL, CharSpan
from ..rules import Repairs

# Tabs stand around the middle one, or blanks where an editor has replaced them.
_PAIR = r"\d{1,12}\s\d{1,12}"
_TEXT_BOUND = re.compile(rf"(T\S+)\s+(\S+)\s+({_PAIR}(?:;{_PAIR})*)(?: *\t(.*)| +(\S.*)|\s*)")
# Beside other line ends, a carriage return alone is one where another annotation follows it.
_LINE_END = re.compile(r"\r*\n|\r(?=[TREAMN]\d+\s|[#*]\S*\s|$)")
# Relations, events, attributes, modifications and normalisations; notes; equivalences.
_OTHER = re.compile(r"[REAMN]\S*\d|[#*]")


class BratLine(NamedTuple):
    """A text-bound annotation: its fragments, one by one, and its own text."""

    n: int
    line: str
    fragments: List[CharSpan]
    own_text: Optional[str]


def text_bound_lines(ann: str, *, file: str, repairs: Repairs) -> Tuple[List[BratLine], int]:
    """The text-bound annotations, and how many more lines cannot be read.

    A line of no kind of BRAT's may be an annotation that somebody has spoilt, or the file is none.
    """
    found: List[BratLine] = []
    n_bad = 0
    lines = _LINE_END.split(ann) if "\n" in ann else ann.split("\r")
    for n, line in enumerate(lines, start=1):
        shown = line.lstrip("\ufeff").strip()
        match = _TEXT_BOUND.fullmatch(shown)
        if match is not None:
            found.append(_line(n, line, match))
        elif not shown or _OTHER.match(shown):
            continue
        elif found and (whole := _continued(found[-1], shown)) is not None:
            found[-1] = whole
        else:
            repairs.add("bad-line", file=file, paragraph=f"line {n} of .ann", text=line)
            n_bad += 1
    return found, n_bad


def _line(n: int, line: str, match: "re.Match[str]") -> BratLine:
    _, label, offsets, own_text, after_blank = match.groups()
    own_text = after_blank if own_text is None else own_text
    pairs = [tuple(map(int, part.split())) for part in offsets.split(";")]
    # A fragment's own text is known where it is the only one.
    text = own_text if len(pairs) == 1 else None
    return BratLine(n, line, [CharSpan(start, end, label, text) for start, end in pairs], own_text)


def _continued(one: BratLine, rest: str) -> Optional[BratLine]:
    """The annotation with a line more of its own text, if its offsets have room for that: some
    tools write a line end in it as it is."""
    if one.own_text is None:
        return None
    own_text = f"{one.own_text}\n{rest}"
    if len(own_text) > sum(fragment.end - fragment.start for fragment in one.fragments):
        return None
    is_only = len(one.fragments) == 1
    fragments = [f._replace(text=own_text) if is_only else f for f in one.fragments]
    return one._replace(fragments=fragments, own_text=own_text)


def joined(
    fragments: Sequence[CharSpan], own_text: Optional[str], text: str
) -> Tuple[List[CharSpan], Optional[str]]:
    """One span of its fragments, or what is unknown if there is none; and the rule applied."""
    fragments = sorted(fragments, key=lambda fragment: fragment.start)
    gaps = [text[left.end : right.start] for left, right in pairwise(fragments)]
    if any(gap.strip() for gap in gaps):
        return [one._replace(label=UNKNOWN_LABEL) for one in fragments], "discontinuous"
    span = CharSpan(fragments[0].start, fragments[-1].end, fragments[0].label, own_text)
    return [span], "discontinuous-joined" if gaps else None
