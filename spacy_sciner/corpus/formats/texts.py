"""Which string of a record is its text, and what the offsets into it count."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Collection, Dict, List, Mapping, Optional, Sequence, Tuple

from ...errors import Errors, ScinerError
from ..annotated import Annotated, CharSpan
from ..offsets import PLAIN, apply, decide
from ..rules import Repairs
from ..text import squeezed
from .sniff import is_address, kinds_of_keys

# A control's annotations are those of a text where so many of their own texts stand in it.
MIN_FOUND = 0.8


def candidates(records: Sequence[Dict[str, Any]], never: Collection[str]) -> List[str]:
    """Keys that hold strings which may be texts, else addresses; what never has a blank in it is a
    name or a number, unless its script has none."""
    texts: Dict[str, None] = {}
    addresses: Dict[str, None] = {}
    for record in records:
        for key, value in record.items():
            if not isinstance(value, str) or key in never or key.startswith("_"):
                continue
            if is_address(value):
                addresses[key] = None
            elif key == "text" or len(value.split()) > 1 or not value.isascii():
                texts[key] = None
    return list(texts or addresses)


def choose_key(
    records: Sequence[Dict[str, Any]],
    *,
    asked: Optional[str],
    usual: Sequence[str],
    never: Collection[str],
    path: Path,
) -> Optional[str]:
    """The key of the text in all records of a file; None if there is no string at all.

    asked (Optional[str]): The setting `text_key`.
    usual (Sequence[str]): Names that the format's tool gives it.
    RAISES (ScinerError): SCINER-E217 if `asked` is nowhere, or if several may be the text.
    """
    if asked is not None:
        return checked_key(records, asked, path)
    for key in usual:
        if any(isinstance(record.get(key), str) for record in records):
            return key
    keys = candidates(records, never)
    if len(keys) > 1:
        raise no_text_key(records, path)
    return keys[0] if keys else None


def keys_by_control(
    records: Sequence[Dict[str, Any]],
    marked: Sequence[Mapping[str, Sequence[CharSpan]]],
    *,
    asked: Optional[str],
    never: Collection[str],
    path: Path,
) -> Dict[str, List[str]]:
    """The keys that hold texts, each with the controls whose annotations are of it.

    marked (Sequence[Mapping[str, Sequence[CharSpan]]]): Each record's annotations, by control.
    asked (Optional[str]): The setting `text_key`.
    RAISES (ScinerError): SCINER-E217.
    """
    names = list(dict.fromkeys(control for spans in marked for control in spans))
    if asked is not None:
        return {checked_key(records, asked, path): names}
    keys = candidates(records, never)
    if len(keys) == 1 or not keys:
        return dict.fromkeys(keys, names)
    key_of: Dict[str, List[str]] = {}
    for control in names:
        key = _key_of(control, keys, records, [spans.get(control, ()) for spans in marked])
        if key is None:
            raise no_text_key(records, path)
        key_of.setdefault(key, []).append(control)
    if not key_of and "text" not in keys:
        raise no_text_key(records, path)
    return key_of or {"text": []}


def _key_of(
    control: str,
    keys: Sequence[str],
    records: Sequence[Dict[str, Any]],
    marked: Sequence[Sequence[CharSpan]],
) -> Optional[str]:
    """The one text that has a control's annotations in it; of several, the one of its name."""
    found = dict.fromkeys(keys, (0, 0))  # in the text, and at their very place in it
    n = 0
    for record, spans in zip(records, marked, strict=True):
        n += sum(bool(span.text and span.text.strip()) for span in spans)
        for key in keys:
            text = record.get(key)
            if isinstance(text, str):
                n_in, n_at = n_found(spans, text)
                found[key] = (found[key][0] + n_in, found[key][1] + n_at)
    most = max(found.values())
    best = [key for key in keys if found[key] == most] if most[0] >= MIN_FOUND * n else []
    if len(best) == 1:
        return best[0]
    return next((name for name in (control, "text") if name in best), None)


def checked_key(records: Sequence[Dict[str, Any]], asked: str, path: Path) -> str:
    """RAISES (ScinerError): SCINER-E217 if no record has such a text."""
    if not any(isinstance(record.get(asked), str) for record in records):
        raise no_text_key(records, path, asked=asked)
    return asked


def no_text_key(
    records: Sequence[Dict[str, Any]], path: Path, asked: Optional[str] = None
) -> ScinerError:
    what = f"no text under {asked!r}" if asked else "it is not plain which key holds the text"
    return ScinerError(Errors.E217.format(path=path, what=what, keys=kinds_of_keys(list(records))))


def n_found(spans: Sequence[CharSpan], text: str) -> Tuple[int, int]:
    """How many annotations have their own text in a text, and how many at their very place."""
    there = squeezed(text)
    n = n_exact = 0
    for start, end, _, own_text in spans:
        if own_text and own_text.strip() and squeezed(own_text) in there:
            n += 1
            is_pair = isinstance(start, int) and isinstance(end, int)
            n_exact += is_pair and squeezed(text[start:end]) == squeezed(own_text)
    return n, n_exact


def resolve_offsets(
    paragraphs: Sequence[Annotated], *, path: Path, file: str, repairs: Repairs
) -> List[Annotated]:
    """The paragraphs of a file with offsets in code points of their texts.

    RAISES (ScinerError): SCINER-E216 if they fit by no way of counting.
    """
    texts, spans = [p.text for p in paragraphs], [p.spans for p in paragraphs]
    counting, rival = decide(texts, spans, path=path)
    if rival is not None:
        repairs.rivals[file] = f"{counting}, or {rival}"
    if counting == PLAIN:
        return list(paragraphs)
    repairs.units[file] = str(counting)
    found = []
    for paragraph in paragraphs:
        text, own = apply(counting, paragraph.text, paragraph.spans)
        found.append(replace(paragraph, text=text, spans=own))
    return found
