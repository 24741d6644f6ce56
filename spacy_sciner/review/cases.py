"""Where annotators don't agree: a table of the cases, and tasks for a person who decides."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ..corpus.formats.label_studio_tasks import write_versions
from ..corpus.formats.writing import Losses, Written, prepare
from ..corpus.reader import words_and_spaces
from ..scoring.changes import Entity, EntityChange, Paragraph, changes_of, in_context
from ..types import ScoredSpan
from .shared import Shared, View

# Of an entity, going from annotator a to annotator b.
KINDS = {
    "lost": "missing in b",
    "gained": "missing in a",
    "relabelled": "other label",
    "moved": "other boundaries",
}


def known_to_both(s: Shared, i: int, j: int) -> Paragraph:
    """Two annotators' entities of which the other one knows every token."""
    known = s.views[i].known & s.views[j].known
    before, after = ({e for e in s.views[k].ents if known[e.start : e.end].all()} for k in (i, j))
    return Paragraph(s.paper, s.number, [t.text_with_ws for t in s.doc], before, after)


def cases_of(paragraphs: Iterable[Paragraph]) -> Iterator[Dict[str, Any]]:
    """Every entity that two annotators, a and b, don't agree on, in the order of the text.

    RETURNS (Iterator[Dict[str, Any]]): "kind" (of KINDS), "paper", "paragraph"; "label", "text",
        "start" and "end" (characters in the paragraph), each with "_a" and "_b", None where it is
        missing; "context", in which a's entity stands in {…} and b's in […].
    """
    for paragraph in paragraphs:
        for change in sorted(changes_of(paragraph)[1], key=_place):
            yield {
                "kind": KINDS[change.kind],
                "paper": paragraph.paper,
                "paragraph": paragraph.number,
                **_entity(change.before, paragraph, "a"),
                **_entity(change.after, paragraph, "b"),
                "context": in_context(change),
            }


def _place(change: EntityChange) -> Tuple[int, str]:
    return min(e.start for e in (change.before, change.after) if e), change.kind


def _entity(ent: Optional[Entity], paragraph: Paragraph, side: str) -> Dict[str, Any]:
    start = end = text = None
    if ent:
        start = sum(map(len, paragraph.words[: ent.start]))
        text = "".join(paragraph.words[ent.start : ent.end]).rstrip()
        end = start + len(text)
    values = {"label": ent and ent.label, "text": text, "start": start, "end": end}
    return {f"{name}_{side}": value for name, value in values.items()}


def write_tasks(path: Path, shared: Sequence[Shared], names: Sequence[str]) -> int:
    """Label Studio tasks of the paragraphs that are not agreed on, with everyone's version.

    names (Sequence[str]): Of the annotators; the versions' `model_version`.
    RETURNS (int): How many they are.
    """
    chosen = [s for s in shared if _is_disputed(s)]
    write_versions(path, (_versions(s, names) for s in chosen))
    return len(chosen)


def _is_disputed(s: Shared) -> bool:
    pairs = (known_to_both(s, i, j) for i, j in combinations(s.views, 2))
    return any(pair.before != pair.after for pair in pairs)


def _versions(s: Shared, names: Sequence[str]) -> List[Written]:
    docs = [(_doc(s, view), [ScoredSpan(*e) for e in view.ents]) for view in s.views.values()]
    written = prepare(docs, default_paper="", keep_unknown=True, losses=Losses())
    return [replace(one, predicted_by=names[i]) for one, i in zip(written, s.views)]


def _doc(s: Shared, view: View) -> Doc:
    words, spaces = words_and_spaces(s.doc)
    doc = Doc(s.doc.vocab, words=words, spaces=spaces)
    doc.set_ents([], missing=[doc[i : i + 1] for i in np.flatnonzero(~view.known).tolist()])
    doc.user_data.update(paper=s.paper, paragraph=s.number, section=s.section)
    return doc
