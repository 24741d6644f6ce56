"""A real Label Studio, for the tests of this folder alone: `make test-label-studio`.

SCINER_LABEL_STUDIO is its executable; without it nothing here is collected. It runs on a free port
of this machine, keeps its data in a temporary folder, tells nobody of it, and ends with the tests.
"""

import os
import secrets
import signal
import socket
import subprocess
import time
from typing import NamedTuple

import pytest
import requests

EXECUTABLE = os.environ.get("SCINER_LABEL_STUDIO", "")
collect_ignore_glob = [] if EXECUTABLE else ["test_*.py"]
START_S = 240  # its first start makes all tables: 30 s alone, 100 s on a busy machine


class Studio(NamedTuple):
    """A running server, and one user's tokens of both kinds."""

    url: str
    legacy: str
    personal: str

    def ask(self, method, path, **more):
        """As its pages do; fails the test on a refusal."""
        headers = {"Authorization": f"Token {self.legacy}"}
        answer = requests.request(method, f"{self.url}{path}", headers=headers, timeout=60, **more)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("label-studio")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(20)
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command(folder / "data", port, token),
            env=environment(folder),
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health", process, log)
            started = Studio(url, token, "")
            yield started._replace(personal=started.ask("POST", "/api/token/")["token"])
        finally:
            stop(process)


def command(data, port, token):
    own = ["--no-browser", "--internal-host", "127.0.0.1", "--port", str(port)]
    user = ["--username", "person@example.org", "--password", secrets.token_hex(8)]
    return [EXECUTABLE, "start", *own, "--data-dir", str(data), *user, "--user-token", token]


def environment(folder):
    quiet = {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false"}
    return {
        **quiet,
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "USE_DEFAULT_BANNED_SUBNETS": "false",  # else it asks no backend on its own machine
    }


def wait_for(url, process, log):
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf8", errors="replace")[-2000:]
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.5)
    pytest.fail(f"no answer in {START_S} s: {log.read_text(encoding='utf8', errors='replace')}")


def stop(process):
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, sign)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                continue
