"""What each stage of the experiment will take on this machine, from a short measurement."""

import json
import math
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

from ..settings import Settings
from ..settings.schedules import Schedule

START_S = 5.0  # a stage's own: Python, spaCy, torch, DVC
PROTOCOL = 0.8  # of an iteration's file, for the paper's protocol


class Stage(NamedTuple):
    name: str
    what: str
    seconds: float


class Words(NamedTuple):
    """Words of the corpus; what is not known yet is 0."""

    train: int
    held_out: int  # dev and test
    dev: int
    pool: int
    pool_share: float  # of the pool that merge.max_paragraphs lets through


def count_words(settings: Settings, *, root: Path = Path()) -> Words:
    """From the report of `convert` if it is of this corpus, else by reading the gold.

    RAISES (ScinerError): What reading gold raises.
    """
    path = root / "corpus/_report.json"
    if path.is_file():
        report: Dict[str, Any] = json.loads(path.read_text(encoding="utf8"))
        if report["corpus"] == settings.corpus:
            tokens = {name: split["tokens"] for name, split in report["splits"].items()}
            return _words(settings, tokens, report["splits"]["pool"]["paragraphs"])
    from ..corpus.settings import CorpusSettings
    from ..corpus.splits.gold import read_gold_splits

    assets = root / "assets"
    corpus = CorpusSettings.of(settings, settings.corpus, labels_path=assets / "labels.yaml")
    gold = read_gold_splits(corpus, folder=assets / settings.corpus, seed=settings.convert.seed)
    tokens = {name: sum(map(len, docs)) for name, docs in gold.docs.items()}
    pool = [*gold.docs.get("pool", []), *gold.pool_gold]
    return _words(settings, {**tokens, "pool": sum(map(len, pool))}, len(pool))


def _words(settings: Settings, tokens: Dict[str, int], n_pool: int) -> Words:
    most = settings.merge.max_paragraphs
    share = min(1.0, most / n_pool) if most and n_pool else 1.0
    dev = tokens["dev"]
    return Words(tokens["train"], dev + tokens["test"], dev, tokens["pool"], share)


def plan(settings: Settings, words: Words, *, train_s: float, predict_s: float) -> List[Stage]:
    """The stages in order, each with what it does and the seconds it will take.

    train_s, predict_s (float): Seconds a word.
    """
    stages = [Stage("parse, convert, adapt", "papers, gold, encoder", 4 * START_S)]
    teachers = settings.train.teachers
    first = _training(settings.train, words.train, words.dev, train_s, predict_s)
    stages.append(Stage("train", _models(teachers, words.train), START_S + teachers * first))
    merged = words.train + round(words.pool * words.pool_share)
    for k in settings.iterations:
        annotate = words.pool * predict_s * teachers
        stages.append(Stage(f"pseudo-label@{k}", f"{words.pool:,} words", START_S + annotate))
        teachers = settings.retrain.teachers
        again = _training(settings.retrain, merged, words.dev, train_s, predict_s)
        what = _models(teachers, merged)
        stages.append(Stage(f"merge@{k}, retrain@{k}", what, 2 * START_S + teachers * again))
    for k in settings.evaluations:
        seconds, what = START_S + 2 * words.held_out * predict_s, "gold, pool, confidences"
        if settings.evaluate.paper_protocol:
            schedule: Schedule = settings.retrain if int(k) else settings.train
            size = round(PROTOCOL * (merged if int(k) else words.train))
            seconds += _training(schedule, size, words.dev, train_s, predict_s)
            what = f"{what}; {_models(1, size)} for the paper's protocol"
        stages.append(Stage(f"evaluate@{k}", what, seconds))
    return [*stages, Stage("report", "tables, plots, page", START_S)]


def _training(
    schedule: Schedule, n_words: int, dev: int, train_s: float, predict_s: float
) -> float:
    from ..training.schedule import plan_steps

    n_batches = max(1, math.ceil(n_words / schedule.batch_words))
    steps = plan_steps(n_batches, epochs=schedule.epochs, min_steps=schedule.min_steps)
    return steps.total * schedule.batch_words * train_s + schedule.epochs * dev * predict_s


def _models(n: int, words: int) -> str:
    return f"{n} model{'s' if n > 1 else ''} on {words:,} words"


def show(stages: List[Stage]) -> str:
    from ..training.narrate import in_words

    rows = [(stage.name, stage.what, in_words(stage.seconds)) for stage in stages]
    rows.append(("all", "", in_words(sum(stage.seconds for stage in stages))))
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return "\n".join(f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)
