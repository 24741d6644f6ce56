"""PDF → glyphs: what each page prints, where, and in which font. The only module that calls PDFium.

PDFium is BSD/Apache; pypdfium2 is its binding. A PDF has no words: only glyphs with a position and
a font. Everything else (spaces, lines, columns, sections) is inferred from them in `layout` and
`structure`.
"""

import ctypes
import math
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple, Union

from ..errors import Errors, ScinerError
from .text import count_words

MAX_TILT = 0.02  # radians off the page's own direction; more is a stamp or an axis label
LARGEST = 20_000.0  # points; no page is larger, whatever a damaged file says
SMALLEST = 0.1  # of a font, in points


class Glyph(NamedTuple):
    """One printed character; lengths in points, y grows upwards."""

    text: str
    x0: float  # from here …
    x1: float  # … the pen moves to here
    y: float  # baseline
    size: float  # font size on the page
    font: str  # PostScript name without its subset prefix, "" if unnamed
    bold: bool
    spaced: bool = False  # PDFium, which knows the pen's advance, sees a space before it


class Page(NamedTuple):
    glyphs: List[Glyph]  # in the order the file prints them, upright
    n_words: int  # that the text layer has, as PDFium sees them; see `text.count_words`


def read_pages(path: Union[str, Path]) -> List[Page]:
    """Read all pages of a PDF.

    RAISES (ScinerError): SCINER-E110 if it cannot be opened, is encrypted or has no pages,
        SCINER-E111 if no page has text (a scan).
    """
    with _opened(path) as pdf:
        pages = [_read_page(pdf, i) for i in range(len(pdf))]
    if not any(page.glyphs for page in pages):
        raise ScinerError(Errors.E111.format(file=Path(path).name, pages=len(pages)))
    return pages


def read_raw_text(path: Union[str, Path]) -> str:
    """The text layer as PDFium orders it: what benchmarks compare with."""
    with _opened(path) as pdf:
        return "\n".join(pdf[i].get_textpage().get_text_range() for i in range(len(pdf)))


def count_layer(path: Union[str, Path]) -> int:
    """Words of the text layer.

    RAISES (ScinerError): SCINER-E110 if the file cannot be opened.
    """
    return count_words(read_raw_text(path))


@contextmanager
def _opened(path: Union[str, Path]) -> Iterator[Any]:
    import pypdfium2

    try:
        # Its content, not its name: PDFium takes no name that is not UTF-8.
        pdf = pypdfium2.PdfDocument(Path(path).read_bytes())
        try:
            yield pdf
        finally:
            pdf.close()
    except (pypdfium2.PdfiumError, OSError) as e:
        raise ScinerError(Errors.E110.format(file=Path(path).name, reason=_open_error(e))) from e


def _open_error(e: Exception) -> str:
    if isinstance(e, OSError):
        return str(e.strerror or e).lower()
    reason = str(e).replace("Failed to load document (PDFium: ", "").rstrip(").").lower()
    # PDFium refuses a file without pages and sets no error: this one, or that of the file before.
    return "it has no pages" if reason == "success" else reason


def _read_page(pdf: Any, page_i: int) -> Page:
    page = pdf[page_i]
    textpage = page.get_textpage()
    try:
        turned: Dict[int, List[Glyph]] = {}
        for quarter, glyph in _read_glyphs(textpage):
            turned.setdefault(quarter, []).append(glyph)
        # A page lies on its side, or is turned back by its /Rotate: what most of it says, goes.
        glyphs = max(turned.values(), key=len, default=[])
        return Page(glyphs, count_words(textpage.get_text_range()))
    finally:
        textpage.close()
        page.close()


def _read_glyphs(textpage: Any) -> Iterator[Tuple[int, Glyph]]:
    """Glyphs, each with the quarter turns (0 to 3) that its text is turned to the right."""
    import pypdfium2.raw as pdfium

    text = textpage.raw
    box, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    fonts: Dict[int, Tuple[str, bool]] = {}  # by text object: name, and whether it is bold
    spaced, high = False, 0
    for i in range(pdfium.FPDFText_CountChars(text)):
        if pdfium.FPDFText_IsGenerated(text, i) == 1:  # spaces and line ends that it infers
            spaced = pdfium.FPDFText_GetUnicode(text, i) == 32
            continue
        code = pdfium.FPDFText_GetUnicode(text, i)
        if 0xD800 <= code < 0xDC00:  # a letter above U+FFFF comes in two halves, in one place
            high = code
            continue
        if high and 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        # U+0002 is PDFium's mark for a hyphen at a line's end.
        char = "-" if code == 2 or pdfium.FPDFText_IsHyphen(text, i) == 1 else _char(code)
        if not char:
            continue
        quarter, tilt = _turn(pdfium.FPDFText_GetCharAngle(text, i))
        if abs(tilt) > MAX_TILT:
            continue
        pdfium.FPDFText_GetLooseCharBox(text, i, box)
        pdfium.FPDFText_GetCharOrigin(text, i, x, y)
        pdfium.FPDFText_GetMatrix(text, i, matrix)
        size = pdfium.FPDFText_GetFontSize(text, i) * math.hypot(matrix.c, matrix.d)
        x0, x1, baseline = _upright(quarter, box, x.value, y.value)
        if not (SMALLEST <= size < LARGEST and _is_on_paper(x0, x1, baseline)):
            continue
        owner = ctypes.cast(pdfium.FPDFText_GetTextObject(text, i), ctypes.c_void_p).value or 0
        if owner not in fonts:
            name = _font_name(text, i)
            is_heavy = pdfium.FPDFText_GetFontWeight(text, i) >= 600
            fonts[owner] = name, is_heavy or "bold" in name.lower()
        font, bold = fonts[owner]
        yield quarter, Glyph(char, x0, x1, baseline, round(size, 2), font, bold, spaced)
        spaced = False


def _is_on_paper(*places: float) -> bool:
    return all(abs(place) < LARGEST for place in places)  # false for what is no number, too


def _turn(angle: float) -> Tuple[int, float]:
    """An angle as whole quarter turns, 0 to 3, and the rest in radians."""
    quarters = round(angle / (math.pi / 2))
    return quarters % 4, angle - quarters * math.pi / 2


def _upright(quarter: int, box: Any, x: float, y: float) -> Tuple[float, float, float]:
    """Left, right and baseline of a glyph when its text is turned back; box, x and y as printed."""
    if quarter == 0:
        return box.left, box.right, y
    if quarter == 1:  # reads downwards
        return -box.top, -box.bottom, x
    if quarter == 2:
        return -box.right, -box.left, -y
    return box.bottom, box.top, -x


def _font_name(text: Any, i: int) -> str:
    import pypdfium2.raw as pdfium

    buffer, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, i, buffer, len(buffer), flags)
    name = buffer.value.decode("utf8", "replace")
    return name[7:] if name[6:7] == "+" else name


def _char(code: int) -> str:
    """A character that may be printed in UTF-8, else nothing: controls, surrogates, private use."""
    if code < 32 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xF900 or code == 0xFFFD:
        return ""
    if code >= 0xF0000 or code & 0xFFFE == 0xFFFE:  # private use; what is no character
        return ""
    return chr(code)
