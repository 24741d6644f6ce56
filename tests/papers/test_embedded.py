import contextlib

import pytest
from reportlab.pdfgen.canvas import Canvas

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers.embedded import parse_pdf
from spacy_sciner.papers.glyphs import Glyph, read_pages
from spacy_sciner.papers.layout import glyphs_to_text, join_accents

from .make_pdf import draw, make_encrypted, make_mapped, make_paper, make_scan


@pytest.fixture(scope="module")
def sections(tmp_path_factory):
    return parse_pdf(make_paper(tmp_path_factory.mktemp("pdf") / "paper.pdf"))


def test_title_abstract_and_sections_in_order(sections):
    headings = list(dict.fromkeys(heading for heading, _ in sections))
    assert headings == ["Title", "Abstract", "Introduction", "Methods"]
    assert sections[0][1] == "Small Models for Names of Methods and Data"
    assert sections[1][1].startswith("We study how few")


def test_columns_are_read_one_after_the_other(sections):
    text = " ".join(text for _, text in sections)
    assert "as they can be here. A column further the text goes on" in text


def test_hyphens(sections):
    text = " ".join(text for _, text in sections)
    assert "rarely annotated" in text
    assert "We propose" in text
    assert "about a state-of-the-art tagger" in text
    assert "stateof" not in text


def test_accents(sections):
    assert "café" in sections[1][1]


@pytest.mark.parametrize(
    "left_out",
    ["Proceedings", "Ada Author", "Table", "Score", "0.7", "reference that", "Journal"],
)
def test_left_out(sections, left_out):
    assert not any(left_out in text for _, text in sections)


def test_no_page_numbers(sections):
    assert not any(text.strip().isdigit() for _, text in sections)


def test_footnotes_are_paragraphs_of_their_own(sections):
    notes = [text for _, text in sections if "explains the column" in text]
    # The first page's notes are about the authors, the last one's stands under the references.
    assert notes == ["Note beta explains the column above it, in some ten words."]


def test_paragraphs_begin_at_indents(sections):
    assert sum(text.startswith("A fourth one") for _, text in sections) == 3


def test_a_scan_with_line_numbers_is_a_scan(tmp_path):
    canvas = Canvas(str(tmp_path / "scan.pdf"), pagesize=(612, 792), invariant=True)
    for number in range(1, 50):
        draw(canvas, "Helvetica", 7, 60, 740 - 13 * number, str(number))
    canvas.save()
    with pytest.raises(ScinerError, match=r"SCINER-E111: scan.pdf has no text layer on its 1 page"):
        parse_pdf(tmp_path / "scan.pdf")


def test_scan(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E111: scan.pdf has no text layer on its 1 page"):
        parse_pdf(make_scan(tmp_path / "scan.pdf"))


def test_password(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E110: locked.pdf .*password"):
        parse_pdf(make_encrypted(tmp_path / "locked.pdf"))


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4\nrubbish", b"<html>404</html>"])
def test_broken(tmp_path, content):
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)
    with pytest.raises(ScinerError, match=r"SCINER-E110: broken.pdf"):
        parse_pdf(path)


def test_no_pages(tmp_path):
    import pypdfium2

    path = tmp_path / "none.pdf"
    pdf = pypdfium2.PdfDocument.new()
    pdf.save(path)
    pdf.close()
    with pytest.raises(ScinerError, match=r"SCINER-E110: none.pdf"):
        parse_pdf(path)


def test_cut_in_half(tmp_path):
    """Half a download: an error or what is there, never a crash."""
    path = make_paper(tmp_path / "half.pdf")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with contextlib.suppress(ScinerError):
        assert isinstance(parse_pdf(path), list)


@pytest.mark.parametrize(
    ("mapped", "expected"), [("𝛼", "𝛼"), ("α", "α"), ("\U000f0001", ""), ("\ue001", "")]
)
def test_letters_above_ffff_arrive_and_private_ones_do_not(tmp_path, mapped, expected):
    path = make_mapped(tmp_path / "math.pdf", text="rate#now", mapped=mapped)
    (page,) = read_pages(path)
    assert "".join(glyph.text for glyph in page.glyphs) == f"rate{expected}now"


def test_print_that_is_on_no_paper_is_left_out(tmp_path):
    """What a damaged file says of places and sizes costs its letters and no more."""
    canvas = Canvas(str(tmp_path / "wild.pdf"))
    draw(canvas, "Times-Roman", 10, 72, 700, "A sound line of text that has ten words in it.")
    draw(canvas, "Times-Roman", 0, 72, 680, "No size.")
    draw(canvas, "Times-Roman", 10, 1e9, 660, "Far away.")
    draw(canvas, "Times-Roman", 1e7, 72, 640, "Huge.")
    canvas.save()
    ((_, text),) = parse_pdf(tmp_path / "wild.pdf")
    assert text == "A sound line of text that has ten words in it."


def glyph(text, x0, *, y=100.0, size=10.0, width=5.0):
    return Glyph(text, x0, x0 + width, y, size, "F", False)


def test_accents_of_their_own_join_their_letters():
    glyphs = [glyph("o", 0), glyph("˝", 0.2, y=102), glyph("s", 5)]
    assert glyphs_to_text(join_accents(glyphs), 10) == "os".replace("o", "ő")
    hat = [glyph("ˆ", 0.2), glyph("p", 0)]
    assert glyphs_to_text(join_accents(hat), 10) == "p"
    path = [glyph("/", 0), glyph("~", 5), glyph("u", 10)]
    assert glyphs_to_text(join_accents(path), 10) == "/~u"


def test_spaces_from_gaps_and_around_scripts():
    glyphs = [glyph("a", 0), glyph("b", 5.3), glyph("c", 12.8), glyph("2", 17.8, y=104, size=7)]
    assert glyphs_to_text(glyphs, 10) == "ab c 2"
