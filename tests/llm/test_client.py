"""Questions to a server on this machine that is good, slow, busy, broken, or gone."""

import socket
import sys

import pytest
from chat_server import GOOD, KEY

from spacy_sciner.errors import ScinerError
from spacy_sciner.llm import client
from spacy_sciner.llm.cache import AnswerCache, Reply, Request
from spacy_sciner.llm.client import Endpoint

from .conftest import request


def test_a_good_answer_comes_with_its_tokens_and_all_parameters_are_sent(ask, server):
    replies, failed = ask("good text")
    assert replies["good text"] == (GOOD, "stop", 100, 10)
    assert failed == {}
    (asked,) = server.seen
    assert (asked["path"], asked["model"], asked["max_tokens"]) == (
        "/v1/chat/completions",
        "tiny",
        50,
    )
    assert server.keys == [f"Bearer {KEY}"]


def test_a_slow_answer_is_asked_for_again(ask, server):
    replies, _ = ask("slow text", timeout_s=1.0)
    assert replies["slow text"].content == GOOD
    assert len(server.seen) == 2


def test_what_hangs_costs_one_question(ask, server):
    replies, failed = ask("hang on", "good text", timeout_s=0.6, tries=2)
    assert failed == {"hang on": "Request timed out."}
    assert replies["good text"].content == GOOD
    assert [asked["text"] for asked in server.seen].count("hang on") == 2


def test_retry_after_is_waited_for(ask, server):
    assert ask("limit text")[0]["limit text"].content == GOOD
    first, second = (asked["time"] for asked in server.seen)
    assert second - first >= 1


def test_a_busy_server_without_retry_after_is_asked_again_soon(ask, server):
    assert ask("busy text")[0]["busy text"].content == GOOD
    first, second = (asked["time"] for asked in server.seen)
    assert second - first < 1


def test_repetitions_come_with_jitter(ask, server, monkeypatch):
    monkeypatch.setattr(client, "JITTER_S", 1.0)
    monkeypatch.setattr(client.random, "random", lambda: 0.4)
    ask("busy text")
    first, second = (asked["time"] for asked in server.seen)
    assert second - first >= 0.4


@pytest.mark.parametrize("text", ["error text", "cut text"])
def test_an_error_of_the_server_and_a_cut_connection_are_asked_again(ask, text):
    replies, failed = ask(text)
    assert replies[text].content == GOOD
    assert failed == {}


def test_tries_are_counted_and_a_broken_server_is_named(ask, server):
    replies, failed = ask("broken text", "good text", tries=2)
    assert replies["broken text"] is None
    assert replies["good text"].content == GOOD
    assert failed["broken text"].startswith("status 500: no, Bearer *** no, Bearer ***")
    assert len(failed["broken text"]) <= client.MAX_REASON
    assert len(server.seen) == 3


def test_a_page_in_place_of_an_answer_is_no_answer(ask):
    assert ask("page text")[1] == {"page text": "no chat completion: <html>It works!</html>"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"choices": []}', "no chat completion"),
        ('{"choices": [{"message": {"content": [1]}}]}', "no text in the answer"),
        ("[]", "no chat completion"),
    ],
)
def test_other_objects_are_no_answers(body, reason):
    with pytest.raises(client.Unusable, match=reason):
        client.reply_of(body)


def test_an_answer_without_content_is_an_empty_one():
    body = '{"choices": [{"message": {"content": null}, "finish_reason": "length"}]}'
    assert client.reply_of(body) == ("", "length", 0, 0)


def test_a_refused_key_ends_it_and_is_not_said(ask, server):
    with pytest.raises(ScinerError, match=r"E350: .* status 401: .*Bearer \*\*\*") as refused:
        ask("refused text", *(f"good {i}" for i in range(50)), concurrency=1)
    assert KEY not in str(refused.value)
    assert refused.value.__cause__ is None
    assert len(server.seen) == 1


