"""How much of GROBID's text the embedded PDF engine recovers, and how much of its own GROBID has.

    python benchmarks/parse.py DIR

DIR: PDFs with a GROBID `<name>.tei.xml` beside each, in subfolders too; other PDFs are not used.
Writes benchmarks/results/parse.json and, from it, benchmarks/parse.md.

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

import platform
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Tuple

from lxml import etree

from spacy_sciner.files import write_json, write_text
from spacy_sciner.papers.embedded import parse_pdf
from spacy_sciner.papers.glyphs import read_raw_text
from spacy_sciner.papers.run import cut
from spacy_sciner.settings.tree import Parse

HERE = Path(__file__).parent
TEI = "{http://www.tei-c.org/ns/1.0}"
PARAMS = {
    "engine": "embedded", "min_words": 10, "max_words": 400, "workers": 1,
    "grobid": {"url": "http://localhost:8070", "timeout_s": 1, "concurrency": 1, "retries": 0},
}  # fmt: skip


def main(folder: Path) -> None:
    rows = [measure(pdf) for pdf in sorted(folder.rglob("*.pdf")) if tei_of(pdf).exists()]
    if not rows:
        sys.exit(f"✘ No PDF with a .tei.xml beside it in {folder}.")
    git = ["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"]
    result = {
        "command": "python benchmarks/parse.py DIR",
        "commit": subprocess.run(git, capture_output=True, text=True).stdout.strip(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("pypdfium2", "lxml")},
        "date": time.strftime("%Y-%m-%d"),
        "rows": rows,
    }
    write_json(HERE / "results" / "parse.json", result)
    write_text(HERE / "parse.md", table(result))
    print(table(result))


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


def table(result: Dict[str, Any]) -> str:
    names = [name for name in result["rows"][0] if name != "pdf"]
    lines = [
        "# Embedded PDF engine against GROBID",
        "",
        f"`{result['command']}`, commit {result['commit']}, {result['date']}, {result['machine']}. "
        "What each figure means: the docstring of `benchmarks/parse.py`.",
        "",
        "| | " + " | ".join(row["pdf"] for row in result["rows"]) + " |",
        "|---|" + "---:|" * len(result["rows"]),
    ]
    for name in names:
        lines.append(f"| {name} | " + " | ".join(str(row[name]) for row in result["rows"]) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("Usage: python benchmarks/parse.py DIR   (PDFs with their GROBID .tei.xml)")
    main(Path(sys.argv[1]))
