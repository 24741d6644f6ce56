"""The `sciner` command: what is not a stage of the pipeline, one module a subcommand."""

from importlib import import_module
from typing import Any

# Each a module here with a function of the same name ("_" for "-"). Modules import what is slow in
# that function.
COMMANDS = (
    "agree",
    "annotate-llm",
    "assets",
    "candidates",
    "check",
    "concepts",
    "diff",
    "doctor",
    "export",
    "few-shot",
    "iterate",
    "learn",
    "repeat",
    "sources",
    "start",
    "sweep",
)
# Each a folder here, with a module a subcommand.
GROUPS = ("review",)


def main() -> None:
    """Entry point of `sciner`."""
    from .console import let_waiting_threads_sleep, one_line_errors

    let_waiting_threads_sleep()
    app = build_app()
    with one_line_errors():
        app()


def build_app() -> Any:
    """The Typer app with all commands."""
    import typer

    from .console import flowing

    app = typer.Typer(
        name="sciner",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,  # a key may be among them
    )
    app.callback()(_about)
    for name in COMMANDS:
        module = name.replace("-", "_")
        function = getattr(import_module(f".{module}", __name__), module)
        app.command(name, help=flowing(function))(function)
    for name in GROUPS:
        group = import_module(f".{name}", __name__)
        app.add_typer(getattr(group, f"build_{name}")(), name=name)
    return app


def _about() -> None:
    """Everything around the loop that `dvc repro` runs."""
