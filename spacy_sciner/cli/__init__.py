"""The `sciner` command: what is not a stage of the pipeline, one module a subcommand."""

from importlib import import_module

# Each a module here with a function of the same name. Modules import what is slow in that function.
COMMANDS = ("assets", "iterate", "sweep")


def main() -> None:
    """Entry point of `sciner`."""
    import typer

    from .console import one_line_errors

    app = typer.Typer(name="sciner", no_args_is_help=True, add_completion=False)
    app.callback()(_about)
    for name in COMMANDS:
        app.command(name)(getattr(import_module(f".{name}", __name__), name))
    with one_line_errors():
        app()


def _about() -> None:
    """Everything around the loop that `dvc repro` runs."""
