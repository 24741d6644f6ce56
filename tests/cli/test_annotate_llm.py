"""`sciner annotate-llm` against a server on this machine."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from chat_server import KEY, chatting, hurry, url_of
from console import call_sciner

from spacy_sciner.cli import build_app
from spacy_sciner.corpus.concepts import read_concepts

TEXTS = ("good : BERT reads GLUE .", "malformed BERT is not GLUE .", "rubbish of BERT")


@pytest.fixture
def server():
    with chatting() as server:
        yield server


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with three parsed paragraphs, where the key is in the environment."""
    hurry(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    write_parsed(tmp_path, *TEXTS)
    return tmp_path


def write_parsed(folder, *texts):
    rows = [{"paper": "p1", "paragraph": i, "text": text} for i, text in enumerate(texts)]
    (folder / "parsed").mkdir(exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "parsed" / "p1.jsonl").write_text(lines, encoding="utf8")


def command(server, *options):
    fixed = ("--model", "tiny", "--out", "out/llm.jsonl", "--paragraphs", "parsed")
    return ["annotate-llm", *fixed, *(("--base-url", url_of(server)) if server else ()), *options]


@pytest.fixture
def sciner(monkeypatch, capsys):
    def sciner(server, *options):
        capsys.readouterr()
        return call_sciner(monkeypatch, *command(server, *options)), *capsys.readouterr()

    return sciner


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


def test_concepts_are_written_and_read_back(project, server, sciner):
    code, out, _ = sciner(server, "--open")
    assert code == 0
    assert "3 questions, 0 more are answered in the cache\n" in out
    assert "✔ 2 paragraphs in out/llm.jsonl, report in out/llm.report.json\n" in out
    good, malformed = read_lines(project / "out/llm.jsonl")
    assert good["entities"][1] == ["GLUE", "benchmark", "Data to compare on."]
    assert malformed["entities"] == [["BERT", "model"]]
    assert (good["paper"], good["paragraph"], good["source"]) == ("p1", 0, "llm")
    data = read_concepts(project / "out/llm.jsonl")
    assert [text.mentions for text in data.texts] == [
        [(7, 11, "model"), (18, 22, "benchmark")],
        [(10, 14, "model")],
    ]


def test_malformed_answers_are_counted_listed_and_kept(project, server, sciner):
    _, out, _ = sciner(server)
    report = json.loads((project / "out/llm.report.json").read_text(encoding="utf8"))
    counts = report["counts"]
    assert (counts["answers"], counts["malformed answers"], counts["unread lines"]) == (3, 2, 3)
    assert (counts["texts"], counts["mentions"], counts["tokens in"]) == (2, 3, 300)
    assert "malformed answers 2, unread lines 3" in out
    malformed, rubbish = report["malformed"]
    assert (malformed["paragraph"], malformed["lines"]) == (
        1,
        ["I found these:", "GLUE, a benchmark"],
    )
    key = rubbish["answer"]
    kept = json.loads((project / f".sciner-cache/llm/{key[:2]}/{key}.json").read_text())
    assert kept["reply"]["content"] == "There is nothing of interest in it, sorry."
    assert kept["request"]["messages"][1]["content"] == TEXTS[2]


def test_where_no_answer_can_be_used_the_file_stays_as_it_was(project, server, sciner):
    out = project / "out/llm.jsonl"
    sciner(server)
    before = out.read_bytes()
    write_parsed(project, TEXTS[2])  # the one that is answered with rubbish
    code, said, err = sciner(server)
    assert (code, out.read_bytes()) == (1, before)
    assert "SCINER-E562: No answer of 1 can be used, and out/llm.jsonl is as it was" in err
    assert "✔" not in said


def test_the_same_command_asks_nothing_twice_and_writes_the_same(project, server, sciner):
    sciner(server)
    before = {p: p.read_bytes() for p in (project / "out").iterdir()}
    code, out, _ = sciner(server)
    assert code == 0
    assert len(server.seen) == 3
    assert "0 questions, 3 more are answered in the cache" in out
    assert {p: p.read_bytes() for p in (project / "out").iterdir()} == before


def test_a_failed_question_is_listed_the_rest_goes_on_and_then_it_alone(
    project,
    server,
    sciner,
):
    write_parsed(project, "error one of BERT", *TEXTS[:2])
    code, out, err = sciner(server, "--tries", "1")
    assert code == 1
    assert "✔ 2 paragraphs in out/llm.jsonl" in out
    assert err.startswith("✘ SCINER-E351: 1 of 3 paragraphs have no answer")
    assert err.count("\n") == 1
    report = json.loads((project / "out/llm.report.json").read_text(encoding="utf8"))
    (failed,) = report["failed"]
    assert (failed["paper"], failed["paragraph"]) == ("p1", 0)
    assert failed["reason"].startswith("status 500: ")
    assert sciner(server)[0] == 0
    assert len(read_lines(project / "out/llm.jsonl")) == 3
    assert [asked["text"] for asked in server.seen].count(TEXTS[0]) == 1


def test_an_answer_that_was_cut_off_is_counted(project, server, sciner):
    write_parsed(project, "long text of BERT")
    assert "cut off answers 1, malformed answers 0" in sciner(server)[1]


def test_the_key_is_nowhere(project, server, sciner):
    write_parsed(project, "echo of BERT", "broken of BERT", *TEXTS)
    code, out, err = sciner(server, "--tries", "1")
    assert code == 1
    assert server.keys[0] == f"Bearer {KEY}"
    assert KEY not in out + err
    files = [path for path in project.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if KEY in path.read_text(encoding="utf8")] == []
    assert "Bearer ***" in (project / "out/llm.jsonl").read_text(encoding="utf8")
    write_parsed(project, "refused of BERT")
    code, out, err = sciner(server)
    assert code == 1
    assert "SCINER-E350" in err
    assert KEY not in out + err


def test_a_crash_shows_no_variables():
    assert build_app().pretty_exceptions_show_locals is False


def test_a_key_has_to_be_there_but_for_a_server_of_ones_own(project, server, sciner, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    code, _, err = sciner(None)
    assert code == 1
    assert err.startswith("✘ SCINER-E349: No key in the environment variable OPENAI_API_KEY.")
    monkeypatch.setenv("OTHER_KEY", "sk-other")
    assert sciner(server, "--key-env", "OTHER_KEY")[0] == 0
    assert set(server.keys) == {"Bearer sk-other"}
    monkeypatch.setenv("OPENAI_BASE_URL", url_of(server))
    assert sciner(None, "--seed", "3", "--temperature", "0.5")[0] == 0
    assert server.keys[-1] != "Bearer sk-other"


@pytest.mark.parametrize("key", ["sk-a b", "sk-a\nb", "sk-é"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(project, server, sciner, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    code, out, err = sciner(server)
    assert (code, server.seen) == (1, [])
    assert err.startswith("✘ SCINER-E355: The key in the environment variable OPENAI_API_KEY has")
    assert "sk-" not in out + err


@pytest.mark.parametrize("url", ["example.org:8000/v1", "http://:secret@/v1", "http://a:b/v1"])
def test_an_address_that_is_none_is_refused_unseen(project, sciner, url):
    code, out, err = sciner(None, "--base-url", url)
    assert code == 1
    assert err.startswith("✘ SCINER-E356: --base-url, or OPENAI_BASE_URL, is no address")
    assert url not in out + err


def test_a_dry_run_prints_and_asks_nothing(project, server, sciner, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setitem(sys.modules, "openai", None)
    options = ("--dry-run", "--max-tokens", "100", "--price-in", "1000", "--price-out", "10000")
    code, out, _ = sciner(None, *options)
    assert code == 0
    assert "=== p1, paragraph 0\n--- system\nYou read a paragraph" in out
    assert f"--- user\n{TEXTS[0]}\n===\n" in out
    assert TEXTS[1] not in out
    assert "3 questions, 0 more are answered in the cache\n" in out
    assert "at most 300 out" in out
    tokens = int(out.split("about ")[1].split()[0])
    assert (
        f"cost: {tokens / 1000:.2f} for the questions, at most {tokens / 1000 + 3:.2f} with" in out
    )
    more = {
        '{"max_completion_tokens": 8000, "max_tokens": null}': "at most 24000 out",
        '{"max_tokens": 100, "n": 3}': "at most 900 out",
        '{"max_tokens": 1, "max_completion_tokens": 8000.0}': "at most 24000 out",
        '{"max_tokens": -1}': "any number out",
        '{"max_tokens": null}': "any number out",
    }
    for extra, most in more.items():
        assert most in sciner(None, *options, "--extra", extra)[1]
    assert "any sum with the answers" in sciner(None, *options, "--extra", extra)[1]
    assert list(project.iterdir()) == [project / "parsed"]
    assert all(text in sciner(None, "--dry-run", "--show", "9")[1] for text in TEXTS)
    assert "give --price-in" in sciner(None, "--dry-run", "--show", "0")[1]


def test_parameters_are_sent_and_part_of_the_question(project, server, sciner):
    extra = '{"max_completion_tokens": 9, "max_tokens": null}'
    sciner(server, "--n", "1", "--temperature", "0.5", "--extra", extra)
    (asked,) = server.seen
    assert (asked["temperature"], asked["max_completion_tokens"]) == (0.5, 9)
    assert "max_tokens" not in asked
    sciner(server, "--n", "1")
    assert (len(server.seen), server.seen[1]["max_tokens"]) == (2, 1024)
    for bad in ("{", "[]", '{"top_p": NaN}', '{"stop": "\\ud835"}'):
        code, _, err = sciner(server, "--extra", bad)
        assert code == 1
        assert err.startswith(f"✘ SCINER-E352: --extra {bad!r} is no JSON object")


@pytest.mark.parametrize("content", ['{"text": "of a person"}\n', "plain\n", "[]\n"])
def test_a_file_of_something_else_is_not_replaced(content, project, server, sciner):
    (project / "out").mkdir()
    (project / "out/llm.jsonl").write_text(content, encoding="utf8")
    code, _, err = sciner(server)
    assert code == 1
    assert err.startswith("✘ SCINER-E353: out/llm.jsonl is there")
    assert (project / "out/llm.jsonl").read_text(encoding="utf8") == content
    assert server.seen == []


def test_ctrl_c_leaves_whole_answers_and_the_next_run_asks_the_others(project, sciner):
    write_parsed(project, *(f"good number {i} of BERT" for i in range(20)))
    with chatting(pause=0.3) as slow:
        options = command(slow, "--concurrency", "2")
        # A background job's Python ignores Ctrl-C.
        program = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "from spacy_sciner.cli import main; main()"
        )
        run = subprocess.Popen(
            [sys.executable, "-c", program, *options],
            cwd=project,
            env={**os.environ, "OPENAI_API_KEY": KEY},
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        while len(slow.seen) < 6 and run.poll() is None:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=30)
        assert run.returncode != 0
        assert "Traceback" not in err
        answers = [*(project / ".sciner-cache").rglob("*.json")]
        assert 0 < len(answers) < 20
        assert all(json.loads(path.read_text(encoding="utf8"))["reply"] for path in answers)
        assert [*(project / ".sciner-cache").rglob("*.part")] == []
        assert not (project / "out").exists()
        n_before = len(slow.seen)
        slow.pause = 0
        assert sciner(slow)[0] == 0
        assert len(slow.seen) - n_before == 20 - len(answers)
        assert len(read_lines(project / "out/llm.jsonl")) == 20


def test_each_file_has_a_report_of_its_own(project, server, sciner):
    for name in ("llm.v1.jsonl", "llm.v2.jsonl", "llm.report.json"):
        code, out, _ = sciner(server, "--out", f"out/{name}")
        assert (code, f"✔ 2 paragraphs in out/{name}" in out) == (0, True)
        assert len(read_lines(project / "out" / name)) == 2
    names = {path.name for path in (project / "out").glob("*.report.json")}
    assert names == {f"llm.{name}report.json" for name in ("v1.", "v2.", "", "report.")}
