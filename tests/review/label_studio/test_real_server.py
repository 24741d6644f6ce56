"""Tasks to a real Label Studio and back: nothing lost, nothing moved, nothing twice."""

import pytest
from awkward import LABELS, VERSION, as_submitted, corrections, shown_paragraphs

from spacy_sciner.corpus.formats.label_studio import labelling_config, read_label_studio
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError
from spacy_sciner.review.server import LabelStudio, Sent
from spacy_sciner.review.tasks import tasks_of

N = 320
CONFIG = labelling_config(LABELS)


def key_of(task):
    return task["data"]["text"]


@pytest.fixture(scope="module")
def shown():
    return shown_paragraphs(N)


@pytest.fixture(scope="module")
def project(studio, shown):
    """A project with all tasks, sent with a personal access token, half of them twice."""
    with LabelStudio(studio.url, studio.personal) as server:
        project = server.make("Round 1", config=CONFIG, labels=LABELS)
        tasks = tasks_of(shown)
        assert server.send(project, tasks[: N // 2], key_of=key_of) == Sent(N // 2, 0)
        assert server.send(project, tasks, key_of=key_of) == Sent(N - N // 2, N // 2)
        assert server.send(project, tasks, key_of=key_of) == Sent(0, N)
        server.show(project, VERSION)
    return project


def test_the_server_has_texts_proposals_scores_and_the_model(studio, project, shown):
    query = {"project": project.id, "fields": "all", "page_size": N}
    listed = studio.ask("GET", "/api/tasks", params=query)
    assert listed["total"] == N
    for task, one in zip(listed["tasks"], shown, strict=True):
        assert task["data"]["text"] == one.doc.text
        assert (task["data"]["paper"], task["data"]["rank"]) == (one.paper, one.more["rank"])
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == VERSION
        regions = [(r["value"], r["score"]) for r in prediction["result"]]
        assert [(v["start"], v["end"], *v["labels"], score) for v, score in regions] == [
            (span.start, span.end, span.label, span.score) for span in one.ents
        ]
        scores = [span.score for span in one.ents]
        assert prediction["score"] == (min(scores) if scores else None)
        assert task["predictions_score"] == prediction["score"]  # the column that is sorted by
    values = studio.ask("GET", f"/api/projects/{project.id}")
    assert values["model_version"] == VERSION


def test_what_a_person_corrects_comes_back_as_it_was_made(studio, project, shown, tmp_path):
    corrected = corrections(shown)
    with LabelStudio(studio.url, studio.legacy) as server:
        for task in server.tasks(project):
            text = task["data"]["text"]
            if text in corrected:
                body = as_submitted(text, corrected[text])
                studio.ask("POST", f"/api/tasks/{task['id']}/annotations/", json=body)
        server.fetch(project, tmp_path / "export.json")
    repairs = Repairs()
    read = read_label_studio(tmp_path / "export.json", file="export.json", repairs=repairs)
    finished = {text: c.places for text, c in corrected.items() if not c.is_skipped}
    assert {p.text: [span[:3] for span in p.spans] for p in read} == finished
    n_skipped = sum(c.is_skipped for c in corrected.values())
    assert repairs.counts == {"not-accepted": n_skipped, "unannotated": N - len(corrected)}
    assert repairs.units == {}  # code points
    assert len(finished) >= 280


def test_both_kinds_of_token_and_what_is_refused(studio, project):
    for token in (studio.legacy, studio.personal):
        with LabelStudio(studio.url, token) as server:
            assert server.version().startswith("1.")
            assert server.need("Round 1").id == project.id
    for token in ("f" * 40, studio.personal[:-2] + "xx"):
        with LabelStudio(studio.url, token) as server, pytest.raises(ScinerError, match="E261"):
            server.need("Round 1")
    with LabelStudio(studio.url, studio.legacy) as server:
        with pytest.raises(ScinerError, match=r"E263.*There: .*Round 1"):
            server.need("Round 2")
        with pytest.raises(ScinerError, match=r"E264.*no label Task"):
            server.make("Round 1", config=CONFIG, labels=["Task"])
        with pytest.raises(ScinerError, match=r"E262.*400, Validation error.*3 characters"):
            server.make("ab", config=CONFIG, labels=[])
        with pytest.raises(ScinerError, match=r'E262.*400.*"text" key is expected'):
            server.send(project, [{"data": {"body": "x"}}], key_of=str)
