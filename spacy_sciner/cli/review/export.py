"""`sciner review export`: paragraphs of the pool for a person to correct."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, List, Optional, Sequence, Set, Tuple

import typer

from ...errors import Errors, ScinerError
from ..options import POOL, LabelsFolder, Params, ReplaceOut
from .server import ProjectTitle, Server, Studio, connected, make_project, send_round

if TYPE_CHECKING:
    from ...corpus.formats.writing import Written

RECORDS = Path("review")

Strategy = Annotated[
    str, typer.Option(help="random, entropy, entity-entropy, least-confident, disagreement.")
]
MostTokens = Annotated[
    Optional[int],
    typer.Option(
        min=1, help="Of all paragraphs, at most, but for the first; default 2000, without --n."
    ),
]
MostOfPaper = Annotated[
    int, typer.Option(min=0, help="Paragraphs of one paper at most; 0: no cap.")
]
Corrected = Annotated[Path, typer.Option(help="What is to be corrected.")]
RoundFolder = Annotated[
    Optional[Path], typer.Option(help="The round's folder; default review/round-1, -2, …")
]
ShownAgain = Annotated[bool, typer.Option("--again", help="Also what earlier rounds have shown.")]


def export(
    strategy: Strategy = "entropy",
    tokens: MostTokens = None,
    n: Annotated[Optional[int], typer.Option(min=1, help="Paragraphs at most.")] = None,
    per_paper: MostOfPaper = 0,
    pipeline: Corrected = Path("training/best"),
    pool: Annotated[Path, typer.Option(help="Paragraphs.")] = POOL,
    format: Annotated[str, typer.Option(help="label-studio, prodigy or doccano.")] = "label-studio",
    out: RoundFolder = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the strategy random.")] = 0,
    again: ShownAgain = False,
    force: ReplaceOut = False,
    server: Server = None,
    project: ProjectTitle = None,
    params: Params = Path("params.yaml"),
    assets: LabelsFolder = Path("assets"),
) -> None:
    """Choose paragraphs that a person should see next, with what the pipeline proposes in them.

    Writes the tasks for the annotation tool and a record of what is shown, by which
    `sciner review import` tells what the person changed. Keep the record. With --server the tasks
    also go to a project of a running Label Studio, which is made if it is not there.
    """
    from ...review.record import next_round
    from ...review.strategies import STRATEGIES
    from ...review.tasks import NAMES, Budget, next_tasks, write_round

    _check("--strategy", strategy, STRATEGIES)
    _check("--format", format, NAMES)
    _check_out(out, force=force)
    studio = connected(server, project, file_format=format)
    corpus, labels = _corpus(params, assets)
    out = out or next_round(RECORDS)
    budget = Budget(2000 if tokens is None and n is None else tokens, n, per_paper)
    seen = set() if again else _seen(out)
    shown, version = next_tasks(
        pool, pipeline, labels=labels, strategy=strategy, budget=budget, seen=seen, seed=seed
    )
    if studio is not None:  # before the round is written, which later ones pass over
        make_project(studio, labels, version)
    about = {"corpus": corpus, "model_version": version, "strategy": strategy, "seed": seed}
    losses = write_round(out, shown, file_format=format, labels=labels, about=about)
    _tell(shown, out / NAMES[format], version=version, n_seen=len(seen))
    for line in losses.lines():
        typer.secho(f"!! {format} does not hold: {line}", fg="yellow", err=True)
    if studio is None:
        _tell_next(out / NAMES[format], format)
    else:
        _send(studio, shown, labels, out)
        _tell_import(f'--server {server} --project "{project}"', out)


def _check_out(out: Optional[Path], *, force: bool) -> None:
    """RAISES (ScinerError): SCINER-E241 for what is there, with --force SCINER-E543 for what is no
    round."""
    from ...review.record import RECORD

    if out is not None and out.exists():
        if not force:
            raise ScinerError(Errors.E241.format(path=out))
        if not (out / RECORD).is_file():
            raise ScinerError(Errors.E543.format(path=out))


def _corpus(params: Path, assets: Path) -> Tuple[str, Sequence[str]]:
    """The name and the labels of the corpus that was converted."""
    from ...corpus.convert import check_converted
    from ...corpus.settings import CorpusSettings
    from ...settings import read_settings

    settings = read_settings(params)
    check_converted(settings, root=Path())
    own = CorpusSettings.of(settings, settings.corpus, labels_path=assets / "labels.yaml")
    return settings.corpus, own.labels


def _send(studio: Studio, shown: "List[Written]", labels: Sequence[str], out: Path) -> None:
    try:
        send_round(studio, shown, labels)
    except ScinerError:
        again = f"the same command with --out {out} --force sends what is missing"
        typer.secho(f"!! The round is in {out}: {again}", fg="yellow", err=True)
        raise


def _check(option: str, value: str, known: Any) -> None:
    if value not in known:
        names = ", ".join(known)
        raise ScinerError(Errors.E540.format(option=option, value=value, known=names))


def _seen(out: Path) -> Set[str]:
    """The texts of the other rounds, beside this one and in the usual folder."""
    from ...review.record import read_rounds

    folders = {folder.resolve(): folder for folder in (RECORDS, out.parent)}
    every = [one for folder in folders.values() for one in read_rounds(folder)]
    rounds = [one for one in every if one.path.parent.resolve() != out.resolve()]
    return {task.key for one in rounds for task in one.tasks}


def _tell(shown: "List[Written]", path: Path, *, version: str, n_seen: int) -> None:
    n_ents = sum(len(one.ents) for one in shown)
    n_tokens = sum(len(one.doc) for one in shown)
    n_papers = len({one.paper for one in shown})
    typer.echo(
        f"✔ {len(shown)} paragraphs of {n_papers} papers, {n_tokens} tokens, {n_ents} entities "
        f"proposed by {version}, in {path}"
    )
    if n_seen:
        typer.echo(f"  passed over: {n_seen} paragraphs of earlier rounds (--again shows them)")
    typer.echo(f"  what was shown is recorded in {path.parent / 'record.json'}")


def _tell_next(path: Path, file_format: str) -> None:
    config = path.with_suffix(".config.xml")
    interface = f" into a project with the interface {config}" if config.exists() else ""
    before = f"import {path}{interface} ({file_format}), correct and submit, export"
    _tell_import("EXPORT", path.parent, before=before)


def _tell_import(what: str, out: Path, *, before: str = "correct and submit") -> None:
    records = "" if out.parent == RECORDS else f" --records {out.parent}"
    typer.echo(f"Next: {before}, then\n  sciner review import {what}{records}")
