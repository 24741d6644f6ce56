"""The requests to a Label Studio, against a small one on this machine."""

import json

import pytest
from studio_server import LEGACY, PERSONAL, studying

from spacy_sciner.errors import ScinerError
from spacy_sciner.review import server as module
from spacy_sciner.review.server import LabelStudio, Sent

CONFIG = "<View><Labels name='label' toName='text'><Label value='Method'/></Labels></View>"


@pytest.fixture
def studio(monkeypatch):
    monkeypatch.setattr("spacy_sciner.http.time.sleep", lambda seconds: None)
    with studying() as server:
        yield server


def connect(studio, token=LEGACY):
    return LabelStudio(f"http://127.0.0.1:{studio.server_port}/", token)


def make_tasks(n):
    prediction = {"model_version": "best-1", "result": []}
    return [{"data": {"text": f"text {i}"}, "predictions": [prediction]} for i in range(n)]


def key_of(task):
    return task["data"]["text"]


@pytest.mark.parametrize("token", [LEGACY, PERSONAL])
def test_tasks_go_to_a_project_and_come_back(studio, token, tmp_path):
    told = []
    with connect(studio, token) as server:
        assert server.version() == "1.23.2"
        project = server.make("Round 1", config=CONFIG, labels=["Method"])
        sent = server.send(project, make_tasks(250), key_of=key_of, on_done=told.append)
        server.show(project, "best-1")
        assert server.need("Round 1").model_version == "best-1"
        server.fetch(project, tmp_path / "export.json")
    assert project.address == f"http://127.0.0.1:{studio.server_port}/projects/1/data"
    assert (sent, told) == (Sent(250, 0), [100, 100, 50])
    exported = json.loads((tmp_path / "export.json").read_text(encoding="utf8"))
    assert [task["data"]["text"] for task in exported] == [f"text {i}" for i in range(250)]
    assert studio.projects[0]["label_config"] == CONFIG
    assert studio.n_renewed == (token == PERSONAL)  # one access token for all


def test_sending_goes_on_where_it_stopped(studio):
    studio.fail["/api/projects/1/import"] = [None, (500, {"detail": "disk full"})]
    with connect(studio) as server:
        project = server.make("Round 1", config=CONFIG, labels=[])
        with pytest.raises(ScinerError, match=r"E262.*import tasks 100 to 199: .*500, disk full"):
            server.send(project, make_tasks(250), key_of=key_of)
        assert server.send(project, make_tasks(250), key_of=key_of) == Sent(150, 100)
        assert server.send(project, make_tasks(250), key_of=key_of) == Sent(0, 250)
    assert list(map(key_of, studio.tasks)) == list(map(key_of, make_tasks(250)))


def test_an_access_token_that_has_run_out_is_bought_anew(studio):
    with connect(studio, PERSONAL) as server:
        project = server.make("Round 1", config=CONFIG, labels=[])
        studio.n_renewed += 1  # the one at hand is no longer taken
        assert server.send(project, make_tasks(1), key_of=key_of).n_sent == 1
    assert studio.asked.count(("POST", "/api/token/refresh")) == 2


def test_a_busy_server_is_asked_again_and_nothing_is_sent_twice(studio):
    studio.fail["/api/projects/1/import"] = [(503, {}), (429, {}, {"Retry-After": "1"})]
    with connect(studio) as server:
        project = server.make("Round 1", config=CONFIG, labels=[])
        server.send(project, make_tasks(3), key_of=key_of)
    assert len(studio.tasks) == 3


def test_a_model_without_predictions_is_not_asked_for(studio):
    with connect(studio) as server:
        project = server.make("Round 1", config=CONFIG, labels=[])
        server.show(project, "best-1")
    assert ("PATCH", "/api/projects/1") not in studio.asked


