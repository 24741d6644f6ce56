"""Docs in and out of DocBin files: the same docs always give the same bytes.

Up to DOCS_IN_FILE docs are a file; more are a folder of such files under the same name, read in the
order of their names, as spaCy reads a folder too. So a pool's docs never stand in memory at once.
Tokens, spaces, entities (with unknown tokens kept unknown), span groups and `user_data` are kept;
tags, heads and lemmas are not, as no stage here writes them.
"""

import zlib
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Iterable, Iterator, List, Union

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab
from srsly.msgpack import msgpack_decoders, msgpack_encoders

from ..errors import Errors, ScinerError
from ..files import replacing

# ENT_IOB keeps the three states of a token apart: entity, O, and unknown (0, "missing").
ATTRS = ("ENT_IOB", "ENT_TYPE")
DOCS_IN_FILE = 2048


def read_docs(path: Union[str, Path], vocab: Vocab) -> List[Doc]:
    """Every doc of a `.spacy` file or folder, in its order.

    RAISES (ScinerError): SCINER-E201 if there is no such file, SCINER-E202 if it is not a DocBin.
    """
    return list(iter_docs(path, vocab))


def iter_docs(path: Union[str, Path], vocab: Vocab) -> Iterator[Doc]:
    """The same one by one: a large pool never stands in memory as a whole."""
    for part in _files(Path(path)):
        doc_bin = _read_doc_bin(part)
        try:
            with codecs_found_once():
                yield from doc_bin.get_docs(vocab)
        # What msgpack and DocBin itself raise on foreign bytes.
        except (ValueError, KeyError, TypeError, EOFError) as e:
            raise _unreadable(part, e) from e


class DocFile:
    """The docs of a `.spacy` file or folder, read from it anew each time they are gone through."""

    def __init__(self, path: Union[str, Path], vocab: Vocab):
        self.path, self.vocab = Path(path), vocab

    def __iter__(self) -> Iterator[Doc]:
        return iter_docs(self.path, self.vocab)


def count_docs(path: Union[str, Path]) -> int:
    """RAISES (ScinerError): What `read_docs` raises."""
    return sum(len(_read_doc_bin(part)) for part in _files(Path(path)))


def _files(path: Path) -> List[Path]:
    """RAISES (ScinerError): SCINER-E201 if there is no such file, nor a folder of them; SCINER-E202
    if one of the folder's files is missing."""
    files = sorted(path.glob("*.spacy")) if path.is_dir() else [path]
    if not files or not files[0].is_file():
        raise ScinerError(Errors.E201.format(path=path))
    if path.is_dir() and (files[0].stem.isdecimal() or files[-1].stem.isdecimal()):
        absent = {_part(i) for i in range(len(files))} - {file.name for file in files}
        if absent:
            raise ScinerError(Errors.E202.format(path=path, reason=f"no {min(absent)} in it"))
    return files


def _part(i: int) -> str:
    return f"{i:06d}.spacy"


def _read_doc_bin(path: Path) -> DocBin:
    try:
        return DocBin(store_user_data=True).from_bytes(path.read_bytes())
    # What zlib, msgpack and DocBin itself raise on foreign bytes.
    except (zlib.error, ValueError, KeyError, TypeError, EOFError) as e:
        raise _unreadable(path, e) from e


def write_docs(path: Union[str, Path], docs: Iterable[Doc]) -> None:
    """Write docs with their `user_data`, atomically, as they come."""
    parts = groupby(enumerate(docs), key=lambda numbered: numbered[0] // DOCS_IN_FILE)
    first = b""
    with replacing(path, any_kind=True) as temporary:
        for i, part in parts:
            content = _pack(doc for _, doc in part)
            if i == 0:
                first = content
                continue
            if i == 1:
                temporary.mkdir()
                (temporary / _part(0)).write_bytes(first)
            (temporary / _part(i)).write_bytes(content)
        if not temporary.is_dir():
            temporary.write_bytes(first or _pack([]))


def _pack(docs: Iterable[Doc]) -> bytes:
    with codecs_found_once():
        return DocBin(attrs=list(ATTRS), docs=docs, store_user_data=True).to_bytes()


@contextmanager
def codecs_found_once() -> Iterator[None]:
    """Let srsly search the installed packages for msgpack codecs once, not for every document.

    It searches in each call, which is nine tenths of the time that a DocBin of paragraphs takes.
    """
    ours = [r for r in (msgpack_encoders, msgpack_decoders) if "get_all" not in vars(r)]
    for registry in ours:
        found = registry.get_all()
        registry.get_all = lambda found=found: found  # type: ignore[method-assign, misc]
    try:
        yield
    finally:
        for registry in ours:
            vars(registry).pop("get_all", None)


def _unreadable(path: Union[str, Path], error: Exception) -> ScinerError:
    reason = f"{type(error).__name__}: {error}"
    return ScinerError(Errors.E202.format(path=path, reason=reason))
