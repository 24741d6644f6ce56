"""How much of its text layer a PDF keeps, and whether that is what sound papers keep."""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..errors import Warnings
from ..types import Paragraph
from .text import count_words

Section = Tuple[str, str]  # heading, paragraph

# References, tables, figures and short lines go from every paper: seven sound ones kept 0.69 to
# 0.90 of their words; two of which line numbers in the margin ate a part, 0.43 and 0.53.
LEAST_KEPT = 0.6
LEAST_WORDS = 60  # fewer are a cover page, of which any share may go


class Parsed(NamedTuple):
    """What a file gave."""

    sections: List[Section]
    n_words: int = 0  # that a PDF's text layer has; 0 for other files


def find_loss(paragraphs: Iterable[Paragraph], n_words: int) -> Optional[Dict[str, Any]]:
    """Words kept, words there and their share, if that is less than sound papers keep."""
    kept, section = 0, ""
    for paragraph in paragraphs:
        if paragraph["section"] != section:
            section = paragraph["section"]
            kept += count_words(section)
        kept += count_words(paragraph["text"])
    if n_words < LEAST_WORDS or kept >= LEAST_KEPT * n_words:
        return None
    return {"kept": kept, "words": n_words, "share": round(kept / n_words, 3)}


def warn_of_loss(report: Dict[str, Any], *, n_named: int = 5) -> str:
    """One line for the screen about the papers that lose much of their text, "" if none does."""
    losses = sorted(report["text_lost"], key=lambda loss: loss["share"])
    if not losses:
        return ""
    named = [f"{loss['file']} ({loss['kept']} of {loss['words']} words)" for loss in losses]
    more = f" and {len(named) - n_named} more" if len(named) > n_named else ""
    papers = ", ".join(named[:n_named]) + more
    return Warnings.W101.format(n=len(losses), least=f"{LEAST_KEPT:.0%}", papers=papers)
