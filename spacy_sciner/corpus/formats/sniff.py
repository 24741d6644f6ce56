"""What a file is, before a reader takes it for its own: encodings, JSON of three shapes, addresses.

Nothing here guesses: what a byte-order mark, a bracket or a scheme says is taken, the rest is an
error that names what was found.
"""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ...errors import Errors, ScinerError
from ...files import BYTE_ORDER_MARKS
from ..rules import Repairs

REPLACEMENT = "\ufffd"
_MAGIC = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive: unpack it, and give the file in it",
    b"\x1f\x8b": "gzip: unpack it",
    b"\x78\x9c": "a spaCy DocBin, or zlib: format spacy",
    b"\x78\x01": "a spaCy DocBin, or zlib: format spacy",
    b"\x78\xda": "a spaCy DocBin, or zlib: format spacy",
}
LABEL_STUDIO_TABLE = (
    "it is Label Studio's CSV or TSV export. Export JSON or JSON-MIN, for format label-studio"
)
_GAP = re.compile(r"[\s,\ufeff]*")  # between values; files joined have a mark there
_LONE = re.compile("[\ud800-\udfff]")
_SUFFIX = re.compile(
    r"\.(txt|text|pdf|json|jsonl|ndjson|csv|tsv|xml|tei|md|html?|ann|conll|conllu|iob2?|bio|bioes"
    r"|bilou|ner|col|tags|spacy)$",
    re.IGNORECASE,
)
_SHORT_SUFFIX = re.compile(r"\.(?=\w*[A-Za-z])\w{1,5}$")
_OF_FILES = r"\.(?i:txt|pdf|json|jsonl|csv|tsv|xml|md|html?|docx?)"
_STORE = r"(?i:s3a?|gs|gcs|azure(-\w+)?|abfss?|wasbs?|hdfs|s?ftp|file)"
_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://\S+"  # https://…, s3://…
    rf"|[A-Za-z][A-Za-z0-9+.-]*://[^\n]*{_OF_FILES}(\?\S*)?"  # with blanks in it
    rf"|{_STORE}://[^\n]*[^\s.!?]"  # s3://bucket/my papers/p1
    r"|(?i:(file|blob|mailto|doi|urn):\S+|www\.\S+)"
    r"|(?i:data:(\w+/[^\s,]+|[;,]\S)[^\n]*)"  # data:text/plain;base64,…
    r"|(/|\./|\.\./|~/|[A-Za-z]:[\\/]|\\\\)[^\n]*\.\w{1,6}(\?\S*)?"  # /data/upload/3/my paper.txt
    r"|/data/\S+"  # Label Studio's own
    rf"|[^\s\"'<>]+{_OF_FILES}"  # texts/p2.txt
)


class Record(NamedTuple):
    """One JSON value of a file, with where it stands there."""

    where: str
    value: Any


def read_text(path: Path, *, file_format: str) -> str:
    """The text of a file as UTF-8, or as its byte-order mark or its zero bytes tell.

    RAISES (ScinerError): SCINER-E205 for another encoding, and for what is not text at all.
    """
    data = path.read_bytes()
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            raise _unreadable(path, file_format, f"it is {name}")
    try:
        return decode(data)
    except UnicodeDecodeError as e:
        line = data.count(b"\n", 0, e.start) + 1
        reason = f"line {line} is not UTF-8 ({e.reason}); save the file as UTF-8"
        raise _unreadable(path, file_format, reason) from e


def decode(data: bytes) -> str:
    """Text in UTF-8, 16 or 32. RAISES: UnicodeDecodeError."""
    for bom, encoding in BYTE_ORDER_MARKS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding)
    start = data[:2000]
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        # Every second byte of Latin text in UTF-16 is zero.
        if len(start) >= 4 and start[first::2].count(0) > 0.7 * len(start[first::2]):
            return data.decode(encoding)
    try:
        return data.decode("utf8")
    except UnicodeDecodeError:
        # CESU-8: halves of a character, each written as one. Pairs become what they stand for.
        halves = data.decode("utf8", "surrogatepass")
        return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def json_records(
    path: Path, *, file_format: str, file: str, repairs: Repairs
) -> Tuple[List[Record], bool]:
    """The JSON values of a file: an array's items, or a value a line, or one after the other.

    Halves of a character without the other one become U+FFFD. A line that is not JSON is counted.

    RETURNS (Tuple[List[Record], bool]): The values, and whether they are an array's.
    RAISES (ScinerError): SCINER-E205 if the file is not text, or if nothing in it is JSON.
    """
    text = read_text(path, file_format=file_format)
    if text.lstrip().startswith("<"):
        raise _unreadable(path, file_format, "it looks like XML or HTML")
    if is_label_studio_table(text):
        raise _unreadable(path, file_format, LABEL_STUDIO_TABLE)
    records = _values(text)
    is_array = records is not None and len(records) == 1 and isinstance(records[0].value, list)
    if is_array and records is not None:
        records = [Record(f"item {n}", v) for n, v in enumerate(records[0].value, start=1)]
    if records is None:
        records, bad = _lines(text)
        if not records and bad:
            raise _unreadable(path, file_format, f"it is not JSON: {bad[0][1][:60]!r}")
        for n, line in bad:
            repairs.add("bad-line", file=file, paragraph=f"line {n}", text=line)
    mended = []
    for where, value in records:
        try:
            clean, n_halves = mend(value)
        except RecursionError as e:
            raise _unreadable(path, file_format, f"{where} has brackets too deep") from e
        if n_halves:
            repairs.add("half-character", file=file, paragraph=where, text=f"{n_halves} in it")
        mended.append(Record(where, clean))
    return mended, is_array


