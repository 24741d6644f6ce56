"""JATS (PubMed Central, many publishers) → paragraphs: title, abstract, body, appendices.

Left out, as from TEI: figures, tables, displayed formulas, notes, references, acknowledgements.
"""

from typing import Any, Iterator, List

from .headings import BACK_MATTER, REFERENCES
from .markup import Section, children, find, name_of, text_of

_LEFT_OUT = frozenset({
    "fig", "fig-group", "table-wrap", "table-wrap-group", "table", "array", "disp-formula",
    "disp-formula-group", "tex-math", "graphic", "inline-graphic", "media", "annotation",
    "annotation-xml", "fn", "fn-group", "table-wrap-foot", "ref-list", "ack",
    "supplementary-material", "boxed-text", "label", "caption", "bio", "object-id",
    "index-term",
})  # fmt: skip
_PARAGRAPHS = frozenset({"p", "list-item", "def-item", "disp-quote", "verse-group"})
_NO_ABSTRACT = frozenset({"graphical", "toc", "teaser", "video", "key-points", "precis"})


def read_jats(article: Any) -> List[Section]:
    """Title, abstract, body and appendices of an `article` element."""
    sections: List[Section] = []
    for meta in find(article, "article-meta"):
        for group in children(meta, "title-group"):
            sections += [("Title", _text(title)) for title in children(group, "article-title")]
        for abstract in children(meta, "abstract"):
            if abstract.get("abstract-type") not in _NO_ABSTRACT:
                sections += [("Abstract", _text(node)) for node in _paragraphs(abstract)]
        break  # a reply's own comes later
    for body in children(article, "body"):
        sections += _read_body(body)
    for back in children(article, "back"):
        for appendix in find(back, "app"):
            sections += _read_body(appendix)
    return [(heading, text) for heading, text in sections if text]


def _read_body(parent: Any, heading: str = "") -> List[Section]:
    """Paragraphs in order; those of a section without a title stand under the one around it."""
    sections: List[Section] = []
    for node in parent:
        name = name_of(node)
        if name == "title":
            heading = _text(node)
        elif name in ("sec", "app"):
            sections += _read_body(node, heading)
        elif BACK_MATTER.match(heading) or REFERENCES.match(heading):
            continue
        elif name in _PARAGRAPHS:
            sections.append((heading, _text(node)))
        elif name and name not in _LEFT_OUT:
            sections += [(heading, _text(inner)) for inner in _paragraphs(node)]
    return sections


def _paragraphs(parent: Any) -> Iterator[Any]:
    for node in parent:
        name = name_of(node)
        if name in _PARAGRAPHS:
            yield node
        elif name and name not in _LEFT_OUT and name != "title":
            yield from _paragraphs(node)


def _text(node: Any) -> str:
    return text_of(node, left_out=_LEFT_OUT)
