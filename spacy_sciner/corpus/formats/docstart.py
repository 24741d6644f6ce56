"""The -DOCSTART- line of a CoNLL file that says where the paragraphs after it are from.

`-DOCSTART-<tab>paper=P18-1001<tab>paragraph=3<tab>section=2 Model<tab>O`: other tools see the start
of a document. `-DOCSTART- (1 EU)` names a document, too; lines of other forms only separate them.
"""

import re
from typing import Dict
from urllib.parse import unquote

DOCSTART = "-DOCSTART-"
_NAMED = re.compile(rf"{DOCSTART}\s+\(([^()]*)\)", re.IGNORECASE)
_KEYS = ("paper", "paragraph", "section")


def is_docstart(line: str) -> bool:
    return line.lstrip().upper().startswith(DOCSTART)


def docstart(paper: str, paragraph: int, section: str) -> str:
    """The line, without its end."""
    values = zip(_KEYS, (paper, str(paragraph), section), strict=True)
    return "\t".join([DOCSTART, *(f"{key}={_escaped(value)}" for key, value in values), "O"])


def read_docstart(line: str) -> Dict[str, str]:
    """What a line names of paper, paragraph and section; nothing if it is of another form."""
    columns = [column.partition("=") for column in line.strip("\r\n").split("\t")[1:]]
    named = {key: unquote(value) for key, equals, value in columns if equals and key in _KEYS}
    if match := _NAMED.match(line.strip()):
        named = {"paper": match[1].strip()}
    return named if named.get("paper") else {}


def _escaped(value: str) -> str:
    return re.sub(r"[%\t\r\n]", lambda match: f"%{ord(match[0]):02X}", value)
