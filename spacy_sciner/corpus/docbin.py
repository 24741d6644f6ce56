"""Docs in and out of DocBin files: the same docs always give the same bytes.

Tokens, spaces, entities (with unknown tokens kept unknown), span groups and `user_data` are kept;
tags, heads and lemmas are not, as no stage here writes them.
"""

import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import Iterable, Iterator, List, Union

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab
from srsly.msgpack import msgpack_decoders, msgpack_encoders

from ..errors import Errors, ScinerError
from ..files import replacing

# ENT_IOB keeps the three states of a token apart: entity, O, and unknown (0, "missing").
ATTRS = ("ENT_IOB", "ENT_TYPE")


def read_docs(path: Union[str, Path], vocab: Vocab) -> List[Doc]:
    """Every doc of a `.spacy` file, in its order.

    RAISES (ScinerError): SCINER-E201 if there is no such file, SCINER-E202 if it is not a DocBin.
    """
    return list(iter_docs(path, vocab))


def iter_docs(path: Union[str, Path], vocab: Vocab) -> Iterator[Doc]:
    """The same one by one: a large pool never stands in memory as a whole."""
    doc_bin = read_doc_bin(path)
    try:
        with codecs_found_once():
            yield from doc_bin.get_docs(vocab)
    # What msgpack and DocBin itself raise on foreign bytes.
    except (ValueError, KeyError, TypeError, EOFError) as e:
        raise _unreadable(path, e) from e


def read_doc_bin(path: Union[str, Path]) -> DocBin:
    """A `.spacy` file as a DocBin, its docs not unpacked.

    RAISES (ScinerError): SCINER-E201 if there is no such file, SCINER-E202 if it is not a DocBin.
    """
    path = Path(path)
    if not path.is_file():
        raise ScinerError(Errors.E201.format(path=path))
    try:
        return DocBin(store_user_data=True).from_bytes(path.read_bytes())
    # What zlib, msgpack and DocBin itself raise on foreign bytes.
    except (zlib.error, ValueError, KeyError, TypeError, EOFError) as e:
        raise _unreadable(path, e) from e


def write_docs(path: Union[str, Path], docs: Iterable[Doc]) -> None:
    """Write docs with their `user_data`, atomically."""
    with codecs_found_once():
        doc_bin = DocBin(attrs=list(ATTRS), docs=docs, store_user_data=True)
    with replacing(path) as temporary:
        temporary.write_bytes(doc_bin.to_bytes())


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
