"""Collections: JSON lines, perhaps gzipped, each with a paper's `id`, `title` and text."""

import gzip
import io
import json
import re
import unicodedata
import zlib
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple, Tuple, Union

from ..errors import Errors, ScinerError
from ..files import BYTE_ORDER_MARKS
from ..html_text import has_markup, without_tags
from .text import normalise

Section = Tuple[str, str]  # heading, paragraph
_BLANK_LINE = re.compile(r"\n\s*\n")


class Entry(NamedTuple):
    line: int  # from 1
    paper: str
    sections: List[Section]
    is_html: bool = False  # its tags are left out, and its entities read


class Broken(NamedTuple):
    line: int  # from 1
    error: ScinerError


def read_collection(path: Path) -> Iterator[Union[Entry, Broken]]:
    """Every line that is not blank, in order: a paper, or why it is none.

    The title is a paragraph of its own; blank lines part those of the text. Tags of HTML are
    left out. A file that ends in the middle (a download that was cut off) gives what it has, and
    then `Broken`.

    RAISES (ScinerError): SCINER-E124 if the file cannot be opened or its first byte not be read.
    """
    number = 0
    try:
        with _open(path) as file:
            for number, line in enumerate(_lines(file), start=1):
                if line.strip():
                    yield _read_line(line, file=path.name, number=number)
    except (OSError, EOFError, zlib.error) as e:
        if not number:
            reason = getattr(e, "strerror", None) or e
            raise ScinerError(Errors.E124.format(file=path.name, reason=reason)) from e
        yield _broken(path.name, number + 1, f"the file is cut off or damaged here ({e})")


def _open(path: Path) -> io.BufferedIOBase:
    is_gzip = path.name.lower().endswith(".gz")
    return gzip.open(path, "rb") if is_gzip else path.open("rb")


def _lines(file: Any) -> Iterator[bytes]:
    """In UTF-8, where the file's first bytes are a byte-order mark of UTF-16 or 32."""
    start = file.peek(4)[:4]
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if start.startswith(mark)), "utf-8")
    if encoding == "utf-8":
        yield from file
        return
    with io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="\n") as lines:
        for line in lines:
            yield line.encode("utf8", "replace")


def _read_line(line: bytes, *, file: str, number: int) -> Union[Entry, Broken]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as e:
        return _broken(file, number, f"it is not JSON in UTF-8 ({getattr(e, 'msg', e)})")
    if not isinstance(record, dict):
        return _broken(file, number, "it is no JSON object")
    # Composed, as the names of files are.
    paper = unicodedata.normalize("NFC", _text(record.get("id")))
    title = _text(record.get("title"))
    if not paper:
        return _broken(file, number, "it has no `id`")
    heading = "Text" if _text(record.get("text")) else "Abstract"
    text = _text(record.get(heading.lower()))
    if not text:
        return _broken(file, number, "it has neither `text` nor `abstract`")
    try:
        paper.encode()
    except UnicodeEncodeError as e:  # JSON can escape half of a character
        return _broken(file, number, f"its `id` holds what is no character ({e.reason})")
    is_html = has_markup(title) or has_markup(text)
    if is_html:
        title, text = without_tags(title), without_tags(text)
    found = [("Title", title), *((heading, part) for part in _BLANK_LINE.split(text))]
    sections = [(name, normalise(part)) for name, part in found]
    return Entry(number, paper, [(name, part) for name, part in sections if part], is_html)


def _text(value: Any) -> str:
    """A string or a whole number as a string without spaces around it; "" for anything else."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value).strip() if whole or isinstance(value, str) else ""


def _broken(file: str, line: int, reason: str) -> Broken:
    return Broken(line, ScinerError(Errors.E125.format(file=file, line=line, reason=reason)))