@pytest.mark.parametrize("token", ["wrong", "a.b.c"])
def test_a_wrong_token_is_refused_and_not_told(studio, token):
    with connect(studio, token) as server, pytest.raises(ScinerError, match="E261") as error:
        server.find("Round 1")
    assert token not in str(error.value).replace("LABEL_STUDIO_API_KEY", "")
    assert error.value.__cause__ is None


@pytest.mark.parametrize("token", [LEGACY, PERSONAL])
def test_what_a_server_says_back_of_the_token_is_not_told(studio, token):
    own = {LEGACY: LEGACY, PERSONAL: "access-1"}[token]
    studio.fail["/api/projects"] = [(400, {"detail": f"no, {own} and {token}"})]
    with connect(studio, token) as server, pytest.raises(ScinerError, match="E262") as error:
        server.find("Round 1")
    assert "no, *** and ***" in str(error.value)


def test_no_server(studio):
    with (
        LabelStudio("http://127.0.0.1:1", LEGACY) as server,
        pytest.raises(
            ScinerError, match=r"E260: No Label Studio answers at http://127.0.0.1:1: Connection"
        ),
    ):
        server.version()
    studio.fail["/api/version"] = [(200, b"<html>It works!</html>")]
    with connect(studio) as server, pytest.raises(ScinerError, match=r"E260.*\(200\) is none"):
        server.version()


def test_a_redirect_is_not_followed(studio):
    studio.fail["/api/projects"] = [(301, {}, {"Location": "https://elsewhere.example"})]
    with connect(studio) as server, pytest.raises(ScinerError, match=r"301, it is at https://else"):
        server.find("Round 1")


@pytest.mark.parametrize("said", [b"<html></html>", b'{"tasks": []}', b"[1]"])
def test_an_export_that_is_none(studio, said, tmp_path):
    with connect(studio) as server:
        project = server.make("Round 1", config=CONFIG, labels=[])
        studio.fail["/api/projects/1/export"] = [(200, said)]
        with pytest.raises(ScinerError, match=r"E262.*not export the tasks: .*200, no list of"):
            server.fetch(project, tmp_path / "export.json")
    assert not list(tmp_path.iterdir())


def test_an_empty_project_is_no_export(studio, tmp_path):
    with connect(studio) as server:
        project = server.make("Round 1", config=CONFIG, labels=[])
        with pytest.raises(ScinerError, match=r"SCINER-E254: No task is in http.*/projects/1/"):
            server.fetch(project, tmp_path / "export.json")
    assert not list(tmp_path.iterdir())


def test_projects_are_found_by_their_very_title(studio):
    with connect(studio) as server:
        for title in ("Round 10", "round 1", "Round 1"):
            server.make(title, config=CONFIG, labels=[])
        assert server.need("Round 1").id == 3
        assert server.make("Round 1", config="other", labels=["Method"]).id == 3
        with pytest.raises(ScinerError, match=r"E263.*'Round 2'.*There: Round 1, Round 10, r"):
            server.need("Round 2")
        with pytest.raises(ScinerError, match=r"E264: .* no label Task\..*/projects/3/settings"):
            server.make("Round 1", config=CONFIG, labels=["Task", "Method"])
        with pytest.raises(ScinerError, match=r"E262.*make project 'ab'.*at least 3 characters"):
            server.make("ab", config=CONFIG, labels=[])
        studio.projects.append(studio.projects[2])
        with pytest.raises(ScinerError, match="E265: 2 projects"):
            server.find("Round 1")


def test_no_password_of_the_users_own_goes_along(studio, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with connect(studio) as server:
        assert server.find("Round 1") is None  # with the token: a password would be refused


def test_many_projects_are_named_in_short(studio, monkeypatch):
    monkeypatch.setattr(module, "MOST_NAMED", 2)
    with connect(studio) as server:
        with pytest.raises(ScinerError, match="There: none"):
            server.need("Round")
        for n in range(3):
            server.make(f"Round {n}", config=CONFIG, labels=[])
        with pytest.raises(ScinerError, match="There: Round 0, Round 1, …"):
            server.need("Round")
