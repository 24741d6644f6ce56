"""Annotation files of every format, read into one shape."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional

from ...errors import Errors, ScinerError
from ..annotated import Annotated, CharSpan, Numbering, make_tokenizer
from ..docbin import read_docs
from ..reader import words_and_spaces
from ..rules import Repairs
from .brat import read_brat
from .conll import read_conll
from .jsonl import read_jsonl
from .label_studio import read_label_studio


@dataclass(frozen=True)
class AnnotatedFile:
    """What one gold file holds."""

    paragraphs: List[Annotated]
    scheme: Optional[str] = None  # of a CoNLL file


def read_gold(
    path: Path,
    *,
    file_format: str,
    file: str,
    repairs: Repairs,
    papers_path: Optional[Path] = None,
) -> AnnotatedFile:
    """Read a file, or a folder for BRAT.

    file_format (str): One of FORMATS.
    file (str): The name that the report gives it, relative.
    papers_path (Optional[Path]): Table of the papers in a CoNLL file, see `conll`.
    RAISES (ScinerError): SCINER-E204 if it is missing, E205 if it cannot be read, E206 if it holds
        no annotated paragraph.
    """
    if not path.exists():
        raise ScinerError(Errors.E204.format(path=path))
    scheme = None
    counts_before = Counter(repairs.counts)
    try:
        if file_format == "conll":
            paragraphs, scheme = read_conll(
                path, file=file, repairs=repairs, papers_path=papers_path
            )
        else:
            paragraphs = _READERS[file_format](path, file=file, repairs=repairs)
    except (UnicodeDecodeError, IsADirectoryError, FileNotFoundError) as e:
        raise ScinerError(Errors.E205.format(path=path, format=file_format, reason=e)) from e
    if not paragraphs:
        left_out = repairs.counts - counts_before
        found = ", ".join(f"{rule} {n}" for rule, n in sorted(left_out.items())) or "nothing"
        raise ScinerError(Errors.E206.format(path=path, format=file_format, found=found))
    return AnnotatedFile(paragraphs, scheme)


def read_spacy(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """A DocBin: its own tokens, entities and unknown tokens; its paper from `user_data`."""
    number = Numbering()
    paragraphs = []
    for doc in read_docs(path, make_tokenizer().vocab):
        paper = str(doc.user_data.get("paper") or path.stem)
        words, spaces = words_and_spaces(doc)
        paragraphs.append(
            Annotated(
                paper=paper,
                paragraph=number(paper, doc.user_data.get("paragraph")),
                section=str(doc.user_data.get("section") or ""),
                text=doc.text,
                spans=[CharSpan(e.start_char, e.end_char, e.label_) for e in doc.ents],
                file=file,
                words=words,
                spaces=spaces,
                unknown=frozenset(t.i for t in doc if not t.ent_iob_),
            )
        )
    return paragraphs


_READERS: Dict[str, Callable[..., List[Annotated]]] = {
    "label-studio": read_label_studio,
    "brat": read_brat,
    "prodigy": read_jsonl,
    "doccano": read_jsonl,
    "spacy": read_spacy,
}
FORMATS = ("conll", *_READERS)
