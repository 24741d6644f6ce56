"""XML of any kind, read safely: entities of the file's own, spaces where elements part words."""

import re
from html.entities import html5
from typing import AbstractSet, Any, Dict, Iterator, List, Tuple

from ..errors import Errors, ScinerError
from .text import join_lines, normalise

Section = Tuple[str, str]  # heading, paragraph

MAX_ENTITY = 200  # characters that one entity may stand for; those of papers stand for one
MAX_ENTITIES = 10_000  # declared in a file; all of the ISO sets together are 2,000
# Elements that stand within words; any other parts them. TEI's first, then JATS'.
INLINE = frozenset({
    "hi", "emph", "ref", "rs", "term", "gloss", "foreign", "name", "num", "measure", "date",
    "time", "choice", "subst",
    "abbr", "expan", "ex", "am", "sic", "corr", "orig", "reg", "add", "del",
    "unclear", "supplied", "g", "c", "m", "mentioned", "code", "ident", "formula", "ptr",
    "anchor", "sup", "sub", "b", "i", "u", "bold", "italic", "sc", "underline", "overline",
    "monospace", "roman", "sans-serif", "strike", "xref", "ext-link", "uri", "email",
    "styled-content", "named-content", "abbrev", "inline-formula", "target", "math", "mi",
    "mn", "mo", "mrow", "msub", "msup",
})  # fmt: skip
# TEI's alternatives, what a reader sees first: the printed form, but a mistake as it was mended.
_ALTERNATIVES = {
    "choice": ("corr", "orig", "abbr", "sic", "reg", "expan", "unclear", "seg"),
    "subst": ("add",), "app": ("lem", "rdg"),
}  # fmt: skip
_SHIFTED = {"sup": "^", "superscript": "^", "msup": "^", "sub": "_", "subscript": "_", "msub": "_"}
_NUMBER = re.compile(r"[-+−–]?\d")
_LINE_ENDS = frozenset({"lb", "pb", "cb", "gb", "break"})
_PARTED, _LINE_END = "\x1f", "\x1e"  # characters that XML cannot hold
_OPENING, _CLOSING = "([{“‘«", ",.;:!?)]}”’»%"
_PART = re.compile(
    rf"(?<![\s{re.escape(_OPENING)}{_LINE_END}]){_PARTED}+(?![\s{re.escape(_CLOSING)}{_LINE_END}])"
)
_BEFORE_CLOSING = re.compile(rf"{_LINE_END}(?=[{re.escape(_CLOSING)}])")


def read_xml(content: bytes, *, file: str) -> Any:
    """The root element, with the entities of the file's internal subset in their places.

    Nothing else is ever opened: no DTD, no other file, no network. An entity that names another
    file stands for nothing; one that is declared nowhere in the file stands for the letter that
    HTML knows by that name, or for U+FFFD.

    RAISES (ScinerError): SCINER-E120 if it is not well-formed, or its entities are a bomb.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    content = content.lstrip(b" \t\r\n")  # nothing may stand before the declaration
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as e:
        reason = str(e).partition(" (")[0].partition(", line")[0]
        reason = "it is empty" if not content else reason
        raise ScinerError(Errors.E120.format(file=file, reason=reason)) from e
    entities = _declared(root.getroottree().docinfo.internalDTD, file)
    for node in list(root.iter(etree.Entity)):
        _replace(node, _value(node.name, entities, file))
    return root


def _declared(dtd: Any, file: str) -> Dict[str, str]:
    """What each entity of the internal subset stands for; "" for those outside of the file."""
    found = {} if dtd is None else {entity.name: entity.content for entity in dtd.iterentities()}
    if len(found) > MAX_ENTITIES:
        reason = f"it declares {len(found)} entities, more than {MAX_ENTITIES}"
        raise ScinerError(Errors.E120.format(file=file, reason=reason))
    return {name: content or "" for name, content in found.items()}


def _value(name: str, entities: Dict[str, str], file: str) -> str:
    if name not in entities:
        return html5.get(f"{name};", "\ufffd")
    value = entities[name]
    # Those of papers are letters. One that is made of others goes no deeper than these.
    value = re.sub(r"&(\w+);", lambda match: entities.get(match[1], ""), value[: MAX_ENTITY + 1])
    if len(value) > MAX_ENTITY or "&" in re.sub(r"&(?!\w+;)", "", value):
        reason = f"its entity {name!r} stands for more than a few letters"
        raise ScinerError(Errors.E120.format(file=file, reason=reason))
    return re.sub(r"<[^>]*>", "", value)


def _replace(node: Any, text: str) -> None:
    parent, before = node.getparent(), node.getprevious()
    text += node.tail or ""
    if before is None:
        parent.text = (parent.text or "") + text
    else:
        before.tail = (before.tail or "") + text
    node.tail = None
    parent.remove(node)


def text_of(node: Any, *, left_out: AbstractSet[str]) -> str:
    """The words of an element as one paragraph.

    Elements that do not stand within words part them with a space, but never push a full stop or a
    closing bracket away from its word. A word that `lb` breaks with a hyphen is joined.
    """
    text = _PART.sub(" ", "".join(_parts(node, left_out))).replace(_PARTED, "")
    lines = [normalise(line) for line in _BEFORE_CLOSING.sub("", text).split(_LINE_END)]
    return join_lines([line for line in lines if line])


def _alternative(node: Any) -> Any:
    """Of an element that holds the same words in several forms the one to read, else None."""
    found = (children(node, name) for name in _ALTERNATIVES.get(name_of(node), ()))
    return next((some[0] for some in found if some), None)


def _parts(node: Any, left_out: AbstractSet[str]) -> Iterator[str]:
    only = _alternative(node)
    if only is not None:
        yield from _parts(only, left_out)
        return
    yield re.sub(r"\s+", " ", node.text or "")
    for child in node:
        name = name_of(child)
        if name in _LINE_ENDS:
            yield "" if child.get("break") == "no" else _LINE_END
        elif name and name in left_out:
            yield _PARTED
        elif name:
            between = "" if name in INLINE else _PARTED
            yield between or _at_number(child)
            yield from _parts(child, left_out)
            yield between or _after_number(child)
        yield re.sub(r"\s+", " ", child.tail or "")


def _at_number(node: Any) -> str:
    """The sign before a number that is raised or lowered at another: 10² is 10^2, and not 102."""
    sign = _SHIFTED.get(name_of(node)) or _SHIFTED.get(node.get("rend", ""), "")
    parent = node.getparent()
    if not sign and name_of(parent) in ("msup", "msub") and parent.index(node) == 1:
        sign = _SHIFTED[name_of(parent)]
    own = "".join(node.itertext()).lstrip()
    return sign if sign and _NUMBER.match(own) and _text_before(node)[-1:].isdigit() else ""


def _after_number(node: Any) -> str:
    """A space between a number that is raised or lowered and a digit behind it."""
    is_shifted = name_of(node) in _SHIFTED or node.get("rend", "") in _SHIFTED
    own, after = "".join(node.itertext()), node.tail or ""
    return " " if is_shifted and own[-1:].isdigit() and after[:1].isdigit() else ""


def _text_before(node: Any) -> str:
    before = node.getprevious()
    if before is None:
        return node.getparent().text or ""
    return before.tail or "".join(before.itertext())


def find(root: Any, name: str) -> Iterator[Any]:
    return (node for node in root.iter() if name_of(node) == name)


def children(node: Any, *names: str) -> List[Any]:
    return [child for child in node if name_of(child) in names]


def name_of(node: Any) -> str:
    """The tag without its namespace, "" for processing instructions."""
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
