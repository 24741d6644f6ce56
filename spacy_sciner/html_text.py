"""The visible text of an HTML source, as a browser's selection counts it."""

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
