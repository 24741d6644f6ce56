"""Every layout gives the same text: all its words, no number but its own, all headings."""

import re
from collections import Counter

import pytest
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from spacy_sciner.papers.embedded import parse_pdf
from spacy_sciner.papers.glyphs import read_pages
from spacy_sciner.papers.layout import read_lines

from .layouts import TITLE, Layout, make_layout, make_source
from .make_pdf import column, draw

LAYOUTS = {
    "one column": Layout(),
    "two columns": Layout(columns=2),
    "three columns": Layout(columns=3, size=8),
    "justified columns": Layout(columns=2, justify=True),
    "heads": Layout(head=True),
    "heads and notes": Layout(columns=2, head=True, notes=True),
    "every line": Layout(every=1),
    "every line, near": Layout(every=1, apart=5, number_size=6),
    "every line, right": Layout(every=1, side="right"),
    "every line, both sides": Layout(every=1, side="both", justify=True),
    "every line, anew on each page": Layout(every=1, restart=True, head=True),
    "every line, as large as the text": Layout(every=1, number_size=10, apart=18),
    "every fifth line": Layout(every=5),
    "every fifth line, right": Layout(every=5, side="right", head=True),
    "every fifth line, anew on each page": Layout(every=5, restart=True, notes=True),
    "every tenth line": Layout(every=10, size=11),
    "two columns, outer margins": Layout(columns=2, every=1, side="outer", justify=True),
    "two columns, from 998 on": Layout(columns=2, every=1, side="outer", first=998),
    "two columns, every fifth": Layout(columns=2, every=5, side="outer", head=True, notes=True),
    "two columns, left of each": Layout(columns=2, every=1, gutter=36),
    "two columns, right of each": Layout(columns=2, every=1, side="gutter", gutter=36),
    "two columns, every fifth, left of each": Layout(columns=2, every=5, gutter=36),
    "two columns, numbers close": Layout(columns=2, every=1, gutter=30, apart=5, number_size=6),
    "two columns, right of each, under a wide abstract": Layout(
        columns=2, every=1, side="gutter", gutter=36, wide_abstract=True
    ),
    "two columns, every fifth, under a wide abstract": Layout(
        columns=2, every=5, side="gutter", gutter=36, wide_abstract=True
    ),
    "three columns, numbered": Layout(columns=3, every=1, size=8, gutter=30, apart=6),
    "three narrow columns, justified": Layout(
        columns=3, every=5, side="outer", gutter=36, size=8, justify=True, paragraphs=13
    ),
    "a last column with two numbers": Layout(
        columns=2, every=10, side="right", gutter=44, size=8, restart=True, paragraphs=7
    ),
    "a ruler": Layout(ruler=True, every=1),
    "two columns, a ruler": Layout(columns=2, ruler=True, every=1, head=True, justify=True),
    "turned left": Layout(turn=90, page_turn=90),
    "turned right": Layout(turn=270, page_turn=270, columns=2),
    "upside down": Layout(turn=180, page_turn=180, head=True),
    "on its side": Layout(turn=90, columns=2, notes=True),
    "upright, shown on its side": Layout(page_turn=90),
    "turned and numbered": Layout(turn=90, page_turn=90, columns=2, every=1, side="outer"),
    "a letter": Layout(every=5, paragraphs=7),
    "a short last page": Layout(every=5, paragraphs=13),
}


