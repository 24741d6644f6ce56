"""What every script and command shares: run a function, turn bad input into one clear line."""

import sys
from contextlib import contextmanager
from typing import Any, Callable, Iterator

import typer

from ..errors import ScinerError


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Exit 1 with the message, no traceback, on bad input."""
    try:
        yield
    except ScinerError as e:
        print(f"✘ {e}", file=sys.stderr)
        sys.exit(1)


def run(function: Callable[..., Any]) -> None:
    """Run a function as a Typer program."""
    with one_line_errors():
        typer.run(function)
