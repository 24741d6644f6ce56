"""A session that asks a busy server again, against a server on this machine."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest
import requests
from loopback import serving

from spacy_sciner import http


class Handler(BaseHTTPRequestHandler):
    """Answers one of the server's `answers` after the other: (status, Retry-After or None)."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        status, retry_after = self.server.answers.pop(0)
        if status is None:
            self.connection.close()
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if retry_after is not None:
            self.send_header("Retry-After", retry_after)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def ask(monkeypatch):
    """Ask with some answers prepared. RETURNS: The last status, the waits, the bodies received."""
    waits = []
    monkeypatch.setattr("spacy_sciner.http.time.sleep", waits.append)

    def ask(*answers, retries=3, statuses=(503,), jitter_s=0.0):
        waits.clear()
        with (
            serving(Handler, answers=list(answers), bodies=[]) as server,
            http.patient_session(retries, statuses=statuses, jitter_s=jitter_s) as session,
        ):
            url = f"http://127.0.0.1:{server.server_port}/"
            answer = session.post(url, data=b"question", timeout=5)
        return answer.status_code, list(waits), server.bodies

    return ask


def test_it_waits_as_long_as_the_server_says(ask):
    status, waits, bodies = ask((503, "2"), (503, "0"), (503, "9999"), (200, None))
    assert (status, waits) == (200, [2, 0, http.LONGEST_WAIT_S])
    assert bodies == [b"question"] * 4


def test_a_date_is_a_wait_too(ask):
    now = datetime.now(timezone.utc)
    soon = format_datetime(now + timedelta(seconds=20), usegmt=True)
    past = format_datetime(now - timedelta(days=1), usegmt=True)
    status, (first, second), _ = ask((503, soon), (503, past), (200, None))
    assert (status, second) == (200, 0)
    assert 10 < first <= 20


def test_without_a_word_the_waits_double(ask):
    busy = [(503, None)] * 6 + [(503, "soon")]
    status, waits, _ = ask(*busy, (200, None), retries=7)
    assert (status, waits) == (200, [1, 2, 4, 8, 16, 30, 30])


def test_jitter_comes_on_top(ask):
    _, waits, _ = ask((503, "3"), (503, "3"), (200, None), jitter_s=0.5)
    assert all(3 <= wait < 3.5 for wait in waits)
    assert waits[0] != waits[1]


def test_the_last_answer_is_returned_when_the_tries_are_spent(ask):
    status, waits, bodies = ask(*[(503, "1")] * 3, retries=2)
    assert (status, waits, len(bodies)) == (503, [1, 1], 3)


@pytest.mark.parametrize(
    ("statuses", "answers", "expected"),
    [
        ((503,), [(429, "1")], 429),  # not one of ours, whatever it asks for
        ((503,), [(500, None)], 500),
        ((429, 500, 503), [(429, "1"), (500, None), (503, None), (200, None)], 200),
    ],
)
def test_only_the_statuses_asked_for_are_tried_again(statuses, answers, expected, ask):
    status, waits, _ = ask(*answers, statuses=statuses)
    assert (status, len(waits)) == (expected, len(answers) - 1)


def test_a_broken_connection_is_an_error_at_once(ask):
    with pytest.raises(requests.ConnectionError):
        ask((None, None), (200, None))


def test_a_server_without_tls_is_an_error_at_once():
    with (
        serving(Handler, answers=[], bodies=[]) as server,
        http.patient_session(3, statuses=(503,)) as session,
        pytest.raises(requests.exceptions.SSLError),
    ):
        session.post(f"https://127.0.0.1:{server.server_port}/", data=b"question", timeout=5)