@pytest.fixture(scope="module", params=list(LAYOUTS))
def paper(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("layout") / "paper.pdf"
    source = make_layout(path, LAYOUTS[request.param])
    return source, parse_pdf(path)


def words(texts):
    found = Counter(re.findall(r"\w+", " ".join(text for text in texts)))
    return found


def body(sections):
    return [text for heading, text in sections if heading != "Title" and "Note on" not in text]


def test_words(paper):
    source, sections = paper
    wanted, found = words(source.paragraphs), words(body(sections))
    assert (wanted & found).total() >= 0.98 * wanted.total()
    assert (wanted & found).total() >= 0.998 * found.total()


def test_numbers_are_the_sentences_own(paper):
    source, sections = paper
    wanted = re.findall(r"\d+", " ".join(source.paragraphs))
    found = re.findall(r"\d+", " ".join(body(sections)))
    assert Counter(found) - Counter(wanted) == Counter()
    assert len(found) >= 0.98 * len(wanted)


def test_headings(paper):
    source, sections = paper
    assert list(dict.fromkeys(heading for heading, _ in sections)) == [
        "Title",
        "Abstract",
        *source.headings,
    ]
    assert sections[0][1] == TITLE


def test_sentences_stand_in_one_piece(paper):
    source, sections = paper
    text = "\n".join(body(sections))
    wanted = [sentence for para in source.paragraphs for sentence in para.split(". ")]
    whole = [sentence for sentence in wanted if sentence in text]
    assert len(whole) >= 0.98 * len(wanted)


def test_pages_that_begin_alike_keep_their_first_lines(tmp_path):
    path = tmp_path / "paper.pdf"
    canvas = Canvas(str(path), pagesize=(612, 792), invariant=True)
    for page in range(3):
        draw(canvas, "Times-Italic", 9, 84, 760, "Journal of Pages")
        column(
            canvas,
            84,
            735,
            simpleSplit(" ".join(make_source(9).paragraphs), "Times-Roman", 11, 440),
        )
        draw(canvas, "Times-Roman", 9, 300, 30, str(page + 1))
        canvas.showPage()
    canvas.save()
    found = words(body(parse_pdf(path)))
    assert found == words(make_source(9).paragraphs * 3)


def test_a_table_keeps_its_page_and_loses_no_neighbour(tmp_path):
    """Ranks that count down a table stand where other lines of the page have text."""
    path = tmp_path / "paper.pdf"
    canvas = Canvas(str(path), pagesize=(612, 792), invariant=True)
    source = make_source(6)
    lines = simpleSplit(" ".join(source.paragraphs), "Times-Roman", 11, 440)
    column(canvas, 84, 735, lines)
    y = 735 - 13 * len(lines) - 20
    for rank in range(1, 9):
        draw(canvas, "Times-Roman", 11, 84, y, str(rank))
        draw(canvas, "Times-Roman", 11, 130, y, f"Tagger{rank}")
        y -= 13
    canvas.showPage()
    canvas.save()
    pages = read_pages(path)
    assert [line.text for line in read_lines(pages)][-8:] == [f"{i} Tagger{i}" for i in range(1, 9)]


@pytest.mark.parametrize("mark", ["{}.", "{}:", "{}|", "L{}", "({})", "{:06}"])
@pytest.mark.parametrize(
    "layout",
    [Layout(every=1), Layout(every=5, side="right"), Layout(every=1, columns=2, gutter=36)],
)
def test_marked_numbers_are_left_out(tmp_path, mark, layout):
    source = make_layout(tmp_path / "paper.pdf", layout._replace(mark=mark))
    sections = parse_pdf(tmp_path / "paper.pdf")
    assert words(body(sections)) == words(source.paragraphs)
    assert list(dict.fromkeys(h for h, _ in sections))[2:] == source.headings


@pytest.mark.parametrize("mark", ["{}.", "({})", "[{}]"])
@pytest.mark.parametrize(
    ("font", "n_lines"),
    [("Times-Roman", 1), ("Times-Roman", 2), ("Times-Bold", 2), ("Times-Bold", 3)],
)
def test_the_numbers_of_a_list_stay(tmp_path, mark, font, n_lines):
    """A list between two paragraphs, and one that fills the page: of references, for example."""
    path = tmp_path / "paper.pdf"
    canvas = Canvas(str(path), pagesize=(612, 792), invariant=True)
    lines = simpleSplit(" ".join(make_source(6).paragraphs), "Times-Roman", 11, 440)
    for page in (lines[:12], []):
        column(canvas, 84, 735, page)
        y = 735 - 13 * len(page) - 13
        for item in range(1, 1 + (50 - len(page)) // n_lines):
            draw(canvas, font, 11, 84, y, mark.format(item))
            for i in range(n_lines):
                draw(canvas, "Times-Roman", 11, 112, y, f"item of a list that says what {i} is")
                y -= 13
        canvas.showPage()
    canvas.save()
    found = [line.text.split()[0] for line in read_lines(read_pages(path)) if "item" in line.text]
    assert found[::n_lines][:3] == [mark.format(i) for i in (1, 2, 3)]
    n_items = 38 // n_lines + 50 // n_lines
    assert sum(bool(re.search(r"\d", word)) for word in found) == n_items
