"""GROBID's TEI (0.5 to 0.8) → paragraphs: title, abstract, body, annexes.

Left out, as by the embedded engine: figures, tables, formulas, references, acknowledgements.
"""

from typing import Any, Iterator, List

from .headings import BACK_MATTER
from .markup import Section, find, name_of, text_of

_LEFT_OUT = frozenset({"figure", "table", "formula", "note", "listBibl"})
_PARAGRAPHS = frozenset({"p", "item", "ab", "quote", "q", "cit", "lg"})


def read_tei(root: Any) -> List[Section]:
    """Title, abstract, body and annexes; without a body (GROBID's header service), the former."""
    sections: List[Section] = []
    header = next(find(root, "teiHeader"), None)
    if header is not None:
        sections += [("Title", _text(title)) for title in _titles(header)]
        for abstract in find(header, "abstract"):
            texts = [_text(node) for node in _walk(abstract) if name_of(node) in _PARAGRAPHS]
            sections += [("Abstract", text) for text in texts or [_text(abstract)]]
    body = next(find(root, "body"), None)
    if body is not None:
        sections += _read_divs(body)
    for div in find(root, "div"):
        if div.get("type") == "annex":
            sections += _read_divs(div)
    return [(heading, text) for heading, text in sections if text]


def _read_divs(parent: Any) -> List[Section]:
    sections: List[Section] = []
    heading = ""
    for node in _walk(parent):
        if name_of(node) == "head":
            heading = _text(node)
        elif not BACK_MATTER.match(heading):
            sections.append((heading, _text(node)))
    return sections


def _walk(parent: Any) -> Iterator[Any]:
    """Headings and paragraphs in order, not those of figures and not one inside another."""
    for node in parent:
        name = name_of(node)
        if name == "head" or name in _PARAGRAPHS:
            yield node
        elif name and name not in _LEFT_OUT:
            yield from _walk(node)


def _titles(header: Any) -> List[Any]:
    statement = next(find(header, "titleStmt"), None)
    return [] if statement is None else list(find(statement, "title"))[:1]


def _text(node: Any) -> str:
    return text_of(node, left_out=_LEFT_OUT)
