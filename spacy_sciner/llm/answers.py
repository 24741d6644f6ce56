"""What a language model answered: the lines that can be read, and those that cannot. Pure."""

import re
from collections import Counter
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from ..corpus.concepts import Places, find_mention
from ..corpus.offsets import UNKNOWN_LABEL
from .prompts import NOTHING, SEPARATOR

# Lists and code blocks that were not asked for, and a model's thoughts before its answer.
_MARK = re.compile(r"^\s*(?:[-*•]\s+|\d+[.)]\s+)?")
_THOUGHTS = re.compile(r"^\s*<think>.*?(?:</think>|\Z)|^.*?</think>", re.DOTALL)
_IN_MARKS = re.compile(r'(\*\*|`|")(.+)\1')
_FENCE = "```"
_NO_LETTER = re.compile(r"[\W_]+")


class Answer(NamedTuple):
    rows: List[List[str]]  # entity, type and, if it was given, description
    unread: List[str]  # the lines that are none; "" alone if there is no line at all

    @property
    def is_malformed(self) -> bool:
        return bool(self.unread)


def read_answer(content: str) -> Answer:
    """Read `entity <> type <> description` lines; the description may be missing."""
    rows: List[List[str]] = []
    unread: List[str] = []
    lines = [_MARK.sub("", line).strip() for line in _THOUGHTS.sub("", content).splitlines()]
    lines = [line for line in lines if line and not line.startswith(_FENCE)]
    for line in lines:
        parts = [_bare(part) for part in line.split(SEPARATOR, 2)]
        if len(parts) > 1 and all(parts[:2]):
            rows.append(parts)
        elif _bare(line.strip(".")).strip(".").lower() != NOTHING:
            unread.append(line)
    return Answer(rows, unread if lines else [""])


def closed_spans(
    text: str, rows: Sequence[Sequence[str]], labels: Mapping[str, Any]
) -> Tuple[List[Dict[str, Any]], Dict[str, int]]:
    """The entities of an answer wherever their words stand in the text, as Prodigy's spans.

    The longest first; of the same length, the first in the answer; none overlap. What has a label
    that was not asked for is `_unknown_`, where nothing else stands: not known to be no entity.

    labels (Mapping[str, Any]): By name; case, spaces and hyphens in the answer don't count, unless
        it takes them to tell two labels apart.
    RETURNS (Tuple[List[Dict[str, Any]], Dict[str, int]]): The spans in the order of the text, and
        what was left out, by reason, in rows.
    """
    counts: Counter[str] = Counter()
    squeezed = Counter(map(_squeezed, labels))
    names = {_squeezed(label): label for label in labels if squeezed[_squeezed(label)] == 1}
    known: Dict[Tuple[str, str], None] = {}
    for mention, name, *_ in rows:
        label = name if name in labels else names.get(_squeezed(name), UNKNOWN_LABEL)
        counts["unknown label"] += label == UNKNOWN_LABEL
        if (mention, label) in known:
            counts["duplicate"] += label != UNKNOWN_LABEL
        else:
            known[mention, label] = None
    places = Places()
    spans: List[Dict[str, Any]] = []
    for mention, label in sorted(known, key=lambda one: (one[1] == UNKNOWN_LABEL, -len(one[0]))):
        found = list(find_mention(text, mention))
        free = [place for place in found if places.take(*place)]
        if not free and label != UNKNOWN_LABEL:
            counts["overlap" if found else "not found"] += 1
        spans += [{"start": s, "end": e, "text": text[s:e], "label": label} for s, e in free]
    return sorted(spans, key=lambda span: int(span["start"])), dict(+counts)


def _bare(part: str) -> str:
    """Without white space, bold type or quotes around it."""
    part = part.strip()
    found = _IN_MARKS.fullmatch(part)
    return found[2].strip() if found else part


def _squeezed(label: str) -> str:
    return _NO_LETTER.sub("", label).lower()
