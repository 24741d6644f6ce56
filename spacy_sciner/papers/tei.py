"""GROBID's TEI (0.5 to 0.8) → paragraphs: title, abstract, body, annexes.

Left out, as by the embedded engine: figures, tables, formulas, references, acknowledgements.
"""

from pathlib import Path
from typing import Any, Iterator, List, Tuple, Union

from ..errors import Errors, ScinerError
from .headings import BACK_MATTER
from .text import normalise

Section = Tuple[str, str]  # heading, paragraph
_LEFT_OUT = {"figure", "table", "formula", "note", "listBibl"}
_PARAGRAPHS = {"p", "item", "ab"}


def parse_tei(path: Union[str, Path]) -> List[Section]:
    """Read a TEI file.

    RAISES (ScinerError): SCINER-E120 if it is not XML, SCINER-E121 if it is other XML.
    """
    from lxml import etree

    path = Path(path)
    # A paper is a file from the network: no entities, no DTD, nothing fetched.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.parse(str(path), parser).getroot()
    except etree.XMLSyntaxError as e:
        reason = str(e).partition(" (")[0] or "it is empty"
        raise ScinerError(Errors.E120.format(file=path.name, reason=reason)) from e
    body = next(_find(root, "body"), None)
    if body is None:
        raise ScinerError(Errors.E121.format(file=path.name))
    sections: List[Section] = []
    header = next(_find(root, "teiHeader"), None)
    if header is not None:
        sections += [("Title", _text(title)) for title in _titles(header)]
        for abstract in _find(header, "abstract"):
            texts = [_text(node) for node in _walk(abstract) if _name(node) in _PARAGRAPHS]
            sections += [("Abstract", text) for text in texts or [_text(abstract)]]
    sections += _read_divs(body)
    for div in _find(root, "div"):
        if div.get("type") == "annex":
            sections += _read_divs(div)
    return [(heading, text) for heading, text in sections if text]


def _read_divs(parent: Any) -> List[Section]:
    sections: List[Section] = []
    heading = ""
    for node in _walk(parent):
        if _name(node) == "head":
            heading = _text(node)
        elif _name(node) in _PARAGRAPHS and not BACK_MATTER.match(heading):
            sections.append((heading, _text(node)))
    return sections


def _walk(parent: Any) -> Iterator[Any]:
    """Headings and paragraphs in order, not those of figures and not one inside another."""
    for node in parent:
        name = _name(node)
        if name == "head" or name in _PARAGRAPHS:
            yield node
        elif name and name not in _LEFT_OUT:
            yield from _walk(node)


def _titles(header: Any) -> List[Any]:
    statement = next(_find(header, "titleStmt"), None)
    return [] if statement is None else list(_find(statement, "title"))[:1]


def _find(root: Any, name: str) -> Iterator[Any]:
    return (node for node in root.iter() if _name(node) == name)


def _name(node: Any) -> str:
    """The tag without its namespace, "" for processing instructions and entities."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _text(node: Any) -> str:
    parts: List[str] = []

    def add(node: Any) -> None:
        parts.append(node.text or "")
        for child in node:
            if _name(child) and _name(child) not in _LEFT_OUT:
                add(child)
            parts.append(child.tail or "")

    add(node)
    return normalise("".join(parts))
