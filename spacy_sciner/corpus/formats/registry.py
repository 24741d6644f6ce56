"""Annotation files of every format, read into one shape."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple
from unicodedata import normalize

from ...errors import Errors, ScinerError
from ...html_text import has_markup
from ...settings.corpora import format_points
from ..annotated import Annotated, CharSpan, Numbering, make_vocab, source_of_doc
from ..docbin import read_docs
from ..reader import words_and_spaces
from ..rules import Repairs
from ..told import without_model
from .brat import read_brat_paper, write_brat
from .conll import read_conll, write_conll
from .doubts import warn_of_empty, warn_of_equal_names, warn_of_unknown_files
from .jsonl import read_jsonl, write_doccano, write_prodigy
from .label_studio import read_label_studio
from .label_studio_tasks import write_label_studio
from .paths import files_of
from .sniff import json_records, kinds_of_keys, paper_of_file

UNFINISHED = ("not-accepted", "unannotated")  # rules for tasks that nobody has finished
TEXT_KEY_FORMATS = ("label-studio", "prodigy", "doccano")


@dataclass(frozen=True)
class AnnotatedFile:
    """What one gold file, or a folder of them, holds."""

    paragraphs: List[Annotated]
    scheme: Optional[str] = None  # of CoNLL files
    files: List[str] = field(default_factory=list)  # their names for the report


def read_gold(
    path: Path,
    *,
    file_format: str,
    file: str,
    repairs: Repairs,
    papers_path: Optional[Path] = None,
    are_paragraphs_papers: bool = False,
    text_key: Optional[str] = None,
    labels: Optional[Sequence[str]] = None,
    may_be_unfinished: bool = False,
) -> AnnotatedFile:
    """Read a file, a folder or what a pattern finds, in the order of the names.

    file_format (str): One of FORMATS.
    file (str): The name that the report gives it, relative.
    papers_path (Optional[Path]): Table of the papers in a CoNLL file, see `conll`.
    are_paragraphs_papers (bool): Each paragraph is a paper, `<paper>-<number>`.
    text_key (Optional[str]): The key of the text in JSON, None to find it.
    labels (Optional[Sequence[str]]): Of the corpus; tags without B- and I- are known by them.
    may_be_unfinished (bool): Tasks that nobody has finished are no error, if there are any.
    RAISES (ScinerError): SCINER-E204 if it is missing, E205 if it cannot be read, E206 if it holds
        no annotated paragraph, E219 if no file in a folder is of the format; see the readers.
    """
    counts_before = Counter(repairs.counts)
    files, others = files_of(path, file=file, file_format=file_format)
    for name in others:
        repairs.add("other-file", file=name, paragraph="", text=f"not {file_format}")
    of_format: Dict[str, Any] = {name: {"text_key": text_key} for name in TEXT_KEY_FORMATS}
    of_format["conll"] = {"papers_path": papers_path, "labels": labels}
    options = of_format.get(file_format, {})
    paragraphs, schemes = _read_files(files, options, file_format=file_format, repairs=repairs)
    _count_markup(paragraphs, repairs)
    counts = repairs.counts - counts_before
    is_unfinished = may_be_unfinished and any(counts[rule] for rule in UNFINISHED)
    if not paragraphs and not is_unfinished:
        found = _what_is_there(files[0][0], counts, file_format)
        raise ScinerError(Errors.E206.format(path=path, format=file_format, found=found))
    warn_of_unknown_files(paragraphs)
    warn_of_empty(paragraphs, file_format=file_format, file=file)
    if len(files) > 1:
        warn_of_equal_names(paragraphs)
        paragraphs = _numbered_on(paragraphs)
    if are_paragraphs_papers:
        paragraphs = [
            replace(p, paper=f"{p.paper}-{p.paragraph:05d}", paragraph=0) for p in paragraphs
        ]
    plain = schemes - {"O", "none"} or schemes
    return AnnotatedFile(paragraphs, "/".join(sorted(plain)) or None, [name for _, name in files])


def _read_files(
    files: Sequence[Tuple[Path, str]],
    options: Dict[str, Any],
    *,
    file_format: str,
    repairs: Repairs,
) -> Tuple[List[Annotated], Set[str]]:
    """Their paragraphs, and the schemes of tags that were found.

    files (Sequence[Tuple[Path, str]]): With the names that the report gives them.
    options (Dict[str, Any]): What readers of this format alone are told.
    """
    read_file = formats()[file_format].read
    paragraphs: List[Annotated] = []
    schemes: Set[str] = set()
    for path, name in files:
        try:
            read, scheme = read_file(path, file=name, repairs=repairs, **options)
        except (UnicodeDecodeError, OSError) as e:
            raise ScinerError(Errors.E205.format(path=path, format=file_format, reason=e)) from e
        paragraphs += [replace(p, paper=normalize("NFC", p.paper)) for p in read]  # as files' are
        schemes |= {scheme} if scheme else set()
    return paragraphs, schemes


def _count_markup(paragraphs: Sequence[Annotated], repairs: Repairs) -> None:
    for p in paragraphs:
        if has_markup(p.text):
            where = f"{p.paper}/{p.paragraph}"
            repairs.add("markup", file=p.file, paragraph=where, text=p.text)


def _what_is_there(path: Path, left_out: Mapping[str, int], file_format: str) -> str:
    """What was left out of files without an annotated paragraph, and why; the keys of JSON."""
    found = ", ".join(f"{rule} {n}" for rule, n in sorted(left_out.items())) or "nothing"
    is_brat = file_format == "brat"
    if left_out.get("address"):
        found += " (texts that are only an address: export the text itself)"
    if left_out.get("unannotated"):
        way = "a .txt file needs its .ann" if is_brat else "submit them in the annotation tool"
        found += f" (tasks without an annotation: {way} first)"
    if left_out.get("no-text") and is_brat:
        found += " (an .ann file needs its .txt beside it)"
    if file_format in TEXT_KEY_FORMATS:
        read, _ = json_records(path, file_format=file_format, file="", repairs=Repairs())
        records = [record.value for record in read if isinstance(record.value, dict)]
        data = [record["data"] for record in records if isinstance(record.get("data"), dict)]
        found += f"; keys of its records: {kinds_of_keys([*records, *data])}"
    return found


def _numbered_on(paragraphs: Sequence[Annotated]) -> List[Annotated]:
    """A paper that is spread over several files is numbered through them."""
    files: Dict[Tuple[str, int], str] = {}
    number = Numbering()
    found = []
    for paragraph in paragraphs:
        place = (paragraph.paper, paragraph.paragraph)
        is_taken = files.setdefault(place, paragraph.file) != paragraph.file
        given = None if is_taken else paragraph.paragraph
        found.append(replace(paragraph, paragraph=number(paragraph.paper, given)))
    return found


def read_spacy(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """A DocBin: its own tokens, entities and unknown tokens; its paper from `user_data`. What a
    language model told of a person's paragraph is unknown."""
    number = Numbering()
    paragraphs = []
    for doc in map(without_model, read_docs(path, make_vocab())):
        paper = str(doc.user_data.get("paper") or paper_of_file(path.name))
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
                source=source_of_doc(doc),
                of_pool=doc.user_data.get("of_pool") is True,
            )
        )
    return paragraphs


