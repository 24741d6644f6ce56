"""Label Studio: its JSON export (tasks with annotations) and its JSON-MIN export (flat tasks).

A task may name its place in `data`: `paper`, `section`, `paragraph`. Else its paper is the uploaded
file, else the export's own name. Label Studio counts UTF-16 units, so offsets after a character
such as 𝑥 are repaired by the annotated text beside them.
"""

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ...errors import Errors, ScinerError
from ..annotated import Annotated, CharSpan, Numbering
from ..rules import Repairs

_PLACE = ("paper", "section", "paragraph")
_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")
_UPLOAD_SUFFIX = re.compile(r"(\.(txt|pdf|json|jsonl|csv|tsv|xml|md))+$")


def read_label_studio(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """Read either export.

    RAISES (ScinerError): SCINER-E205 if it is not JSON or not a list of tasks.
    """
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as e:
        raise ScinerError(Errors.E205.format(path=path, format="Label Studio", reason=e)) from e
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        reason = "it is not a list of tasks. Export JSON or JSON-MIN"
        raise ScinerError(Errors.E205.format(path=path, format="Label Studio", reason=reason))
    number = Numbering()
    paragraphs = []
    for n, task in enumerate(tasks):
        is_full = "annotations" in task or "completions" in task
        nested = task.get("data")
        data: Dict[str, Any] = nested if isinstance(nested, dict) else task
        paper = data.get("paper") or _paper_of_upload(task.get("file_upload")) or path.stem
        text = _text(data, is_flat=data is task)
        read = _full_spans if is_full else _min_spans
        spans, notes = read(task)
        where = f"task {task.get('id', n)}"
        if text is None:
            repairs.add("no-text", file=file, paragraph=where, text=", ".join(data))
            continue
        for rule in notes:
            repairs.add(rule, file=file, paragraph=where, text=text)
        if spans is not None:
            paragraphs.append(
                Annotated(
                    paper=str(paper),
                    paragraph=number(str(paper), data.get("paragraph")),
                    section=str(data.get("section") or ""),
                    text=text,
                    spans=spans,
                    file=file,
                )
            )
    return paragraphs


def _full_spans(task: Dict[str, Any]) -> Tuple[Optional[List[CharSpan]], List[str]]:
    """Spans of the annotation to use, None if there is none; and the rules applied."""
    annotations = _dicts(task.get("annotations", task.get("completions")))
    finished = [a for a in annotations if not a.get("was_cancelled")]
    if not finished:
        return None, ["not-accepted" if annotations else "unannotated"]
    chosen = next((a for a in finished if a.get("ground_truth")), finished[0])
    spans = []
    for result in _dicts(chosen.get("result")):
        value = result.get("value")
        kind = str(result.get("type", "labels"))
        if isinstance(value, dict) and kind.endswith("labels"):  # not relations, choices, ratings
            # Hypertext gives XPaths, and the offsets in the text beside them.
            offsets = value.get("globalOffsets") or value
            names = value.get(kind) or value.get("labels") or [""]
            spans += [
                CharSpan(offsets.get("start"), offsets.get("end"), name, value.get("text"))
                for name in names
            ]
    return spans, ["extra-annotation"] * (len(finished) - 1)


def _min_spans(task: Dict[str, Any]) -> Tuple[Optional[List[CharSpan]], List[str]]:
    # The key is the name of the labelling control, and absent where nothing was labelled.
    values = next((_dicts(v) for v in task.values() if any(map(_is_min_span, _dicts(v)))), None)
    if values is None:
        if "annotation_id" in task or isinstance(task.get("label"), list):
            return [], []
        return None, ["unannotated"]
    spans = []
    for value in values:
        offsets = value.get("globalOffsets") or value
        key = next((k for k in value if k.endswith("labels")), "labels")
        spans += [
            CharSpan(offsets.get("start"), offsets.get("end"), name, value.get("text"))
            for name in value.get(key) or [""]
        ]
    return spans, []


def _dicts(values: Any) -> List[Dict[str, Any]]:
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _is_min_span(value: Dict[str, Any]) -> bool:
    return "start" in value and "end" in value


def _text(data: Dict[str, Any], *, is_flat: bool) -> Optional[str]:
    """`text`, else the one string that is not a place; in a flat task only `text` is sure."""
    text = data.get("text")
    if text is None and not is_flat:
        strings = [v for k, v in data.items() if isinstance(v, str) and k not in _PLACE]
        text = strings[0] if len(strings) == 1 else None
    return text if isinstance(text, str) else None


def _paper_of_upload(upload: Any) -> Optional[str]:
    """ "N19-1423" of "5effecea-N19-1423.pdf.txt"."""
    if not isinstance(upload, str):
        return None
    return _UPLOAD_SUFFIX.sub("", _UPLOAD_PREFIX.sub("", Path(upload).name)) or None
