"""A running Label Studio: the requests that a review makes, and both kinds of its tokens.

A personal access token is a refresh token: it buys an access token of some minutes, sent as
`Bearer`. A legacy token is sent as it is, as `Token`.
"""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Type

from ..corpus.formats.sniff import load_json
from ..errors import Errors, ScinerError
from ..files import replacing

if TYPE_CHECKING:
    import requests

    from ..http import TokenAuth

RETRIES = 4
BUSY = (429, 503)  # nothing was done: asking again cannot do it twice
TIMEOUT_S = (10.0, 300.0)  # until connected; without a byte: an import works through its tasks
BATCH = 100  # tasks of one request
PAGE = 100  # projects of one answer
MOST_NAMED = 10  # projects that an error names
MAX_REASON = 300  # characters of a server's message that are shown


class Project(NamedTuple):
    """One project of a server."""

    id: int
    title: str
    address: str  # of its page
    labels: List[str]  # of its labelling interface
    model_version: str


@dataclass(frozen=True)
class Sent:
    """What became of tasks that were to be sent."""

    n_sent: int
    n_there: int  # were on the server already


class LabelStudio:
    """A server, asked within `with`.

    url (str): Its address, without a name or password in it.
    token (str): Of either kind. It is in no message, whatever the server says back.
    RAISES (ScinerError): From every method: SCINER-E260 if no Label Studio answers, SCINER-E261 if
        it refuses the token, SCINER-E262 if it refuses what is asked, with its reason.
    """

    def __init__(self, url: str, token: str) -> None:
        from ..http import TokenAuth, patient_session

        self.url = url.rstrip("/")
        self._token = token
        self._is_personal = token.count(".") == 2  # a JSON web token
        self._auth: Optional[TokenAuth] = None if self._is_personal else TokenAuth("Token", token)
        self._session = patient_session(RETRIES, statuses=BUSY)

    def __enter__(self) -> "LabelStudio":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._session.close()

    def version(self) -> str:
        """Of the server. Asks for no token: a first question, whether it is one."""
        answer = self._send("GET", "/api/version", auth=None)
        values = _parsed(answer)
        if not isinstance(values, dict) or "release" not in values:
            reason = f"what answers there ({answer.status_code}) is none"
            raise ScinerError(Errors.E260.format(url=self.url, reason=reason))
        return str(values["release"])

    def n_projects(self) -> int:
        """How many there are for the token."""
        return len(self._projects(""))

    def find(self, title: str) -> Optional[Project]:
        """The project of that very title.

        RAISES (ScinerError): SCINER-E265 if there are several.
        """
        found = [p for p in self._projects(title) if p["title"] == title]
        if len(found) > 1:
            addresses = ", ".join(self._address(p["id"]) for p in found)
            raise ScinerError(Errors.E265.format(n=len(found), title=title, addresses=addresses))
        return self._project(found[0]["id"]) if found else None

    def need(self, title: str) -> Project:
        """The same, where it has to be there.

        RAISES (ScinerError): SCINER-E263 if it is not.
        """
        project = self.find(title)
        if project is None:
            titles = sorted(p["title"] for p in self._projects("") if p["title"])
            known = ", ".join(titles[:MOST_NAMED]) + ", …" * (len(titles) > MOST_NAMED) or "none"
            raise ScinerError(Errors.E263.format(title=title, url=self.url, known=known))
        return project

    def make(self, title: str, *, config: str, labels: Sequence[str]) -> Project:
        """The project of a title, made if it is not there. One that is keeps its interface.

        config (str): The labelling interface of a new one, XML.
        labels (Sequence[str]): That it needs; a prediction of another label would not be seen.
        RAISES (ScinerError): SCINER-E264 if it is there and lacks a label.
        """
        project = self.find(title)
        if project is None:
            body = {"title": title, "label_config": config}
            made = self._ask("POST", "/api/projects", f"make project {title!r}", json=body)
            return self._project(made["id"])
        missing = sorted(set(labels) - set(project.labels))
        if missing:
            where = f"{self.url}/projects/{project.id}/settings/labeling"
            message = Errors.E264.format(title=title, missing=", ".join(missing), settings=where)
            raise ScinerError(message)
        return project

    def send(
        self,
        project: Project,
        tasks: Sequence[Dict[str, Any]],
        *,
        key_of: Callable[[Dict[str, Any]], Any],
        on_done: Callable[[int], Any] = lambda n: None,
    ) -> Sent:
        """Import those tasks that are not there yet, some at a time.

        After an interruption the same call goes on where it stopped.

        key_of (Callable): What makes a task the one that it is; it reads the task's `data`.
        on_done (Callable): Told how many went with each request.
        """
        there = {key_of(task) for task in self.tasks(project)}
        new = [task for task in tasks if key_of(task) not in there]
        path = f"/api/projects/{project.id}/import"
        for i in range(0, len(new), BATCH):
            some = new[i : i + BATCH]
            self._ask("POST", path, f"import tasks {i} to {i + len(some) - 1}", json=some)
            on_done(len(some))
        return Sent(len(new), len(tasks) - len(new))

    def show(self, project: Project, model: str) -> None:
        """Choose whose predictions are shown, and whose scores: without it a column stays empty.

        A server takes a model only once it has predictions of it, so this comes after `send`.
        """
        path = f"/api/projects/{project.id}"
        have = self._ask("GET", f"{path}/model-versions/", "list the predictions' models")
        if model in have and model != project.model_version:
            what = f"show the predictions of {model!r}"
            self._ask("PATCH", path, what, json={"model_version": model})

    def tasks(self, project: Project) -> List[Dict[str, Any]]:
        """All tasks with their annotations, finished or not, as in its JSON export."""
        tasks: List[Dict[str, Any]] = _parsed(self._export(project))
        return tasks

    def fetch(self, project: Project, path: Path) -> None:
        """Write the JSON export of all tasks, finished or not, byte for byte.

        RAISES (ScinerError): SCINER-E254 without any.
        """
        export = self._export(project)
        if not export.json():
            raise ScinerError(Errors.E254.format(project=project.address))
        with replacing(path) as temporary:
            temporary.write_bytes(export.content)

    def _export(self, project: Project) -> "requests.Response":
        query = {"exportType": "JSON", "download_all_tasks": "true"}
        path, what = f"/api/projects/{project.id}/export", "export the tasks"
        answer = self._allowed("GET", path, what, params=query)
        found = _parsed(answer)
        if not isinstance(found, list) or not all(isinstance(task, dict) for task in found):
            raise self._refusal(what, answer.status_code, "no list of tasks")
        return answer

    def _projects(self, title: str) -> List[Dict[str, Any]]:
        """Those with a title in their own, whatever its case."""
        found: List[Dict[str, Any]] = []
        page = 1
        while True:
            query = {"title": title, "include": "id,title", "page_size": PAGE, "page": page}
            answer = self._ask("GET", "/api/projects", "list the projects", params=query)
            found += answer["results"]
            if not answer.get("next"):
                return found
            page += 1

    def _project(self, number: int) -> Project:
        values = self._ask("GET", f"/api/projects/{number}", "read the project")
        controls = (values.get("parsed_label_config") or {}).values()
        labels = [label for control in controls for label in control.get("labels") or ()]
        model = str(values.get("model_version") or "")
        return Project(number, str(values["title"]), self._address(number), labels, model)

    def _address(self, number: int) -> str:
        return f"{self.url}/projects/{number}/data"

    def _ask(self, method: str, path: str, what: str, **more: Any) -> Any:
        """What the server answers, as JSON."""
        answer = self._allowed(method, path, what, **more)
        values = _parsed(answer)
        if values is None:
            raise self._refusal(what, answer.status_code, "no JSON")
        return values

    def _allowed(self, method: str, path: str, what: str, **more: Any) -> "requests.Response":
        """An answer that is no refusal. An access token that has run out is renewed, once."""
        is_fresh = self._auth is None
        answer = self._send(method, path, auth=self._auth or self._renewed(), **more)
        if answer.status_code == 401 and self._is_personal and not is_fresh:
            answer = self._send(method, path, auth=self._renewed(), **more)
        if answer.status_code == 401:
            raise self._wrong_token(answer)
        if not 200 <= answer.status_code < 300:
            raise self._refusal(what, answer.status_code, self._reason(answer))
        return answer

    def _renewed(self) -> "TokenAuth":
        from ..http import TokenAuth

        body = {"refresh": self._token}
        answer = self._send("POST", "/api/token/refresh", auth=None, json=body)
        values = _parsed(answer)
        if answer.status_code != 200 or not isinstance(values, dict) or "access" not in values:
            raise self._wrong_token(answer)
        self._auth = TokenAuth("Bearer", str(values["access"]))
        return self._auth

    def _send(
        self, method: str, path: str, *, auth: "Optional[TokenAuth]", **more: Any
    ) -> "requests.Response":
        import requests

        from ..http import TokenAuth

        try:
            return self._session.request(
                method,
                f"{self.url}{path}",
                auth=auth or TokenAuth("", ""),
                timeout=TIMEOUT_S,
                allow_redirects=False,  # a POST would arrive as a GET
                **more,
            )
        except requests.RequestException as e:
            message = Errors.E260.format(url=self.url, reason=type(e).__name__)
            raise ScinerError(message) from None  # the cause holds the request, and it the token

    def _wrong_token(self, answer: "requests.Response") -> ScinerError:
        return ScinerError(Errors.E261.format(url=self.url, reason=self._reason(answer)))

    def _refusal(self, what: str, status: object, reason: str) -> ScinerError:
        message = Errors.E262.format(url=self.url, what=what, status=status, reason=reason)
        return ScinerError(message)

    def _reason(self, answer: "requests.Response") -> str:
        """What the server says, in short, and without what it may say back of the token."""
        values = _parsed(answer)
        if "Location" in answer.headers:
            text = f"it is at {answer.headers['Location']}"
        elif isinstance(values, dict):
            text = f"{values.get('detail', '')} {values.get('validation_errors') or ''}"
        else:
            text = str(answer.reason)
        secrets = [self._token, *([self._auth.token] if self._auth else [])]
        for secret in secrets:
            text = text.replace(secret, "***")
        return " ".join(text.split()).rstrip(".")[:MAX_REASON]


def _parsed(answer: "requests.Response") -> Any:
    """None for what is no JSON."""
    try:
        return load_json(answer.content.decode("utf8", "replace"))
    except ValueError:
        return None
