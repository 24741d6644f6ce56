"""What several annotation files say of themselves together: told before anything is trained."""

import warnings
from pathlib import Path
from typing import Dict, List, Sequence, Set

from ...errors import ScinerWarning, Warnings
from ..annotated import Annotated
from ..text import squeezed
from .sniff import paper_of_file

MAX_EXAMPLES = 5
MIN_UNITS, MOST = 4, 0.5  # fewer say nothing; a larger share without an annotation is doubtful


def warn_of_unknown_files(paragraphs: Sequence[Annotated]) -> None:
    """SCINER-W227 for files that bring their own words, all of them without an annotation."""
    is_known: Dict[str, bool] = {}
    for p in paragraphs:
        known = p.words is None or len(p.unknown) < len(p.words)
        is_known[p.file] = is_known.get(p.file, False) or known
    if files := [file for file, known in is_known.items() if not known]:
        message = Warnings.W227.format(n=len(files), files=", ".join(files[:MAX_EXAMPLES]))
        warnings.warn(message, ScinerWarning, stacklevel=2)


def warn_of_empty(paragraphs: Sequence[Annotated], *, file_format: str, file: str) -> None:
    """SCINER-W223 where most papers (BRAT) or lines (doccano) have no annotation: these formats do
    not tell what has none from what nobody has seen yet."""
    if file_format not in ("brat", "doccano"):
        return
    has_spans: Dict[object, bool] = {}
    for n, p in enumerate(paragraphs):
        key = p.paper if file_format == "brat" else n
        has_spans[key] = has_spans.get(key, False) or bool(p.spans)
    n_empty = sum(not has for has in has_spans.values())
    if len(has_spans) >= MIN_UNITS and n_empty > MOST * len(has_spans):
        units = "papers" if file_format == "brat" else "lines"
        message = Warnings.W223.format(n=n_empty, of=len(has_spans), units=units, file=file)
        warnings.warn(message, ScinerWarning, stacklevel=2)


def warn_of_equal_names(paragraphs: Sequence[Annotated]) -> None:
    """SCINER-W228 for papers made of files of one name in several folders, without a text in
    common: two annotators' folders have the same texts, the folders of two papers do not."""
    texts: Dict[str, Dict[str, Set[str]]] = {}
    for p in paragraphs:
        if p.paper == paper_of_file(p.file):
            texts.setdefault(p.paper, {}).setdefault(p.file, set()).add(squeezed(p.text))
    found: List[str] = []
    for paper, files in texts.items():
        folders = {Path(file).parent for file in files}
        if len(folders) > 1 and not set.intersection(*files.values()):
            found.append(f"{paper} ({', '.join(sorted(files)[:2])}, …)")
    if found:
        message = Warnings.W228.format(papers="; ".join(found[:MAX_EXAMPLES]))
        warnings.warn(message, ScinerWarning, stacklevel=2)
