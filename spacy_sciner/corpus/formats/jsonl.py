"""JSON lines with character offsets: Prodigy's and doccano's exports, a paragraph a line.

A line, or its `meta`, may name its place: `paper`, `section`, `paragraph`; else its paper is the
file. With the `source` "llm", and no annotator, a language model made it. doccano lets a project
rename the two columns, so with other names the only string is the text and the only lists of spans
the annotations; `text_key` in params.yaml decides between strings.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

from ...files import replacing
from ..annotated import GOLD, UNKNOWN_LABEL, Annotated, CharSpan, Numbering, source_of
from ..rules import Repairs, Skipped
from .sniff import Record, is_address, json_records, paper_of_file, whole_number
from .texts import choose_key, resolve_offsets
from .writing import CharEnt, Losses, Written, count_unheld, count_words, place_of

_TEXT_KEYS = ("text", "data")
_SPAN_KEYS = ("spans", "label", "labels", "entities", "annotations")
ANNOTATOR_KEYS = ("_annotator_id", "_session_id", "annotator", "username", "user")
# What Prodigy calls the annotator where no session is named: when it was started.
_SITTING = re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d")
_NOT_TEXT = frozenset(
    ("paper", "section", "paragraph", "answer", "label", "id", "source", "annotation_approver")
) | frozenset(ANNOTATOR_KEYS)
MAX_SECONDS = 1 << 33  # the year 2242: a larger number counts something else
# Prodigy's interfaces in which nobody can mark words.
_OTHER_VIEWS = ("html", "text", "text_input", "choice", "classification", "compare", "diff")
_NOT_SPANS = ("tokens", "relations", "options", "accept", "versions", "arcs", "Comments")


class _Own(NamedTuple):
    """Whose annotations of which text a line has."""

    paper: str
    text: str
    annotator: str
    source: str


@dataclass(frozen=True)
class _Line:
    """What one line says, None where it does not."""

    text: Optional[str]
    spans: Optional[List[CharSpan]]
    rule: Optional[str]  # why it is left out


def read_jsonl(
    path: Path, *, file: str, repairs: Repairs, text_key: Optional[str] = None
) -> List[Annotated]:
    """Read either export, as lines or as an array; a line that cannot be used is counted.

    text_key (Optional[str]): The key that holds the text, None to find it.
    RAISES (ScinerError): SCINER-E205 if it is not JSON, SCINER-E216 if offsets fit no way of
        counting, SCINER-E217 if several strings may be the text.
    """
    read, _ = json_records(path, file_format="Prodigy or doccano", file=file, repairs=repairs)
    records = [Record(r.where, _as_dict(r.value)) for r in read]
    dicts = [r.value for r in records if isinstance(r.value, dict)]
    key = choose_key(dicts, asked=text_key, usual=_TEXT_KEYS, never=_NOT_TEXT, path=path)
    number = Numbering()
    paragraphs: List[Annotated] = []
    # Where a person's accepted spans of a text are gathered.
    binary: Dict[_Own, int] = {}
    for where, record in records:
        line = _read_line(record, key)
        if line.text is None or line.spans is None or line.rule is not None:
            text = line.text or str(record)
            repairs.add(line.rule or "bad-line", file=file, paragraph=where, text=text)
            if line.rule == "not-accepted" and not _is_binary(record):
                repairs.skipped.append(Skipped(text, _annotator(record), _time(record)))
            continue
        paper = str(_place(record, "paper") or paper_of_file(path.name))
        is_partial = _is_binary(record) or _is_left_open(record)
        source = GOLD if _annotator(record) else source_of(_place(record, "source"))
        own = _Own(paper, line.text, _annotator(record), source)
        if is_partial and own in binary:
            i = binary[own]
            spans, time = paragraphs[i].spans, max(paragraphs[i].time, _time(record))
            paragraphs[i] = replace(paragraphs[i], spans=[*spans, *line.spans], time=time)
            continue
        if is_partial:
            binary[own] = len(paragraphs)
        n = number(paper, _place(record, "paragraph"))
        paragraph = _annotated(
            own, record, line.spans, paragraph=n, file=file, is_partial=is_partial
        )
        paragraphs += _by_annotator(paragraph, record)
    return resolve_offsets(paragraphs, path=path, file=file, repairs=repairs)


def _annotated(
    own: _Own,
    record: Dict[str, Any],
    spans: List[CharSpan],
    *,
    paragraph: int,
    file: str,
    is_partial: bool,
) -> Annotated:
    return Annotated(
        **own._asdict(),
        paragraph=paragraph,
        section=str(_place(record, "section") or ""),
        spans=spans,
        file=file,
        is_partial=is_partial,
        task=_task(record),
        time=_time(record),
        of_pool=_place(record, "of_pool") is True,
    )


def _as_dict(value: Any) -> Any:
    """spaCy's own pairs, `["text", {"entities": …}]`, read as a record."""
    is_pair = isinstance(value, list) and len(value) == 2 and isinstance(value[0], str)
    return {**value[1], "text": value[0]} if is_pair and isinstance(value[1], dict) else value


