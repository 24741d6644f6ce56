"""Papers in any layout (columns, numbered lines, heads, turned pages), with what they say."""

import random
from pathlib import Path
from typing import Iterator, List, NamedTuple, Tuple

from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 612.0, 792.0, 84.0, 708.0, 90.0
TITLE = "Taggers That Count What Nobody Annotates"
HEADINGS = ["Introduction", "Related Work", "Methods", "Results", "Discussion", "Conclusion"]
WORDS = """
a the of and for with model tagger encoder corpus label paper annotation entity token
sentence layer window batch score recall precision baseline dataset experiment result we they which
learns reads keeps finds marks compares shows gives every small large sparse dense early late few
many other same between after before under while because where method task expert margin column
gradient feature vector sample review protocol threshold iteration
"""


class Layout(NamedTuple):
    """How a paper is printed; without settings, one column and nothing around it."""

    columns: int = 1
    gutter: float = 24.0  # points between two columns
    every: int = 0  # lines from one number to the next; 0: lines are not numbered
    side: str = "left"  # of the numbers: left, right, both, outer (the page's), gutter
    restart: bool = False  # count anew on each page
    ruler: bool = False  # numbers on a grid of their own, down the whole page
    first: int = 1
    mark: str = "{}"  # what a number is printed as
    apart: float = 12.0  # points between a number and its line
    number_size: float = 7.0
    size: float = 10.0
    justify: bool = False
    head: bool = False  # a running head and a page number
    notes: bool = False
    wide_abstract: bool = False  # over all columns
    turn: int = 0  # degrees that the text is printed turned by
    page_turn: int = 0  # degrees that the reader turns it back by
    paragraphs: int = 24


class Source(NamedTuple):
    headings: List[str]
    paragraphs: List[str]


def make_source(n_paragraphs: int, *, seed: int = 0) -> Source:
    """Sentences of nobody, no two alike, with numbers in them that are to stay."""
    rng = random.Random(seed)
    paragraphs: List[str] = []
    for i in range(n_paragraphs):
        sentences = []
        for _ in range(rng.randint(3, 6)):
            words = rng.choices(WORDS.split(), k=rng.randint(9, 16))
            sentences.append(" ".join(words).capitalize() + ".")
        paragraphs.append(" ".join([*sentences, f"It took {i + 137} steps and 4 runs in all."]))
    return Source(HEADINGS, paragraphs)


def make_layout(path: Path, layout: Layout) -> Source:
    """Typeset a paper and return what a reader should get of it."""
    source = make_source(layout.paragraphs)
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=True)
    _Printer(canvas, layout).print(source)
    canvas.save()
    return source


def _column_width(layout: Layout) -> float:
    inner = WIDTH - 2 * LEFT - (layout.columns - 1) * layout.gutter
    return inner / layout.columns


class _Printer:
    """Fills columns and pages from the top to the bottom."""

    def __init__(self, canvas: Canvas, layout: Layout) -> None:
        self.canvas = canvas
        self.layout = layout
        self.width = _column_width(layout)
        self.page = 0
        self.count = layout.first - 1
        self.column = 0
        self.y = self.top = TOP

    def print(self, source: Source) -> None:
        self.begin_page()
        self.draw("Times-Bold", 16, LEFT, TOP + 12, TITLE)
        self.y = TOP - 20
        if self.layout.wide_abstract:
            self.width = WIDTH - 2 * LEFT
        self.heading("Abstract")
        self.paragraph(source.paragraphs[0])
        self.width = _column_width(self.layout)
        self.top = self.y if self.layout.wide_abstract else TOP - 20
        per_section = len(source.paragraphs) // len(source.headings)
        for i, text in enumerate(source.paragraphs[1:]):
            if i % per_section == 0 and i // per_section < len(source.headings):
                self.heading(f"{i // per_section + 1} {source.headings[i // per_section]}")
            self.paragraph(text)
        self.end_page()

    def begin_page(self) -> None:
        layout = self.layout
        self.page += 1
        self.column, self.y, self.top = 0, TOP, TOP
        if layout.restart:
            self.count = layout.first - 1
        self.canvas.setPageRotation(layout.page_turn)
        if layout.turn:
            self.canvas.translate(
                *{90: (WIDTH, 0), 180: (WIDTH, HEIGHT), 270: (0, HEIGHT)}[layout.turn]
            )
            self.canvas.rotate(layout.turn)
            if layout.turn % 180:  # the page is as wide as it was high
                self.canvas.scale(WIDTH / HEIGHT, WIDTH / HEIGHT)
        if layout.head:
            self.draw("Times-Italic", 9, LEFT, TOP + 44, "Journal of Margins, volume 7")
            self.draw("Times-Roman", 9, WIDTH / 2, 40, str(self.page))
        if layout.ruler:
            self.ruler()

    def end_page(self) -> None:
        if self.layout.notes:
            note = f"{self.page} Note on page {self.page} that says what a window is."
            self.draw("Times-Roman", 8, LEFT, BOTTOM - 24, note)
        self.canvas.showPage()

    def heading(self, text: str) -> None:
        self.y -= 8
        if self.y < BOTTOM + 60:
            self.next_column()
        self.line(text, "Times-Bold", self.layout.size + 2)
        self.y -= 3

    def paragraph(self, text: str) -> None:
        lines = simpleSplit(text, "Times-Roman", self.layout.size, self.width - 14)
        for i, line in enumerate(lines):
            self.line(line, "Times-Roman", self.layout.size, first=not i, last=i == len(lines) - 1)

    def line(
        self, text: str, font: str, size: float, *, first: bool = False, last: bool = True
    ) -> None:
        if self.y < BOTTOM:
            self.next_column()
        x = LEFT + self.column * (self.width + self.layout.gutter)
        indent = 10.0 if first else 0.0
        spread = 0.0
        if self.layout.justify and not last:
            slack = self.width - indent - self.canvas.stringWidth(text, font, size)
            spread = slack / max(1, text.count(" "))
        self.draw(font, size, x + indent, self.y, text, spread)
        self.count += 1
        if self.layout.every and not self.layout.ruler and self.count % self.layout.every == 0:
            self.number(self.count, x, self.y)
        self.y -= self.layout.size * 1.25

    def next_column(self) -> None:
        self.column += 1
        self.y = self.top
        if self.column == self.layout.columns:
            self.end_page()
            self.begin_page()

    def number(self, value: int, x: float, y: float) -> None:
        size, apart = self.layout.number_size, self.layout.apart
        for side, edge in self.places(x):
            text = self.layout.mark.format(value)
            if side == "left":
                edge -= apart + self.canvas.stringWidth(text, "Helvetica", size)
            else:
                edge += apart
            self.draw("Helvetica", size, edge, y, text)

    def places(self, x: float) -> Iterator[Tuple[str, float]]:
        """Sides of a column that bear numbers, with the text's edge there."""
        side = self.layout.side
        last = self.column == self.layout.columns - 1
        if side in ("left", "both") or (side == "outer" and not last):
            yield "left", x
        if side in ("right", "both", "gutter") or (side == "outer" and last):
            yield "right", x + self.width

    def ruler(self) -> None:
        step = 11.3  # never the text's own
        for i in range(int((TOP + 30 - BOTTOM) / step)):
            text = f"{i + 54 * 2 * (self.page - 1):03}"
            y = TOP + 30 - i * step
            self.draw("Helvetica", 7, LEFT - 30, y, text)
            self.draw("Helvetica", 7, WIDTH - LEFT + 14, y, text)

    def draw(
        self, font: str, size: float, x: float, y: float, text: str, spread: float = 0.0
    ) -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text, wordSpace=spread)
