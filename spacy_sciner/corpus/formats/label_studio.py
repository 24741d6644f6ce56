"""Label Studio: its JSON export (tasks with annotations) and its JSON-MIN export (flat tasks).

A task may name its place in `data`: `paper`, `section`, `paragraph`. Else its paper is the uploaded
file, else the export's own name. Each text that has annotations of its own is a paragraph: which
string that is, is told by the control's `toName`, by the annotations' own texts, or by `text_key`.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ...errors import Errors, ScinerError
from ..annotated import Annotated, CharSpan, Numbering
from ..rules import Repairs, Skipped
from .sniff import is_address, json_records, paper_of_file, whole_number
from .texts import keys_by_control, resolve_offsets

_PLACE = ("paper", "section", "paragraph")
_NOT_TEXT = frozenset(_PLACE) | frozenset(
    ("id", "created_at", "updated_at", "annotator", "annotation_id", "lead_time", "file_upload")
)
_OF_ANNOTATION = ("annotator", "time", "is_truth", "is_partial")
_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")


@dataclass
class _Annotation:
    """One person's work on a task: spans by the control, or the text, that they belong to."""

    spans: Dict[str, List[CharSpan]] = field(default_factory=dict)
    annotator: str = ""
    time: str = ""
    is_truth: bool = False
    is_partial: bool = False  # as review/gold.json says of accepted suggestions

    def add(self, control: str, values: Dict[str, Any], kind: str) -> None:
        # Hypertext gives XPaths, and the offsets in the text beside them.
        offsets = values.get("globalOffsets") or values
        if not isinstance(offsets, dict):
            offsets = values
        own_text = values.get("text")
        names = values.get(kind) or values.get("labels") or [""]
        self.spans.setdefault(control, []).extend(
            CharSpan(
                whole_number(offsets.get("start")),
                whole_number(offsets.get("end")),
                str(name),
                own_text if isinstance(own_text, str) else None,
            )
            for name in (names if isinstance(names, list) else [names])
        )


@dataclass
class _Task:
    where: str
    name: str
    data: Dict[str, Any]
    upload: Any
    annotations: List[_Annotation]  # the one to use first
    rule: Optional[str]  # why there is none
    skipped: List[Tuple[str, str]]  # by whom and when

    @property
    def spans(self) -> Dict[str, List[CharSpan]]:
        """Those of all annotations, by control."""
        found: Dict[str, List[CharSpan]] = {}
        for annotation in self.annotations:
            for control, spans in annotation.spans.items():
                found.setdefault(control, []).extend(spans)
        return found


def read_label_studio(
    path: Path, *, file: str, repairs: Repairs, text_key: Optional[str] = None
) -> List[Annotated]:
    """Read either export; as an array, or a task a line.

    text_key (Optional[str]): The key that holds the text, None to find it.
    RAISES (ScinerError): SCINER-E205 if it is not JSON or not a list of tasks, SCINER-E216 if
        offsets fit no way of counting, SCINER-E217 if it is not plain which string is the text.
    """
    tasks = [_task(n, task) for n, task in enumerate(_tasks(path, file=file, repairs=repairs))]
    data, marked = [task.data for task in tasks], [task.spans for task in tasks]
    key_of = keys_by_control(data, marked, asked=text_key, never=_NOT_TEXT, path=path)
    number = Numbering()
    paragraphs: List[Annotated] = []
    is_extra: List[bool] = []
    for task in tasks:
        texts = {k: task.data[k] for k in key_of if isinstance(task.data.get(k), str)}
        addresses = [text for text in texts.values() if is_address(text)]
        if not texts or addresses:
            rule, text = "no-text" if not texts else "address", ", ".join(addresses or task.data)
            repairs.add(rule, file=file, paragraph=task.where, text=text)
            continue
        first = next(iter(texts.values()))
        for rule in [task.rule] if task.rule else ["extra-annotation"] * len(task.annotations[1:]):
            repairs.add(rule, file=file, paragraph=task.where, text=first)
        repairs.skipped += [Skipped(first, *one) for one in task.skipped]
        upload = task.upload if isinstance(task.upload, str) else None
        paper = str(task.data.get("paper") or _paper_of_upload(upload) or paper_of_file(path.name))
        for key, text in texts.items() if task.annotations else ():
            paragraph = Annotated(
                paper=paper,
                paragraph=number(paper, task.data.get("paragraph") if len(texts) == 1 else None),
                section=str(task.data.get("section") or ("" if len(texts) == 1 else key)),
                text=text,
                spans=[],
                file=file,
                task=task.name,
                of_pool=task.data.get("of_pool") is True,
            )
            for i, annotation in enumerate(task.annotations):
                spans = [s for c in key_of[key] for s in annotation.spans.get(c, ())]
                told = {k: getattr(annotation, k) for k in _OF_ANNOTATION}
                paragraphs.append(replace(paragraph, spans=spans, **told))
                is_extra.append(i > 0)
    resolved = resolve_offsets(paragraphs, path=path, file=file, repairs=repairs)
    repairs.extras += [p for p, extra in zip(resolved, is_extra, strict=True) if extra]
    return [p for p, extra in zip(resolved, is_extra, strict=True) if not extra]


