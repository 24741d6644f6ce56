"""Make the sample corpus from its sources: papers as PDF and TEI, annotations as Label Studio JSON.

    python assets/sample/make.py

reads  source/<id>.md      a paper: Markdown headings, one paragraph a line, [entity](Label)
       second/<id>.md      the same text with what another annotator made of it: for `sciner agree`
writes papers/<id>.pdf     two columns, running heads and page numbers; two as GROBID-like TEI
       gold/annotations.json        full Label Studio export of the gold papers
       pool-gold/annotations.json   the same for the pool's papers: only ever used to measure
       second/annotations.json      the same of the second annotator; nothing is trained on it
"""

import json
import re
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple
from xml.sax.saxutils import escape

import yaml
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    FrameBreak,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
)

HERE = Path(__file__).parent
TEI = ("n14", "n31")  # pool papers that come as GROBID's output
ANNOTATION = re.compile(r"\[([^\]]+)\]\(([A-Za-z]+)\)")
BODY = ParagraphStyle(
    "body",
    fontName="Times-Roman",
    fontSize=10.5,
    leading=12.6,
    alignment=4,
    firstLineIndent=9,
    hyphenationLang="en_GB",
)
TITLE = ParagraphStyle(
    "title", fontName="Times-Bold", fontSize=14, leading=17, alignment=1, spaceAfter=6
)
AUTHORS = ParagraphStyle("authors", fontName="Times-Roman", fontSize=10, alignment=1)
HEADING = ParagraphStyle(
    "heading", fontName="Times-Bold", fontSize=11, leading=13, spaceBefore=7, spaceAfter=3
)


class Section(NamedTuple):
    heading: str
    paragraphs: List[str]  # with inline annotations


class Paper(NamedTuple):
    id: str
    title: str
    sections: List[Section]


def read_paper(path: Path) -> Paper:
    title, sections = "", []
    for line in filter(None, map(str.strip, path.read_text(encoding="utf8").splitlines())):
        if line.startswith("# "):
            title = line[2:]
        elif line.startswith("## "):
            sections.append(Section(line[3:], []))
        else:
            sections[-1].paragraphs.append(line)
    return Paper(path.stem, title, sections)


def strip_annotations(marked: str) -> Tuple[str, List[Dict]]:
    """Plain text, and its entities with character offsets."""
    text, entities, last = "", [], 0
    for match in ANNOTATION.finditer(marked):
        text += marked[last : match.start()]
        entity = {"start": len(text), "end": len(text) + len(match[1]), "label": match[2]}
        entities.append({**entity, "text": match[1]})
        text += match[1]
        last = match.end()
    return text + marked[last:], entities


def write_pdf(paper: Paper, path: Path) -> None:
    """Two columns on A4, the title across both, a running head and a page number."""
    width, height = A4
    margin, gap, head = 2 * cm, 0.7 * cm, 2.6 * cm
    column = (width - 2 * margin - gap) / 2

    def frames(top: float) -> List[Frame]:
        size = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
        tall = height - margin - top
        left = Frame(margin, margin, column, tall, **size)
        return [left, Frame(margin + column + gap, margin, column, tall, **size)]

    def furniture(canvas, document) -> None:  # type: ignore[no-untyped-def]
        canvas.setFont("Times-Italic", 8)
        canvas.drawCentredString(width / 2, height - 1.2 * cm, "Sample Papers of Invented Systems")
        canvas.setFont("Times-Roman", 9)
        canvas.drawCentredString(width / 2, 1.1 * cm, str(document.page))

    title_frame = Frame(margin, height - margin - head, width - 2 * margin, head)
    document = BaseDocTemplate(str(path), pagesize=A4, invariant=1, title=paper.title)
    document.addPageTemplates(
        [
            PageTemplate("first", [title_frame, *frames(margin + head)], onPage=furniture),
            PageTemplate("later", frames(margin), onPage=furniture),
        ]
    )
    story = [NextPageTemplate("later"), Paragraph(_markup(paper.title), TITLE)]
    story += [Paragraph(f"The authors of paper {paper.id}", AUTHORS), FrameBreak()]
    for section in paper.sections:
        story.append(Paragraph(_markup(section.heading), HEADING))
        story += [Paragraph(_markup(strip_annotations(p)[0]), BODY) for p in section.paragraphs]
    document.build(story)


