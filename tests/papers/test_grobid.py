import importlib
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest
from loopback import serving

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers import grobid, parse_papers
from spacy_sciner.papers.grobid import convert_tei, parse_pdfs

from .helpers import make_settings, params
from .layouts import Layout, make_layout
from .test_readers import TEI

ANSWER = TEI.format(abstract="<p>An abstract.</p>").encode()


class Grobid(BaseHTTPRequestHandler):
    """Answers as the name of the PDF says."""

    def do_GET(self):
        if self.server.is_dead:
            self.connection.close()
            return
        self.answer(200 if self.path == "/api/isalive" else 404, b"true")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        with server.lock:
            server.now += 1
            server.most = max(server.most, server.now)
        name = body.split(b'filename="')[1].split(b'"')[0].decode()
        n = server.seen[name] = server.seen.get(name, 0) + 1
        server.paths.append(self.path)
        time.sleep(0.05)
        # Before the answer: who has it may ask again at once.
        with server.lock:
            server.now -= 1
        if (name == "busy.pdf" and n <= 2) or name == "always.pdf":
            self.answer(503, b"busy", {"Retry-After": "0"})
        elif name == "error.pdf":
            self.answer(500, b"<html><style>p{}</style><h1>Server   Error</h1></html>")
        elif name == "empty.pdf":
            self.answer(204, b"")
        elif name == "rubbish.pdf":
            self.answer(200, b"<html>It works!</html>")
        elif name == "half.pdf":
            self.answer(200, ANSWER[:300])
        elif name == "hang.pdf":
            server.stop.wait(20)
        elif name in ("drop.pdf", "die.pdf"):
            server.is_dead |= name == "die.pdf"
            self.connection.close()
        elif name == "gateway.pdf":
            server.is_dead = True
            self.answer(502, b"Bad Gateway")
        else:
            self.answer(200, ANSWER)

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    counts = {"seen": {}, "paths": [], "now": 0, "most": 0, "is_dead": False}
    lock, stop = threading.Lock(), threading.Event()
    with serving(Grobid, lock=lock, stop=stop, **counts) as server:
        yield server
        stop.set()


def settings_for(server, **changes):
    url = f"http://127.0.0.1:{server.server_port}/"
    values = {"timeout_s": 5, "concurrency": 2, "retries": 3, **changes}
    return make_settings({**params(), "grobid": {"url": url, **values}}).grobid


def parse(server, tmp_path, *names, **changes):
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(b"%PDF-1.4 " + path.name.encode())
    return dict(parse_pdfs(paths, settings_for(server, **changes)))


def test_scipdf_converts_the_answer(server, tmp_path):
    outcome = parse(server, tmp_path, "a.pdf")[0]
    assert server.paths == ["/api/processFulltextDocument"]
    assert ("Title", "A   title") not in outcome
    assert ("Title", "A title") in outcome
    assert ("Intro", "Second.") in outcome
    assert not any("caption" in text or "thank" in text for _, text in outcome)


def test_each_failure_costs_one_file(server, tmp_path):
    names = [
        "ok.pdf",
        "busy.pdf",
        "error.pdf",
        "empty.pdf",
        "rubbish.pdf",
        "half.pdf",
        "drop.pdf",
        "last.pdf",
    ]
    outcomes = parse(server, tmp_path, *names)
    by_name = {name: outcomes[i] for i, name in enumerate(names)}
    for name in ("ok.pdf", "busy.pdf", "last.pdf"):
        assert isinstance(by_name[name], list), by_name[name]
    assert server.seen["busy.pdf"] == 3
    for name, start in {
        "error.pdf": "SCINER-E132: GROBID answered 500 for error.pdf: Server Error",
        "empty.pdf": "SCINER-E132: GROBID answered 204 for empty.pdf: no content",
        "rubbish.pdf": "SCINER-E134: GROBID's answer for rubbish.pdf is not TEI: It works!",
        "half.pdf": "SCINER-E134: GROBID's answer for half.pdf is not TEI",
        "drop.pdf": "SCINER-E135: The connection to GROBID broke for drop.pdf",
    }.items():
        assert str(by_name[name]).startswith(start)


@pytest.mark.parametrize("name", ["die.pdf", "gateway.pdf"])
def test_a_server_that_dies_ends_the_run(server, tmp_path, monkeypatch, name):
    """Else all papers that are left would be set aside, and nothing would try them again."""
    monkeypatch.setattr(grobid, "PATIENCE_S", 0)
    with pytest.raises(ScinerError, match=rf"SCINER-E130: .* since {name}, which may have"):
        parse(server, tmp_path, "ok.pdf", name, "last.pdf", concurrency=1, retries=0)


def test_a_server_that_comes_back_costs_the_paper_that_crashed_it(server, tmp_path, monkeypatch):
    monkeypatch.setattr(grobid.time, "sleep", lambda s: setattr(server, "is_dead", False))
    found = parse(server, tmp_path, "die.pdf", "last.pdf", concurrency=1, retries=0)
    assert str(found[0]).startswith("SCINER-E135")
    assert isinstance(found[1], list)


def test_timeout(server, tmp_path):
    outcomes = parse(server, tmp_path, "hang.pdf", "ok.pdf", timeout_s=0.5)
    assert str(outcomes[0]).startswith("SCINER-E131: GROBID did not answer for hang.pdf within 0.5")
    assert isinstance(outcomes[1], list)


def test_busy_for_ever(server, tmp_path):
    outcome = parse(server, tmp_path, "always.pdf", retries=2)[0]
    assert str(outcome).startswith("SCINER-E133: GROBID was still busy for always.pdf after 2")
    assert server.seen["always.pdf"] == 3


@pytest.mark.parametrize("concurrency", [1, 3])
def test_concurrency(server, tmp_path, concurrency):
    parse(server, tmp_path, *[f"{i}.pdf" for i in range(8)], concurrency=concurrency)
    assert server.most == concurrency


def test_no_server(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(b"")
    values = {**params()["grobid"], "url": "http://127.0.0.1:9"}
    settings = make_settings({**params(), "grobid": values}).grobid
    with pytest.raises(ScinerError, match=r"SCINER-E130: No GROBID server at .*docker compose"):
        dict(parse_pdfs([path], settings))


def test_no_papers_need_no_server():
    assert list(parse_pdfs([], make_settings(params()).grobid)) == []


def test_tei_that_scipdf_fails_on(monkeypatch):
    def fail(soup):
        return soup.find("nothing").text

    module = importlib.import_module("scipdf.pdf.parse_pdf")
    monkeypatch.setattr(module, "convert_article_soup_to_dict", fail)
    with pytest.raises(ScinerError, match=r"SCINER-E134: .*scipdf-parser fails on it"):
        convert_tei(b"<TEI></TEI>", file="a.pdf")


def test_tei_without_an_abstract():
    start, _, rest = ANSWER.decode().partition("<profileDesc>")
    content = (start + rest.partition("</profileDesc>")[2]).encode()
    assert ("Intro", "Second.") in convert_tei(content, file="a.pdf")


def test_a_paper_of_which_grobid_leaves_little_is_named(server, tmp_path):
    (tmp_path / "papers").mkdir()
    make_layout(tmp_path / "papers" / "long.pdf", Layout())
    settings = make_settings(params(engine="grobid", min_words=2, workers=1))
    settings = settings.replaced(grobid=settings_for(server))
    report = parse_papers(tmp_path / "papers", tmp_path / "out", settings)
    (loss,) = report["text_lost"]
    assert loss["file"] == "long.pdf"
    assert loss["kept"] < 20 < 1000 < loss["words"]
