"""What a file is that was given as CoNLL and is none: JSON, XML, BRAT, CSV, tables of offsets."""

import re
from collections import Counter
from pathlib import Path
from typing import Collection, List, Optional

from ...errors import Errors, ScinerError
from .docstart import is_docstart
from .sniff import LABEL_STUDIO_TABLE, is_label_studio_table
from .tag_style import casefolded, is_tag

_START_NAMES = frozenset(["start", "begin", "start_offset", "start_char", "offset"])
_END_NAMES = frozenset(["end", "stop", "end_offset", "end_char", "length"])
_SEPARATORS = {
    ",": "CSV",
    ";": "CSV with semicolons",
    "|": "a table with |",
    "\u00a0": "columns with no-break spaces between them",
    "\u2003": "columns with em spaces between them",
    "\u3000": "columns with ideographic spaces between them",
}


def check_is_conll(text: str, path: Path, *, labels: Optional[Collection[str]] = None) -> None:
    """RAISES (ScinerError): SCINER-E218 for JSON, XML, BRAT and CSV."""
    start = text.lstrip()[:200]
    if re.match(r"[\[{]\s*[\[{\"]", start) and "\t" not in start.split("\n")[0]:
        raise not_conll(path, "it looks like JSON: format label-studio, prodigy or doccano")
    if re.match(r"<(\?xml|!DOCTYPE|html|TEI)", start, re.IGNORECASE):
        raise not_conll(path, "it looks like XML or HTML")
    if re.match(r"T\d+\t\S+ \d+ \d+", start):
        raise not_conll(path, "it looks like a BRAT .ann file: format brat")
    if is_label_studio_table(text):
        raise not_conll(path, LABEL_STUDIO_TABLE)
    lines = [line for line in text.split("\n") if line.strip() and not is_docstart(line)]
    names = {name.strip(' "').lower() for name in re.split(r"[\t,;|]", lines[0] if lines else "")}
    if names & _START_NAMES and names & _END_NAMES:
        reason = f"it is a table of annotations by offsets, {lines[0].strip()[:60]!r}; export JSON "
        reason += 'lines, {"text": …, "label": [[start, end, label], …]}, for format doccano'
        raise not_conll(path, reason)
    known = casefolded(labels)
    hashes = [line for line in lines if re.match(r"##\w", line)]
    pieces = [line for line in hashes if is_tag(split_columns(line)[-1], known)]
    if len(pieces) > max(1, 0.01 * len(lines)):
        reason = f"its words are cut into word-pieces, {pieces[0].strip()[:60]!r}; join them"
        raise not_conll(path, reason)
    for separator, name in _SEPARATORS.items():
        rows = [line.count(separator) for line in lines if separator in line]
        n, how_often = Counter(rows).most_common(1)[0] if rows else (0, 0)
        last = [line.rsplit(separator, 1)[-1].strip().strip('"') for line in lines]
        has_tags = sum(map(is_tag, last)) > 0.5 * len(lines)
        # A list of words has commas too, but not as many in each line; nor tags behind them.
        is_regular = (len(rows) if has_tags else how_often) > 0.8 * len(lines)
        is_table = len(lines) > 1 and is_regular and "\t" not in text
        if is_table and (has_tags or n > 1 or len(split_columns(lines[0])) == 1):
            raise not_conll(path, f"it looks like {name}: {lines[0].strip()[:60]!r}")


def split_columns(line: str) -> List[str]:
    # Not split(): a no-break space may be part of a token.
    if "\t" in line.rstrip("\t "):
        return [column.strip(" ") for column in line.rstrip("\t ").split("\t")]
    return re.split(" +", line.strip(" \t"))


def not_conll(path: Path, reason: str) -> ScinerError:
    return ScinerError(Errors.E218.format(path=path, reason=reason))
