"""`sciner export`: docs as a file for an annotation tool, or for another program."""

from itertools import product
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Set,
    Tuple,
)

import typer

from ..errors import Errors, ScinerError
from ..types import ScoredSpan
from .options import ReplaceOut

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from ..corpus.formats.writing import Written


def export(
    docs: Annotated[Path, typer.Argument(help="A .spacy file, or a folder of them.")],
    format: Annotated[
        str, typer.Option(help="conll, brat, label-studio, prodigy or doccano.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option(help="The file to write; for brat a folder.", show_default=False)
    ],
    model: Annotated[
        Optional[Path], typer.Option(help="A pipeline whose predictions replace what is there.")
    ] = None,
    unknown: Annotated[
        bool, typer.Option(help="Write unknown stretches; else as if they were no entities.")
    ] = True,
    force: ReplaceOut = False,
) -> None:
    """Write gold or predictions for Label Studio, Prodigy, doccano, BRAT, or as CoNLL.

    Says what the format cannot hold. Gold is read back as it was: docs/annotations.md says what
    each format promises.
    """
    from ..corpus.formats.registry import writer_of
    from ..corpus.formats.writing import Losses, prepare

    write = writer_of(format)
    check_out(out, format, read=[docs, model] if model else [docs], force=force)
    losses, counts = Losses(), _Counts()
    pairs = _predicted(docs, model) if model else _stored(docs)
    paragraphs = prepare(pairs, default_paper=docs.stem, keep_unknown=unknown, losses=losses)
    write(out, counts.seen(paragraphs), losses=losses)
    typer.echo(f"✔ {counts} in {out}")
    for line in losses.lines():
        typer.secho(f"!! {format} does not hold: {line}", fg="yellow", err=True)


def check_out(out: Path, file_format: str, *, read: Sequence[Path], force: bool) -> None:
    """RAISES (ScinerError): SCINER-E546 if it is what is read, or in it, or around it, SCINER-E241
    if what is there may not be replaced."""
    for inner, outer in [*product([out], read), *product(read, [out])]:
        if inner.resolve().is_relative_to(outer.resolve()):
            raise ScinerError(Errors.E546.format(path=out))
    config = [out.with_suffix(".config.xml")] if file_format == "label-studio" else []
    for path in (out, *config):  # written beside it
        if path.exists() and not force:
            raise ScinerError(Errors.E241.format(path=path))


class _Counts:
    """Counts paragraphs as they go by."""

    def __init__(self) -> None:
        self.papers: Set[str] = set()
        self.n_paragraphs = self.n_ents = self.n_predicted = 0

    def seen(self, paragraphs: "Iterable[Written]") -> "Iterator[Written]":
        for one in paragraphs:
            self.papers.add(one.paper)
            self.n_paragraphs += 1
            self.n_ents += len(one.ents)
            self.n_predicted += bool(one.predicted_by)
            yield one

    def __str__(self) -> str:
        found = f"{len(self.papers)} papers, {self.n_paragraphs} paragraphs, {self.n_ents} entities"
        return f"{found}, {self.n_predicted} paragraphs not gold" if self.n_predicted else found


def _stored(path: Path) -> "Iterator[Tuple[Doc, List[ScoredSpan]]]":
    """Docs with the entities that stand in them, and their confidences where there are some."""
    from ..corpus.annotated import make_vocab
    from ..corpus.docbin import DocFile
    from ..pipeline.annotator import scored_entities

    for doc in DocFile(path, make_vocab()):
        yield doc, scored_entities(doc)


def _predicted(path: Path, model: Path) -> "Iterator[Tuple[Doc, List[ScoredSpan]]]":
    """The same docs with the entities of a pipeline."""
    from ..corpus.docbin import DocFile
    from ..review.predict import predicted
    from ..training.experiment import load_pipeline

    nlp = load_pipeline(model)
    source = f"{model.parent.name}/{model.name}"
    yield from predicted(DocFile(path, nlp.vocab), nlp, source=source)
