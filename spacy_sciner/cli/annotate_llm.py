"""`sciner annotate-llm`: paragraphs of the pool, annotated by a language model."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Dict, Mapping, Optional, Sequence, Tuple

import typer

from ..errors import Errors, ScinerError
from ..files import progress_bar
from .console import address_problem
from .options import POOL, ChoiceSeed, LabelsFolder, ParagraphCount, Params

if TYPE_CHECKING:
    from ..corpus.pool import PoolParagraph
    from ..llm.cache import AnswerCache
    from ..llm.client import Endpoint
    from ..llm.costs import Estimate
    from ..llm.run import Outcome, Question

OutPath = Annotated[
    Path, typer.Option(help="JSON lines to write; a report goes beside.", show_default=False)
]
Closed = Annotated[
    bool, typer.Option("--closed/--open", help="The corpus' labels, or any concepts.")
]
Paragraphs = Annotated[
    Path, typer.Option(help="A .spacy file, or a .jsonl file or folder of parsed papers.")
]
Address = Annotated[
    Optional[str],
    typer.Option(envvar="OPENAI_BASE_URL", help="Of the server; default: OpenAI's own."),
]
KeyVariable = Annotated[str, typer.Option(help="The environment variable that holds the key.")]
RequestsPerMinute = Annotated[
    float, typer.Option(min=0, help="Requests, repetitions included; 0: no limit.")
]
SilentSeconds = Annotated[
    float, typer.Option(min=0.1, help="Seconds without a byte from the server.")
]
MoreParameters = Annotated[
    str, typer.Option(help="More parameters as a JSON object; null takes one away.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print prompts, tokens and costs; ask nothing.")
]
LabelsOf = Annotated[
    Optional[str], typer.Option(help="With --closed: whose labels; default: `corpus`.")
]


def annotate_llm(
    model: Annotated[str, typer.Option(help="As the server calls it.", show_default=False)],
    out: OutPath,
    is_closed: Closed = False,
    paragraphs: Paragraphs = POOL,
    n: ParagraphCount = 100,
    seed: ChoiceSeed = 0,
    base_url: Address = None,
    key_env: KeyVariable = "OPENAI_API_KEY",
    concurrency: Annotated[int, typer.Option(min=1, help="Questions in flight at once.")] = 4,
    per_minute: RequestsPerMinute = 0,
    timeout: SilentSeconds = 60,
    tries: Annotated[int, typer.Option(min=1, help="Of each question.")] = 5,
    temperature: Annotated[float, typer.Option(min=0, help="Of the answers.")] = 0,
    max_tokens: Annotated[int, typer.Option(min=1, help="Of an answer.")] = 1024,
    extra: MoreParameters = "{}",
    price_in: Annotated[float, typer.Option(min=0, help="Of a million tokens asked.")] = 0,
    price_out: Annotated[float, typer.Option(min=0, help="Of a million tokens answered.")] = 0,
    dry_run: DryRun = False,
    show: Annotated[int, typer.Option(min=0, help="Prompts that --dry-run prints.")] = 1,
    cache: Annotated[Path, typer.Option(help="Folder of the answers.")] = Path(".sciner-cache/llm"),
    corpus: LabelsOf = None,
    params: Params = Path("params.yaml"),
    assets: LabelsFolder = Path("assets"),
) -> None:
    """Ask a language model for the entities of the pool's paragraphs.

    Through any server that speaks OpenAI's protocol.

    --open (NuNER): all that is there, with types of the model's own invention, for concept
    pre-training. --closed: the corpus' labels, as a gold file whose docs have the source llm.
    Each answer is kept in --cache: the same command goes on where it stopped, and asks nothing
    twice. The key comes from the environment alone, and is written nowhere.
    """
    from ..llm.cache import AnswerCache
    from ..llm.client import Endpoint
    from ..llm.paragraphs import choose_paragraphs

    meanings = _meanings(params, corpus, assets, paragraphs) if is_closed else None
    question = _question(model, meanings, extra, temperature=temperature, max_tokens=max_tokens)
    chosen = choose_paragraphs(paragraphs, n=n, seed=seed)
    answers = AnswerCache(cache)
    expected = _estimate(chosen, question, answers, prices=(price_in, price_out))
    if dry_run:
        _print_dry_run(chosen[:show], question, expected)
    else:
        address, key = _access(base_url, key_env, n_asked=expected.n_asked)
        endpoint = Endpoint(address, key, concurrency, per_minute, timeout, tries)
        _ask(chosen, question, endpoint, answers, expected, out=out)


def _meanings(
    params: Path, corpus: Optional[str], assets: Path, paragraphs: Path
) -> Dict[str, str]:
    """RAISES (ScinerError): SCINER-E529 if the paragraphs are another corpus' pool."""
    from ..corpus.convert import check_converted
    from ..corpus.settings import meanings_of
    from ..settings import read_settings

    settings = read_settings(params)
    if paragraphs == POOL and corpus is None:
        check_converted(settings, root=Path())
    return meanings_of(settings, corpus, assets / "labels.yaml")


