"""The model backend, asked as Label Studio asks it."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tiny import SENTENCES

from spacy_sciner.corpus.formats.label_studio_tasks import labelling_config
from spacy_sciner.errors import ScinerError, ScinerWarning
from spacy_sciner.pipeline.annotator import scored_entities
from spacy_sciner.review.backend import Interface, Proposer, make_app, read_interface
from spacy_sciner.training.experiment import load_pipeline

pytest.importorskip("starlette", reason="The server is not installed: pip install -e '.[review]'")

LABELS = ["Dataset", "Method", "Metric"]
CONFIG = labelling_config(LABELS)
OTHER = """<View><Header value="Find"/><Labels name="kind" toName="paragraph">
    <Label value="Method"/></Labels><Text name="paragraph" value="$body"/></View>"""
TEXTS = [words for words, _ in SENTENCES]


@pytest.fixture(scope="module")
def proposer(tiny_model):
    return Proposer(load_pipeline(tiny_model), "best-1")


@pytest.fixture(scope="module")
def client(proposer):
    from starlette.testclient import TestClient

    return TestClient(make_app(proposer))


def asked(texts, config=CONFIG, key="text"):
    tasks = [{"id": n, "data": {key: text}} for n, text in enumerate(texts, start=1)]
    project = {"project": "1.1780000000", "params": {"context": None}}
    return {"tasks": tasks, "label_config": config, **project}


def test_it_says_that_it_is_up_and_which_model_it_is(client):
    assert client.get("/health").json() == {"status": "UP", "model_version": "best-1"}
    setup = {"project": "1.1", "schema": CONFIG, "hostname": "", "access_token": "secret"}
    answer = client.post("/setup", json={**setup, "extra_params": None})
    assert (answer.status_code, answer.json()) == (200, {"model_version": "best-1"})


def test_one_result_for_each_task_empty_ones_too(client, proposer):
    texts = [*TEXTS, "", " \n", "𝑥 𝑥 we train BERT on SQuAD ."]
    body = client.post("/predict", json=asked(texts)).json()
    assert body["model_version"] == "best-1"
    assert len(body["results"]) == len(texts)
    for text, result in zip(texts, body["results"], strict=True):
        doc = proposer.nlp(text)
        ents = scored_entities(doc)
        places = [(doc[e.start : e.end], e.label) for e in ents]
        regions = [(r["value"], r["score"]) for r in result["result"]]
        assert result["model_version"] == "best-1"
        assert [(v["start"], v["end"], v["text"], v["labels"]) for v, _ in regions] == [
            (span.start_char, span.end_char, span.text, [label]) for span, label in places
        ]  # code points
        assert [score for _, score in regions] == pytest.approx([e.score for e in ents], abs=1e-4)
        if ents:
            assert result["score"] == pytest.approx(min(e.score for e in ents), abs=1e-4)
    assert [bool(result["result"]) for result in body["results"][-3:]] == [False, False, True]
    names = {(r["from_name"], r["to_name"]) for one in body["results"] for r in one["result"]}
    assert names == {("label", "text")}


def test_half_of_a_character_costs_no_answer(client):
    """A browser may send one; it is one code point, so that the places after it hold."""
    body = json.dumps(asked(["\ud835 we train BERT ."])).encode()
    answer = client.post("/predict", content=body)
    assert answer.status_code == 200
    (region,) = answer.json()["results"][0]["result"]
    assert (region["value"]["start"], region["value"]["text"]) == (11, "BERT")


def test_a_text_that_the_pipeline_refuses_is_named(client, proposer, monkeypatch):
    monkeypatch.setattr(proposer.nlp, "max_length", 8)
    answer = client.post("/predict", json=asked(["short", "BERT is long"]))
    assert answer.status_code == 400
    assert "task 2, data.text has more than 8 characters" in answer.json()["error"]


def test_a_project_with_names_of_its_own_and_fewer_labels(tiny_model):
    proposer = Proposer(load_pipeline(tiny_model), "best-1")
    tasks = asked(["we train BERT on SQuAD ."], key="body")["tasks"]
    with pytest.warns(ScinerWarning, match="W226.*no label Dataset"):
        (result,) = proposer.propose(tasks, OTHER)
    (region,) = result["result"]
    assert (region["from_name"], region["to_name"]) == ("kind", "paragraph")
    assert region["value"]["labels"] == ["Method"]
    assert proposer.propose(tasks, OTHER) == [result]  # told once
    assert result["score"] == region["score"]  # not that of what is left out
    with pytest.warns(ScinerWarning, match="W226.*no label Method"):
        (none,) = proposer.propose(tasks, OTHER.replace("Method", "Else"))
    assert none == {"model_version": "best-1", "result": []}


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/predict", b"{", "E269.*/predict"),
        ("/predict", b"\xff", "E269"),
        ("/predict", b"[]", "E269.*no object"),
        ("/predict", {}, "E266.*no XML"),
        ("/predict", {"label_config": "<View/>"}, "E266.*no <Labels>"),
        ("/predict", {"label_config": CONFIG}, "E267: .*`tasks`, it is no list"),
        ("/predict", {"label_config": CONFIG, "tasks": ["a"]}, "E267: .*task 0, data.text"),
        ("/predict", asked(["a", None]), "E267: .*task 2, data.text is no text"),
        ("/predict", asked(["a"], key="body"), "E267: .*task 1, data.text"),
        ("/setup", {"schema": "<View>"}, "E266.*no XML"),
        ("/webhook", {"action": "START_TRAINING"}, "E268.*dvc repro"),
    ],
)
def test_a_bad_request_is_answered_with_the_reason(client, capfd, path, body, message):
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = client.post(path, **content)
    assert answer.status_code == 400
    with pytest.raises(ScinerError, match=message):
        raise ScinerError(answer.json()["error"])
    assert answer.json()["error"] in capfd.readouterr().err  # where the backend runs


def test_what_happens_in_a_project_is_heard_and_nothing_else(client):
    answer = client.post("/webhook", json={"action": "ANNOTATION_CREATED", "annotation": {}})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert client.get("/train").status_code == 404
    assert client.get("/predict").status_code == 405


def test_the_interface_of_another_kind():
    assert read_interface(OTHER) == Interface("kind", "paragraph", "body", {"Method": "Method"})
    choices = "<View><Choices name='c' toName='t'/><Text name='t' value='$text'/></View>"
    with pytest.raises(ScinerError, match="E266"):
        read_interface(choices)


@pytest.mark.parametrize("label", ['value="How" alias="Method"', 'value="Method" alias="How"'])
def test_a_label_with_an_alias_is_called_by_it(proposer, label):
    """Label Studio's own regions have the alias, whatever stands on the button."""
    body = asked(["we train BERT ."], OTHER.replace('value="Method"', label), key="body")
    ((region,),) = (r["result"] for r in proposer.propose(body["tasks"], body["label_config"]))
    assert region["value"]["labels"] == ["Method" if 'alias="Method"' in label else "How"]


def test_requests_at_once_get_what_they_would_alone(proposer):
    bodies = [asked(TEXTS[n:] + TEXTS[:n]) for n in range(4)]
    alone = [proposer.propose(body["tasks"], CONFIG) for body in bodies]
    start = threading.Barrier(8)

    def ask(body):
        start.wait(10)
        return proposer.propose(body["tasks"], CONFIG)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, bodies * 2)) == alone * 2


def test_one_request_at_a_time_asks_the_pipeline(proposer, monkeypatch):
    now, most = [], []

    def pipe(texts):
        now.append(1)
        time.sleep(0.001)
        most.append(len(now))
        yield from map(proposer.nlp.make_doc, texts)
        now.pop()

    monkeypatch.setattr(proposer.nlp, "pipe", pipe)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: proposer.propose(asked(TEXTS)["tasks"], CONFIG), range(20)))
    assert set(most) == {1}
