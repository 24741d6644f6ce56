"""What a training says while it runs."""

import io

import pytest

from spacy_sciner.training.loop import EpochDone
from spacy_sciner.training.narrate import Narrator, in_words


def told(*epochs: EpochDone, expected: float = 0.0) -> str:
    stream = io.StringIO()
    narrator = Narrator("iteration 0, teacher 2 of 3", expected=expected or None, stream=stream)
    for done in epochs:
        narrator(done)
    return stream.getvalue()


def epoch(n: int, *, score: float, best: float, seconds: float = 30.0) -> EpochDone:
    return EpochDone(n, 10, 100, 256, seconds, score, best)


def test_it_says_which_training_and_how_far():
    lines = told(epoch(1, score=0.5, best=0.5), epoch(2, score=0.4, best=0.5)).splitlines()
    assert lines[0] == "training iteration 0, teacher 2 of 3"
    assert lines[1] == "  epoch  1/10  dev F1 0.500  0.30 s a step  4 min left"
    assert lines[2] == "  epoch  2/10  dev F1 0.400 (best 0.500)  0.30 s a step  4 min left"


def test_the_last_epoch_has_nothing_left():
    assert told(epoch(10, score=0.5, best=0.5)).endswith("0.30 s a step  done\n")


def test_slow_steps_are_named_once():
    slow = [epoch(n, score=0.5, best=0.5, seconds=200) for n in (1, 2)]
    assert told(*slow, expected=0.5 / 256).count("4 times as long") == 1
    assert "times as long" not in told(*slow, expected=1 / 256)
    assert "times as long" not in told(*slow)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (89, "89 s"), (100, "2 min"), (5300, "88 min"), (5400, "1 h 30 min")],
)
def test_in_words(seconds: float, words: str):
    assert in_words(seconds) == words
