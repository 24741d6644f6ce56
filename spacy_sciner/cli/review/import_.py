"""`sciner review import`: what a person corrected, as gold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional, Sequence, Tuple

import typer

from ...errors import Errors, ScinerError
from ..options import CorporaFolder, Params
from .export import RECORDS
from .server import ProjectTitle, Server, connected, fetch_project

if TYPE_CHECKING:
    from ...corpus.splits.gold import GoldSplits
    from ...settings import Settings

REVIEWED = "review/gold.json"  # in the corpus' folder
REPORT = "import.json"
_SHOWN = 5  # examples of each kind on the screen

ExportedFiles = Annotated[
    Optional[List[Path]],
    typer.Argument(help="What the annotation tool exported.", show_default=False),
]
FileFormat = Annotated[
    Optional[str],
    typer.Option(help="label-studio, prodigy or doccano; default: told by the content."),
]
Annotator = Annotated[
    str, typer.Option(help="Who it was, if it was one person.", show_default=False)
]
CorpusName = Annotated[
    Optional[str], typer.Option(help="Entry of `corpora`; default params.yaml's `corpus`.")
]
NotNamed = Annotated[
    bool, typer.Option("--no-params", help="Don't name the gold file in --params.")
]


def import_(
    files: ExportedFiles = None,
    server: Server = None,
    project: ProjectTitle = None,
    format: FileFormat = None,
    records: Annotated[Path, typer.Option(help="Folder of the rounds.")] = RECORDS,
    annotator: Annotator = "",
    corpus: CorpusName = None,
    params: Params = Path("params.yaml"),
    assets: CorporaFolder = Path("assets"),
    no_params: NotNamed = False,
) -> None:
    """Take corrected paragraphs into the corpus' gold, and say what the person changed.

    Writes assets/CORPUS/review/gold.json, which is extended from round to round, and names it in
    params.yaml as gold for training. What was not reviewed stays in the pool. With --server the
    tasks come from a project of a running Label Studio; its export is kept in --records.
    """
    from ...files import write_json
    from ...review.record import read_rounds
    from ...review.returned import held_out_of, import_files
    from ...settings import read_settings

    studio = connected(server, project, file_format=None)
    if not files and studio is None:
        raise ScinerError(
            Errors.E554.format(given="Import", needed="a file, or --server with --project")
        )
    if records != RECORDS and not records.is_dir():
        raise ScinerError(Errors.E563.format(path=records, usual=RECORDS))
    settings = read_settings(params)
    name = corpus or settings.corpus
    labels, gold = _labels_and_gold(settings, name, assets)
    given = list(files or ())
    if studio is not None:
        given.append(fetch_project(studio, records))
    report = import_files(
        given,
        rounds=read_rounds(records),
        held_out=held_out_of(gold.docs),
        corpus=name,
        gold=assets / name / REVIEWED,
        labels=labels,
        file_format=format,
        annotator=annotator,
    )
    write_json(records / REPORT, report)
    _tell(report, records / REPORT)
    _entry(name, params, edit=not no_params)


def _labels_and_gold(
    settings: "Settings", corpus: str, assets: Path
) -> "Tuple[Sequence[str], GoldSplits]":
    """Of a corpus, as `convert` reads it, but for reviewed gold that was removed to begin anew."""
    from ...corpus.settings import CorpusSettings
    from ...corpus.splits.gold import read_gold_splits
    from .params import entry_around

    own = CorpusSettings.of(settings, corpus, labels_path=assets / "labels.yaml")
    if entry := entry_around(own.gold, REVIEWED):
        raise ScinerError(Errors.E573.format(path=REVIEWED, entry=entry, corpus=corpus))
    folder = assets / corpus
    if not (folder / REVIEWED).exists():
        own = own._replace(gold=tuple(g for g in own.gold if Path(g.path) != Path(REVIEWED)))
    return own.labels, read_gold_splits(own, folder=folder, seed=settings.convert.seed)


def _entry(corpus: str, params: Path, *, edit: bool) -> None:
    """Name the file in params.yaml, unless it is named there or that is not wanted."""
    from ...files import write_text
    from .params import ENTRY, with_gold_file

    text = params.read_bytes().decode("utf8")  # with its own line ends
    changed = with_gold_file(text, corpus, REVIEWED)
    if changed == text:
        typer.echo("Next: dvc repro")
    elif edit and changed is not None:
        write_text(params, changed)
        typer.echo(f"✔ {params}: added to corpora.{corpus}.gold: {ENTRY.format(path=REVIEWED)}")
        typer.echo("Next: dvc repro")
    else:
        line = f"  - {ENTRY.format(path=REVIEWED)}"
        typer.echo(f"Next: add to corpora.{corpus}.gold in {params}, then dvc repro:\n{line}")


def _tell(report: Dict[str, Any], path: Path) -> None:
    from ...report.tables import to_text

    tasks, gold = report["tasks"], report["gold"]
    typer.echo(
        f"✔ {tasks['returned']} paragraphs reviewed: {gold['new']} new, {gold['replaced']} changed "
        f"again, {gold['unchanged']} as before; {gold['paragraphs']} in {gold['path']}"
    )
    left = {
        "shown and not in the files as finished": tasks["not_returned"],
        "skipped, of all tasks in the files": tasks["not_accepted"],
        "not annotated, of all tasks in the files": tasks["unannotated"],
        "by another annotator of the same text; both are kept, for `sciner agree`": gold["second"],
        "older or less complete than what is there, left out": gold["older"],
        "more versions by the same annotator; the ground truth, else the latest counts": gold[
            "again"
        ],
    }
    for what, n in left.items():
        if n:
            typer.echo(f"  {n} {what}")
    types = report["entities"]["types"]
    rows = [[label, *map(str, row.values())] for label, row in types.items()]
    every = report["entities"]["all"]
    table = [["label", *every], *rows, ["all", *map(str, every.values())]]
    if rows:
        typer.echo(to_text(table), nl=False)
        typer.echo("  by the label that was proposed; added: by the one given")
    if n := report["entities"]["open"]:
        typer.echo(f"  {n} proposals are open: neither accepted nor removed")
    if n := report["entities"]["unknown"]:
        typer.echo(f"  {n} stretches are unknown: neither entities nor none")
    for file, unit in report["offsets"].items():
        typer.echo(f"  offsets of {file}: {unit}")
    _warn(report)
    typer.echo(f"  every change in its context, until the next import: {path}")


def _warn(report: Dict[str, Any]) -> None:
    aside = report["set_aside"]
    lists = {
        "taken, and nothing tells what was changed: no round in --records has shown it": report[
            "not_shown"
        ],
        "skipped or without annotation now, and gold by an earlier answer, where it stays; to take "
        f"it back, remove it from {report['gold']['path']} (the last one: the file, and its line "
        "in params.yaml)": report["skipped_now"],
        "set aside, the text is not the one that was shown": aside["other_text"],
        "set aside, not shown by `sciner review export`": aside["no_record"],
        "set aside, of a paper or text in dev, test or calibration": aside["held_out"],
        "sharing words, the longest alone is trained on": report["overlaps"],
        "without a place in the text; what else is there is unknown": report["lost"],
        "not compared, the letters are composed otherwise": report["not_compared"],
    }
    found = [(what, len(some), some) for what, some in lists.items() if some]
    for rule, repair in report["repairs"].items():
        if rule == "overlap":  # told above
            continue
        places = [f"{e['paragraph']}: {e['text']}" for e in repair["examples"]]
        found.append((f"`convert` will mend or leave out ({rule})", repair["count"], places))
    for rule, n in report["not_read"].items():
        what = "taken as it stands" if rule == "markup" else "not to be read as it is"
        found.append((f"{what}: a task or line", n, [rule]))
    for file, doubt in report["offsets_in_doubt"].items():
        found.append(("offsets may be meant otherwise", 1, [f"{file}: {doubt}"]))
    if n := report["gold"]["nameless"]:
        text = "changed again by somebody who has no name in the files, or a number, which is one "
        text += "within one Label Studio alone. Was it another person, import the files anew, each "
        typer.secho(f"!! {n} {text}with --annotator", fg="yellow", err=True)
    if "doccano" in report["formats"]:
        text = "doccano does not say which lines a person has opened; all of them are gold now"
        typer.secho(f"!! {text}: export approved ones alone", fg="yellow", err=True)
    for what, n, some in found:
        typer.secho(f"!! {what}: {n} ({'; '.join(some[:_SHOWN])})", fg="yellow", err=True)
