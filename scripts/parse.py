"""Stage `parse`: papers → paragraphs."""

from pathlib import Path
from typing import Annotated, Optional

import typer

from spacy_sciner.cli.console import run
from spacy_sciner.errors import Errors, ScinerError
from spacy_sciner.papers import parse_papers, summarise, warn_of_loss
from spacy_sciner.settings import read_settings


def main(
    corpus: Annotated[str, typer.Option(help="Reads assets/<corpus>/papers.")] = "sample",
    params: Annotated[Path, typer.Option(help="Its section `parse` is used.")] = Path(
        "params.yaml"
    ),
    papers: Annotated[
        Optional[Path], typer.Option(help="Folder of papers, instead of the corpus' own.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write; replaced as a whole.")] = Path(
        "data/parsed"
    ),
    cache: Annotated[
        Path, typer.Option(help="Where unchanged files are found again; outside of --out.")
    ] = Path("data/.parse-cache"),
) -> None:
    """Read PDF, GROBID TEI, JATS, SciPDF JSON and collections (*.jsonl) into paragraphs.

    Writes <out>/<paper>.jsonl, one paragraph a line, and <out>/_report.json with counts and the
    reason for every file set aside. The engine for PDFs is `parse.engine` in params.yaml:
    embedded (the PDF's text layer), grobid (a GROBID server); tei and scipdf read only such files.
    """
    settings = read_settings(params).parse
    folder = papers or Path("assets") / corpus / "papers"
    if papers and not papers.is_dir():
        raise ScinerError(Errors.E104.format(path=papers))
    if not folder.is_dir():
        print(f"ℹ No folder {folder}: 0 papers, nothing to annotate.")
    report = parse_papers(folder, out, settings, cache_dir=cache)
    print(
        f"✔ {report['papers']} papers, {report['paragraphs']} paragraphs in {out} "
        f"({report['from_cache']} files unchanged, {report['too_short']} paragraphs under "
        f"{settings.min_words} words left out, {report['split']} over {settings.max_words} split)"
    )
    warning = warn_of_loss(report)
    if warning:
        print(f"⚠ {warning}")
    if report["unreadable"]:
        print(f"  {report['unreadable']} characters that are none, read as U+FFFD")
    if report["html"]:
        print(f"  {report['html']} papers of collections in HTML, read without its tags")
    for reason, n in summarise(report["set_aside"]):
        print(f"  {n}× set aside: {reason}")
    if report["ignored"]:
        some = ", ".join(report["ignored_files"][:3]) + (", …" if report["ignored"] > 3 else "")
        print(f"  {report['ignored']} files not read by engine {settings.engine}: {some}")


if __name__ == "__main__":
    run(main)
