"""The columns of a CoNLL file: which holds the words, which the tags, and what is no token at all.

Only what the file itself leaves no doubt of is read: comments and a header row are left out, a
first column that counts the tokens is passed over. The rest is an error that says what was found.
"""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Collection, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..rules import Repairs
from .docstart import is_docstart, read_docstart
from .no_conll import check_is_conll, is_row, not_conll, split_columns
from .tag_column import tag_column, tagged
from .tag_style import casefolded, is_tag, split_tag

# In small letters, with _ for - and blanks.
_WORD_NAMES = frozenset(["token", "tokens", "word", "words", "form", "text"])
_TAG_NAMES = frozenset(
    {"tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "entity", "entities", "ne"}
    | {"iob", "iob2", "bio", "bilou", "iobes", "bio_tag", "iob_tag", "bio_tags", "iob_tags"}
)
_GOLD_NAMES = frozenset(["gold", "gold_tag", "gold_tags", "gold_label", "gold_labels", "gold_ner"])
_PREDICTED_NAMES = frozenset(["pred", "preds", "predicted", "prediction", "predictions"])
_NUMBER = re.compile(r"\d+([.-]\d+)?")
_DIGITS = re.compile(r"\d+")
_NEW_DOC = re.compile(r"#\s*newdoc(?:\s+id)?\s*=\s*(\S.*)")
# More rows than these with another number of columns are no slips.
MAX_RAGGED, MIN_RAGGED = 0.2, 5


class Row(NamedTuple):
    line: int  # from 1
    columns: List[str]


@dataclass
class Block:
    """The lines between two empty ones."""

    document: int  # how many -DOCSTART- stand before it
    rows: List[Row] = field(default_factory=list)
    paper: Optional[str] = None  # of `# newdoc id = …`, or of `docstart`, before it
    paragraph: Optional[str] = None
    section: str = ""


class Layout(NamedTuple):
    """Where things stand in a row."""

    n_columns: int
    word: int
    tag: Optional[int]  # None with tokens only


def read_blocks(
    text: str, *, path: Path, file: str, repairs: Repairs, labels: Optional[Collection[str]]
) -> Tuple[List[Block], Layout]:
    """The blocks of a file without comments and header, and its layout.

    labels (Optional[Collection[str]]): Of the corpus: which of two columns of tags is meant.
    RAISES (ScinerError): SCINER-E218 if it is not CoNLL.
    """
    check_is_conll(text, path, labels=labels)
    blocks = _blocks(text, file=file, repairs=repairs)
    blocks = _without_comments(blocks, labels, file=file, repairs=repairs)
    header = _header(blocks)
    if header is not None:
        row = blocks[0].rows.pop(0)
        repairs.add("header-row", file=file, paragraph=f"line {row.line}", text=" ".join(header))
    blocks = [block for block in blocks if block.rows]
    n_columns = _n_columns(blocks)
    layout = _layout(blocks, n_columns, header, path, labels)
    n_ragged = sum(len(row.columns) != n_columns for block in blocks for row in block.rows)
    n_rows = sum(len(block.rows) for block in blocks)
    if n_ragged >= MIN_RAGGED and n_ragged > MAX_RAGGED * n_rows:
        reason = f"{n_ragged} of {n_rows} lines have more or fewer than {n_columns} columns"
        raise not_conll(path, reason)
    _check_tags_are_written(blocks, layout, path)
    return _parted(blocks, layout), layout


def _blocks(text: str, *, file: str, repairs: Repairs) -> List[Block]:
    blocks: List[Block] = []
    n_documents = 0
    block: Optional[Block] = None
    paper: Optional[str] = None
    is_new = False  # no token since the last "# newdoc"
    is_named = False  # the line before is -DOCSTART-: no file begins between
    place: Dict[str, str] = {}
    # Not splitlines(): U+2028 and U+0085 are tokens in some corpora, not line ends.
    for n, line in enumerate(re.split("\r*\n|\r", text), start=1):
        if _has_mark(line, is_start=block is None and not is_named):
            repairs.add("byte-order-mark", file=file, paragraph=f"line {n}", text=line)
            line = line[1:]
        if new_doc := _NEW_DOC.fullmatch(line.strip()):
            paper, is_new = new_doc[1].strip(), True
        if is_docstart(line):
            n_documents += 1
            block = None
            paper = paper if is_new else None
            is_named = True
            place = read_docstart(line)
        elif not line.strip():
            block = None
        else:
            if block is None:
                block = Block(n_documents)
                blocks.append(block)
            is_named = False
            is_new &= line.startswith("# ")  # a comment
            block.paper = place.get("paper", paper)
            block.paragraph = place.get("paragraph")
            block.section = place.get("section", "")
            block.rows.append(Row(n, split_columns(line)))
    return blocks


def _has_mark(line: str, *, is_start: bool) -> bool:
    """Whether a file that was joined to another begins here; elsewhere U+FEFF is of the word."""
    if not line.startswith("\ufeff"):
        return False
    is_new = is_docstart(line[1:]) or _NEW_DOC.match(line[1:]) is not None
    return is_new or (is_start and line[1:2] not in ("\t", " "))


def _n_columns(blocks: Sequence[Block]) -> int:
    """How many columns most lines have."""
    counts = Counter(len(row.columns) for block in blocks for row in block.rows)
    return max(counts, key=lambda n: (counts[n], n), default=1)


def _without_comments(
    blocks: Sequence[Block], labels: Optional[Collection[str]], *, file: str, repairs: Repairs
) -> List[Block]:
    n_columns = _n_columns(blocks)
    rows = [row.columns for block in blocks for row in block.rows]
    sure = [row for row in rows if len(row) == n_columns and not row[0].startswith("#")]
    columns = tagged(range(1, n_columns), sure, labels) if sure else []
    columns = columns or [n_columns - 1]
    # Where no tag has a letter, a label alone is one.
    known = casefolded(labels) if _have_labels(columns, sure, labels) else frozenset()
    found = []
    for block in blocks:
        kept = []
        for row in block.rows:
            if _is_comment(row.columns, n_columns, columns, known):
                text = " ".join(row.columns)
                repairs.add("comment-line", file=file, paragraph=f"line {row.line}", text=text)
            else:
                kept.append(row)
        found.append(replace(block, rows=kept))
    return [block for block in found if block.rows]


def _have_labels(
    columns: Sequence[int], rows: Sequence[List[str]], labels: Optional[Collection[str]]
) -> bool:
    known = casefolded(labels)
    return any(row[i].casefold() in known for row in rows for i in columns)


def _is_comment(
    row: Sequence[str], n_columns: int, columns: Sequence[int], labels: Collection[str]
) -> bool:
    """Whether a row that begins with # is no token: it lacks a column, or a word and a tag."""
    if not row[0].startswith("#") or is_row(row, n_columns):
        return False
    if len(row) != n_columns:
        return True
    return n_columns > 1 and not any(is_tag(row[i], labels) for i in columns)


def _header(blocks: Sequence[Block]) -> Optional[List[str]]:
    """The names of the columns, if the first row has them."""
    if not blocks or not blocks[0].rows:
        return None
    columns = [re.sub(r"[\s-]+", "_", c.lower()) for c in blocks[0].rows[0].columns]
    if len(columns) < 2 or split_tag(blocks[0].rows[0].columns[-1]) is not None:
        return None
    has_names = bool(_WORD_NAMES & set(columns)) and _named_tag(columns) is not None
    return columns if has_names else None


def _named_tag(header: Sequence[str]) -> Optional[int]:
    """The gold column, else the last one of tags, else of predicted ones."""
    for names in (_GOLD_NAMES, _TAG_NAMES, _PREDICTED_NAMES):
        found = [i for i, name in enumerate(header) if name in names]
        if found:
            return found[-1]
    return None


def _layout(
    blocks: Sequence[Block],
    n_columns: int,
    header: Optional[List[str]],
    path: Path,
    labels: Optional[Collection[str]],
) -> Layout:
    """RAISES (ScinerError): SCINER-E218 if the first column holds numbers, and no other words, if
    the only one holds tags, or if two may be the tags."""
    rows = [row.columns for block in blocks for row in block.rows if len(row.columns) == n_columns]
    if n_columns == 1:
        if tagged([0], rows, labels) and any(row[0] != "-" and split_tag(row[0]) for row in rows):
            raise not_conll(path, "the only column holds tags, no words")
        return Layout(1, 0, None)
    if header is not None and len(header) == n_columns:
        word = next(i for i, name in enumerate(header) if name in _WORD_NAMES)
        return Layout(n_columns, word, _named_tag(header))
    word = 0
    if len(rows) > 1 and _is_no_word_column(blocks, rows):
        if n_columns < 3 or _is_numbers([columns[1] for columns in rows]):
            example = " ".join(rows[0])
            raise not_conll(path, f"the first column holds numbers, no words ({example!r})")
        word = 1
    found = tag_column(range(word + 1, n_columns), rows, labels, path)
    return Layout(n_columns, word, n_columns - 1 if found is None else found)


def _check_tags_are_written(blocks: Sequence[Block], layout: Layout, path: Path) -> None:
    """RAISES (ScinerError): SCINER-E218 where only the words of entities have a tag."""
    rows = [row.columns for block in blocks for row in block.rows]
    tags = [split_tag(row[-1]) for row in rows if len(row) == layout.n_columns + 1]
    own = [] if layout.tag is None else [row[-1] for row in rows if len(row) == layout.n_columns]
    n = sum(tag is not None and bool(tag[1]) for tag in tags)
    if n > 1 and n > 0.5 * len(tags) and sum(map(is_tag, own)) <= 0.5 * len(own):
        reason = f"{n} lines have a tag behind the others' {layout.n_columns} columns: write O "
        raise not_conll(path, reason + "in the last column of the others")


def _is_no_word_column(blocks: Sequence[Block], rows: Sequence[List[str]]) -> bool:
    """Whether the first column numbers the tokens, or names the sentence or the document."""
    if _is_numbers([columns[0] for columns in rows]):
        return True
    if len(rows[0]) < 3:
        return False
    # s1-t1, s1-t2: but for its number, each is the same.
    forms = Counter(_DIGITS.sub("0", columns[0]) for columns in rows)
    form, n = forms.most_common(1)[0]
    if len(rows) > 4 and n > 0.9 * len(rows) and _DIGITS.search(form) and len(form) > 1:
        return True
    firsts = [[row.columns[0] for row in block.rows] for block in blocks]
    # Only a block's first row has the name, or all have the same one; no words are like that.
    n_empty = sum(not value for block in firsts for value in block)
    repeated = [len(set(block)) == 1 for block in firsts if len(block) > 1]
    is_long = max(map(len, firsts)) > 2
    is_first = n_empty > 1 and not any(value for block in firsts for value in block[1:])
    is_repeated = len(rows) > 4 and _n_repeated(blocks) > 0.5 * len(rows)
    return is_first or is_repeated or n_empty > 0.5 * len(rows) or (is_long and all(repeated))


def _n_repeated(blocks: Sequence[Block]) -> int:
    """Rows whose first column says what the one before in their block says, or nothing."""
    return sum(
        row.columns[0] in ("", before.columns[0])
        for block in blocks
        for before, row in pairwise(block.rows)
    )


def _parted(blocks: List[Block], layout: Layout) -> List[Block]:
    """A block for each sentence, where the column before the words says which one a word is of."""
    n_rows = sum(len(block.rows) for block in blocks)
    if layout.word == 0 or _n_repeated(blocks) < 0.3 * n_rows:  # it counts the words
        return blocks
    found: List[Block] = []
    for block in blocks:
        name = ""
        for row in block.rows:
            own = row.columns[0] if len(row.columns) == layout.n_columns else ""
            if row is block.rows[0] or (own and name and own != name):
                found.append(replace(block, rows=[]))
            found[-1].rows.append(row)
            name = own or name
    return found


def _is_numbers(values: Sequence[str]) -> bool:
    return sum(_NUMBER.fullmatch(value) is not None for value in values) > 0.9 * len(values)
