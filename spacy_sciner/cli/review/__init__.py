"""`sciner review`: paragraphs to a person and back, a module a subcommand."""

from typing import Any


def build_review() -> Any:
    """The Typer app of the group."""
    import typer

    from .export import export
    from .import_ import import_
    from .serve import serve

    app = typer.Typer(no_args_is_help=True)
    app.callback()(_about)
    app.command("export")(export)
    app.command("import")(import_)
    app.command("serve")(serve)
    return app


def _about() -> None:
    """Show a person what the pipeline is unsure of, and learn from the answers."""
