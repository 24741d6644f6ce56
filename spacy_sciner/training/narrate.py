"""What a training says while it runs: which one it is, each epoch, the time that is left."""

import sys
from typing import Any, Callable, Optional, TextIO

from ..files import in_words
from .loop import EpochDone, no_report

SLOW = 3.0  # times the expected seconds a step: worth a word


class Narrator:
    """Told of each epoch; writes a line a time to standard error, in a terminal and in a log alike.

    title (str): Which training this is, such as "iteration 0, model 2 of 3".
    name (str): What each line begins with where several trainings write: such as "model 2".
    expected (float): Seconds that a word should take on this machine; None if that is not known.
    """

    def __init__(
        self,
        title: str,
        name: str = "",
        *,
        expected: Optional[float] = None,
        stream: Optional[TextIO] = None,
    ):
        self.begin = f"  {name}  " if name else "  "
        self.expected = expected
        self.stream: Any = stream or sys.stderr
        self._said_slow = False
        self._say(f"training {title}")

    def __call__(self, done: EpochDone) -> None:
        per_step = done.seconds / max(1, done.steps)
        left = (done.n_epochs - done.epoch) * done.seconds
        best = "" if done.score == done.best else f" (best {done.best:.3f})"
        self._say(
            f"{self.begin}epoch {done.epoch:>{len(str(done.n_epochs))}}/{done.n_epochs}  "
            f"dev F1 {done.score:.3f}{best}  {per_step:.2f} s a step  "
            + (f"{in_words(left)} left" if left else "done")
        )
        expected = (self.expected or 0) * done.batch_words
        if expected and per_step > SLOW * expected and not self._said_slow:
            self._said_slow = True
            self._say(
                f"{self.begin}Steps take {per_step / expected:.0f} times as long as this "
                "machine's own measurement said. Does something else use its cores? `sciner "
                "doctor` tells more."
            )

    def _say(self, line: str) -> None:
        print(line, file=self.stream, flush=True)


def quiet(title: str, name: str = "") -> Callable[[EpochDone], None]:
    """In place of a Narrator: says nothing."""
    return no_report
