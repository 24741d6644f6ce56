"""CoNLL: a token a line with its tag in the last column, an empty line between paragraphs.

One column (tokens only: nothing is known of them) or more, tabs or spaces. A paper is a range of
the `papers` table if one is named, else what stands between two -DOCSTART- lines, else a paragraph.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ...errors import Errors, ScinerError
from ..annotated import Annotated, CharSpan, Numbering
from ..rules import Repairs
from ..schemes import detect_scheme, parse_tag, tags_to_spans

_NO_SPACE_BEFORE = frozenset([*".,;:!?)]}%", "...", "n't", "'s", "'re", "'ve", "'ll", "'d", "'m"])
_NO_SPACE_AFTER = frozenset("([{")


class _Row(NamedTuple):
    line: int  # from 1
    columns: List[str]


class _Token(NamedTuple):
    line: int
    word: str
    tag: str


@dataclass
class _Block:
    """The lines between two empty ones."""

    document: int  # how many -DOCSTART- stand before it
    rows: List[_Row] = field(default_factory=list)


@dataclass(frozen=True)
class _PaperRange:
    paper: str
    first: int
    last: int  # inclusive


def read_conll(
    path: Path, *, file: str, repairs: Repairs, papers_path: Optional[Path] = None
) -> Tuple[List[Annotated], str]:
    """Read a file of any scheme.

    papers_path (Optional[Path]): Table with the columns split, first, last and perhaps paper; the
        rows whose split is the stem of the file's name are its papers, first and last the numbers
        of their paragraphs from 0.
    RETURNS (Tuple[List[Annotated], str]): Paragraphs and the scheme, "none" with one column.
    RAISES (ScinerError): SCINER-E207 for a last column without tags, SCINER-E208 for the table.
    """
    blocks = _read_blocks(path.read_text(encoding="utf-8-sig"))
    n_columns = _n_columns(blocks)
    papers = _papers_of_blocks(blocks, path=path, papers_path=papers_path)
    tokens = [_tokens(b, n_columns=n_columns, file=file, repairs=repairs) for b in blocks]
    scheme = "none"
    if n_columns > 1:
        tags = [[token.tag for token in block] for block in tokens]
        _check_tags([tag for block in tags for tag in block], path)
        scheme = detect_scheme(tags)
    number = Numbering()
    paragraphs = [
        _paragraph(block, scheme, paper, number(paper), file, repairs)
        for block, paper in zip(tokens, papers, strict=True)
    ]
    return paragraphs, scheme


def _paragraph(
    tokens: Sequence[_Token], scheme: str, paper: str, number: int, file: str, repairs: Repairs
) -> Annotated:
    spans, tag_repairs = tags_to_spans([token.tag for token in tokens], scheme=scheme)
    for rule, i in tag_repairs:
        line, word, tag = tokens[i]
        repairs.add(rule, file=file, paragraph=f"line {line}", text=f"{word} {tag}")
    words = [token.word for token in tokens]
    spaces = spaces_between(words)
    starts = [0]
    for word, space in zip(words, spaces, strict=True):
        starts.append(starts[-1] + len(word) + space)
    ends = [start + len(word) for start, word in zip(starts, words, strict=False)]
    return Annotated(
        paper=paper,
        paragraph=number,
        text="".join(word + " " * space for word, space in zip(words, spaces, strict=True)),
        spans=[CharSpan(starts[s.start], ends[s.end - 1], s.label) for s in spans],
        file=file,
        words=words,
        spaces=spaces,
        unknown=frozenset(range(len(words)) if scheme == "none" else ()),
    )


def spaces_between(words: Sequence[str]) -> List[bool]:
    """Whether a space follows each word, as in running text: the files don't tell.

    None before closing punctuation, after opening brackets, at hyphens between words, at the end.
    """
    spaces = [True] * len(words)
    for i, word in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else None
        if following is None or word in _NO_SPACE_AFTER or following in _NO_SPACE_BEFORE:
            spaces[i] = False
        elif following == "-" and i + 2 < len(words):
            if word[-1].isalnum() and words[i + 2][0].isalnum():
                spaces[i] = spaces[i + 1] = False
        elif word == "-" and i > 0 and words[i - 1][-1].isalnum() and following[0].isalnum():
            spaces[i] = False
    return spaces


def _read_blocks(text: str) -> List[_Block]:
    blocks: List[_Block] = []
    n_documents = 0
    block: Optional[_Block] = None
    # Not splitlines(): U+2028 and U+0085 are tokens in some corpora, not line ends.
    for n, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.startswith("-DOCSTART-"):
            n_documents += 1
            block = None
        elif not line.strip():
            block = None
        else:
            if block is None:
                block = _Block(n_documents)
                blocks.append(block)
            block.rows.append(_Row(n, _columns(line)))
    return blocks


def _columns(line: str) -> List[str]:
    # Not split(): a no-break space may be part of a token.
    if "\t" in line:
        return [column.strip(" ") for column in line.split("\t")]
    return re.split(" +", line.strip(" "))


def _n_columns(blocks: Sequence[_Block]) -> int:
    """How many columns most lines have."""
    counts = Counter(len(row.columns) for block in blocks for row in block.rows)
    return max(counts, key=lambda n: (counts[n], n), default=1)


def _tokens(block: _Block, *, n_columns: int, file: str, repairs: Repairs) -> List[_Token]:
    tokens = []
    for line, columns in block.rows:
        word = columns[0]
        if len(columns) != n_columns or not word:
            text = "\t".join(columns)
            repairs.add("bad-line", file=file, paragraph=f"line {line}", text=text)
        if word:
            has_tag = len(columns) > 1 and n_columns > 1
            tokens.append(_Token(line, word, columns[-1] if has_tag else "O"))
    return tokens


def _check_tags(tags: Sequence[str], path: Path) -> None:
    bad = [tag for tag in tags if parse_tag(tag) is None]
    if bad and 2 * len(bad) > len(tags):
        raise ScinerError(Errors.E207.format(path=path, tag=bad[0], n=len(bad), total=len(tags)))


def _papers_of_blocks(
    blocks: Sequence[_Block], *, path: Path, papers_path: Optional[Path]
) -> List[str]:
    """The paper of each block."""
    if papers_path is None:
        if any(block.document for block in blocks):
            return [f"{path.stem}-{max(block.document - 1, 0):05d}" for block in blocks]
        return [f"{path.stem}-{i:05d}" for i in range(len(blocks))]
    papers: List[Optional[str]] = [None] * len(blocks)
    for row in _read_ranges(papers_path, split=path.stem):
        if not 0 <= row.first <= row.last < len(blocks):
            reason = (
                f"{row.paper} is {row.first} to {row.last}, {path.name} has 0 to {len(blocks) - 1}"
            )
            raise ScinerError(Errors.E208.format(path=papers_path, reason=reason))
        for i in range(row.first, row.last + 1):
            if papers[i] is not None:
                reason = f"paragraph {i} of {path.name} is in {papers[i]} and in {row.paper}"
                raise ScinerError(Errors.E208.format(path=papers_path, reason=reason))
            papers[i] = row.paper
    if None in papers:
        reason = f"paragraph {papers.index(None)} of {path.name} is in no paper"
        raise ScinerError(Errors.E208.format(path=papers_path, reason=reason))
    return [paper for paper in papers if paper is not None]


def _read_ranges(path: Path, *, split: str) -> List[_PaperRange]:
    if not path.is_file():
        raise ScinerError(Errors.E208.format(path=path, reason="no such file"))
    with path.open(encoding="utf-8-sig", newline="") as lines:
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
