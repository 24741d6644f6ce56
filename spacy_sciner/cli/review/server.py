"""What `export` and `import` do with a running Label Studio, instead of a person with a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Dict, NamedTuple, Optional, Sequence

import typer

from ...errors import Errors, ScinerError
from ..console import address_problem

if TYPE_CHECKING:
    from ...corpus.formats.writing import Written
    from ...review.server import LabelStudio

KEY = "LABEL_STUDIO_API_KEY"
TITLE_LENGTHS = range(3, 51)  # of a project's title there

Server = Annotated[
    Optional[str],
    typer.Option(
        help=f"Address of a Label Studio, as http://localhost:8080; its token is ${KEY}.",
        show_default=False,
    ),
]
ProjectTitle = Annotated[
    Optional[str], typer.Option(help="Title of a project there.", show_default=False)
]


class Studio(NamedTuple):
    """A project of a server, there or not yet."""

    server: "LabelStudio"
    title: str


def connected(
    url: Optional[str], title: Optional[str], *, file_format: Optional[str]
) -> Optional[Studio]:
    """What --server and --project name; it has taken the token. None without them.

    RAISES (ScinerError): SCINER-E550 if there is no token, SCINER-E552 if `url` is no address,
        SCINER-E554 if something else is needed beside an option.
    """
    from ...review.tasks import LABEL_STUDIO

    if url is None and title is None:
        return None
    if url is None or title is None:
        given, needed = ("--project", "--server") if url is None else ("--server", "--project")
        raise ScinerError(Errors.E554.format(given=given, needed=needed))
    if file_format not in (None, LABEL_STUDIO):
        raise ScinerError(Errors.E554.format(given="--server", needed=f"--format {LABEL_STUDIO}"))
    title = title.strip()  # as Label Studio does
    with _server(url) as server:
        server.version()
        if len(title) not in TITLE_LENGTHS:
            needed = f"{TITLE_LENGTHS[0]} to {TITLE_LENGTHS[-1]} characters, as Label Studio asks"
            raise ScinerError(Errors.E554.format(given=f"--project {title!r}", needed=needed))
        server.find(title)
    return Studio(server, title)


def checked(url: str) -> str:
    """The release of a server that takes the token. RAISES (ScinerError): As `connected`."""
    with _server(url) as server:
        release = server.version()
        server.n_projects()  # asks with the token
    return release


def _server(url: str) -> "LabelStudio":
    from ...review.server import LabelStudio

    if reason := "a name or password stands in it" * ("@" in url) or address_problem(url):
        raise ScinerError(Errors.E552.format(reason=reason))
    token = os.environ.get(KEY, "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ScinerError(Errors.E550)
    return LabelStudio(url, token)


def make_project(studio: Studio, labels: Sequence[str], version: str) -> None:
    """Make the project if it is not there. Refuse one without the labels (SCINER-E264), or where
    the proposals of `version` would hide others that are still needed (E549)."""
    from ...corpus.formats.label_studio_tasks import labelling_config

    with studio.server as server:
        project = server.make(studio.title, config=labelling_config(labels), labels=labels)
        shows = project.model_version
        if shows and shows != version:
            left = [task for task in server.tasks(project) if not task.get("annotations")]
            if left:
                message = Errors.E549.format(title=studio.title, n=len(left), version=shows)
                raise ScinerError(message)


def send_round(studio: Studio, shown: "Sequence[Written]", labels: Sequence[str]) -> None:
    """Send a round's tasks to a project, and say where it is."""
    from ...corpus.formats.label_studio_tasks import labelling_config
    from ...files import progress_bar
    from ...review.tasks import tasks_of

    tasks, title = tasks_of(shown), studio.title
    with studio.server as server, progress_bar(description=title, total=len(tasks)) as bar:
        project = server.make(title, config=labelling_config(labels), labels=labels)
        sent = server.send(project, tasks, key_of=key_of, on_done=bar.update)
        for version in {one.predicted_by for one in shown}:
            server.show(project, version)
    there = f", {sent.n_there} were there" if sent.n_there else ""
    typer.echo(f"✔ {sent.n_sent} tasks sent to {title!r}{there}: {project.address}")


def key_of(task: Dict[str, Any]) -> Any:
    """A task's place and text, by which it is known again on a server."""
    data = task.get("data") or {}
    return tuple(str(data.get(name)) for name in ("paper", "paragraph", "text"))


def fetch_project(studio: Studio, folder: Path) -> Path:
    """Write a project's export to a file of its title."""
    from ...files import file_stem

    path = folder / f"{file_stem(studio.title)}.export.json"  # beside import.json
    with studio.server as server:
        server.fetch(server.need(studio.title), path)
    typer.echo(f"✔ {studio.title!r} of {studio.server.url} in {path}")
    return path
