"""Stage `report`: iterations side by side, and the best one's pipeline in training/best."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.params import load_params


def main(
    params: Annotated[Path, typer.Option(help="Experiment; section `evaluations`.")] = Path(
        "params.yaml"
    ),
) -> None:
    """Write metrics/iterations.json, metrics/latest.json, plots/, report/ and training/best."""
    from spacy_sciner.report.build import build_report

    iterations = [int(k) for k in load_params(params, "evaluations")]
    typer.echo(build_report(iterations, root=Path()))


if __name__ == "__main__":
    run(main)
