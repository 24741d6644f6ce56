"""`sciner check`: what a person should know of gold and papers before training."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional, Tuple

import typer

from ..errors import Errors, ScinerError, Warnings
from .options import CorporaFolder, Params, PathsFormat

if TYPE_CHECKING:
    from ..corpus.pool import PoolParagraph


def check(
    paths: Annotated[
        Optional[List[Path]],
        typer.Argument(help="Gold and papers, files or folders; default: the corpus of --params."),
    ] = None,
    format: PathsFormat = None,
    corpus: Annotated[
        Optional[str],
        typer.Option(help="Entry of `corpora`; default: `corpus`. With PATHS, whose labels; all."),
    ] = None,
    params: Params = Path("params.yaml"),
    assets: CorporaFolder = Path("assets"),
) -> None:
    """Read gold and papers as `parse` and `convert` would, write nothing, say what is there.

    Papers, splits, labels and counts, repairs by kind with examples, offsets' unit, duplicates,
    papers without counterpart, files set aside. Exit code 1 if `convert` would refuse something.
    """
    from ..corpus.check import check_files

    problems: List[ScinerError] = []
    try:
        if paths:
            labels = _labels_of(corpus, params=params, assets=assets) if corpus else None
            papers, gold = _sorted(paths, file_format=format, problems=problems)
            parsed = _parsed_of(papers, params=params, problems=problems)
            ids = {p.paper for p in parsed}
            report = check_files(gold, labels=labels, papers=ids, refused=problems)
        else:
            report = _check_corpus(corpus, params=params, assets=assets, problems=problems)
        _print(report)
    except ScinerError as e:
        problems.append(e)
    for problem in problems:
        typer.secho(f"✘ {problem}", fg="red", err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo("✔ convert would read all of it")


def _check_corpus(
    name: Optional[str], *, params: Path, assets: Path, problems: List[ScinerError]
) -> Dict[str, Any]:
    from ..corpus.check import check_corpus, refused_files
    from ..settings import read_settings

    settings = read_settings(params)
    name = name or settings.corpus
    folder = assets / name / "papers"
    if not folder.is_dir():
        problems.append(ScinerError(Errors.E104.format(path=folder)))
    papers = [folder] if folder.is_dir() else []
    parsed = _parsed_of(papers, params=params, problems=problems)
    try:
        report = check_corpus(name, settings=settings, assets=assets, parsed=parsed)
    except ScinerError as first:
        found = refused_files(name, settings=settings, assets=assets)
        problems += found or [first]
        return {}
    if not report["pool"]["paragraphs"]:
        _warn(Warnings.W202.format(parsed=folder))
    return report


def _labels_of(name: str, *, params: Path, assets: Path) -> Tuple[str, ...]:
    from ..corpus.settings import CorpusSettings
    from ..settings import read_settings

    settings = read_settings(params)
    return CorpusSettings.of(settings, name, labels_path=assets / "labels.yaml").labels


def _sorted(
    paths: List[Path], *, file_format: Optional[str], problems: List[ScinerError]
) -> Tuple[List[Path], List[Tuple[Path, str]]]:
    """Papers, and gold with its format."""
    from ..corpus.formats.guess import PAPER, guess_kind
    from ..corpus.formats.registry import formats

    names = (*formats(), PAPER)
    known = ", ".join(names)
    if file_format is not None and file_format not in names:
        raise ScinerError(Errors.E244.format(path=file_format, problem="no format", known=known))
    papers: List[Path] = []
    gold: List[Tuple[Path, str]] = []
    for path in paths:
        kind = file_format or guess_kind(path)
        if not path.exists():
            problems.append(ScinerError(Errors.E204.format(path=path)))
        elif kind is None:
            problem = "no annotation file and no paper that is known by its content"
            problems.append(
                ScinerError(Errors.E244.format(path=path, problem=problem, known=known))
            )
        elif kind == PAPER:
            papers.append(path)
        else:
            gold.append((path, kind))
    return papers, gold


def _parsed_of(
    paths: List[Path], *, params: Path, problems: List[ScinerError]
) -> "List[PoolParagraph]":
    """The paragraphs of papers as the parse stage makes them, in a folder that is thrown away."""
    from ..corpus.pool import read_parsed
    from ..papers import parse_papers
    from ..settings import read_settings

    if not paths:
        return []
    settings = read_settings(params).parse
    found: List[PoolParagraph] = []
    with tempfile.TemporaryDirectory(prefix="sciner-check-") as name:
        for n, path in enumerate(paths):
            folder = path
            if not path.is_dir():
                folder = Path(name) / f"in-{n}"
                folder.mkdir()
                (folder / path.name).symlink_to(path.resolve())
            out = Path(name) / f"out-{n}"
            try:
                _print_parsed(path, parse_papers(folder, out, settings))
            except ScinerError as e:
                problems.append(e)
            found += read_parsed(out)
    return found


def _print_parsed(path: Path, report: Dict[str, Any]) -> None:
    from ..papers import warn_of_loss

    typer.echo(
        f"papers {path}: {report['papers']} papers, {report['paragraphs']} paragraphs, "
        f"{report['words']} words; {report['too_short']} paragraphs too short, "
        f"{report['ignored']} files that are no papers, {report['html']} in HTML"
    )
    if warning := warn_of_loss(report):
        _warn(warning)
    for entry in report["set_aside"]:
        line = f", line {entry['line']}" if "line" in entry else ""
        typer.secho(
            f"!! set aside: {entry['file']}{line}: {entry['reason']}", fg="yellow", err=True
        )


def _print(report: Dict[str, Any]) -> None:
    from ..corpus.check import report_lines
    from ..corpus.screen import gold_notes, gold_warnings

    if not report:
        return
    for line in [*report_lines(report), *gold_notes(report)]:
        typer.echo(line)
    for message in gold_warnings(report):
        _warn(message)


def _warn(message: str) -> None:
    typer.secho(f"!! {message}", fg="yellow", bold=True, err=True)