def _tasks(path: Path, *, file: str, repairs: Repairs) -> List[Dict[str, Any]]:
    records, is_array = json_records(path, file_format="Label Studio", file=file, repairs=repairs)
    tasks = [record.value for record in records]
    is_one = len(tasks) == 1 and not is_array
    known = {"data", "annotations", "completions", "annotation_id"}
    if not all(isinstance(task, dict) for task in tasks) or (is_one and not known & set(tasks[0])):
        reason = "it is not a list of tasks. Export JSON or JSON-MIN"
        raise ScinerError(Errors.E205.format(path=path, format="Label Studio", reason=reason))
    for record in records:
        for key, value in record.value.items():
            found = ""
            if _is_foreign(value):
                found = f"the spans under {key!r} are another format's, or a CSV's"
            elif _is_dialogue(value):
                found = f"{key!r} annotates a dialogue (control Paragraphs), not a text: annotate "
                found += "its utterances in tasks of a Text control, or convert it to JSON lines"
            if found:
                reason = f"{record.where}: {found}"
                message = Errors.E205.format(path=path, format="Label Studio", reason=reason)
                raise ScinerError(message)
    return tasks


def _is_dialogue(value: Any) -> bool:
    """Regions whose start and end are the numbers of utterances."""
    values = _dicts(value)
    regions = [r for v in values for r in _dicts(v.get("result"))]
    inner = [r["value"] for r in regions if isinstance(r.get("value"), dict)]
    return any("paragraphlabels" in v for v in [*values, *inner])


def _is_foreign(value: Any) -> bool:
    """Spans as they never stand in a task: to pass over them would say that there are none."""
    if isinstance(value, str):
        return re.match(r"(?s)\s*\[\s*\{.*['\"]start['\"]", value) is not None
    values = _dicts(value)
    if any("label" in v and ("start_offset" in v or _is_min_span(v)) for v in values):
        return True
    if any(isinstance(v.get("result"), str) for v in values):
        return True
    lists = [v for v in value if isinstance(v, list)] if isinstance(value, list) else []
    # doccano's [start, end, label]; a taxonomy's choice has three words.
    return any(len(v) == 3 and isinstance(v[0], int) and isinstance(v[2], str) for v in lists)


def _task(n: int, task: Dict[str, Any]) -> _Task:
    nested = task.get("data")
    data: Dict[str, Any] = nested if isinstance(nested, dict) else task
    is_full = "annotations" in task or "completions" in task
    annotations, rule = (_full if is_full else _min)(task)
    name = str(task.get("id", n))
    given = _dicts(task.get("annotations", task.get("completions")))
    skipped = [(_annotator_of(a), _time_of(a)) for a in given if _is_skipped(a)]
    skipped = skipped or [("", "")] * (rule == "unannotated")
    return _Task(f"task {name}", name, data, task.get("file_upload"), annotations, rule, skipped)