def test_a_server_that_is_not_there_is_given_up(ask, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    texts = [f"text {i}" for i in range(client.STOP_AFTER + 30)]
    _, failed = ask(*texts, base_url=url, tries=1, concurrency=2)
    reasons = list(failed.values())
    assert len(failed) == len(texts)
    assert sum(reason.startswith("Connection error. ") for reason in reasons) in (20, 21)
    assert sum(reason.startswith("not asked: 20 questions in a row") for reason in reasons) >= 29


def test_no_more_questions_at_once_than_allowed(ask, server):
    server.pause = 0.05
    ask(*(f"text {i}" for i in range(12)), concurrency=3)
    assert server.most == 3


def test_requests_and_their_repetitions_keep_to_the_rate(ask, server):
    ask("busy a", "busy b", "c", per_minute=600, concurrency=5)
    times = sorted(asked["time"] for asked in server.seen)
    assert len(times) == 5
    assert times[-1] - times[0] >= 0.35


def test_nothing_is_asked_twice(ask, server):
    assert ask("a", "b", "a")[0]["a"].content == GOOD
    ask("b", "c")
    assert sorted(asked["text"] for asked in server.seen) == ["a", "b", "c"]


def test_a_failed_question_is_asked_in_the_next_run(ask, server):
    assert "broken text" in ask("broken text", "a", tries=1)[1]
    ask("broken text", "a", tries=1)
    assert sorted(asked["text"] for asked in server.seen) == ["a", "broken text", "broken text"]


def test_without_the_client_the_extra_is_named(ask, monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ScinerError, match=r"E348: .*pip install 'spacy-sciner\[llm\]'"):
        ask("text")


def test_a_key_is_not_in_the_endpoints_text():
    assert KEY not in repr(client.Endpoint(key=KEY))


def test_the_same_words_in_another_order_are_another_question(tmp_path):
    cache = AnswerCache(tmp_path)
    reply = client.Reply("x", "stop", 0, 0)
    cache.save(request("dog bites man"), reply)
    assert cache.load(request("dog bites man")) == reply
    assert cache.load(request("man bites dog")) is None
    assert cache.load(request("dog bites man", temperature=1)) is None
    assert cache.load(request("dog bites man")._replace(model="other")) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:30],
        lambda text: text.replace('"tokens_in": 100', '"tokens_in": null'),
        lambda text: text.replace('"content": "BERT', '"content": 5, "a": "BERT'),
        lambda text: "[" * 100_000,
    ],
)
def test_a_damaged_answer_is_asked_for_again(ask, server, tmp_path, damage):
    ask("a")
    (path,) = (tmp_path / "cache").rglob("*.json")
    path.write_text(damage(path.read_text(encoding="utf8")), encoding="utf8")
    assert ask("a")[0]["a"].content == GOOD
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("sk-SECRET-99", "We use T5.", "*** <> A, We use T5."),
        ("sk-SECRET-99", "We use sk-SECRET-99.", "sk-SECRET-99 <> A, We use sk-SECRET-99."),
        ("ollama", "We use T5.", "ollama <> A, We use T5."),
    ],
)
def test_the_key_is_taken_out_of_an_answer_unless_it_is_a_word_of_the_text(key, text, expected):
    reply = Reply(f"{key} <> A, {text}", f"Bearer {key}", 1, 1)
    request = Request("m", [{"role": "user", "content": text}], {})
    kept = Endpoint("x", key).without_secret(reply, request)
    assert kept == Reply(expected, "Bearer ***", 1, 1)


@pytest.mark.parametrize("said", ["1e400", "-5", '"many"', "NaN", "[1]"])
def test_a_count_that_is_none_does_not_cost_the_answer(said):
    body = '{"choices": [{"message": {"content": "a"}}], "usage": {"prompt_tokens": %s}}'
    assert client.reply_of(body % said)[:3] == ("a", "", 0)


@pytest.mark.parametrize(
    "said",
    [
        "sk-ab/c+d.1",
        r"sk-ab\/c+d.1",
        r"sk-ab\u002fc\u002Bd.1",
        "sk-ab%2Fc%2bd.1",
        r"sk\u002dab%2fc\u002bd\u002E1",
    ],
)
def test_a_key_is_taken_out_however_it_is_escaped(said):
    endpoint = Endpoint("x", "sk-ab/c+d.1")
    assert endpoint.without_key(f"bad key <{said}>, sk-ab/c+d51") == "bad key <***>, sk-ab/c+d51"
