"""`sciner agree`: how far annotators agree, and where they don't."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Optional

import typer

from ..errors import Errors, ScinerError
from ..files import write_text
from .options import AsJson, PathsFormat

if TYPE_CHECKING:
    from ..review.agree import Comparison

AnnotatorPaths = Annotated[
    List[Path],
    typer.Argument(help="A file or folder of each annotator; or one file that names several."),
]
ExampleCount = Annotated[
    int, typer.Option(min=0, help="Of each kind of disagreement, for each pair.")
]
CsvPath = Annotated[Optional[Path], typer.Option(help="Write all disagreements to this file.")]
TasksPath = Annotated[
    Optional[Path],
    typer.Option(help="Write Label Studio tasks of them, with every version, to this file."),
]
ReplaceFiles = Annotated[
    bool, typer.Option("--force", help="Replace what is at --csv and --tasks.")
]


def agree(
    paths: AnnotatorPaths,
    format: PathsFormat = None,
    examples: ExampleCount = 3,
    as_json: AsJson = False,
    csv: CsvPath = None,
    tasks: TasksPath = None,
    draws: Annotated[int, typer.Option(min=0, help="Resamples of papers, for intervals.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Of the resamples.")] = 0,
    force: ReplaceFiles = False,
) -> None:
    """Compare two annotators or more on the paragraphs that they share.

    Cohen's κ, Fleiss' κ and Krippendorff's α over tokens; F1 of entities, strict and relaxed, for
    each pair and label; the disagreements in context. Exit code 1 if nothing is shared.
    """
    from ..report.tables import to_csv
    from ..review.agree import compare_annotators
    from ..review.annotators import read_annotators
    from ..review.cases import write_tasks

    given = [path.resolve() for path in paths]
    config = tasks and tasks.with_suffix(".config.xml")  # written beside them
    for out in filter(None, (csv, tasks, config)):
        if out.exists() and not force:
            raise ScinerError(Errors.E241.format(path=out))
        if out.resolve() in given:
            raise ScinerError(Errors.E546.format(path=out))
        given.append(out.resolve())
    annotators = read_annotators(paths, file_format=format)
    found = compare_annotators(annotators, n_draws=draws, seed=seed)
    cases = _cases(found)
    if as_json:
        both = {**found.figures, "cases": cases}
        typer.echo(json.dumps(both, indent=2, ensure_ascii=False))
    else:
        _print(found, examples=examples)
    if csv:
        rows = [["" if v is None else str(v) for v in case.values()] for case in cases]
        write_text(csv, to_csv([COLUMNS, *rows]))
        typer.echo(f"✔ {len(rows)} disagreements in {csv}", err=as_json)
    if tasks:
        n = write_tasks(tasks, found.shared, [annotator.name for annotator in annotators])
        typer.echo(f"✔ {n} paragraphs to decide on in {tasks}", err=as_json)


COLUMNS = ["a", "b", "kind", "paper", "paragraph"] + [
    f"{name}_{side}" for side in "ab" for name in ("label", "text", "start", "end")
]
COLUMNS += ["context"]


def _cases(found: "Comparison") -> List[Dict[str, Any]]:
    from ..review.cases import cases_of

    pairs = zip(found.figures["pairs"], found.pairs.values())
    return [
        {"a": pair["a"], "b": pair["b"], **case}
        for pair, paragraphs in pairs
        for case in cases_of(paragraphs)
    ]


def _print(found: "Comparison", *, examples: int) -> None:
    from ..report.agreement import agreement_text

    typer.echo(agreement_text(found.figures, found.pairs.values(), examples=examples), nl=False)
