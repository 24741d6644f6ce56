"""What an adaptation says of its speed."""

import io

from spacy_sciner.adapt.loop import Measured
from spacy_sciner.adapt.narrate import AdaptNarrator


def said(*seconds_a_step: float) -> list:
    """The lines after the title, of evaluations ten steps apart."""
    stream = io.StringIO()
    narrator = AdaptNarrator("mlm", stream=stream)
    for i, seconds in enumerate(seconds_a_step, 1):
        narrator(Measured(10 * i, 100, 10, 3.0, None, 10 * seconds))
    return stream.getvalue().splitlines()[1:]


def test_steps_that_become_far_slower_are_worth_a_word_once():
    lines = said(1.0, 0.5, 1.4, 2.0, 4.0)
    assert [line.split("loss")[0].strip() for line in lines if "%" in line] == [
        *("10%", "20%", "30%", "40%", "50%")
    ]
    (warning,) = [line for line in lines if "%" not in line]
    assert warning == lines[4]  # behind the fourth: four times the second's
    assert "take 4 times as long as they did before" in warning
    assert "`sciner doctor`" in warning


def test_steady_steps_are_not():
    assert len(said(1.0, 1.2, 0.9, 2.6)) == 4
