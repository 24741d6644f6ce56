"""A real Label Studio asks `sciner review serve` for proposals."""

import re
import subprocess
import sys

import pytest
from awkward import shown_paragraphs
from tiny import LABELS, SENTENCES

from spacy_sciner.corpus.formats.label_studio_tasks import labelling_config
from spacy_sciner.pipeline.annotator import scored_entities
from spacy_sciner.review.server import LabelStudio
from spacy_sciner.training.experiment import load_pipeline

TEXTS = [
    *(words for words, _ in SENTENCES),
    *(one.doc.text for one in shown_paragraphs(20, seed=3)),
    *(f"𝑥 \r\n {words}" for words, _ in SENTENCES),
    " ",
]


@pytest.fixture(scope="module")
def backend(tiny_model):
    """Its address."""
    command = [sys.executable, "-c", "from spacy_sciner.cli import main; main()", "review", "serve"]
    with subprocess.Popen(
        [*command, "--pipeline", str(tiny_model), "--port", "0"],
        stdout=subprocess.PIPE,
        encoding="utf8",
    ) as process:
        try:
            yield re.search(r"answers at (\S+) ", process.stdout.readline())[1]
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def connected(studio, backend):
    """A project with tasks, and the backend's number there."""
    with LabelStudio(studio.url, studio.personal) as server:
        project = server.make("Live", config=labelling_config(LABELS), labels=LABELS)
        tasks = [{"data": {"text": text}} for text in TEXTS]
        server.send(project, tasks, key_of=lambda task: task["data"]["text"])
    body = {"project": project.id, "url": backend, "title": "sciner", "is_interactive": True}
    made = studio.ask("POST", "/api/ml/", json=body)
    assert made["readable_state"] == "Connected"
    return project, made


@pytest.fixture(scope="module")
def expected(tiny_model):
    """Places and scores by text, as the pipeline itself has them."""
    found = {}
    for doc in load_pipeline(tiny_model).pipe(TEXTS):
        spans = [(doc[e.start : e.end], e.label, e.score) for e in scored_entities(doc)]
        found[doc.text] = [(s.start_char, s.end_char, label, score) for s, label, score in spans]
    return found


def places(regions):
    values = [(region["value"], region["score"]) for region in regions]
    return [(v["start"], v["end"], *v["labels"], score) for v, score in values]


def check(regions, expected):
    assert [place[:3] for place in places(regions)] == [place[:3] for place in expected]
    assert [p[3] for p in places(regions)] == pytest.approx([p[3] for p in expected], abs=1e-4)


def test_every_task_gets_one_prediction_empty_ones_too(studio, connected, expected):
    project, made = connected
    path = f"/api/dm/actions?id=retrieve_tasks_predictions&project={project.id}"
    for _ in range(2):  # the second time nothing is predicted anew
        studio.ask("POST", path, json={"selectedItems": {"all": True, "excluded": []}})
    query = {"project": project.id, "fields": "all", "page_size": 1000}
    tasks = studio.ask("GET", "/api/tasks", params=query)["tasks"]
    assert [task["data"]["text"] for task in tasks] == TEXTS
    for task in tasks:
        (prediction,) = task["predictions"]
        check(prediction["result"], expected[task["data"]["text"]])
        assert prediction["model_version"] == made["model_version"]
        scores = [place[3] for place in expected[task["data"]["text"]]]
        assert prediction["score"] == (pytest.approx(min(scores), abs=1e-4) if scores else None)
    counts = [len(task["predictions"][0]["result"]) for task in tasks]
    assert 0 in counts
    assert sum(counts) > 20


def test_a_task_that_is_open_gets_its_proposals(studio, connected, expected):
    project, made = connected
    query = {"project": project.id, "page_size": 5}
    for task in studio.ask("GET", "/api/tasks", params=query)["tasks"]:
        body = {"task": task["id"], "context": {}}
        answer = studio.ask("POST", f"/api/ml/{made['id']}/interactive-annotating", json=body)
        assert answer["data"]["model_version"] == made["model_version"]
        check(answer["data"]["result"], expected[task["data"]["text"]])


def test_a_button_that_does_nothing_here_says_so(studio, connected):
    _, made = connected
    studio.ask("POST", f"/api/ml/{made['id']}/train", json={"use_ground_truth": False})
    state = studio.ask("GET", f"/api/ml/{made['id']}")
    assert state["readable_state"] != "Training"
