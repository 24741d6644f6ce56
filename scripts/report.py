"""Stage `report`: iterations side by side, the last promoted one's pipeline in training/best."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.params import load_params


def main(
    params: Annotated[
        Path, typer.Option(help="Experiment; sections `evaluations`, `evaluate`.")
    ] = Path("params.yaml"),
) -> None:
    """Write metrics/iterations.json, metrics/latest.json, plots/, report/ and training/best."""
    from spacy_sciner.report.build import build_report
    from spacy_sciner.report.select import Rule

    iterations = [int(k) for k in load_params(params, "evaluations")]
    needed = ["promote_by", "promote_confidence", "max_type_drop", "bootstrap", "seed"]
    evaluate = load_params(params, "evaluate", require=needed)
    rule = Rule(*(evaluate[key] for key in needed))
    typer.echo(build_report(iterations, root=Path(), rule=rule))


if __name__ == "__main__":
    run(main)
