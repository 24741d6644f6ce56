"""What every script and command shares: run a function, turn bad input into one clear line."""

import inspect
import io
import os
import re
import sys
import warnings
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from typing import Any, Callable, Iterator
from urllib.parse import urlsplit

import typer

from ..errors import Errors, ScinerError, ScinerWarning

# Turns of a waiting thread's loop, some tens of microseconds; GNU's OpenMP has 300,000.
SPINS = "1000"


def let_waiting_threads_sleep() -> None:
    """Before torch is imported: its threads wait for each other a moment, then sleep.

    By default they wait for ten milliseconds with all of their core's time. Where something else
    computes, that is time which the thread that they wait for does not get, and steps take up to
    thirty times as long (docs/speed.md). GOMP_SPINCOUNT says otherwise.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Exit 1 with the message, no traceback, on bad input and a full disk; our own warnings
    without the line of code that they come from."""
    before = warnings.formatwarning

    def one_line(message: Any, category: Any, *where: Any, **more: Any) -> str:
        own = issubclass(category, ScinerWarning)
        return f"!! {message}\n" if own else before(message, category, *where, **more)

    warnings.formatwarning = one_line
    # Latin-1 has no ✔. As standard error does it, and what is not shown is not lost.
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        yield
    except ScinerError as e:
        print(f"✘ {e}", file=sys.stderr)
        sys.exit(1)
    except OSError as e:
        if isinstance(e, FileNotFoundError) and e.filename == "git":
            print(f"✘ {Errors.E564.format(command='git')}", file=sys.stderr)
            sys.exit(1)
        if e.filename is None and e.errno not in (ENOSPC, EDQUOT):  # a connection's, for example
            raise
        where, reason = e.filename2 or e.filename or "A disk", e.strerror
        print(f"✘ {Errors.E555.format(path=where, reason=reason)}", file=sys.stderr)
        sys.exit(1)
    finally:
        warnings.formatwarning = before


def run(function: Callable[..., Any]) -> None:
    """Run a function as a Typer program."""
    let_waiting_threads_sleep()
    app = typer.Typer(add_completion=False)
    app.command(help=flowing(function))(function)
    with one_line_errors():
        app()


def flowing(function: Callable[..., Any]) -> str:
    """A docstring for --help: each paragraph one line, which the terminal's width breaks."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.getdoc(function) or "")


def address_problem(url: str) -> str:
    """Why this is no server's address, "" if it is one."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return "its host or port is none"
    return "" if known else "it needs http:// or https://, and a host"
