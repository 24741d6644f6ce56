"""What each stage of the experiment will take on this machine, from a short measurement."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple

from ..files import read_json
from ..settings import Settings
from ..settings.schedules import Schedule

if TYPE_CHECKING:
    from ..training.measure import Rates

START_S = 5.0  # a stage's own: Python, spaCy, torch, DVC
PROTOCOL = 0.8  # of an iteration's file, for the paper's protocol
ADAPT = 1.2  # of training's seconds a word: the vocabulary, and no frozen embeddings
NOT_COUNTED = "the pool is not counted yet: run `dvc repro parse convert`, then ask again"
PADDING = 8  # words that a paragraph's special tokens and its rounded length are worth, about


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
    paragraph: float  # mean of train's
    pool_known: bool = True  # else `convert` has not counted it yet


def count_words(settings: Settings, *, root: Path = Path()) -> Words:
    """From the report of `convert` if it is of this corpus, else by reading the gold.

    RAISES (ScinerError): What reading gold raises.
    """
    path = root / "corpus/_report.json"
    if path.is_file():
        report: Dict[str, Any] = read_json(path)
        if report["corpus"] == settings.corpus:
            splits = report["splits"].items()
            tokens = {name: split["tokens"] for name, split in splits}
            return _words(settings, tokens, {name: split["paragraphs"] for name, split in splits})
    from ..corpus.settings import CorpusSettings
    from ..corpus.splits.gold import read_gold_splits

    assets = root / "assets"
    corpus = CorpusSettings.of(settings, settings.corpus, labels_path=assets / "labels.yaml")
    gold = read_gold_splits(corpus, folder=assets / settings.corpus, seed=settings.convert.seed)
    docs = {**gold.docs, "pool": [*gold.docs.get("pool", []), *gold.pool_gold]}
    tokens = {name: sum(map(len, of_split)) for name, of_split in docs.items()}
    words = _words(settings, tokens, {name: len(of_split) for name, of_split in docs.items()})
    return words._replace(pool_known=bool(words.pool))


def _words(settings: Settings, tokens: Dict[str, int], paragraphs: Dict[str, int]) -> Words:
    most, n_pool = settings.merge.max_paragraphs, paragraphs["pool"]
    share = min(1.0, most / n_pool) if most and n_pool else 1.0
    train, dev = tokens["train"], tokens["dev"]
    mean = train / max(1, paragraphs["train"])
    return Words(train, dev + tokens["test"], dev, tokens["pool"], share, mean)


def plan(settings: Settings, words: Words, rates: "Rates") -> List[Stage]:
    """The stages in order, each with what it does and the seconds it will take."""
    from ..models.machine import usable_cores
    from ..training.experiment import Experiment

    train_s, predict_s = rates.train, rates.predict
    stages = [Stage("parse, convert, adapt", "papers, gold, encoder", 4 * START_S)]
    stages += _adaptation(settings, words, train_s)
    teachers = settings.train.teachers

    at_once, cores = Experiment(settings, 0).at_once, usable_cores()

    def training(schedule: Schedule, n_words: int, models: int = 1) -> float:
        passes = schedule.epochs * _passes(schedule, n_words, words.paragraph)
        together = min(models, at_once)
        word_s = rates.train if together == 1 else rates.together
        one = passes * n_words * word_s + schedule.epochs * words.dev * predict_s
        finish = getattr(schedule, "finish_epochs", 0)
        one += finish * (words.train * word_s + words.dev * predict_s)
        return one * _times(models, together, cores)

    first = training(settings.train, words.train, teachers)
    stages.append(Stage("train", _models(teachers, words.train), START_S + first))
    merged = words.train + round(words.pool * words.pool_share)
    for k in settings.iterations:
        annotate = words.pool * predict_s * teachers
        what = f"{words.pool:,} words" if words.pool_known else NOT_COUNTED
        stages.append(Stage(f"pseudo-label@{k}", what, START_S + annotate))
        teachers = settings.retrain.teachers
        again = training(settings.retrain, merged, teachers)
        what = _models(teachers, merged)
        stages.append(Stage(f"merge@{k}, retrain@{k}", what, 2 * START_S + again))
    for k in settings.evaluations:
        seconds, what = START_S + 2 * words.held_out * predict_s, "gold, pool, confidences"
        if settings.evaluate.paper_protocol:
            schedule: Schedule = settings.retrain if int(k) else settings.train
            size = round(PROTOCOL * (merged if int(k) else words.train))
            seconds += training(schedule, size)
            what = f"{what}; {_models(1, size)} for the paper's protocol"
        stages.append(Stage(f"evaluate@{k}", what, seconds))
    if missing := set(settings.iterations) - set(settings.evaluations):
        what = f"NOT iteration {', '.join(sorted(missing, key=int))}: `evaluations` ends before"
        stages.append(Stage("evaluate", what, 0))
    return [*stages, Stage("report", "tables, plots, page", START_S)]


def _times(models: int, at_once: int, cores: int) -> float:
    """How many times as long they take as one of them with the threads that each has."""
    threads = max(1, cores // at_once)
    full, rest = divmod(models, at_once)
    rounds = [at_once] * full + [rest] * (rest > 0)
    return sum(max(1.0, n * threads / cores) for n in rounds)


def _adaptation(settings: Settings, words: Words, train_s: float) -> List[Stage]:
    """A row for each method that the encoder is adapted by."""
    adapt = settings.adapt
    n_words = min(words.pool, adapt.max_words) if adapt.max_words else words.pool
    what = f"{n_words:,} words" if words.pool_known else NOT_COUNTED
    if adapt.collections:
        what += " and the collections, which are not counted here"
    seconds = ADAPT * n_words * adapt.epochs * train_s
    return [Stage(f"adapt: {name}", what, seconds) for name in adapt.methods]


def _passes(schedule: Schedule, n_words: int, paragraph: float) -> int:
    """Passes over the data in an epoch. min_steps asks for whole ones, so that a few batches too
    few in the count would make another: a batch ends half a padded paragraph before its budget."""
    from ..training.schedule import batch_size, plan_steps

    padded = paragraph + PADDING
    size = batch_size(schedule.batch_words, n_words, epochs=schedule.epochs)
    held = max(padded, size - padded / 2) * paragraph / padded
    n_batches = max(1, math.ceil(n_words / held))
    steps = plan_steps(n_batches, epochs=schedule.epochs, min_steps=schedule.min_steps)
    return steps.steps // n_batches


def _models(n: int, words: int) -> str:
    return f"{n} model{'s' if n > 1 else ''} on {words:,} words"


def show(stages: List[Stage]) -> str:
    from ..files import in_words

    rows = [(stage.name, stage.what, in_words(stage.seconds)) for stage in stages]
    rows.append(("all", "", in_words(sum(stage.seconds for stage in stages))))
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    return "\n".join(f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in rows)
