"""JSON lines with character offsets: Prodigy's and doccano's exports, a paragraph a line.

A line, or its `meta`, may name its place: `paper`, `section`, `paragraph`; else its paper is the
file. doccano lets a project rename the two columns, so with other names the only string is the text
and the only list the annotations.
"""

import json
from pathlib import Path
from typing import Any, Dict, List, Optional

from ..annotated import Annotated, CharSpan, Numbering
from ..rules import Repairs

_TEXT_KEYS = ("text", "data")
_SPAN_KEYS = ("spans", "label", "labels", "entities")


def read_jsonl(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """Read either export; a line that cannot be used is counted and left out."""
    number = Numbering()
    paragraphs = []
    for n, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        text = _text(record) if isinstance(record, dict) else None
        spans = _spans(record) if isinstance(record, dict) else None
        if not isinstance(record, dict):
            rule = "bad-line"
        elif text is None:
            rule = "no-text"
        elif record.get("answer", "accept") != "accept":
            rule = "not-accepted"
        elif spans is None:
            rule = "unannotated"
        else:
            paper = str(_place(record, "paper") or path.stem)
            paragraphs.append(
                Annotated(
                    paper=paper,
                    paragraph=number(paper, _place(record, "paragraph")),
                    section=str(_place(record, "section") or ""),
                    text=text,
                    spans=spans,
                    file=file,
                )
            )
            continue
        repairs.add(rule, file=file, paragraph=f"line {n}", text=text or line)
    return paragraphs


def _text(record: Dict[str, Any]) -> Optional[str]:
    for key in _TEXT_KEYS:
        if isinstance(record.get(key), str):
            return str(record[key])
    strings = [value for value in record.values() if isinstance(value, str)]
    return strings[0] if len(strings) == 1 else None


def _spans(record: Dict[str, Any]) -> Optional[List[CharSpan]]:
    """None if nobody has annotated the line; an accepted Prodigy task may have no `spans`."""
    values = next((record[k] for k in _SPAN_KEYS if isinstance(record.get(k), list)), None)
    if values is None and record.get("answer") == "accept":
        return []
    if values is None:
        lists = [value for value in record.values() if isinstance(value, list)]
        if len(lists) != 1 or not all(_is_span(value) for value in lists[0]):
            return None
        values = lists[0]
    return [_span(value) for value in values]


def _is_span(value: Any) -> bool:
    if isinstance(value, dict):
        return "start" in value or "start_offset" in value
    return isinstance(value, list) and len(value) == 3


def _span(value: Any) -> CharSpan:
    if isinstance(value, list) and len(value) == 3:
        return CharSpan(value[0], value[1], str(value[2]))
    if isinstance(value, dict):
        start = value.get("start", value.get("start_offset"))
        end = value.get("end", value.get("end_offset"))
        return CharSpan(start, end, str(value.get("label") or ""))
    return CharSpan(None, None, "?")  # counted as an unknown label, or as bad offsets


def _place(record: Dict[str, Any], key: str) -> Any:
    meta = record.get("meta")
    return record.get(key, meta.get(key) if isinstance(meta, dict) else None)
