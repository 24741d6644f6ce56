"""What every script and command shares: run a function, turn bad input into one clear line."""

import sys
from typing import Any, Callable

import typer

from ..errors import ScinerError


def run(function: Callable[..., Any]) -> None:
    """Run a function as a Typer program; exit 1 with the message, no traceback, on bad input."""
    try:
        typer.run(function)
    except ScinerError as e:
        print(f"✘ {e}", file=sys.stderr)
        sys.exit(1)
