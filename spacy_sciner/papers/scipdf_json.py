"""SciPDF JSON → paragraphs: what scipdf-parser's `parse_pdf_to_dict` returns."""

import json
from pathlib import Path
from typing import Any, List, Tuple, Union

from ..errors import Errors, ScinerError
from .headings import BACK_MATTER, REFERENCES
from .text import normalise

Section = Tuple[str, str]  # heading, paragraph


def parse_json(path: Union[str, Path]) -> List[Section]:
    """Read a SciPDF JSON file.

    RAISES (ScinerError): SCINER-E122 if it is not JSON, SCINER-E123 if it is other JSON.
    """
    path = Path(path)
    try:
        article = json.loads(path.read_bytes())  # UTF-8, 16 or 32, with a byte-order mark or not
    except (ValueError, RecursionError) as e:  # a number of 5,000 digits is a ValueError, too
        raise ScinerError(Errors.E122.format(file=path.name, reason=e)) from e
    return read_article(article, file=path.name)


def read_article(article: Any, *, file: str) -> List[Section]:
    """Title, abstract and sections of a SciPDF dict; `\\n` parts paragraphs."""
    if article is None or article == {}:
        return []  # what scipdf-parser writes when GROBID found nothing
    if not isinstance(article, dict) or not isinstance(article.get("sections"), list):
        raise ScinerError(Errors.E123.format(file=file))
    texts = [article.get("title"), article.get("abstract")]
    for section in article["sections"]:
        texts += [section.get("heading"), section.get("text")] if isinstance(section, dict) else [0]
    if not all(_is_text(text) for text in texts):
        raise ScinerError(Errors.E123.format(file=file))
    found: List[Section] = [("Title", " ".join(_paragraphs(article.get("title"))))]
    found += [("Abstract", text) for text in _paragraphs(article.get("abstract"))]
    for section in article["sections"]:
        heading = normalise(" ".join(_paragraphs(section.get("heading"))))
        if not BACK_MATTER.match(heading) and not REFERENCES.match(heading):
            found += [(heading, text) for text in _paragraphs(section.get("text"))]
    paragraphs = [(heading, normalise(text)) for heading, text in found]
    return [(heading, text) for heading, text in paragraphs if text]


def _is_text(value: Any) -> bool:
    """Text, paragraphs, or nothing; no objects, whose text could only be guessed."""
    parts = value if isinstance(value, list) else [value]
    return all(part is None or isinstance(part, str) for part in parts)


def _paragraphs(value: Any) -> List[str]:
    parts = value if isinstance(value, list) else (value or "").split("\n")
    return [part for part in parts if part]
