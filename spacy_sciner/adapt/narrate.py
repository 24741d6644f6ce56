"""What an adaptation says while it runs, and its losses as a table."""

import csv
import io
import math
import sys
from typing import Any, Dict, Optional, Sequence, TextIO

from ..files import in_words
from .loop import Measured

SLOW = 3.0  # times the fastest steps so far: worth a word


class AdaptNarrator:
    """Told of each evaluation; writes a line a time to standard error, terminal or log."""

    def __init__(self, title: str, *, stream: Optional[TextIO] = None):
        self.stream: Any = stream or sys.stderr
        self._fastest = math.inf
        self._said_slow = False
        self.say(f"adapting: {title}")

    def __call__(self, done: Measured) -> None:
        per_step = done.seconds / done.steps
        left = per_step * (done.n_steps - done.step)
        held_out = "" if done.held_out is None else f"  held out {done.held_out:.3f}"
        self.say(
            f"  {done.step / done.n_steps:4.0%}  loss {done.loss:.3f}{held_out}"
            f"  {per_step:.2f} s a step  " + (f"{in_words(left)} left" if left else "done")
        )
        if per_step > SLOW * self._fastest and not self._said_slow:
            self._said_slow = True
            self.say(
                f"  Steps take {per_step / self._fastest:.0f} times as long as they did before. "
                "Does something else use the cores? `sciner doctor` tells more."
            )
        self._fastest = min(self._fastest, per_step)

    def say(self, line: str) -> None:
        print(line, file=self.stream, flush=True)


def loss_csv(curves: Sequence[Dict[str, Any]]) -> str:
    """Long table for the plot: step, series, loss."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["step", "series", "loss"])
    for entry in curves:
        for point in entry["curve"]:
            for kind, name in (("loss", "training"), ("held_out", "held out")):
                if point.get(kind) is not None:
                    series = f"{entry['method']}, {name}"
                    writer.writerow([int(point["step"]), series, f"{point[kind]:.6f}"])
    return out.getvalue()
