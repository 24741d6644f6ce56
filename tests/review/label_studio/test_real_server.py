"""Tasks to a real Label Studio and back: nothing lost, nothing moved, nothing twice."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from awkward import LABELS, VERSION, Corrected, as_submitted, corrections, shown_paragraphs

from spacy_sciner.corpus.formats.label_studio import read_label_studio
from spacy_sciner.corpus.formats.label_studio_tasks import labelling_config
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError
from spacy_sciner.review.record import read_rounds
from spacy_sciner.review.returned import HeldOut, import_files
from spacy_sciner.review.server import LabelStudio, Sent
from spacy_sciner.review.tasks import tasks_of, write_round

EXECUTABLE = os.environ.get("SCINER_LABEL_STUDIO", "")
N = 320
ABOUT = {
    "labels": LABELS,
    "about": {"corpus": "mine", "model_version": VERSION, "strategy": "random", "seed": 0},
}
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
    write_round(tmp_path / "review/round-1", shown, file_format="label-studio", **ABOUT)
    with LabelStudio(studio.url, studio.legacy) as server:
        for task in server.tasks(project):
            text = task["data"]["text"]
            if text in corrected:
                body = as_submitted(text, corrected[text])
                studio.ask("POST", f"/api/tasks/{task['id']}/annotations/", json=body)
        server.fetch(project, tmp_path / "export.json")
    report, gold = imported(tmp_path)
    finished = {text: c.places for text, c in corrected.items() if not c.is_skipped}
    assert {p.text: [span[:3] for span in p.spans] for p in gold} == finished
    assert len(finished) >= 280
    assert not any(report["set_aside"].values())
    for listed in ("lost", "overlaps", "not_compared", "repairs", "offsets"):
        assert not report[listed], listed
    counts = {"unannotated": N - len(corrected), "not_accepted": len(corrected) - len(finished)}
    assert {name: report["tasks"][name] for name in counts} == counts
    before = {one.doc.text: [(s.start, s.end, s.label) for s in one.ents] for one in shown}
    expected = sum((changes(before[text], finished[text]) for text in finished), Counter())
    assert {k: n for k, n in report["entities"]["all"].items() if n} == expected


def changes(before, after):
    """Kept, removed, added and relabelled entities of one paragraph."""
    old, new = ({(start, end): label for start, end, label in some} for some in (before, after))
    both = old.keys() & new.keys()
    n_kept = sum(old[place] == new[place] for place in both)
    n_removed, n_added = len(old.keys() - both), len(new.keys() - both)
    return Counter(kept=n_kept, relabelled=len(both) - n_kept, removed=n_removed, added=n_added)


def imported(folder):
    """The report of an import, and the gold that it wrote."""
    report = import_files(
        [folder / "export.json"],
        rounds=read_rounds(folder / "review"),
        held_out=HeldOut((), ()),
        corpus="mine",
        gold=folder / "gold.json",
        labels=LABELS,
    )
    repairs = Repairs()
    gold = read_label_studio(folder / "gold.json", file="gold.json", repairs=repairs)
    assert not repairs.counts
    return report, gold


def test_what_cannot_be_taken_over_is_listed(studio, shown, tmp_path):
    """Annotations that no front end makes, but other programs do."""
    some = [one for one in shown if one.ents][:4]
    write_round(tmp_path / "review/round-1", some, file_format="label-studio", **ABOUT)
    with LabelStudio(studio.url, studio.personal) as server:
        project = server.make("Strange", config=CONFIG, labels=LABELS)
        server.send(project, tasks_of(some), key_of=key_of)
        for i, task in enumerate(server.tasks(project)):
            text = task["data"]["text"]
            start, end, label = some[i].ents[0][:3]
            regions = as_submitted(text, Corrected([(start, end, label)]))["result"]
            (region,) = regions
            value = region["value"]
            if i == 1:  # the same words again under another label
                other = {**value, "labels": [LABELS[LABELS.index(label) - 1]]}
                regions.append({**region, "id": "r1", "value": other})
            elif i == 2:  # nowhere in the text
                lost = {**value, "start": len(text) + 5, "end": len(text) + 9, "text": "gone"}
                regions.append({**region, "id": "r1", "value": lost})
            elif i == 3:
                regions[0] = {**region, "value": {**value, "labels": ["Strange"]}}
            body = {"result": regions}
            studio.ask("POST", f"/api/tasks/{task['id']}/annotations/", json=body)
        server.fetch(project, tmp_path / "export.json")
    report, _ = imported(tmp_path)
    places = [f"{one.paper}/{one.paragraph}" for one in some]
    assert [line.startswith(places[1]) for line in report["overlaps"]] == [True]
    assert report["lost"] == [f"{places[2]}: {some[2].ents[0].label} 'gone'"]
    assert report["repairs"]["unknown-label"]["count"] == 1
    assert report["entities"]["all"]["kept"] >= 2


def test_label_studios_own_client_finds_nothing_wrong(studio, project, shown):
    """Its checks of a prediction are stricter than those of its open server."""
    program = Path(EXECUTABLE).with_name("python")
    done = subprocess.run(
        [program, "-c", OWN_CLIENT, studio.url, str(project.id)],
        env={"PATH": "", "HOME": "", "LABEL_STUDIO_API_KEY": studio.personal},
        capture_output=True,
        encoding="utf8",
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["problems"] == []
    assert said["texts"] == [one.doc.text for one in shown]


OWN_CLIENT = """
import json, sys
from label_studio_sdk import LabelStudio
from label_studio_sdk.label_interface import LabelInterface

client = LabelStudio(base_url=sys.argv[1])
project = client.projects.get(id=int(sys.argv[2]))
interface = LabelInterface(project.label_config)
tasks = [task.dict() for task in client.tasks.list(project=project.id, fields="all")]
given = [p for task in tasks for p in task["predictions"]]
found = [{k: p[k] for k in ("model_version", "score", "result")} for p in given]
problems = [e for p in found for e in interface.validate_prediction(p, return_errors=True)]
print(json.dumps({"problems": problems, "texts": [task["data"]["text"] for task in tasks]}))
"""


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
