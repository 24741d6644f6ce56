"""`sciner review`: paragraphs to a person and back, a module a subcommand."""

from typing import Any


def build_review() -> Any:
    """The Typer app of the group."""
    import typer

    from ..console import flowing
    from .export import export
    from .import_ import import_
    from .serve import serve

    app = typer.Typer(no_args_is_help=True)
    app.callback()(_about)
    for name, function in (("export", export), ("import", import_), ("serve", serve)):
        app.command(name, help=flowing(function))(function)
    return app


def _about() -> None:
    """Show a person what the pipeline is unsure of, and learn from the answers."""
