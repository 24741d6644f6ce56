"""Papers → paragraphs: PDF, GROBID's TEI, SciPDF JSON.

glyphs → layout → structure → embedded    a PDF by its text layer
grobid → scipdf_json, tei                 what GROBID read, or reads now
sources → run (cache, isolation)          a folder of papers → data/parsed
"""

from .run import parse_papers, summarise
from .settings import ParseSettings, make_settings

__all__ = ["ParseSettings", "make_settings", "parse_papers", "summarise"]
