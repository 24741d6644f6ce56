"""`sciner start`: a first annotation of the pool from what the labels mean, without any gold."""

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Iterator, List, Optional, Tuple

import typer

from ..errors import Errors, ScinerError
from ..types import ScoredSpan
from .export import check_out
from .options import POOL, ChoiceSeed, LabelsFolder, ParagraphCount, ReplaceOut

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from ..adapt.start import MeaningTagger


def start(
    out: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    format: Annotated[
        str, typer.Option(help="label-studio, prodigy, doccano, brat or conll.")
    ] = "label-studio",
    n: ParagraphCount = 200,
    seed: ChoiceSeed = 0,
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Fit of an entity's words; less proposes more.")
    ] = 0.5,
    corpus: Annotated[
        Optional[str], typer.Option(help="Whose labels; default params.yaml's.")
    ] = None,
    params: Annotated[Path, typer.Option(help="Experiment.")] = Path("params.yaml"),
    assets: LabelsFolder = Path("assets"),
    encoder: Annotated[Path, typer.Option(help="The stage adapt's folder.")] = Path("encoder"),
    pool: Annotated[Path, typer.Option(help="Paragraphs to tag.")] = POOL,
    force: ReplaceOut = False,
) -> None:
    """Tag paragraphs of the pool with labels that are known by their meaning alone.

    Needs an encoder that has learnt concepts (`adapt.methods: [concepts]`). The meanings are those
    of assets/labels.yaml. The result is for a person to review: predictions with confidences.
    """
    from ..adapt.start import MeaningTagger
    from ..corpus.convert import check_converted
    from ..corpus.formats.registry import writer_of
    from ..corpus.formats.writing import Losses, prepare
    from ..corpus.settings import meanings_of
    from ..settings import read_settings

    settings = read_settings(params)
    if corpus is None and pool == POOL:
        check_converted(settings, root=Path())
    write = writer_of(format)
    check_out(out, format, read=[pool, encoder], force=force)
    labels = meanings_of(settings, corpus, assets / "labels.yaml", without="")
    losses = Losses()
    chosen = _chosen(pool, n, seed)
    if not chosen:
        raise ScinerError(Errors.E354.format(path=pool))
    pairs = list(_tagged(chosen, MeaningTagger(encoder, labels, least=least)))
    paragraphs = prepare(iter(pairs), default_paper=pool.stem, keep_unknown=False, losses=losses)
    write(out, paragraphs, losses=losses)
    n_ents = sum(len(spans) for _, spans in pairs)
    typer.echo(f"✔ {n_ents} entities proposed in {len(pairs)} paragraphs, in {out}")
    for line in losses.lines():
        typer.secho(f"!! {format} does not hold: {line}", fg="yellow", err=True)


def _chosen(pool: Path, n: int, seed: int) -> "List[Doc]":
    from ..corpus.annotated import make_vocab
    from ..corpus.docbin import read_docs

    docs = read_docs(pool, make_vocab())
    if n and n < len(docs):
        docs = [docs[i] for i in sorted(random.Random(seed).sample(range(len(docs)), n))]
    return docs


def _tagged(docs: "List[Doc]", tag: "MeaningTagger") -> "Iterator[Tuple[Doc, List[ScoredSpan]]]":
    from spacy.tokens import Span

    from ..files import progress

    for doc in progress(docs, description="paragraphs"):
        spans = tag(doc)
        doc.user_data["source"] = "start"
        doc.set_ents([Span(doc, s.start, s.end, label=s.label) for s in spans])  # the rest is O
        yield doc, spans
