"""CoNLL: a token a line with its tag in the last column, an empty line between paragraphs.

One column (tokens only: nothing is known of them) or more, tabs or spaces. A paper is a range of
the `papers` table if one is named, else what follows a -DOCSTART- line if there are several, or a
line `# newdoc id = …`; else the file.
"""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Collection, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ...files import replacing
from ..annotated import Annotated, CharSpan, Numbering
from ..rules import Repairs
from ..schemes import UNKNOWN_TAG, TagSpan, detect_scheme, tags_to_spans
from .columns import Block, Layout, read_blocks
from .docstart import docstart, is_docstart
from .papers_table import papers_of_table
from .sniff import paper_of_file, read_text
from .tag_style import plain_tags
from .writing import Losses, Written, bad_label, count_unheld

_NO_SPACE_BEFORE = frozenset([*".,;:!?)]}%", "...", "n't", "'s", "'re", "'ve", "'ll", "'d", "'m"])
_NO_SPACE_AFTER = frozenset("([{")


class _Token(NamedTuple):
    line: int
    word: str
    tag: Optional[str]  # None where the line has none


def read_conll(
    path: Path,
    *,
    file: str,
    repairs: Repairs,
    papers_path: Optional[Path] = None,
    labels: Optional[Collection[str]] = None,
) -> Tuple[List[Annotated], str]:
    """Read a file of any scheme.

    papers_path (Optional[Path]): Table with the columns split, first, last and perhaps paper; the
        rows whose split is the stem of the file's name are its papers, first and last the numbers
        of their paragraphs from 0.
    labels (Optional[Collection[str]]): Of the corpus: where tags are labels alone, these are known.
    RETURNS (Tuple[List[Annotated], str]): Paragraphs and the scheme, "none" with one column.
    RAISES (ScinerError): SCINER-E205 and E218 if it is no such file, SCINER-E207 for a last column
        without tags, SCINER-E208 for the table.
    """
    text = read_text(path, file_format="conll")
    blocks, layout = read_blocks(text, path=path, file=file, repairs=repairs, labels=labels)
    if papers_path is None:
        papers = _papers_of_blocks(blocks, path)
    else:
        papers = papers_of_table(papers_path, path=path, n_blocks=len(blocks))
    tokens = [_tokens(block, layout, file=file, repairs=repairs) for block in blocks]
    scheme = "none"
    if layout.tag is not None:
        known = [[token.tag for token in block if token.tag is not None] for block in tokens]
        plain, style = plain_tags(known, labels=labels, path=path)
        tokens = [_with_tags(b, tags) for b, tags in zip(tokens, plain, strict=True)]
        scheme = style or detect_scheme(plain)
    number = Numbering()
    paragraphs = [
        replace(
            _paragraph(rows, scheme, paper, number(paper, block.paragraph), file, repairs),
            section=block.section,
        )
        for block, rows, paper in zip(blocks, tokens, papers, strict=True)
    ]
    return paragraphs, scheme


def _papers_of_blocks(blocks: Sequence[Block], path: Path) -> List[str]:
    """The paper of each block: one -DOCSTART- before them all says no more than the file's name."""
    own = paper_of_file(path.name)
    documents = sorted({block.document for block in blocks})
    if len(documents) < 2:
        return [block.paper or own for block in blocks]
    return [block.paper or f"{own}-{block.document - documents[0]:05d}" for block in blocks]


def _tokens(block: Block, layout: Layout, *, file: str, repairs: Repairs) -> List[_Token]:
    tokens = []
    for line, columns in block.rows:
        word = columns[layout.word] if len(columns) > layout.word else ""
        n_missing = layout.n_columns - len(columns)
        if n_missing or not word:
            text = "\t".join(columns)
            repairs.add("bad-line", file=file, paragraph=f"line {line}", text=text)
        if word:
            tag = None
            if layout.tag is not None and n_missing <= 0:
                # With a column too many, the tag still stands at the end. A no-break space behind
                # it would make another label of it.
                tag = columns[layout.tag - layout.n_columns].strip()
            tokens.append(_Token(line, word, tag))
    return tokens


def _with_tags(tokens: Sequence[_Token], tags: Sequence[str]) -> List[_Token]:
    """The tokens that have one with another tag."""
    others = iter(tags)
    return [t if t.tag is None else t._replace(tag=next(others)) for t in tokens]


def _paragraph(
    tokens: Sequence[_Token], scheme: str, paper: str, number: int, file: str, repairs: Repairs
) -> Annotated:
    tags = ["O" if token.tag is None else token.tag for token in tokens]
    spans, tag_repairs = tags_to_spans(tags, scheme=scheme)
    for rule, i in tag_repairs:
        line, word, tag = tokens[i]
        repairs.add(rule, file=file, paragraph=f"line {line}", text=f"{word} {tag}")
    invalid = [i for rule, i in tag_repairs if rule == "invalid-tag"]
    unknown = {i for i, token in enumerate(tokens) if token.tag in (None, UNKNOWN_TAG)}
    unknown.update(invalid)
    unknown.update(list(_torn(spans, tags, unknown)))
    spans = [span for span in spans if span.start not in unknown]
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
        unknown=frozenset(unknown),
    )


def _torn(spans: Sequence[TagSpan], tags: Sequence[str], unknown: Collection[int]) -> Iterator[int]:
    """The tokens of two entities that may be one: between them no tag is known, and the second
    only goes on."""
    for left, right in pairwise(spans):
        gap = range(left.end, right.start)
        is_gap = len(gap) > 0 and all(i in unknown for i in gap)
        if is_gap and left.label == right.label and tags[right.start][0] in "IELM":
            yield from range(left.start, right.end)


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


def write_conll(path: Path, paragraphs: Iterable[Written], *, losses: Losses) -> None:
    """Words and IOB2 tags with a tab between them, `-` for unknown words.

    A -DOCSTART- line before each paragraph names its place, see `docstart`.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf8", newline="\n") as file:
        for one in paragraphs:
            count_unheld(one, losses, scores=True, prediction=True, alone=True)
            rows = _written_rows(one, losses)
            words = [word for word, _ in rows]
            kept = [bool(t.whitespace_) for t in one.doc if not t.is_space]
            # Whether a space follows the last word is in no file.
            is_same = kept[:-1] == spaces_between(words)[:-1] and len(kept) == len(one.doc)
            losses.add("spaces", not is_same)
            lines = "".join(f"{word}\t{tag}\n" for word, tag in rows)
            file.write(f"{docstart(one.paper, one.paragraph, one.section)}\n\n{lines}\n")


def _written_rows(one: Written, losses: Losses) -> List[Tuple[str, str]]:
    tags = ["O"] * len(one.doc)
    for span in one.spans:
        for i in range(span.token_start, span.token_end):
            letter = "B" if i == span.token_start else "I"
            tags[i] = f"{letter}-{span.label}" if span in one.ents else UNKNOWN_TAG
        if re.search(r"[\t\r\n]", span.label) or span.label != span.label.strip():
            reason = "it has a tab or line end, or white space at an end"
            raise bad_label(span.label, file_format="conll", reason=reason)
    rows = []
    for token, tag in zip(one.doc, tags, strict=True):
        if token.is_space:
            losses.add("space-words")
            continue
        word = re.sub(r"[\t\r\n]+", " ", token.text).strip(" ")
        losses.add("odd-words", word != token.text)
        if is_docstart(word):
            losses.add("docstart-words")
            word = word.lstrip("-")
        rows.append((word, tag))
    return rows