def _is_skipped(annotation: Dict[str, Any]) -> bool:
    return bool(annotation.get("was_cancelled") or annotation.get("skipped"))


def _full(task: Dict[str, Any]) -> Tuple[List[_Annotation], Optional[str]]:
    """The annotations, ground truth first, of one person's the latest; and why there is none."""
    given = _dicts(task.get("annotations", task.get("completions")))
    finished = [a for a in given if not _is_skipped(a)]
    if not finished:
        return [], "not-accepted" if given else "unannotated"
    found = []
    for one in _in_order(finished):
        annotation = _Annotation(annotator=_annotator_of(one), time=_time_of(one))
        annotation.is_truth = bool(one.get("ground_truth"))
        annotation.is_partial = one.get("accepted_only") is True
        _add_regions(annotation, _dicts(one.get("result")))
        found.append(annotation)
    return found, None


def _in_order(annotations: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Ground truth first, else as people come in the file; of one person's the latest first."""
    people = [_annotator_of(one) or n for n, one in enumerate(annotations)]
    times = list(map(_time_of, annotations))
    newest = sorted(range(len(people)), key=lambda n: (times[n], n), reverse=True)
    order = sorted(newest, key=lambda n: people.index(people[n]))
    return sorted([annotations[n] for n in order], key=lambda one: not one.get("ground_truth"))


def _annotator_of(annotation: Dict[str, Any]) -> str:
    """Who has made it, a number as a rule; "" if it is not said."""
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        names = (who.get(key) for key in ("id", "email", "username"))
        who = next((name for name in names if name not in (None, "")), None)
    return "" if who is None else str(who)


def _add_regions(annotation: _Annotation, results: List[Dict[str, Any]]) -> None:
    """Labelled regions, not relations and choices; and regions that only another control has given
    a meaning, such as a taxonomy: something is there, and its label unknown."""
    others = []
    for result in results:
        value, kind = result.get("value"), str(result.get("type", "labels"))
        if isinstance(value, dict) and kind.endswith("labels"):
            annotation.add(str(result.get("to_name") or ""), value, kind)
        elif isinstance(value, dict) and isinstance(value.get("text"), str):
            others.append((str(result.get("to_name") or ""), value))
    for control, value in others:
        start, end = whole_number(value.get("start")), whole_number(value.get("end"))
        if not isinstance(start, int) or not isinstance(end, int):
            continue
        places = [(s.start, s.end) for s in annotation.spans.get(control, ())]
        if not any(
            isinstance(a, int) and isinstance(b, int) and a < end and start < b for a, b in places
        ):
            annotation.add(control, {k: value[k] for k in ("start", "end", "text")}, "labels")


def _min(task: Dict[str, Any]) -> Tuple[List[_Annotation], Optional[str]]:
    # The keys are the names of the labelling controls, and absent where nothing was labelled.
    controls = {
        key: values
        for key, value in task.items()
        if any(map(_is_min_span, values := _dicts(value)))
    }
    if not controls and "annotation_id" not in task and not isinstance(task.get("label"), list):
        return [], "unannotated"
    annotation = _Annotation(annotator=str(task.get("annotator") or ""), time=_time_of(task))
    for control, values in controls.items():
        for value in values:
            kind = next((k for k in value if k.endswith("labels")), "labels")
            annotation.add(control, value, kind)
    return [annotation], None


def _time_of(values: Dict[str, Any]) -> str:
    """When it was made, or last changed, as the export says it."""
    return str(values.get("updated_at") or values.get("created_at") or "")


def _dicts(values: Any) -> List[Dict[str, Any]]:
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _is_min_span(value: Dict[str, Any]) -> bool:
    return "start" in value and "end" in value


def _paper_of_upload(upload: Optional[str]) -> Optional[str]:
    """ "N19-1423" of "5effecea-N19-1423.pdf.txt"."""
    return paper_of_file(_UPLOAD_PREFIX.sub("", Path(upload).name)) if upload else None
