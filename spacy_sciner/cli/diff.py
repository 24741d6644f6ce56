"""`sciner diff`: what lies between two iterations, or two revisions."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..files import write_text
from .options import AsJson


def diff(
    before: Annotated[
        str, typer.Argument(help="An iteration's number, a Git revision or an experiment.")
    ],
    after: Annotated[str, typer.Argument(help="The same.")],
    examples: Annotated[int, typer.Option(min=0, help="Of each kind of change.")] = 4,
    as_json: AsJson = False,
    html: Annotated[Optional[Path], typer.Option(help="Also write a page to this file.")] = None,
) -> None:
    """What changed from one iteration to another: scores, entities, settings.

    Scores with paired intervals; the entities of the test papers and of the pool that were gained,
    lost, relabelled or moved, by type and with examples in context; and the settings that differ.
    A number is an iteration of this folder; anything else is a Git revision, such as iteration-1,
    or an experiment of `dvc exp run`, and means the last iteration that was measured there, shipped
    or not; with a number behind it, as in HEAD:1, that one. Its outputs come from the DVC cache.
    """
    from tempfile import TemporaryDirectory

    from ..report.difference import difference_of, to_json
    from ..report.difference_page import to_page, to_plain
    from ..report.sides import open_side

    with TemporaryDirectory() as folder:
        sides = [open_side(name, Path(folder) / str(i)) for i, name in enumerate((before, after))]
        found = difference_of(sides[0], sides[1], examples=examples)
    if html:
        write_text(html, to_page(found))
    typer.echo(to_json(found) if as_json else to_plain(found), nl=False)
