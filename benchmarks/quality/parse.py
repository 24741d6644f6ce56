"""How much of GROBID's text the embedded PDF engine recovers, and how much of its own GROBID has.

    python benchmarks/quality/parse.py DIR

DIR: PDFs with a GROBID `<name>.tei.xml` beside each, in subfolders too; other PDFs are not used.
Writes benchmarks/results/parse.json and, from it, benchmarks/quality/parse.md.

How the figures are computed, for each pair:

- GROBID's text: the paragraphs and section heads of the TEI's `abstract` and `body`, in order.
  Figures, tables, formulas set apart, `note`s and the back (references, acknowledgements) are not
  in it, as the stage is to leave them out; nor is the title, which is under `min_words` as a rule.
- Our text: the paragraphs that the stage writes with min_words 10 and max_words 400, each section's
  head before its first paragraph; without the title, and without the word "Abstract", which GROBID
  has as a tag and not as text.
- Words: maximal runs of letters and digits after Unicode NFKC and lowercasing.
- 5-grams: all runs of five words over the whole text, counted as often as they occur; shared ones
  by the lower of the two counts.
- `recovered`: shared 5-grams / GROBID's. `shared`: shared 5-grams / ours.
- `*_joined`: the same after deleting hyphens within words. GROBID joins every word that a line
  break cuts, `state-of-` `the-art` to "stateof-the-art"; we keep the hyphen of a compound that the
  paper writes elsewhere, and a plain count takes that for five errors.
- `shared_anywhere`: shared with all that the TEI has, notes and back included (hyphens as in
  `*_joined`): what is left was invented by neither, but dropped by GROBID, citations as a rule.
- `as_it_comes_*`: the same two figures for the PDF's text layer in PDFium's order, hyphens joined.

GROBID is no truth: it prints captions and footnotes in the middle of sentences and drops
citations. 1.0 is out of reach, and not wanted.
"""

import re
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Tuple

from lxml import etree

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, table, text_of, write_page

from spacy_sciner.papers.embedded import parse_pdf
from spacy_sciner.papers.glyphs import read_raw_text
from spacy_sciner.papers.run import cut
from spacy_sciner.settings.tree import Parse

TEI = "{http://www.tei-c.org/ns/1.0}"
PARAMS = {
    "engine": "embedded", "min_words": 10, "max_words": 400, "workers": 1,
    "grobid": {"url": "http://localhost:8070", "timeout_s": 1, "concurrency": 1, "retries": 0},
}  # fmt: skip


def main(folder: Path) -> None:
    rows = [measure(pdf) for pdf in sorted(folder.rglob("*.pdf")) if tei_of(pdf).exists()]
    if not rows:
        sys.exit(f"✘ No PDF with a .tei.xml beside it in {folder}.")
    text = page(record("parse", rows, packages=("pypdfium2", "lxml")))
    write_page(__file__, "parse", text)
    print(text)


def tei_of(pdf: Path) -> Path:
    return pdf.with_suffix(".tei.xml")


def measure(pdf: Path) -> Dict[str, Any]:
    start = time.perf_counter()
    sections = parse_pdf(pdf)
    seconds = time.perf_counter() - start
    ours = our_text(sections)
    theirs, everything = grobid_text(tei_of(pdf))
    as_it_comes = re.sub(r"[\ufffe\x02-]\r?\n", "", read_raw_text(pdf))
    row: Dict[str, Any] = {"pdf": pdf.stem}
    row["recovered"], row["shared"] = overlap(words(theirs), words(ours))
    row["recovered_joined"], row["shared_joined"] = overlap(
        words(theirs, join=True), words(ours, join=True)
    )
    row["shared_anywhere"] = overlap(words(everything, join=True), words(ours, join=True))[1]
    row["as_it_comes_recovered"], row["as_it_comes_shared"] = overlap(
        words(theirs), words(as_it_comes)
    )
    row["words_grobid"], row["words_ours"] = len(words(theirs)), len(words(ours))
    row["seconds"] = round(seconds, 2)
    return row


def our_text(sections: List[Tuple[str, str]]) -> str:
    parts: List[str] = []
    last = ""
    for paragraph in cut("", sections, Parse.model_validate(PARAMS), Counter()):
        section = paragraph["section"]
        if section == "Title":
            continue
        if section not in (last, "Abstract"):
            parts.append(section)
        last = section
        parts.append(paragraph["text"])
    return "\n".join(parts)


def grobid_text(path: Path) -> Tuple[str, str]:
    """The text to recover, and all that the TEI has."""
    root = etree.parse(str(path)).getroot()
    wanted: List[str] = []
    anything: List[str] = []
    for node in root.iter(f"{TEI}p", f"{TEI}head", f"{TEI}note"):
        names = {ancestor.tag.replace(TEI, "") for ancestor in node.iterancestors()}
        if "figure" in names or not names & {"abstract", "body", "back"}:
            continue
        text = "".join(node.itertext())
        anything.append(text)
        if not names & {"note", "back"} and node.tag != f"{TEI}note":
            wanted.append(text)
    return "\n".join(wanted), "\n".join(anything)


def words(text: str, *, join: bool = False) -> List[str]:
    text = unicodedata.normalize("NFKC", text).lower()
    if join:
        text = re.sub(r"(?<=\w)-(?=\w)", "", text)
    return re.findall(r"[^\W_]+", text)


def overlap(theirs: List[str], ours: List[str]) -> Tuple[float, float]:
    a, b = ngrams(theirs), ngrams(ours)
    n = (a & b).total()
    return round(n / max(1, a.total()), 3), round(n / max(1, b.total()), 3)


def ngrams(tokens: List[str], n: int = 5) -> "Counter[Tuple[str, ...]]":
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def page(result: Dict[str, Any]) -> str:
    rows = result["rows"]
    figures = [[name, *(row[name] for row in rows)] for name in rows[0] if name != "pdf"]
    what = "what each figure means stands in the docstring of `benchmarks/quality/parse.py`."
    return text_of(
        ["# Embedded PDF engine against GROBID", ""],
        generated_by(result, what),
        table(["", *(row["pdf"] for row in rows)], figures, left=1),
    )


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(
            "Usage: python benchmarks/quality/parse.py DIR   (PDFs with their GROBID .tei.xml)"
        )
    main(Path(sys.argv[1]))
