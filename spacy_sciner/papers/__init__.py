"""Papers → paragraphs: PDF, GROBID's TEI, JATS, SciPDF JSON.

glyphs → layout → structure → embedded    a PDF by its text layer
grobid → scipdf_json                      what GROBID reads now
markup → tei, jats → xml_kinds            what GROBID read, or a publisher gives
sources → reader (cache, isolation) → run a folder of papers → data/parsed
"""

from .loss import warn_of_loss
from .run import parse_papers, summarise

__all__ = ["parse_papers", "summarise", "warn_of_loss"]
