"""`sciner learn`: what annotated paragraphs are worth, simulated with held-back gold."""

import csv
import io
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, List, Sequence

import typer

from ..errors import Errors, ScinerError
from ..files import fingerprint, link, write_json, write_text
from .options import Params, SeedCount, Values

if TYPE_CHECKING:
    from ..review.simulate import Plan

Simulated = Annotated[
    bool, typer.Option("--simulate", help="With corpus/gold/train.spacy as the expert.")
]
Strategies = Annotated[
    str, typer.Option(help="Of random, entropy, entity-entropy, least-confident, disagreement.")
]
MostOfPaper = Annotated[
    int, typer.Option(min=0, help="Most paragraphs of one paper in a round; 0: no cap.")
]
WithLoop = Annotated[bool, typer.Option("--loop", help="One iteration of the loop on the rest.")]


def learn(
    simulate: Simulated = False,
    strategies: Strategies = "random,entropy,least-confident",
    start: Annotated[int, typer.Option(min=1, help="Tokens annotated before all rounds.")] = 2000,
    budget: Annotated[int, typer.Option(min=1, help="Tokens annotated each round.")] = 2000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds after the start.")] = 4,
    per_paper: MostOfPaper = 0,
    loop: WithLoop = False,
    seeds: SeedCount = 3,
    values: Values = None,
    params: Params = Path("params.yaml"),
    out: Annotated[Path, typer.Option(help="A folder for each run; the table.")] = Path("learn"),
) -> None:
    """Which paragraphs should a person annotate next, and how many?

    Simulated: the gold of corpus/gold is revealed round by round, chosen by each strategy, and a
    model is trained on what is known so far, from the encoder. Shows test F1 by annotated tokens
    beside a random choice and all of the gold. That is, for each seed, a training for the start,
    one for all of the gold and one for each strategy and round. Goes on after an interruption.
    Writes learn.txt, learn.svg, learn.csv and learn.json. For your own annotators, `sciner review
    export` has tasks.
    """
    from ..corpus.convert import check_converted
    from ..review.simulate import ALL, Plan
    from ..settings.read import parse_settings
    from .loops import check_made, read_dvc_yaml, with_values
    from .repeat import planned

    names = _read_strategies(strategies)
    if not simulate:
        raise ScinerError(Errors.E536)
    gold, encoder = Path("corpus/gold"), Path("encoder")
    for path in (gold / "train.spacy", encoder):
        if not path.exists():
            raise ScinerError(Errors.E537.format(path=path))
    given = [*(values or ()), "evaluate.paper_protocol=false"]
    text = planned(params, 1)
    settings = parse_settings(with_values(text, given), params)
    check_converted(settings, root=Path())
    teachers = _teachers(settings.train.teachers, names, loop=loop)
    dvc_yaml = read_dvc_yaml(Path())
    options = [f"start={start}", f"budget={budget}", f"per_paper={per_paper}", f"loop={loop}"]
    # Of a start without teachers no one could disagree later.
    options += [*teachers, fingerprint(gold), fingerprint(encoder)]
    check_made(out, with_values(text, [*given, "seed=0"]), options, root=Path(), converted=True)
    pairs = product(range(seeds), [*names, ALL])
    plans = [Plan(name, seed, start, budget, rounds, per_paper, loop) for seed, name in pairs]
    _run(plans, [*given, *teachers], text, dvc_yaml, gold=gold, out=out)
    typer.echo((out / "learn.txt").read_text(encoding="utf8"), nl=False)


def _read_strategies(text: str) -> List[str]:
    """RAISES (ScinerError): SCINER-E535."""
    from ..review.strategies import STRATEGIES

    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names or not set(names) <= set(STRATEGIES):
        known = ", ".join(STRATEGIES)
        raise ScinerError(Errors.E535.format(option="--strategies", value=text, known=known))
    return names


def _teachers(n: int, strategies: Sequence[str], *, loop: bool) -> List[str]:
    """What is set of the n teachers: one is enough where none has to disagree, or to annotate.

    RAISES (ScinerError): SCINER-E538 if they are too few to disagree.
    """
    if "disagreement" in strategies and n < 2:
        raise ScinerError(Errors.E538.format(n=n))
    return [] if loop or "disagreement" in strategies else ["train.teachers=1"]


def _run(
    plans: "Sequence[Plan]",
    values: Sequence[str],
    text: str,
    dvc_yaml: Any,
    *,
    gold: Path,
    out: Path,
) -> None:
    """One plan after the other; the table is written anew with each round."""
    from ..report.learning import learning_text
    from ..review.simulate import simulate
    from .repeat import tell

    rows: List[Dict[str, Any]] = []
    for plan in plans:
        train = _trainer([*values, f"seed={plan.seed}"], text, dvc_yaml, tell)
        for row in simulate(plan, out, gold, train):
            rows.append(row)
            _write(out, rows, learning_text(rows))


def _trainer(values: List[str], text: str, dvc_yaml: Any, say: Any) -> Any:
    """Trains and measures in a folder whose corpus is written already."""
    from ..models.machine import usable_cores
    from .loops import GIVEN, ended_with_us, run_loop, set_up

    def train(folder: Path, iteration: int) -> None:
        set_up(folder, values, root=Path(), params=text)
        link(folder / "encoder", Path("encoder"))
        at = f"{folder.parent.name}, {folder.name}"
        tell = lambda stage: say(f"{at}: {stage}")  # noqa: E731
        with ended_with_us():
            last = f"evaluate@{iteration}"
            run_loop(folder, dvc_yaml, threads=usable_cores(), say=tell, last=last, given=GIVEN)

    return train


def _write(out: Path, rows: List[Dict[str, Any]], text: str) -> None:
    from ..report.learning import learning_svg

    write_json(out / "learn.json", rows)
    table = io.StringIO()
    writer = csv.DictWriter(table, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(out / "learn.csv", table.getvalue())
    write_text(out / "learn.txt", text)
    write_text(out / "learn.svg", learning_svg(rows))
