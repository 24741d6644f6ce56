"""`sciner concepts`: mentions with concepts, for pre-training, without a language model."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer

from ..errors import Errors, ScinerError
from ..files import write_text
from .options import Params, ReplaceOut


def concepts(
    out: Annotated[Path, typer.Option(help="JSON lines to write.", show_default=False)],
    sources: Annotated[
        Optional[List[str]],
        typer.Option(
            "--from",
            help="gold:CORPUS, abbreviations or candidates; repeatable; default: the last two.",
        ),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=0, help="Texts, a seeded choice; 0: all.")] = 0,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Of the choice, and of the mining.")
    ] = 0,
    params: Params = Path("params.yaml"),
    force: ReplaceOut = False,
) -> None:
    """Write texts with concepts for `adapt.concepts`, without asking a language model.

    From labelled corpora that are not under test, definitions of abbreviations, and mined phrases
    with a head noun in common. Text that dev, test or calibration papers have too stays out.
    docs/adapt.md says more.
    """
    from ..corpus.concepts import read_concepts
    from ..phrases.gather import HELD_OUT, gather_concepts
    from ..report.tables import to_text
    from ..settings import read_settings

    if out.exists() and not force:
        raise ScinerError(Errors.E241.format(path=out))
    asked = sources or ["abbreviations", "candidates"]
    gathered = gather_concepts(asked, settings=read_settings(params), n=n, seed=seed)
    write_text(out, gathered.to_jsonl())
    typer.echo(to_text(gathered.rows()))
    for line in gathered.left_out_lines():
        typer.echo(line)
    splits = ", ".join(gathered.compared)
    if splits:
        typer.echo(f"nothing that shares text with the papers of {splits} is in it")
    else:
        message = f"!! no {', '.join(HELD_OUT)} in corpus/gold: nothing was compared with them"
        typer.secho(message, fg="yellow", err=True)
    counts = read_concepts(out).counts
    told = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    typer.echo(f"✔ {out}, as `adapt` reads it: {told}")