def _markup(text: str) -> str:
    """reportlab's markup; Greek letters are in another of the standard fonts."""
    return re.sub("[α-ωΑ-Ω]", lambda m: f'<font name="Symbol">{m[0]}</font>', escape(text))


def write_tei(paper: Paper, path: Path) -> None:
    """The parts of GROBID's TEI that carry a paper's text."""
    abstract, body = "", ""
    for section in paper.sections:
        texts = "".join(f"<p>{escape(strip_annotations(p)[0])}</p>" for p in section.paragraphs)
        number, _, rest = section.heading.partition(" ")
        if section.heading == "Abstract":
            abstract = texts
        elif number.rstrip(".").isdigit():
            body += f'<div><head n="{number}">{escape(rest)}</head>{texts}</div>\n'
        else:
            body += f"<div><head>{escape(section.heading)}</head>{texts}</div>\n"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader xml:lang="en"><fileDesc><titleStmt>'
        f'<title level="a" type="main">{escape(paper.title)}</title></titleStmt></fileDesc>'
        f"<profileDesc><abstract><div>{abstract}</div></abstract></profileDesc></teiHeader>\n"
        f'<text xml:lang="en"><body>\n{body}</body></text></TEI>\n',
        encoding="utf8",
    )


def label_studio(papers: List[Paper]) -> List[Dict]:
    """A full Label Studio export: one task a paragraph, offsets in characters."""
    tasks: List[Dict] = []
    for paper in papers:
        marked = [(s.heading, p) for s in paper.sections for p in s.paragraphs]
        for paragraph_i, (heading, paragraph) in enumerate(marked):
            text, entities = strip_annotations(paragraph)
            result = [
                {
                    "id": f"{paper.id}-{paragraph_i}-{entity_i}",
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                    "value": {
                        "start": e["start"],
                        "end": e["end"],
                        "text": e["text"],
                        "labels": [e["label"]],
                    },
                }
                for entity_i, e in enumerate(entities)
            ]
            data = {"text": text, "paper": paper.id, "paragraph": paragraph_i, "section": heading}
            annotations = [{"id": len(tasks) + 1, "was_cancelled": False, "result": result}]
            tasks.append({"id": len(tasks) + 1, "data": data, "annotations": annotations})
    return tasks


def main() -> None:
    params = yaml.safe_load((HERE.parent.parent / "params.yaml").read_text(encoding="utf8"))
    split = params["corpora"]["sample"]["split"]
    gold = {paper for papers in split.values() for paper in papers}
    papers = [read_paper(path) for path in sorted((HERE / "source").glob("*.md"))]
    for folder in ("papers", "gold", "pool-gold"):
        (HERE / folder).mkdir(exist_ok=True)
    for paper in papers:
        if paper.id in TEI:
            write_tei(paper, HERE / "papers" / f"{paper.id}.tei.xml")
        else:
            write_pdf(paper, HERE / "papers" / f"{paper.id}.pdf")
    for folder, chosen in (
        ("gold", [p for p in papers if p.id in gold]),
        ("pool-gold", [p for p in papers if p.id not in gold]),
        ("second", [read_paper(path) for path in sorted((HERE / "second").glob("*.md"))]),
    ):
        tasks = json.dumps(label_studio(chosen), indent=1, ensure_ascii=False)
        (HERE / folder / "annotations.json").write_text(tasks + "\n", encoding="utf8")
    n_entities = sum(len(ANNOTATION.findall(p)) for x in papers for s in x.sections for p in s[1])
    print(f"{len(papers)} papers, {n_entities} entities")


if __name__ == "__main__":
    main()
