"""PDFs for the tests, typeset here: two columns, hyphens at line ends, heads, captions, tables."""

from pathlib import Path
from typing import List

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

LEFT = [
    "Named entities in papers are rarely anno-",
    "tated, because experts are needed. We pro-",
    "pose a model that learns from few papers.",
    "   The second paragraph tells about a state-",
    "of-the-art tagger and its many parameters,",
    "which we keep as small as they can be here.",
]
NOTES = ["alpha", "beta", "gamma"]
RIGHT = [
    "A column further the text goes on, and the",
    "reader finds that it is the third paragraph.",
    "   A fourth one mentions the state-of-the-art",
    "again, so that its hyphens are no mystery to",
    "whoever joins the lines of a paper, as we do.",
]


def make_paper(path: Path, *, pages: int = 3) -> Path:
    """A paper of two columns with everything that the stage is to leave out."""
    canvas = Canvas(str(path), pagesize=(612, 792), invariant=True)
    for page in range(pages):
        draw(canvas, "Helvetica", 8, 72, 760, f"Proceedings of Nothing, volume {page + 1}")
        draw(canvas, "Times-Roman", 10, 300, 30, str(page + 1))
        if page == 0:
            draw(canvas, "Times-Bold", 18, 120, 720, "Small Models for Names of Methods and Data")
            draw(canvas, "Times-Roman", 12, 200, 695, "Ada Author and Bob Writer")
            draw(canvas, "Times-Bold", 12, 150, 660, "Abstract")
            column(canvas, 72, 640, [
                "We study how few annotated papers are",
                "enough to find the names of methods in a",
                "thousand others, with café and Erdős in it.",
            ])  # fmt: skip
            draw(canvas, "Times-Bold", 12, 72, 580, "1 Introduction")
        else:
            draw(canvas, "Times-Bold", 12, 72, 580, f"{page + 1} Methods")
        column(canvas, 72, 560, LEFT)
        column(canvas, 320, 640, RIGHT)
        draw(canvas, "Times-Roman", 10, 320, 500, "Score   Value   Other")
        draw(canvas, "Times-Roman", 10, 320, 488, "0.5       0.7        0.9")
        draw(
            canvas,
            "Times-Roman",
            9,
            320,
            470,
            f"Table {page + 1}: Values that nobody needs to read.",
        )
        draw(
            canvas,
            "Times-Roman",
            8,
            320,
            100,
            f"{page + 1} Note {NOTES[page % 3]} explains the column above it, in some ten words.",
        )
        if page == pages - 1:
            draw(canvas, "Times-Bold", 12, 320, 440, "References")
            column(
                canvas,
                320,
                420,
                ["A. Author. 2001. A reference that must not be", "kept. Journal."],
            )
        canvas.showPage()
    canvas.save()
    return path


def make_scan(path: Path) -> Path:
    """A page with a drawing and no text."""
    canvas = Canvas(str(path), invariant=True)
    canvas.rect(100, 100, 300, 300, fill=1)
    canvas.save()
    return path


def make_encrypted(path: Path) -> Path:
    canvas = Canvas(str(path), encrypt=StandardEncryption("secret", ownerPassword="owner"))
    draw(canvas, "Helvetica", 10, 100, 700, "Nobody can read this text.")
    canvas.save()
    return path


def make_mapped(path: Path, *, text: str, mapped: str) -> Path:
    """One line of Helvetica whose `#` stands for `mapped`: what fonts of mathematics do."""
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def "
        "1 begincodespacerange <00> <FF> endcodespacerange "
        f"1 beginbfchar <{ord('#'):02X}> <{mapped.encode('utf-16-be').hex()}> endbfchar "
        "1 beginbfrange <24> <7E> <0024> endbfrange endcmap end end"
    )
    content = f"BT /F 10 Tf 72 700 Td ({text}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    body = "".join(f"{i} 0 obj\n{content}\nendobj\n" for i, content in enumerate(objects, 1))
    path.write_text(f"%PDF-1.4\n{body}trailer << /Root 1 0 R /Size 7 >>\n%%EOF\n", encoding="ascii")
    return path


def column(canvas: Canvas, x: float, y: float, lines: List[str]) -> None:
    for line in lines:
        indent = 12 if line.startswith(" ") else 0
        draw(canvas, "Times-Roman", 11, x + indent, y, line.strip())
        y -= 13


def draw(canvas: Canvas, font: str, size: float, x: float, y: float, text: str) -> None:
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)