def _read_line(record: Any, key: Optional[str]) -> _Line:
    if not isinstance(record, dict):
        return _Line(None, None, "bad-line")
    text = record.get(key) if key is not None else None
    if not isinstance(text, str):
        return _Line(None, None, "no-text")
    if is_address(text):
        return _Line(text, None, "address")
    if record.get("answer", "accept") != "accept":
        return _Line(text, None, "not-accepted")
    lists = _span_lists(record)
    if lists is not None and record.get("_view_id") in _OTHER_VIEWS and not any(lists):
        lists = None
    if lists is None or _is_prediction(record) or (_is_binary(record) and not any(lists)):
        return _Line(text, None, "unannotated")
    return _Line(text, [span for values in lists for v in values for span in _spans(v)], None)


def _span_lists(record: Dict[str, Any]) -> Optional[List[List[Any]]]:
    """None if nobody has annotated the line; an accepted Prodigy task may have no `spans`."""
    known = [record[k] for k in _SPAN_KEYS if isinstance(record.get(k), list)]
    if known:
        whole = [v for v in known if v and all(map(_is_span, v))]
        return whole or [next(filter(None, known), known[0])]
    if record.get("answer") == "accept":
        # Spans in another shape, or a question about the whole text: of its words nothing is known.
        others = (*_SPAN_KEYS, "options", "accept", "html", "image")
        return None if any(record.get(key) for key in others) else []
    lists = [v for k, v in record.items() if isinstance(v, list) and k not in _NOT_SPANS]
    spans = [values for values in lists if all(map(_is_span, values))]
    return spans if spans and (len(lists) == 1 or any(spans)) else None


def _is_span(value: Any) -> bool:
    if isinstance(value, dict):
        return "start" in value or "start_offset" in value
    return isinstance(value, list) and len(value) == 3


def _spans(value: Any) -> List[CharSpan]:
    if isinstance(value, list) and len(value) == 3:
        label_first = isinstance(value[0], str) and not isinstance(value[2], str)
        start, end, label = [*value[1:], value[0]] if label_first else value
        return [CharSpan(whole_number(start), whole_number(end), name) for name in _names(label)]
    if isinstance(value, dict):
        start = whole_number(value.get("start", value.get("start_offset")))
        end = whole_number(value.get("end", value.get("end_offset")))
        own_text = value.get("text")
        own_text = own_text if isinstance(own_text, str) else None
        names = _names(value.get("label", value.get("labels")))
        return [CharSpan(start, end, name, own_text) for name in names]
    return [CharSpan(None, None, UNKNOWN_LABEL)]  # something is meant: counted as bad offsets


def _names(label: Any) -> List[str]:
    """Of a span that is marked without a label one empty name: its words are unknown, not O."""
    names = label if isinstance(label, list) and label else [None if label == [] else label]
    return [str("" if name is None else name) for name in names]


def _is_binary(record: Dict[str, Any]) -> bool:
    """Whether a Prodigy answer is about one suggested span, and says nothing of other tokens."""
    flag = record.get("_is_binary")
    if isinstance(flag, bool):
        return flag
    if "_view_id" in record:
        return record["_view_id"] == "ner"
    spans = record.get("spans")
    if "answer" not in record or not isinstance(spans, list) or len(spans) != 1:
        return False
    return isinstance(spans[0], dict) and ("score" in spans[0] or "pattern" in spans[0])


