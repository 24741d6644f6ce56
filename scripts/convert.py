"""Stage `convert`: annotations and parsed papers to DocBins."""

from pathlib import Path
from typing import Annotated

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.settings import read_settings


def convert(
    corpus: Annotated[str, typer.Option(help="Entry of `corpora` in the params file.")],
    params: Annotated[Path, typer.Option(help="Sections `convert` and `corpora`.")] = Path(
        "params.yaml"
    ),
    assets: Annotated[
        Path, typer.Option(help="Folder of labels.yaml, and of a folder per corpus.")
    ] = Path("assets"),
    parsed: Annotated[Path, typer.Option(help="Folder of the parsed papers, the pool.")] = Path(
        "data/parsed"
    ),
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("corpus"),
) -> None:
    """Read gold in any format, divide it by paper, and build the pool without those papers.

    Writes gold/{train,dev,test}.spacy, pool.spacy, pool_gold.spacy and _report.json, which counts
    every repaired annotation and everything left out.
    """
    from spacy_sciner.corpus.convert import convert_corpus
    from spacy_sciner.corpus.screen import gold_notes, gold_warnings

    report = convert_corpus(
        corpus, settings=read_settings(params), assets=assets, parsed=parsed, out=out
    )
    for split, n in report["splits"].items():
        if split == "pool_gold" and not n["paragraphs"]:
            continue
        print(
            f"{split:<9} {n['papers']:>5} papers {n['paragraphs']:>6} paragraphs "
            f"{n['tokens']:>8} tokens {n['entities']:>6} entities"
        )
    repairs = ", ".join(f"{rule} {r['count']}" for rule, r in report["repairs"].items())
    print(f"repairs: {repairs or 'none'}")
    for note in gold_notes(report):
        print(note)
    dropped = sum(report["dropped_paragraphs"].values())
    print(
        f"kept out of the pool: {len(report['excluded_papers'])} papers, {dropped} paragraphs; "
        f"see {out / '_report.json'}"
    )
    for message in gold_warnings(report):
        typer.secho(f"!! {message}", fg="yellow", bold=True, err=True)


if __name__ == "__main__":
    run(convert)
