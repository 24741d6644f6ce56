"""`sciner candidates`: what may be an entity in the pool, found without a model."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, List, Optional

import typer

from ..errors import Errors, ScinerError
from ..files import write_text
from .options import POOL

if TYPE_CHECKING:
    from spacy.tokens import Doc

    from ..phrases.mine import Mined
    from ..phrases.tally import Phrase

GOLD, DEV = Path("corpus/gold/train.spacy"), Path("corpus/gold/dev.spacy")

Kinds = Annotated[str, typer.Option(help="existing, pattern, phrase, divided by commas.")]
TsvPath = Annotated[Optional[Path], typer.Option(help="The whole list as TSV.", show_default=False)]
WithBaseline = Annotated[
    bool, typer.Option("--baseline", help="Also C-value's ranking of the same n-grams.")
]
LeastCount = Annotated[
    Optional[int],
    typer.Option(min=1, help="Places of a phrase; default: 10, less below 30,000 words."),
]
ForestSeed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="Of the forest that judges phrases.")
]


def candidates(
    kinds: Kinds = "existing,pattern,phrase",
    n: Annotated[int, typer.Option("--n", min=0, help="Lines shown of each kind.")] = 10,
    out: TsvPath = None,
    baseline: WithBaseline = False,
    min_count: LeastCount = None,
    max_words: Annotated[int, typer.Option(min=1, help="Of a phrase, hyphens aside.")] = 6,
    seed: ForestSeed = 0,
) -> None:
    """List what may be an entity in the pool: known entities, abbreviations, phrases.

    Reads what `dvc repro convert` writes. docs/candidates.md says what the ranking means.
    """
    from ..corpus.annotated import make_vocab
    from ..corpus.docbin import read_docs
    from ..phrases.find import find_candidates
    from ..phrases.listing import first_of, summary_lines, to_tsv
    from ..phrases.mine import min_count_of
    from ..settings.arguments import KindList
    from ..settings.read import check_section

    names = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    asked = check_section(KindList, {"kinds": names}, where="the command").kinds
    if baseline and "phrase" not in asked:
        raise ScinerError(Errors.E344.format(kinds=kinds))
    vocab = make_vocab()
    gold, pool = read_docs(GOLD, vocab), read_docs(POOL, vocab)
    dev = read_docs(DEV, vocab) if baseline else []
    min_count = min_count or min_count_of(sum(map(len, pool)))
    found = find_candidates(
        pool, gold, kinds=asked, seed=seed, min_count=min_count, max_words=max_words
    )
    for line in summary_lines(found, asked):
        typer.echo(line)
    for kind in asked:
        _print_phrases(first_of(found.phrases, kind, n), kind)
    if baseline and found.mined:
        _print_baseline(found.mined, n, dev)
    if out:
        write_text(out, to_tsv(found.phrases))
        typer.echo(f"\n✔ {len(found.phrases)} candidates in {out}")


def _print_phrases(phrases: "List[Phrase]", kind: str) -> None:
    """Figures in columns, and behind them each example, which may be of any length."""
    from ..phrases.listing import phrase_rows
    from ..report.tables import to_text

    if not phrases:
        return
    lines = to_text(phrase_rows(phrases, kind)).splitlines()
    examples = ["example", "-------", *(phrase.example for phrase in phrases)]
    typer.echo("")
    for line, example in zip(lines, examples, strict=True):
        typer.echo(f"{line}  {example}")


def _print_baseline(mined: "Mined", n: int, dev: "List[Doc]") -> None:
    from ..phrases.existing import entities_of
    from ..phrases.listing import baseline_rows, side_by_side
    from ..report.tables import to_text

    typer.echo("\n" + to_text(baseline_rows(mined, entities_of(dev).keys())), nl=False)
    typer.echo("known: train entities and long forms of definitions; dev: entities of dev")
    typer.echo("\n" + to_text(side_by_side(mined, n)), nl=False)
