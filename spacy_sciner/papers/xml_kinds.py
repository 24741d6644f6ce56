"""Which XML a file is: TEI and JATS are read, all else is named as what it is."""

import re
from pathlib import Path
from typing import Any, List, Union

from ..errors import Errors, ScinerError
from .jats import read_jats
from .markup import Section, children, find, name_of, read_xml
from .tei import read_tei

_TEI = ("TEI", "TEI.2")
_AROUND_JATS = ("article", "pmc-articleset", "OAI-PMH")  # PubMed Central wraps what it hands out
# Root elements of what comes with such a suffix.
_KINDS = {
    "html": "an HTML page",
    "article": "an article, but not JATS",
    "teiCorpus": "many papers in one TEI file",
    "full-text-retrieval-response": "an article by Elsevier",
    "PubmedArticleSet": "PubMed's list of abstracts",
    "collection": "BioC",
    "alto": "ALTO, the output of an OCR program",
    "PcGts": "PAGE, the output of an OCR program",
    "pdf2xml": "the output of pdftohtml",
    "OAI-PMH": "an OAI-PMH answer without one JATS article",
    "pmc-articleset": "a set of JATS articles",
    "biblStruct": "a reference by GROBID",
    "document": "a Word document",
    "rss": "a feed",
    "feed": "a feed",
    "svg": "a drawing",
}
# What begins like this is no XML, whatever its name says.
_BEGINNINGS = {
    rb"%PDF-": "a PDF", rb"\x1f\x8b": "a gzip file", rb"PK\x03\x04": "a ZIP file",
    rb"[\[{]": "JSON", rb"(?i:<!doctype\s+html|<html)": "an HTML page",
}  # fmt: skip


def parse_xml(path: Union[str, Path]) -> List[Section]:
    """Read a TEI or JATS file.

    RAISES (ScinerError): SCINER-E120 if it is not well-formed, SCINER-E121 if it is something else.
    """
    path = Path(path)
    content = path.read_bytes()
    try:
        root = read_xml(content, file=path.name)
    except ScinerError:
        kind = _begins_as(content[:400])
        if kind:
            raise ScinerError(Errors.E121.format(file=path.name, kind=kind)) from None
        raise
    articles = list(find(root, "article")) if name_of(root) in _AROUND_JATS else []
    if len(articles) == 1 and children(articles[0], "front", "body"):
        return read_jats(articles[0])
    if name_of(root) in _TEI and any(
        next(find(root, name), None) is not None for name in ("body", "abstract")
    ):
        return read_tei(root)
    raise ScinerError(Errors.E121.format(file=path.name, kind=_kind(root)))


def _begins_as(content: bytes) -> str:
    content = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    return next((kind for start, kind in _BEGINNINGS.items() if re.match(start, content)), "")


def _kind(root: Any) -> str:
    name = name_of(root)
    if name in _TEI:
        return "TEI without an abstract and without a body"
    return _KINDS.get(name, f"XML of another kind (its root is <{name}>)")
