"""`sciner sources`: a language model's labels, gold, and mixtures of both, compared."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Sequence

import typer

from ..errors import Errors, ScinerError
from ..files import fingerprint, read_json, write_json, write_text
from .options import Params, SeedCount, Values

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from ..review.sources import Mixture
    from ..training.recipe import Recipe

GoldShares = Annotated[str, typer.Option(help="Of gold's paragraphs, in percent.")]
LossNames = Annotated[
    str, typer.Option(help="Of the other's labels: nll, gce (robust to wrong ones), or both.")
]


def sources(
    other: Annotated[Path, typer.Argument(help="The other annotator's file, such as an LLM's.")],
    format: Annotated[str, typer.Option(help="Its format, as in params.yaml.", show_default=False)],
    shares: GoldShares = "0,5,10,20,50,100",
    losses: LossNames = "nll,gce",
    seeds: SeedCount = 3,
    values: Values = None,
    params: Params = Path("params.yaml"),
    out: Annotated[Path, typer.Option(help="Folder for the table.")] = Path("sources"),
) -> None:
    """What are a language model's labels worth beside gold?

    Trains the same model on the other annotator's paragraphs with 0, 5, … percent of the gold, and
    on that gold alone, for each loss and seed, and measures each on gold's test. Where both have a
    text, gold wins, and the other tells what gold leaves unknown; texts of dev and test are left
    out. Needs `dvc repro convert adapt`; goes on where it was. Writes sources.txt, svg, csv, json.
    """
    from spacy.vocab import Vocab

    from ..corpus.convert import check_converted
    from ..corpus.docbin import read_docs
    from ..corpus.filled import persons
    from ..review.annotators import format_of
    from ..review.sources import mixtures, read_source
    from ..settings import read_settings
    from ..settings.read import parse_settings
    from .loops import check_made, with_values

    parts, kinds = _shares(shares), _losses(losses)
    gold = Path("corpus/gold")
    for path in (gold / "train.spacy", Path("encoder"), other):
        if not path.exists():
            raise ScinerError(Errors.E537.format(path=path))
    format_of(other, format)
    check_converted(read_settings(params), root=Path())
    text = with_values(params.read_text(encoding="utf8"), [*(values or ()), "seed=0"])
    recipe, labels = _recipe(parse_settings(text, params))
    vocab = Vocab()
    held = [d for s in ("dev", "test", "calibration") for d in _read(gold / f"{s}.spacy", vocab)]
    docs, counts = read_source(other, file_format=format, labels=labels, held_out=held)
    golds = persons(read_docs(gold / "train.spacy", vocab))
    typer.echo(f"{other.name}: " + ", ".join(f"{k} {n}" for k, n in counts.items()), err=True)
    if not docs:
        raise ScinerError(Errors.E545.format(path=other, n=counts["paragraphs"]))
    parts = _with_gold(parts, len(golds), given=shares)
    # Only now: what was refused leaves no folder that the right command would not go on in.
    made = [fingerprint(path) for path in (gold, Path("encoder"), other)]
    check_made(out, text, [format, *made], root=Path(), converted=True)
    write_text(out / "params.yaml", text)
    _train(mixtures(parts, kinds, seeds), golds, docs, recipe, gold=gold, out=out)


def _train(
    planned: "Sequence[Mixture]",
    golds: "Sequence[Doc]",
    docs: "Sequence[Doc]",
    recipe: "Recipe",
    *,
    gold: Path,
    out: Path,
) -> None:
    """Those of which there is no result yet; the table is written anew with each."""
    from ..report.sources import sources_text
    from ..review.sources import mix, train_mixture

    path = out / "sources.json"
    rows: List[Dict[str, Any]] = read_json(path, list) if path.is_file() else []
    for mixture in planned:
        if any(all(row[k] == v for k, v in mixture._asdict().items()) for row in rows):
            continue
        chosen = mix(golds, docs, mixture)
        rows.append(train_mixture(mixture, chosen, recipe=recipe, gold=gold, work=out / "work"))
        _write(out, rows, sources_text(rows))
    typer.echo(sources_text(rows), nl=False)


def _read(path: Path, vocab: Any) -> Any:
    from ..corpus.docbin import read_docs

    return read_docs(path, vocab) if path.exists() else []


def _recipe(settings: Any) -> Any:
    """How iteration 0 is trained, with `retrain`'s weight of gold."""
    from ..corpus.settings import CorpusSettings
    from ..training.experiment import Experiment

    labels_path = Path("assets/labels.yaml")
    corpus = CorpusSettings.of(settings, settings.corpus, labels_path=labels_path)
    recipe = Experiment(settings, 0).recipe
    objective = recipe.objective._replace(gold_weight=settings.retrain.gold_weight)
    return recipe._replace(objective=objective), corpus.labels


def _shares(text: str) -> List[float]:
    try:
        shares = [float(part) / 100 for part in text.split(",")]
    except ValueError:
        shares = [-1.0]
    if not all(0 <= share <= 1 for share in shares):
        raise ScinerError(Errors.E535.format(option="--shares", value=text, known="0 to 100"))
    return shares


def _with_gold(shares: List[float], n: int, *, given: str) -> List[float]:
    """The shares that are a paragraph of gold or more, or none at all; of others it is said.

    RAISES (ScinerError): SCINER-E535 if nothing is left.
    """
    short = [share for share in shares if share and not round(share * n)]
    if short:
        parts = ", ".join(f"{100 * share:g} %" for share in short)
        typer.echo(f"left out, less than one of gold's {n} paragraphs: {parts}", err=True)
    if len(short) == len(shares):
        known = f"0 to 100, one of gold's {n} paragraphs at least"
        raise ScinerError(Errors.E535.format(option="--shares", value=given, known=known))
    return [share for share in shares if share not in short]


def _losses(text: str) -> List[str]:
    losses = [part.strip() for part in text.split(",")]
    if not set(losses) <= {"nll", "gce"}:
        raise ScinerError(Errors.E535.format(option="--losses", value=text, known="nll, gce"))
    return losses


def _write(out: Path, rows: List[Dict[str, Any]], text: str) -> None:
    from ..report.sources import sources_svg

    write_json(out / "sources.json", rows)
    write_text(out / "sources.txt", text)
    write_text(out / "sources.svg", sources_svg(rows))
    table = io.StringIO()
    flat = [{**row, "dev": row["dev"]["f1"], "test": row["test"]["f1"]} for row in rows]
    writer = csv.DictWriter(table, flat[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    write_text(out / "sources.csv", table.getvalue())
