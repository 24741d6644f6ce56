"""HTML in texts: whether there is any, the visible text as a browser's selection counts it, and the
text without what is certainly a tag."""

import re
from html import unescape
from typing import List, Tuple

_BLOCK = "p|div|li|ul|ol|h[1-6]|tr|td|th|table|section|article|body|html|head|title|br|blockquote"
_MARKUP = re.compile(
    rf"</(\w+:)?({_BLOCK}|b|i|em|strong|span|a|sup|sub|u)\s*>|<br\s*/?>|<p[\s>]"
    r"|&(amp|lt|gt|quot|nbsp|#\d+);",
    re.IGNORECASE,
)
# Comments, declarations, tags and entities.
_PART = re.compile(
    r"(?P<hidden><!--.*?-->|<![^>]*>|<(script|style)\b.*?</\2\s*>)"
    r"|(?P<tag></?(?P<name>[a-zA-Z][\w:-]*)[^<>]*>)"
    r"|(?P<entity>&(#\d+|#[xX][0-9a-fA-F]+|\w+);)",
    re.DOTALL,
)

# Tags by their names, and any with a prefix, as `jats:p`; `<unk>` and `<p 0.05` are text.
_INLINE = "b|i|em|strong|span|a|sup|sub|u|small|font|code|italic|bold|sc|underline|inline-formula"
_ATTRIBUTE = r"\s+[\w:-]+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)"
_KNOWN_TAG = re.compile(
    rf"</?((?P<prefix>\w+:)?(?P<name>{_BLOCK}|{_INLINE})|\w+:[A-Za-z][\w-]*)"
    rf"({_ATTRIBUTE})*\s*/?>|<!--.*?-->",
    re.IGNORECASE | re.DOTALL,
)
_PARAGRAPHS = re.compile("p|h[1-6]|title|li|div|section|article|body", re.IGNORECASE)
# 10² is 10^2, and not 102: as in XML.
_SHIFTED = re.compile(r"(?<=\d)<(?:\w+:)?(sup|sub)>\s*(?=[-+−–]?\d)", re.IGNORECASE)
_ENTITY = re.compile(r"&(#\d+|#[xX][0-9a-fA-F]+|\w+);")


def has_markup(text: str) -> bool:
    """Whether there are tags of HTML in a text; `<s>` and `<unk>` are words of our trade."""
    return _MARKUP.search(text) is not None


def visible_text(source: str) -> Tuple[str, List[bool]]:
    """The text without tags, entities read, and which of its characters are counted.

    Where a block ends, a line end is put in that counts for nothing: its words are not to be glued
    to the next ones.
    """
    characters: List[str] = []
    is_counted: List[bool] = []
    last = 0
    for match in _PART.finditer(source):
        plain = source[last : match.start()]
        characters += plain
        is_counted += [True] * len(plain)
        last = match.end()
        if match["entity"]:
            read = unescape(match["entity"])
            characters += read
            is_counted += [True] * len(read)
        elif match["tag"] and re.fullmatch(rf"(\w+:)?({_BLOCK})", match["name"], re.I):
            is_break = match["name"].lower() == "br"
            if is_break or (characters and characters[-1] != "\n"):
                characters.append("\n")
                is_counted.append(is_break)
    plain = source[last:]
    return "".join([*characters, *plain]), [*is_counted, *[True] * len(plain)]


def without_tags(source: str) -> str:
    """The text without the tags of HTML and JATS, its entities read; blank lines part paragraphs.

    Every other `<` and what follows it stays: no word is lost to a tag that is none.
    """

    def instead(match: "re.Match[str]") -> str:
        name = match["name"] or ""
        if _PARAGRAPHS.fullmatch(name):
            return "\n\n"
        return "\n" if re.fullmatch(_BLOCK, name, re.IGNORECASE) else ""

    text = _SHIFTED.sub(lambda match: "^" if match[1].lower() == "sup" else "_", source)
    return _ENTITY.sub(lambda match: unescape(match[0]), _KNOWN_TAG.sub(instead, text))
