"""Live proposals: the model backend that Label Studio asks while a person annotates.

What it sends and expects is in its `ml/api_connector.py` and `ml/models.py`: GET /health, POST
/setup with the labelling interface, POST /predict with tasks, POST /webhook with events. It wants
one result for each task, in their order, and else throws all of them away.
"""

import contextlib
import signal
import socket
import sys
import threading
import warnings
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Set

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.formats.label_studio_tasks import task_of
from ..corpus.formats.sniff import load_json, mend
from ..corpus.formats.writing import Losses, prepare
from ..errors import Errors, ScinerError, ScinerWarning, Warnings
from ..pipeline.annotator import scored_entities

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse


class Interface(NamedTuple):
    """Where a project's labelling interface has its text and its labels."""

    control: str  # name of the <Labels>
    shown: str  # name of the <Text> that they are for
    key: str  # of the text in a task's data
    labels: Mapping[str, str]  # a name on the screen or an alias: what a region has to be called


def read_interface(config: object) -> Interface:
    """RAISES (ScinerError): SCINER-E266 if it has no labels for a text."""
    try:
        root = ElementTree.fromstring(config if isinstance(config, str) else "")
    except ElementTree.ParseError as e:
        raise ScinerError(Errors.E266.format(reason=f"it is no XML ({e})")) from e
    texts = {text.get("name"): text.get("value") or "" for text in root.iter("Text")}
    for control in root.iter("Labels"):
        key = texts.get(control.get("toName"), "")
        if key.startswith("$") and (name := control.get("name")):
            labels = {}
            for label in control.iter("Label"):
                value = str(label.get("value"))
                alias = label.get("alias") or value  # where there is one, exports have it
                labels.update({alias: alias, value: alias})
            return Interface(name, str(control.get("toName")), key[1:], labels)
    raise ScinerError(Errors.E266.format(reason="it has no <Labels> for a <Text value='$…'>"))


class Proposer:
    """A pipeline that several threads may ask.

    version (str): The proposals' `model_version`.
    """

    def __init__(self, nlp: Language, version: str) -> None:
        self.nlp = nlp
        self.version = version
        self._left_out: Set[str] = set()  # labels that an interface lacks, told once
        self._lock = threading.Lock()  # a pipeline has one set of buffers

    def propose(self, tasks: object, config: object) -> List[Dict[str, Any]]:
        """One prediction for each task, in their order; of an empty text one without regions.

        tasks (object): As Label Studio sends them.
        config (object): The project's labelling interface, XML.
        Warns with SCINER-W226 of a label that the interface lacks.

        RAISES (ScinerError): SCINER-E266 for the interface, SCINER-E267 for a task without text.
        """
        interface = read_interface(config)
        texts = _texts(tasks, interface.key, longest=self.nlp.max_length)
        with self._lock:
            return [self._prediction(doc, interface) for doc in self.nlp.pipe(texts)]

    def _prediction(self, doc: Doc, interface: Interface) -> Dict[str, Any]:
        doc.user_data["source"] = self.version
        pairs = [(doc, scored_entities(doc))]
        written = list(prepare(pairs, default_paper="", keep_unknown=False, losses=Losses()))
        found = task_of(written).get("predictions") if written else None
        known: List[Dict[str, Any]] = []
        for region in found[0]["result"] if found else ():
            (label,) = region["value"]["labels"]
            if label in interface.labels:
                names = {"from_name": interface.control, "to_name": interface.shown}
                value = {**region["value"], "labels": [interface.labels[label]]}
                known.append({**region, **names, "value": value})
            elif label not in self._left_out:
                self._left_out.add(label)
                warnings.warn(Warnings.W226.format(label=label), ScinerWarning, stacklevel=2)
        prediction: Dict[str, Any] = {"model_version": self.version, "result": known}
        scores = [region["score"] for region in known if "score" in region]
        return {**prediction, "score": min(scores)} if scores else prediction


def _texts(tasks: object, key: str, *, longest: int) -> List[str]:
    if not isinstance(tasks, list):
        raise ScinerError(Errors.E267.format(task="`tasks`", reason="it is no list of tasks"))
    texts = []
    for n, task in enumerate(tasks):
        data = task.get("data") if isinstance(task, dict) else None
        text = data.get(key) if isinstance(data, dict) else None
        if not isinstance(text, str) or len(text) > longest:
            name = f"task {task.get('id', n)}" if isinstance(task, dict) else f"task {n}"
            is_text = isinstance(text, str)
            what = f"has more than {longest} characters" if is_text else "is no text"
            raise ScinerError(Errors.E267.format(task=name, reason=f"data.{key} {what}"))
        texts.append(text)
    return texts


def make_app(proposer: Proposer) -> "Starlette":
    """The backend as a web application. Bad requests are answered with 400 and the reason.

    What Label Studio sends along with /setup, a token of the project's owner, is not looked at.
    """
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    state = {"model_version": proposer.version}

    async def health(request: Request) -> JSONResponse:
        return JSONResponse({"status": "UP", **state})

    async def setup(request: Request) -> JSONResponse:
        read_interface((await _body(request)).get("schema"))
        return JSONResponse(state)

    async def predict(request: Request) -> JSONResponse:
        body = await _body(request)
        tasks, config = body.get("tasks"), body.get("label_config")
        results = await run_in_threadpool(proposer.propose, tasks, config)
        return JSONResponse({"results": results, **state})

    async def webhook(request: Request) -> JSONResponse:
        if (await _body(request)).get("action") == "START_TRAINING":
            raise ScinerError(Errors.E268)
        return JSONResponse({"status": "ok"})  # an annotation was made: it is read by the import

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/setup", setup, methods=["POST"]),
            Route("/predict", predict, methods=["POST"]),
            Route("/webhook", webhook, methods=["POST"]),
        ],
        exception_handlers={ScinerError: _refused},
    )


async def _body(request: "Request") -> Dict[str, Any]:
    try:
        body, _ = mend(load_json((await request.body()).decode("utf8")))
    except (ValueError, RecursionError) as e:
        raise ScinerError(Errors.E269.format(path=request.url.path, reason=e)) from e
    if not isinstance(body, dict):
        raise ScinerError(Errors.E269.format(path=request.url.path, reason="it is no object"))
    return body


async def _refused(request: "Request", error: Exception) -> "JSONResponse":
    from starlette.responses import JSONResponse

    print(f"✘ {request.url.path}: {error}", file=sys.stderr)
    return JSONResponse({"error": str(error)}, status_code=400)


def check_installed() -> None:
    """RAISES (ScinerError): SCINER-E553 if the server cannot be imported."""
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as e:
        raise ScinerError(Errors.E553.format(reason=e)) from e


def listen(host: str, port: int) -> socket.socket:
    """Take an address before anything slow is done at it.

    RAISES (ScinerError): SCINER-E551 if it cannot be had.
    """
    try:
        return socket.create_server((host, port))
    except OSError as e:
        raise ScinerError(Errors.E551.format(host=host, port=port, reason=e)) from e


def run(app: "Starlette", opened: socket.socket) -> None:
    """Answer until ctrl-C or SIGTERM; what has been asked by then is answered first."""
    import uvicorn

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what uvicorn raises again at its end
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[opened])
