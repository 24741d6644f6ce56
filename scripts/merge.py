"""Stage `merge`: gold and pseudo-labels to one training set."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.light import import_without_torch
from spacy_sciner.settings import read_settings


def merge(
    iteration: Annotated[int, typer.Option(min=1, help="Number of the iteration.")],
    params: Annotated[Path, typer.Option(help="Section `merge`.")] = Path("params.yaml"),
    out: Annotated[Path, typer.Option(help="Folder of the corpus, read and written.")] = Path(
        "corpus"
    ),
) -> None:
    """Put gold and the iteration's pseudo-labels together; gold always wins.

    Reads gold/train.spacy and iteration-K/pseudo.spacy, writes iteration-K/train.spacy and
    iteration-K/_merge.json.
    """
    import_without_torch()
    from spacy_sciner.corpus.merge import merge_iteration

    report = merge_iteration(out, iteration=iteration, settings=read_settings(params).merge)
    print(", ".join(f"{key.replace('_', ' ')} {n}" for key, n in report.items()))


if __name__ == "__main__":
    run(merge)