def is_label_studio_table(text: str) -> bool:
    """Whether the first line names the columns of Label Studio's CSV or TSV export."""
    first = text.lstrip().partition("\n")[0]
    names = {name.strip(' "\r').lower() for name in re.split(r"[,;\t]", first)}
    return {"annotation_id", "lead_time"} <= names


def load_json(text: str) -> Any:
    """RAISES (ValueError): Also for brackets in brackets, thousands deep."""
    try:
        return json.loads(text)
    except RecursionError as e:
        raise ValueError("brackets too deep") from e


def _lines(text: str) -> Tuple[List[Record], List[Tuple[int, str]]]:
    records, bad = [], []
    # Not splitlines(): U+2028 may stand in a JSON string.
    for n, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(Record(f"line {n}", load_json(line.removeprefix("\ufeff"))))
        except ValueError:
            bad.append((n, line))
    return records, bad


def _values(text: str) -> Optional[List[Record]]:
    """JSON values one after the other, on a line each or on several; None if that is not all."""
    decoder = json.JSONDecoder()
    found: List[Record] = []
    place, line = 0, 1
    while (start := _GAP.match(text, place).end()) < len(text):  # type: ignore[union-attr]
        line += text.count("\n", place, start)
        try:
            value, place = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return None
        found.append(Record(f"line {line}", value))
        line += text.count("\n", start, place)
    return found


def mend(value: Any) -> Tuple[Any, int]:
    """The same value with U+FFFD for halves of characters, and how many there were."""
    if isinstance(value, str):
        return _LONE.subn(REPLACEMENT, value)
    if isinstance(value, list):
        pairs = [mend(item) for item in value]
        return [item for item, _ in pairs], sum(n for _, n in pairs)
    if isinstance(value, dict):
        keys = [mend(key) for key in value]
        values = [mend(item) for item in value.values()]
        whole = {key: item for (key, _), (item, _) in zip(keys, values, strict=True)}
        return whole, sum(n for _, n in [*keys, *values])
    return value, 0


def whole_number(value: Any) -> Any:
    """7 for 7.0 and for "7"; anything else as it is."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}(\.0+)?", value.strip()):
        return int(value.strip().split(".")[0])
    return value


def is_address(text: str) -> bool:
    """Whether a text is nothing but where the text is: a URL, or a file's path."""
    text = text.strip()
    is_short = len(text) < 1000 or text[:5].lower() == "data:"  # which holds a whole file
    return is_short and _ADDRESS.fullmatch(text) is not None


def paper_of_file(name: str) -> str:
    """The paper that a file is: "N19-1423" of "N19-1423.pdf.txt", "2020.acl-main.45" as it is.

    Composed (NFC), as people type it: macOS writes "Müller" with a mark of its own.
    """
    name = unicodedata.normalize("NFC", name)
    stem = Path(name).name
    while _SUFFIX.search(stem) and not stem.startswith(".") and _SUFFIX.sub("", stem):
        stem = _SUFFIX.sub("", stem)
    return stem if stem != Path(name).name else _SHORT_SUFFIX.sub("", stem) or stem


def kinds_of_keys(records: List[Dict[str, Any]]) -> str:
    """The keys of all records with what they hold, for an error."""
    found: Dict[str, str] = {}
    for record in records:
        for key, value in record.items():
            found.setdefault(str(key), _KINDS.get(type(value), type(value).__name__))
    return ", ".join(f"{key} ({kind})" for key, kind in list(found.items())[:20]) or "none"


_KINDS: Dict[type, str] = {str: "text", int: "number", float: "number", dict: "object"}


def _unreadable(path: Path, file_format: str, reason: Optional[str]) -> ScinerError:
    return ScinerError(Errors.E205.format(path=path, format=file_format, reason=reason))