def _question(
    model: str,
    meanings: Optional[Mapping[str, str]],
    extra: str,
    *,
    temperature: float,
    max_tokens: int,
) -> "Question":
    """RAISES (ScinerError): SCINER-E352 if --extra is no JSON object that can be sent."""
    from ..corpus.formats.sniff import load_json
    from ..llm.run import Question

    try:
        more = load_json(extra)
        json.dumps(more, allow_nan=False, ensure_ascii=False).encode("utf8")  # as it is sent
    except ValueError:
        more = None
    if not isinstance(more, dict):
        raise ScinerError(Errors.E352.format(value=extra))
    every = {"temperature": temperature, "max_tokens": max_tokens, **more}
    parameters = {name: value for name, value in every.items() if value is not None}
    return Question(model, parameters, meanings)


def _estimate(
    chosen: "Sequence[PoolParagraph]",
    question: "Question",
    answers: "AnswerCache",
    *,
    prices: Tuple[float, float],
) -> "Estimate":
    from ..llm.costs import estimate

    price_in, price_out = prices
    return estimate(
        [question.request(paragraph) for paragraph in chosen],
        cache=answers,
        price_in=price_in,
        price_out=price_out,
    )


def _access(base_url: Optional[str], key_env: str, *, n_asked: int) -> Tuple[Optional[str], str]:
    """Address and key. OpenAI's own server needs one, if anything is asked."""
    address = _checked_address(base_url)
    return address, _key_of(key_env, is_needed=address is None and n_asked > 0)


def _key_of(name: str, *, is_needed: bool) -> str:
    key = os.environ.get(name, "").strip()
    if is_needed and not key:
        raise ScinerError(Errors.E349.format(name=name))
    if not key.isascii() or not key.isprintable() or " " in key:  # no header could hold it
        raise ScinerError(Errors.E355.format(name=name))
    return key


def _checked_address(url: Optional[str]) -> Optional[str]:
    """RAISES (ScinerError): SCINER-E356, which does not show it: a password may stand in it."""
    if not url:
        return None
    if reason := address_problem(url):
        raise ScinerError(Errors.E356.format(reason=reason))
    return url


def _ask(
    chosen: "Sequence[PoolParagraph]",
    question: "Question",
    endpoint: "Endpoint",
    answers: "AnswerCache",
    expected: "Estimate",
    *,
    out: Path,
) -> None:
    from ..llm.run import annotate

    _print_estimate(expected)
    with progress_bar(description=question.model, total=expected.n_asked) as bar:
        outcome = annotate(
            chosen, question, endpoint, cache=answers, out=out, on_done=lambda: bar.update(1)
        )
    _print_outcome(outcome, out=out, of=len(chosen))


def _print_dry_run(
    paragraphs: "Sequence[PoolParagraph]", question: "Question", expected: "Estimate"
) -> None:
    for paragraph in paragraphs:
        typer.echo(f"=== {paragraph.paper}, paragraph {paragraph.paragraph}")
        for message in question.request(paragraph).messages:
            typer.echo(f"--- {message['role']}\n{message['content']}")
    typer.echo("===" * bool(paragraphs), nl=bool(paragraphs))
    _print_estimate(expected)


def _print_estimate(expected: "Estimate") -> None:
    for line in expected.lines():
        typer.echo(line)


def _print_outcome(outcome: "Outcome", *, out: Path, of: int) -> None:
    """RAISES (ScinerError): SCINER-E351 if a paragraph has no answer, SCINER-E562 if no answer can
    be used."""
    from ..llm.run import report_path

    _print_counts(outcome.counts)
    if outcome.lines:
        typer.echo(f"✔ {len(outcome.lines)} paragraphs in {out}, report in {report_path(out)}")
    if outcome.failed:
        reason = outcome.failed[0]["reason"]
        message = Errors.E351.format(
            n=len(outcome.failed), of=of, report=report_path(out), reason=reason
        )
        raise ScinerError(message)
    if not outcome.lines:
        raise ScinerError(Errors.E562.format(n=of, out=out, report=report_path(out)))


def _print_counts(counts: Mapping[str, int]) -> None:
    typer.echo(", ".join(f"{name} {count}" for name, count in counts.items()))
