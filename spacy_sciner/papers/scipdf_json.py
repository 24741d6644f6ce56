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
    found: List[Section] = [("Title", str(article.get("title") or ""))]
    found += _paragraphs("Abstract", article.get("abstract"))
    for section in article["sections"]:
        if not isinstance(section, dict):
            raise ScinerError(Errors.E123.format(file=file))
        heading = normalise(str(section.get("heading") or ""))
        if not BACK_MATTER.match(heading) and not REFERENCES.match(heading):
            found += _paragraphs(heading, section.get("text"))
    paragraphs = [(heading, normalise(text)) for heading, text in found]
    return [(heading, text) for heading, text in paragraphs if text]


def _paragraphs(heading: str, text: Any) -> List[Section]:
    parts = text if isinstance(text, list) else str(text or "").split("\n")
    return [(heading, str(part)) for part in parts]
