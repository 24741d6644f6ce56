"""How fast this machine trains and predicts with the configured encoder: a few steps, kept.

The figures tell a person how long something will take, and when steps are far slower than they
should be. They are kept outside of what DVC owns, and no result depends on them.
"""

import json
import os
import platform
import time
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, List, NamedTuple, Optional, Tuple

import torch
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Adam

from ..errors import Errors, ScinerError
from ..files import read_json, write_json
from ..loading import blank
from ..models.encoders import find_encoder, open_encoder
from ..models.machine import set_threads, threads_of_each, usable_cores
from ..models.shim import resolve_device, resolve_precision
from ..settings.tree import Settings
from .experiment import Experiment
from .narrate import Narrator
from .schedule import batch_size

ENCODER = Path("encoder")
FACTS = Path("metrics/adapt.json")  # says of what it was made
KEPT = Path(".sciner-cache/machine.json")
WORDS = ("we", "train", "a", "model", "with", "learning", "rate", "on", "the", "corpus")
STEPS = 5  # timed, after one that is not
BUSY = 0.5  # load of others, a core, from which on a figure is not the machine's own
WINDOW = 128  # word-pieces: more than a document here has


class Rates(NamedTuple):
    """Seconds a word, padding included, on this machine."""

    train: float
    together: float  # training, with the threads of one of those that are trained side by side
    predict: float


def measure_rates(settings: Settings, *, kept: Path = KEPT) -> Rates:
    """Train and predict a little with the configured encoder, or read what was measured before.

    What was measured on a busy machine is measured again by the next call, and the faster stays.

    RAISES (ScinerError): SCINER-E304 if the encoder is not to be had, E343 for one of a hub that is
        not here yet.
    """
    found, was_quiet = _read_kept(settings, kept)
    if found is None or not was_quiet:
        is_quiet = not is_busy()  # before the measurement, which is a load itself
        with _encoder(settings) as encoder:
            nlp = _make_pipeline(settings, encoder)
            rates = _time(nlp, settings)
        found = Rates(*map(min, rates, found or rates))
        write_json(kept, {"key": _key(settings), "quiet": is_quiet, **found._asdict()})
    return found


def _encoder(settings: Settings) -> ContextManager[Path]:
    """Where the adapt stage has run for these settings, without the layers that are left out; else
    as it comes. Nothing is downloaded."""
    name, keep_layers = settings.encoder.name, settings.encoder.keep_layers
    made = None
    with suppress(OSError, ScinerError):
        made = read_json(FACTS).get("encoder")
    if made == {"name": name, "keep_layers": keep_layers} and ENCODER.is_dir():
        return nullcontext(ENCODER)
    if name.startswith("pypi:") or Path(name).is_dir():
        return open_encoder(name)
    try:
        return nullcontext(find_encoder(name, is_offline=True))
    except ScinerError as e:
        raise ScinerError(Errors.E343.format(name=name)) from e


def kept_rates(settings: Settings, *, kept: Path = KEPT) -> Optional[Rates]:
    """What was measured before for these settings on this machine, if anything was."""
    return _read_kept(settings, kept)[0]


def _read_kept(settings: Settings, kept: Path) -> Tuple[Optional[Rates], bool]:
    """And whether the machine was quiet."""
    try:
        data: Dict[str, Any] = json.loads(kept.read_text(encoding="utf8"))
        if data["key"] != _key(settings):
            return None, False
        return Rates(*(data[name] for name in Rates._fields)), bool(data["quiet"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, False


def is_busy() -> bool:
    """Whether something else computes here, as far as the system tells (Windows does not)."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > BUSY * usable_cores()


def narrator_for(
    experiment: Experiment, *, at_once: int = 1, kept: Path = KEPT
) -> Callable[..., Narrator]:
    """Narrators of a title, and of a name, that know how long a word should take here, if `sciner
    doctor` measured it.

    It measures the student's encoder alone: with another one for teachers they know nothing.

    at_once (int): Trainings that share the cores.
    """
    settings = experiment.settings
    rates = None if settings.encoder.teacher else kept_rates(settings, kept=kept)
    expected = rates.train * at_once if rates else None
    return partial(Narrator, expected=expected)


def _key(settings: Settings) -> str:
    device = resolve_device(settings.device)
    parts = [platform.node(), platform.machine(), torch.__version__, usable_cores(), device]
    parts += [resolve_precision(settings.precision, device), settings.encoder.name]
    parts += [settings.encoder.keep_layers, settings.train.batch_words]
    parts += [Experiment(settings, 0).at_once]
    return " ".join(map(str, parts))


def _make_pipeline(settings: Settings, encoder: Path) -> Language:
    nlp = blank()
    model = {
        "@architectures": "spacy-sciner.TransformerTagger.v1",
        "name": str(encoder),
        "freeze_embeddings": True,
        "window": WINDOW,
        "overlap": 0,
        "device": settings.device,
        "precision": settings.precision,
    }
    nlp.add_pipe("sciner", config={"model": model})
    examples = _examples(nlp, 64)
    nlp.initialize(lambda: examples)
    return nlp


def _examples(nlp: Language, n_words: int) -> List[Example]:
    """Documents of 64 words each, about so many words together."""
    examples = []
    for _ in range(max(1, n_words // 64)):
        gold = Doc(nlp.vocab, words=[WORDS[i % len(WORDS)] for i in range(64)])
        gold.set_ents([Span(gold, 3, 5, label="Thing")])
        examples.append(Example(Doc(nlp.vocab, words=[t.text for t in gold]), gold))
    return examples


def _time(nlp: Language, settings: Settings) -> Rates:
    # Of "auto" the least: how many words there are to learn from is not known here.
    examples = _examples(nlp, batch_size(settings.train.batch_words, 0, epochs=1))
    n_words = sum(len(eg.predicted) for eg in examples)
    optimizer = Adam(1e-5)
    texts = [[token.text for token in eg.predicted] for eg in examples]

    def predict() -> None:
        list(nlp.pipe([Doc(nlp.vocab, words=words) for words in texts]))

    def train() -> None:
        nlp.update(examples, sgd=optimizer)

    train_s = together_s = _fastest(train)
    at_once = Experiment(settings, 0).at_once
    if at_once > 1:
        before = torch.get_num_threads()
        set_threads(threads_of_each(at_once))
        together_s = _fastest(train)
        set_threads(before)
    return Rates(train_s / n_words, together_s / n_words, _fastest(predict) / n_words)


def _fastest(step: Callable[[], Any]) -> float:
    """Seconds of the step that was disturbed least, after one that is not timed."""
    step()
    seconds = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