_Reader = Callable[..., Tuple[List[Annotated], Optional[str]]]


def _without_scheme(read: Callable[..., List[Annotated]]) -> _Reader:
    def reader(path: Path, **options: Any) -> Tuple[List[Annotated], Optional[str]]:
        return read(path, **options), None

    return reader


@dataclass(frozen=True)
class Format:
    """How a format is read and written; another package's is an entry point of `FORMAT_GROUP`.

    read (Callable): (path, *, file, repairs) → paragraphs, and the scheme or None.
    write (Optional[Callable]): (path, paragraphs, *, losses), see `writing`; None: it is not.
    """

    read: _Reader
    write: Optional[Callable[..., None]] = None


# No entry points of our own: these are there without installed metadata, and whatever is installed
# beside this package cannot replace them.
_FORMATS: Dict[str, Format] = {
    "conll": Format(read_conll, write_conll),
    "label-studio": Format(_without_scheme(read_label_studio), write_label_studio),
    "brat": Format(_without_scheme(read_brat_paper), write_brat),
    "prodigy": Format(_without_scheme(read_jsonl), write_prodigy),
    "doccano": Format(_without_scheme(read_jsonl), write_doccano),
    "spacy": Format(_without_scheme(read_spacy)),  # written by `docbin`
}
FORMATS = tuple(_FORMATS)


def formats() -> Dict[str, Format]:
    """All formats by name: the project's own, and those of other packages."""
    return {**{point.name: point.load() for point in format_points()}, **_FORMATS}


def writer_of(file_format: str) -> Callable[..., None]:
    """RAISES (ScinerError): SCINER-E243 for a format that cannot be written."""
    known = {name: one.write for name, one in formats().items() if one.write is not None}
    if file_format not in known:
        names = ", ".join(known)
        raise ScinerError(Errors.E243.format(format=file_format, known=names))
    return known[file_format]
