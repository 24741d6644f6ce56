"""`sciner review serve`: a pipeline that proposes entities while people annotate."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    pipeline: Annotated[Path, typer.Option(help="What proposes.")] = Path("training/best"),
    host: Annotated[
        str, typer.Option(help="Address to listen at; this machine alone by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 9090,
) -> None:
    """Answer a running Label Studio that asks for proposals, until ctrl-C.

    Connect it there under Settings, Model. It answers whoever can reach it: leave --host as it is,
    or let nobody else into that network.
    """
    from ...pipeline.sciner import find_sciner
    from ...review.backend import Proposer, check_installed, listen, make_app, run
    from ...review.predict import model_version
    from ...training.experiment import load_pipeline

    check_installed()
    with listen(host, port) as opened:
        version, nlp = model_version(pipeline), load_pipeline(pipeline)
        find_sciner(nlp)
        app = make_app(Proposer(nlp, version))
        where, at = opened.getsockname()[:2]
        typer.echo(f"✔ {version} answers at http://{where}:{at} until ctrl-C. Connect it in Label")
        typer.echo("  Studio: the project's Settings, Model, Connect Model")
        run(app, opened)
