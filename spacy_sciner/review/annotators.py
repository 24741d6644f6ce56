"""The work of several annotators, as files give it: a file or a folder each, or all in one file."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from ..corpus.annotated import UNKNOWN_LABEL, Annotated, make_tokenizer, spelled
from ..corpus.duplicates import one_annotation_each
from ..corpus.formats.guess import PAPER, guess_kind
from ..corpus.formats.registry import formats
from ..corpus.rules import Repairs
from ..corpus.splits.gold import GoldReader
from ..errors import Errors, ScinerError
from ..settings import GoldFile

UNNAMED = "(no name)"


@dataclass
class Annotator:
    """One side of a comparison."""

    name: str
    docs: List[Doc]  # one of each text, all of one vocab
    repairs: Dict[str, int]  # what reading did to the annotations, by rule


def read_annotators(paths: Sequence[Path], *, file_format: Optional[str]) -> List[Annotator]:
    """Read a file or folder of each annotator; or one file in which each is named.

    file_format (Optional[str]): Of all files; None: told by their content.
    RAISES (ScinerError): What `convert` raises; SCINER-E244 if a format is not known, E530 if one
        file does not name two annotators or more, E531 if a file is given twice, E532
        if it is not there.
    """
    kinds = [format_of(path, file_format) for path in paths]
    tokenizer = make_tokenizer()
    if len(paths) == 1:
        return _named_in(paths[0], kinds[0], tokenizer)
    twice = [path for path, n in Counter(path.resolve() for path in paths).items() if n > 1]
    if twice:
        raise ScinerError(Errors.E531.format(path=twice[0]))
    annotators, spellings = [], Spellings()
    for name, path, kind in zip(short_names(paths), paths, kinds):
        reader, paragraphs = _read(path, kind, tokenizer)
        kept = one_annotation_each(paragraphs, repairs=reader.repairs, found=reader.found)
        docs = reader.docs(spellings.applied(kept, reader.repairs))
        annotators.append(Annotator(name, docs, dict(reader.repairs.counts)))
    return annotators


class Spellings:
    """Labels as the first who has them spells them: METHOD is no other label than Method."""

    def __init__(self) -> None:
        self._known: List[str] = []

    def applied(self, paragraphs: Sequence[Annotated], repairs: Repairs) -> List[Annotated]:
        """An annotator's paragraphs with the labels of those before, each change counted."""
        own = {span.label for p in paragraphs for span in p.spans} - {UNKNOWN_LABEL, ""}
        meant = {label: spelled(label, self._known) or label for label in own}
        # Who has both means two labels.
        meant = {label: label if as_known in own else as_known for label, as_known in meant.items()}
        self._known += sorted(label for label, as_known in meant.items() if label == as_known)
        for paragraph in paragraphs:
            where = f"{paragraph.paper}/{paragraph.paragraph}"
            for span in paragraph.spans:
                if meant.get(span.label, span.label) != span.label:
                    text = f"{span.label}: {meant[span.label]}"
                    repairs.add("label-spelling", file=paragraph.file, paragraph=where, text=text)
        return [
            replace(p, spans=[s._replace(label=meant.get(s.label, s.label)) for s in p.spans])
            for p in paragraphs
        ]


def short_names(paths: Sequence[Path]) -> List[str]:
    """What tells paths apart: "ann" and "bob" of ann/gold.json and bob/gold.json."""
    parts = [path.resolve().parts for path in paths]
    n_same = 0
    while all(len(p) > n_same + 1 for p in parts) and len({p[-1 - n_same] for p in parts}) == 1:
        n_same += 1
    names = [Path(p[-1 - n_same]) for p in parts]
    stems = [name.stem for name in names]
    for candidate in (stems, [name.name for name in names]):
        if len(set(candidate)) == len(candidate):
            return candidate
    return [str(path) for path in paths]


def _named_in(path: Path, kind: str, tokenizer: Tokenizer) -> List[Annotator]:
    """The annotators that a file names, in their order of appearance."""
    reader, paragraphs = _read(path, kind, tokenizer)
    # Second annotations, which `convert` sets aside, are what this is about.
    extras = reader.repairs.extras
    reader.repairs.extras = []
    del reader.repairs.counts["extra-annotation"]
    by_name: Dict[str, List[Annotated]] = {}
    for paragraph in [*paragraphs, *extras]:
        by_name.setdefault(paragraph.annotator or UNNAMED, []).append(paragraph)
    if len(by_name) < 2:
        raise ScinerError(Errors.E530.format(path=path, names=", ".join(by_name)))
    annotators, spellings = [], Spellings()
    for name, own in by_name.items():
        before = Counter(reader.repairs.counts)
        kept = one_annotation_each(own, repairs=reader.repairs, found=reader.found)
        docs = reader.docs(spellings.applied(kept, reader.repairs))
        annotators.append(Annotator(name, docs, dict(reader.repairs.counts - before)))
    return annotators


def _read(path: Path, kind: str, tokenizer: Tokenizer) -> Tuple[GoldReader, List[Annotated]]:
    reader = GoldReader(Path(), None, is_gold=False, tokenizer=tokenizer)
    return reader, reader.read(GoldFile(path=str(path), format=kind))


def format_of(path: Path, given: Optional[str]) -> str:
    """RAISES (ScinerError): SCINER-E244, SCINER-E532."""
    known = ", ".join(formats())
    if given is not None and given not in formats():
        raise ScinerError(Errors.E244.format(path=given, problem="no format", known=known))
    if not path.exists():
        raise ScinerError(Errors.E532.format(path=path))
    kind = given or guess_kind(path)
    if kind is None or kind == PAPER:
        problem = "no annotation file that is known by its content"
        if kind == PAPER:
            problem = "a paper and not annotations"
        raise ScinerError(Errors.E244.format(path=path, problem=problem, known=known))
    return kind
