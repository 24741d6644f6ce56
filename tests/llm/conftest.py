import pytest
from chat_server import KEY, chatting, hurry, url_of

from spacy_sciner.llm import client
from spacy_sciner.llm.cache import AnswerCache, Request
from spacy_sciner.llm.prompts import open_prompt


@pytest.fixture
def server():
    with chatting() as server:
        yield server


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    hurry(monkeypatch)


@pytest.fixture
def ask(server, tmp_path):
    """Ask about texts; the cache, and why there is no answer, by text."""
    cache = AnswerCache(tmp_path / "cache")

    def ask(*texts, **changes):
        requests = {text: request(text) for text in texts}
        values = {"base_url": url_of(server), "key": KEY, "timeout_s": 5.0, "tries": 3, **changes}
        endpoint = client.Endpoint(**values)
        failed = client.ask_all(list(requests.values()), endpoint, cache=cache)
        replies = {text: cache.load(one) for text, one in requests.items()}
        return replies, {t: failed[one.key] for t, one in requests.items() if one.key in failed}

    return ask


def request(text, **parameters):
    return Request("tiny", open_prompt(text), {"max_tokens": 50, **parameters})
