"""TEI, GROBID's (0.5 to 0.8) and others' → paragraphs: title, abstract, bodies, annexes.

Left out, as by the embedded engine: figures, tables, formulas, references, acknowledgements.
"""

from typing import Any, Iterator, List, Tuple

from .headings import BACK_MATTER, REFERENCES
from .markup import Section, children, find, name_of, text_of

_LEFT_OUT = frozenset({"figure", "table", "formula", "note", "listBibl"})
_REFERENCES = ("bibl", "biblStruct", "biblFull")  # right in a div, without listBibl
_ANNEXES = ("annex", "appendix")
_BLOCKS = frozenset({"head", "p", "item", "ab", "quote", "q", "cit", "lg"})


def read_tei(root: Any) -> List[Section]:
    """Title, abstract, the body of each text, and annexes; without a body (GROBID's header
    service), the former."""
    sections: List[Section] = []
    header = next(find(root, "teiHeader"), None)
    if header is not None:
        sections += [("Title", _text(title)) for title in _titles(header)]
    for abstract in _abstracts(root):
        texts = [text for name, text in _walk(abstract) if name != "head"]
        sections += [("Abstract", text) for text in texts or [_text(abstract)]]
    for part in filter(_is_part, root.iter()):
        if not any(map(_is_part, part.iterancestors())):
            sections += _read_divs(part)
    return [(heading, text) for heading, text in sections if text]


def _is_part(node: Any) -> bool:
    """A body, an annex, or what stands behind a body without saying that it is something else."""
    if name_of(node) != "div":
        return name_of(node) == "body"
    kind = node.get("type")
    if kind is not None or name_of(node.getparent()) != "back":
        return kind in _ANNEXES
    headings = map(_text, children(node, "head"))
    return not (children(node, *_REFERENCES) or any(map(REFERENCES.match, headings)))


def _abstracts(root: Any) -> List[Any]:
    """The header's, else what stands before the body."""
    for name in ("teiHeader", "front"):
        nodes = [node for parent in find(root, name) for node in parent.iter()]
        found = [node for node in nodes if name_of(node) == "abstract"]
        found = found or [node for node in nodes if node.get("type") == "abstract"]
        if any(map(_text, found)):  # an empty one may stand in the header
            return [node for node in found if not set(found).intersection(node.iterancestors())]
    return []


def _read_divs(parent: Any) -> List[Section]:
    sections: List[Section] = []
    heading = ""
    for name, text in _walk(parent):
        if name == "head":
            heading = text
        elif not BACK_MATTER.match(heading):
            sections.append((heading, text))
    return sections


def _walk(parent: Any) -> Iterator[Tuple[str, str]]:
    """Headings and paragraphs in order, not those of figures and not one inside another; and, below
    its heading, what stands in no paragraph, such as sentences right in a `div`."""
    parted = {name_of(node) for node in parent if name_of(node) and _has_blocks(node)}
    loose = text_of(parent, left_out=_LEFT_OUT | _BLOCKS | parted)
    if loose and not children(parent, "head"):
        yield "p", loose
        loose = ""
    for node in parent:
        name = name_of(node)
        if name in _BLOCKS:
            yield name, _text(node)
        elif name in parted and name not in _LEFT_OUT:
            yield from _walk(node)
        if loose and name == "head":
            yield "p", loose
            loose = ""


def _has_blocks(node: Any) -> bool:
    return name_of(node) == "div" or any(name_of(one) in _BLOCKS for one in node.iter())


def _titles(header: Any) -> List[Any]:
    statement = next(find(header, "titleStmt"), None)
    return [] if statement is None else list(find(statement, "title"))[:1]


def _text(node: Any) -> str:
    return text_of(node, left_out=_LEFT_OUT)
