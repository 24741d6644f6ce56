"""A server that speaks as much of OpenAI's protocol as the tests need, and misbehaves on demand."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from loopback import serving

KEY = "sk-loopback-0123456789"
GOOD = "BERT <> model <> A program that was trained.\n- GLUE <> benchmark <> Data to compare on."


class Chat(BaseHTTPRequestHandler):
    """Answers as the first word of the paragraph says; what it is asked is kept in `seen`."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = body["messages"][-1]["content"]
        server, word = self.server, text.split()[0]
        with server.lock:
            server.seen.append({"time": time.monotonic(), "path": self.path, "text": text, **body})
            server.keys.append(self.headers["Authorization"])
            server.now += 1
            server.most = max(server.most, server.now)
            n = sum(asked["text"] == text for asked in server.seen)
        time.sleep(server.pause)
        # Before the answer: who has it may ask again at once.
        with server.lock:
            server.now -= 1
        self.act(word, n)

    def act(self, word, n):
        said = f"no, {self.headers['Authorization']} " * 20
        first = n == 1
        if word == "malformed":
            self.say("I found these:\nBERT <> model\nGLUE, a benchmark")
        elif word == "rubbish":
            self.say("There is nothing of interest in it, sorry.")
        elif word == "echo":
            self.say(f"BERT <> model <> {self.headers['Authorization']}")
        elif word == "long":
            self.say("BERT <> model\nGLUE <> ben", finish_reason="length")
        elif word == "page":
            self.send(200, b"<html>It works!</html>", {"Content-Type": "text/html"})
        elif word == "hang" or (word == "slow" and first):
            self.server.stop.wait(20)
        elif word == "limit" and first:
            self.send(429, b'{"error": {"message": "slowly"}}', {"Retry-After": "1"})
        elif word == "busy" and first:
            self.send(429, b'{"error": {"message": "slowly"}}')
        elif (word == "error" and n <= 2) or word == "broken":
            self.send(500, said.encode())
        elif word == "cut" and first:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            self.connection.close()
        elif word == "refused":
            self.send(401, json.dumps({"error": {"message": said}}).encode())
        else:
            self.say(self.server.answer)

    def say(self, content, finish_reason="stop"):
        message = {"role": "assistant", "content": content}
        choices = [{"index": 0, "message": message, "finish_reason": finish_reason}]
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        answer = {"id": "1", "object": "chat.completion", "choices": choices, "usage": usage}
        self.send(200, json.dumps(answer).encode())

    def send(self, status, body, headers=None):
        self.send_response(status)
        known = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        for name, value in {**known, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@contextmanager
def chatting(*, answer=GOOD, pause=0.0):
    """values: `seen`, the requests; `most`, how many were in work at once."""
    values = {"seen": [], "keys": [], "now": 0, "most": 0, "answer": answer, "pause": pause}
    stop = threading.Event()
    with serving(Chat, lock=threading.Lock(), stop=stop, **values) as server:
        yield server
        stop.set()


def hurry(monkeypatch):
    """No wait before a repetition, but for a server's own Retry-After; no key of the user's."""
    extra = "The client is not installed: pip install 'spacy-sciner[llm]'"
    client = pytest.importorskip("openai._base_client", reason=extra)
    monkeypatch.setattr(client, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr("spacy_sciner.llm.client.JITTER_S", 0.0)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def url_of(server):
    return f"http://127.0.0.1:{server.server_port}/v1"
