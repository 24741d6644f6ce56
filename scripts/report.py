"""Stage `report`: iterations side by side, the last promoted one's pipeline in training/best."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.settings import read_settings


def main(
    params: Annotated[
        Path, typer.Option(help="Experiment; sections `evaluations`, `evaluate`.")
    ] = Path("params.yaml"),
) -> None:
    """Write metrics/iterations.json, metrics/latest.json, plots/, report/ and training/best."""
    from spacy_sciner.report.build import build_report
    from spacy_sciner.report.select import Rule

    settings = read_settings(params)
    iterations = [int(k) for k in settings.evaluations]
    rule, human_f1 = Rule.of(settings.evaluate), settings.evaluate.human_f1
    typer.echo(build_report(iterations, root=Path(), rule=rule, human_f1=human_f1))


if __name__ == "__main__":
    run(main)
