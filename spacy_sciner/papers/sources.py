"""Which files of a folder are papers, and which of two files of one paper is read.

A collection is a file of many papers; each of them that has a file of its own is read from that.
"""

import unicodedata
from pathlib import Path
from typing import Dict, List, NamedTuple

# In the order of preference: what GROBID read is better than what we read from the PDF.
_SUFFIXES = {
    ".grobid.tei.xml": "tei",  # as GROBID's own client names them
    ".tei.xml": "tei", ".tei": "tei", ".xml": "tei", ".nxml": "tei", ".json": "json", ".pdf": "pdf",
}  # fmt: skip
_KINDS = {
    "embedded": ("tei", "json", "pdf"),
    "grobid": ("tei", "json", "pdf"),
    "tei": ("tei",),
    "scipdf": ("json",),
}
_COLLECTIONS = (".jsonl", ".jsonl.gz")


class Source(NamedTuple):
    paper: str  # the file's name without its suffix
    path: Path
    file: str  # relative to the folder, with /
    kind: str  # tei (JATS, too), json or pdf


class Sources(NamedTuple):
    papers: Dict[str, List[Source]]  # by paper id, each paper's files with the best first
    collections: List[Path]  # files of many papers, under every engine
    ignored: List[str]  # files that the engine does not read, or that are no papers, relative
    linked: List[str]  # folders that are links, relative: DVC sees nothing that is in them


def find_sources(folder: Path, *, engine: str) -> Sources:
    """All papers below a folder, in the order of their ids; hidden files are not looked at."""
    papers: Dict[str, List[Source]] = {}
    collections: List[Path] = []
    linked: List[str] = []
    ignored: List[str] = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts):
            continue
        if path.is_dir():
            linked += [printable(relative.as_posix())] if path.is_symlink() else []
            continue
        if not path.is_file():
            continue
        if path.name.lower().endswith(_COLLECTIONS):
            collections.append(path)
            continue
        suffix = next((s for s in _SUFFIXES if path.name.lower().endswith(s)), None)
        if suffix is None or _SUFFIXES[suffix] not in _KINDS[engine]:
            ignored.append(printable(relative.as_posix()))
            continue
        # Composed, as gold's papers are: macOS writes "Müller" with a mark of its own.
        paper = unicodedata.normalize("NFC", printable(path.name[: -len(suffix)] or path.name))
        source = Source(paper, path, printable(relative.as_posix()), _SUFFIXES[suffix])
        papers.setdefault(paper, []).append(source)
    order = list(_KINDS["embedded"])
    for sources in papers.values():
        sources.sort(key=lambda source: (order.index(source.kind), source.file))
    by_id = {paper: papers[paper] for paper in sorted(papers)}
    return Sources(by_id, collections, ignored, linked)


def printable(name: str) -> str:
    """A name that UTF-8 can hold: bytes of another encoding as `\\xe9`."""
    return name.encode("utf8", "surrogateescape").decode("utf8", "backslashreplace")