def _is_left_open(record: Dict[str, Any]) -> bool:
    """Whether a language model's line says so, and nobody has worked on it since."""
    is_touched = "_view_id" in record or any(record.get(k) is not None for k in ANNOTATOR_KEYS)
    return _place(record, "partial") is True and not is_touched


def _by_annotator(paragraph: Annotated, record: Dict[str, Any]) -> List[Annotated]:
    """One paragraph for each `user` that the spans name: doccano's shared projects."""
    values: List[Any] = next((v for k in _SPAN_KEYS if isinstance(v := record.get(k), list)), [])
    users = [str(v.get("user") or "") if isinstance(v, dict) else "" for v in values]
    is_told = bool(paragraph.annotator) and len(set(users)) < 2
    if is_told or not any(users) or len(users) != len(paragraph.spans):
        return [paragraph]
    pairs = list(zip(paragraph.spans, users, strict=True))
    return [
        replace(paragraph, spans=[span for span, u in pairs if u == user], annotator=user)
        for user in dict.fromkeys(users)
    ]


def _annotator(record: Dict[str, Any]) -> str:
    names = (str(record[k]) for k in ANNOTATOR_KEYS if record.get(k) is not None)
    return next((name for name in names if not _SITTING.fullmatch(name)), "")


def _time(record: Dict[str, Any]) -> str:
    """Prodigy's, which counts seconds since 1970."""
    seconds = record.get("_timestamp")
    if isinstance(seconds, (int, float)) and 0 < seconds < MAX_SECONDS:
        return datetime.fromtimestamp(int(seconds), timezone.utc).isoformat()
    return ""


def _task(record: Dict[str, Any]) -> str:
    values: Sequence[Any] = [record.get("_input_hash"), record.get("id")]
    return next((str(value) for value in values if value is not None), "")


def _is_prediction(record: Dict[str, Any]) -> bool:
    """Whether it is a task of `write_prodigy` that nobody has answered."""
    return "answer" not in record and bool(_place(record, "predicted_by"))


def _place(record: Dict[str, Any], key: str) -> Any:
    meta = record.get("meta")
    return record.get(key, meta.get(key) if isinstance(meta, dict) else None)


def write_prodigy(path: Path, paragraphs: Iterable[Written], *, losses: Losses) -> None:
    """A task a line, with its tokens; gold is accepted, predictions wait for an answer."""
    _write_lines(path, (_prodigy_task(one) for one in count_words(paragraphs, losses)))


def _prodigy_task(one: Written) -> Dict[str, Any]:
    tokens = [
        {
            "text": token.text,
            "start": token.idx,
            "end": token.idx + len(token),
            "id": token.i,
            "ws": bool(token.whitespace_),
        }
        for token in one.doc
    ]
    # Nothing known at all is a task to begin, not one to correct.
    spans = [] if one.is_blank else [_prodigy_span(span, one) for span in one.spans]
    task = {"text": one.text, "tokens": tokens, "spans": spans}
    if one.predicted_by:
        return {**task, "meta": {**place_of(one), "predicted_by": one.predicted_by}}
    return {**task, "meta": place_of(one), "answer": "accept"}


def _prodigy_span(span: CharEnt, one: Written) -> Dict[str, Any]:
    found: Dict[str, Any] = {
        "start": span.start,
        "end": span.end,
        "text": one.text_of(span),
        "token_start": span.token_start,
        "token_end": span.token_end - 1,
        "label": span.label,
    }
    return found if span.score is None else {**found, "score": round(span.score, 4)}


def write_doccano(path: Path, paragraphs: Iterable[Written], *, losses: Losses) -> None:
    """A text a line; its place is kept by doccano as the example's metadata."""

    def lines() -> Iterable[Dict[str, Any]]:
        for one in count_words(paragraphs, losses):
            count_unheld(one, losses, scores=True, prediction=True, alone=False)
            label = [[span.start, span.end, span.label] for span in one.spans]
            yield {"text": one.text, "label": label, **place_of(one)}

    _write_lines(path, lines())


def _write_lines(path: Path, records: Iterable[Dict[str, Any]]) -> None:
    with replacing(path) as temporary, temporary.open("w", encoding="utf8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
