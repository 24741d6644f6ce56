"""What a file is that was given as CoNLL and is none: JSON, XML, BRAT, CSV, offsets, pieces."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Collection, List, Optional, Sequence

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
# How pieces of words begin, and the share of the rows that are no words by chance.
_PIECES = (
    (r"##\w", "word-pieces", 0.01),
    ("\u2581", "SentencePiece's pieces", 0.2),
    (r"\u0120\w", "byte-level BPE's pieces", 0.2),
)
_STOPS = frozenset(".!?")  # of sentences
# `#end document`, `#Text=We use`: comments without a blank.
_NOTE = re.compile(
    r"#+((begin|end|new)?(doc|document|par|sent)(_?id)?|begin|end|id|text|file|source|\w+[=:].*)",
    re.IGNORECASE,
)


def check_is_conll(text: str, path: Path, *, labels: Optional[Collection[str]] = None) -> None:
    """RAISES (ScinerError): SCINER-E218 for JSON, XML, BRAT and CSV, for pieces of words, and for
    a sentence a line, or lines of words and of tags by turns."""
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
    _check_words_are_whole(lines, path)
    _check_words_have_lines(lines, casefolded(labels), path)
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
    _check_rows_have_words(lines, casefolded(labels), path)


def _check_words_are_whole(lines: Sequence[str], path: Path) -> None:
    """Whatever tag a piece has, such as X: a row of as many columns as most is no comment."""
    for start, name, share in _PIECES:
        found = [line for line in lines if re.match(rf"(\d+[\t ]+)?{start}", line)]
        if len(found) <= max(1, share * len(lines)):
            continue
        n_columns = Counter(len(split_columns(line)) for line in lines).most_common(1)[0][0]
        found = [line for line in found if is_row(split_columns(line), n_columns)]
        if len(found) > max(1, share * len(lines)):
            reason = f"its words are cut into {name}, {found[0].strip()[:60]!r}; join them"
            raise not_conll(path, reason)


def _check_words_have_lines(lines: Sequence[str], labels: Collection[str], path: Path) -> None:
    """A line with as many tags behind its words: a sentence, or a word with columns such as POS and
    chunk before its tag. Sentences end with a stop, or differ in length."""
    rows = [row for line in lines if not line.startswith("#") and len(row := line.split()) != 2]
    found = [row for row in rows if _is_sentence(row, labels)]
    if not found or len(found) < max(0.9 * len(rows), 0.5 * len(lines)):
        return
    n_stops = sum(row[len(row) // 2 - 1] in _STOPS and row[0] not in _STOPS for row in found)
    lengths = Counter(map(len, found))
    is_few = len(found) <= 3 and min(lengths) >= 6
    is_varied = max(lengths.values()) < 0.8 * len(found)
    if is_few or is_varied or n_stops > 0.5 * len(found):
        example = " ".join(found[0])[:60]
        raise not_conll(path, f"a line holds a sentence, its words and then its tags, {example!r}")


def _check_rows_have_words(lines: Sequence[str], labels: Collection[str], path: Path) -> None:
    """A line of words and then, perhaps after their POS, a line of as many tags."""
    rows = [line.split() for line in lines if not line.startswith("#")]
    found = [
        (words, tags)
        for words, tags in pairwise(rows)
        if len(words) == len(tags)
        and not is_tag(words[-1], labels)
        and all(is_tag(tag, labels) for tag in tags)
    ]
    if len(found) > 0.3 * len(rows) and any(tag != "O" for _, tags in found for tag in tags):
        words, tags = (" ".join(row)[:40] for row in found[0])
        raise not_conll(path, f"lines of words and of tags take turns, {words!r} and {tags!r}")


def _is_sentence(row: Sequence[str], labels: Collection[str]) -> bool:
    n, odd = divmod(len(row), 2)
    if odd or n < 2 or not all(is_tag(value, labels) for value in row[n:]):
        return False
    return not all(is_tag(value, labels) for value in row[:n])


def is_row(columns: Sequence[str], n_columns: int) -> bool:
    """Whether a row may be a word's though it begins with #: `##BERT X`, not `#sentence 7`."""
    is_note = columns[0].strip("#") == "" or columns[-1].isdecimal()
    is_note = is_note or _NOTE.fullmatch(columns[0]) is not None
    return len(columns) == n_columns and not is_note


def split_columns(line: str) -> List[str]:
    # Not split(): a no-break space may be part of a token.
    if "\t" in line.rstrip("\t "):
        return [column.strip(" ") for column in line.rstrip("\t ").split("\t")]
    return re.split(" +", line.strip(" \t"))


def not_conll(path: Path, reason: str) -> ScinerError:
    return ScinerError(Errors.E218.format(path=path, reason=reason))
