"""Which paragraphs of a CoNLL file are which paper: the tab-separated table of `papers`."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from ...errors import Errors, ScinerError
from .sniff import decode


@dataclass(frozen=True)
class _PaperRange:
    paper: str
    first: int
    last: int  # inclusive


def papers_of_table(table: Path, *, path: Path, n_blocks: int) -> List[str]:
    """The paper of each block of the CoNLL file `path`.

    RAISES (ScinerError): SCINER-E208 if the table does not give each block one paper.
    """
    papers: List[Optional[str]] = [None] * n_blocks
    for row in _read_ranges(table, split=path.stem):
        if not 0 <= row.first <= row.last < n_blocks:
            reason = (
                f"{row.paper} is {row.first} to {row.last}, {path.name} has 0 to {n_blocks - 1}"
            )
            raise ScinerError(Errors.E208.format(path=table, reason=reason))
        for i in range(row.first, row.last + 1):
            if papers[i] is not None:
                reason = f"paragraph {i} of {path.name} is in {papers[i]} and in {row.paper}"
                raise ScinerError(Errors.E208.format(path=table, reason=reason))
            papers[i] = row.paper
    if None in papers:
        reason = f"paragraph {papers.index(None)} of {path.name} is in no paper"
        raise ScinerError(Errors.E208.format(path=table, reason=reason))
    return [paper for paper in papers if paper is not None]


def _read_ranges(path: Path, *, split: str) -> List[_PaperRange]:
    if not path.is_file():
        raise ScinerError(Errors.E208.format(path=path, reason="no such file"))
    try:
        text = decode(path.read_bytes())
    except UnicodeDecodeError as e:
        reason = f"it is not UTF-8 ({e.reason}); save it as such"
        raise ScinerError(Errors.E208.format(path=path, reason=reason)) from e
    lines = io.StringIO(text, newline="")
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    ranges = []
    for n, row in enumerate(row for row in rows if row.get("split") == split):
        try:
            first, last = int(row["first"]), int(row["last"])
        except (KeyError, TypeError, ValueError) as e:
            reason = f"row {n + 1} of split {split!r} has no whole numbers first and last"
            raise ScinerError(Errors.E208.format(path=path, reason=reason)) from e
        ranges.append(_PaperRange(row.get("paper") or f"{split}-{n:02d}", first, last))
    if not ranges:
        raise ScinerError(Errors.E208.format(path=path, reason=f"no row with split {split!r}"))
    return ranges
