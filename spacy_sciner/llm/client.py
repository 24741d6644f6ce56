"""Asking an OpenAI-compatible server many questions: some at once, not too fast, and again.

The `openai` client asks again after 408, 409, 429, 5xx, a timeout and a lost connection, waits as
long as Retry-After says (2 minutes at most), else 0.5, 1, 2, … 8 seconds with jitter. What it does
not do is done before each request it sends, its repetitions too: the rate limit, and jitter after
a Retry-After, so that all who were told the same do not come back at once.
"""

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, Optional, Sequence

from ..corpus.formats.sniff import load_json, mend
from ..errors import Errors, ScinerError
from .cache import AnswerCache, Reply, Request

if TYPE_CHECKING:
    from openai import AsyncOpenAI

JITTER_S = 0.5  # added at most to a wait before a repetition
STOP_AFTER = 20  # failures in a row: nothing is to be had there now
MIN_SECRET = 8  # characters; shorter, such as "ollama" or "EMPTY", a key is a word that texts have
MAX_REASON = 200  # characters of a server's message that are shown
MAX_TOKENS = 1 << 40  # in an answer; more is no count
NO_KEY = "none"  # sent to a server that needs no key


@dataclass(frozen=True)
class Endpoint:
    """Where, and how fast, questions are asked."""

    base_url: Optional[str] = None  # None: api.openai.com
    key: str = field(default="", repr=False)
    concurrency: int = 4  # questions in flight at once
    per_minute: float = 0.0  # requests, repetitions included; 0: no limit
    timeout_s: float = 60.0  # without a byte from the server
    tries: int = 5  # of each question

    def without_key(self, text: str) -> str:
        """A server may say back what it was sent, as it is or as JSON and addresses escape it."""
        one = (rf"\\?{re.escape(c)}|(?i:\\u{ord(c):04x}|%{ord(c):02x})" for c in self.key)
        return re.sub("".join(f"(?:{forms})" for forms in one), "***", text) if self.key else text

    def without_secret(self, reply: Reply, request: Request) -> Reply:
        """The same of what is kept. A word of the question is no secret: an entity may have it."""
        asked = "".join(message["content"] for message in request.messages)
        content = reply.content
        if len(self.key) >= MIN_SECRET and self.key not in asked:
            content = self.without_key(content)
        reason = self.without_key(reply.finish_reason)
        return reply._replace(content=content, finish_reason=reason)

    def in_short(self, message: str) -> str:
        return " ".join(self.without_key(message).split())[:MAX_REASON]


class Unusable(Exception):
    """An answer that is no chat completion."""


def ask_all(
    requests: Sequence[Request],
    endpoint: Endpoint,
    *,
    cache: AnswerCache,
    on_done: Callable[[], Any] = lambda: None,
) -> Dict[str, str]:
    """Ask what the cache does not have yet; each answer is in it as soon as it came.

    on_done (Callable[[], Any]): Called after each question, answered or not.
    RETURNS (Dict[str, str]): Why there is no answer, by the request's key.
    RAISES (ScinerError): SCINER-E348 if the `openai` client is not there, SCINER-E350 if the server
        refuses every question: its key, address or model is wrong.
    """
    todo = {r.key: r for r in requests if cache.load(r) is None}
    if not todo:
        return {}
    return asyncio.run(_Run(endpoint, cache, on_done).ask(todo))


class _Run:
    """The workers of one run, and what they share."""

    def __init__(self, endpoint: Endpoint, cache: AnswerCache, on_done: Callable[[], Any]) -> None:
        self.endpoint, self.cache, self.on_done = endpoint, cache, on_done
        self.limit = _Limit(endpoint.per_minute)
        self.failed: Dict[str, str] = {}
        self.n_in_a_row = 0

    async def ask(self, todo: Dict[str, Request]) -> Dict[str, str]:
        queue = iter(todo.items())
        async with make_client(self.endpoint, before_each=self.before_each) as client:
            workers = [
                asyncio.create_task(self.work(client, queue))
                for _ in range(min(self.endpoint.concurrency, len(todo)))
            ]
            try:
                await asyncio.gather(*workers)
            finally:  # one of them, or the user, has ended it
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
        for key, _ in queue:
            self.failed[key] = f"not asked: {STOP_AFTER} questions in a row had no answer"
        return self.failed

    async def work(self, client: "AsyncOpenAI", queue: "Iterator[Any]") -> None:
        while self.n_in_a_row < STOP_AFTER and (item := next(queue, None)):
            key, request = item
            try:
                reply = await self.reply_to(client, request)
            except Unusable as e:
                self.failed[key] = self.endpoint.in_short(str(e))
                self.n_in_a_row += 1
            else:
                self.cache.save(request, reply)
                self.n_in_a_row = 0
            self.on_done()

    async def reply_to(self, client: "AsyncOpenAI", request: Request) -> Reply:
        """RAISES (Unusable): After the last try, or if the answer is none."""
        import openai

        # Any server's own parameters, whether this client's version knows them or not.
        create = client.chat.completions.with_raw_response.create
        try:
            answer = await create(
                model=request.model,
                messages=request.messages,  # type: ignore[arg-type]
                extra_body=request.parameters,
            )
        except (openai.AuthenticationError, openai.NotFoundError) as e:
            reason = self.endpoint.in_short(e.response.text)
            message = Errors.E350.format(status=e.status_code, reason=reason)
            raise ScinerError(message) from None  # the cause holds the request, and it the key
        except openai.APIStatusError as e:
            raise Unusable(f"status {e.status_code}: {e.response.text}") from None
        except openai.APIError as e:  # without an answer
            raise Unusable(f"{e.message} {e.__cause__ or ''}".strip()) from None
        return self.endpoint.without_secret(reply_of(answer.text), request)

    async def before_each(self, http_request: Any) -> None:
        if http_request.headers.get("x-stainless-retry-count", "0") != "0":
            await asyncio.sleep(random.random() * JITTER_S)
        await self.limit.wait()


class _Limit:
    """Starts are apart by a minute's share each, never a minute's worth at once."""

    def __init__(self, per_minute: float) -> None:
        self.gap_s = 60 / per_minute if per_minute else 0.0
        self.next_s = 0.0

    async def wait(self) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, self.next_s)
        self.next_s = start + self.gap_s
        await asyncio.sleep(start - now)


def make_client(endpoint: Endpoint, *, before_each: Callable[[Any], Any]) -> "AsyncOpenAI":
    """RAISES (ScinerError): SCINER-E348 if the `openai` client cannot be imported."""
    try:
        import openai
    except ImportError as e:
        raise ScinerError(Errors.E348.format(reason=e)) from e
    return openai.AsyncOpenAI(
        api_key=endpoint.key or NO_KEY,
        base_url=endpoint.base_url,
        timeout=endpoint.timeout_s,
        max_retries=endpoint.tries - 1,
        http_client=openai.DefaultAsyncHttpxClient(event_hooks={"request": [before_each]}),
    )


def reply_of(body: str) -> Reply:
    """RAISES (Unusable): If it is no chat completion."""
    try:
        record, _ = mend(load_json(body))
        choice = record["choices"][0]
        content = choice["message"]["content"] or ""
        usage = record.get("usage") or {}
        reply = Reply(
            content=content,
            finish_reason=str(choice.get("finish_reason") or ""),
            tokens_in=_count(usage.get("prompt_tokens")),
            tokens_out=_count(usage.get("completion_tokens")),
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        raise Unusable(f"no chat completion: {body}") from None
    if not isinstance(content, str):
        raise Unusable(f"no text in the answer: {body}")
    return reply


def _count(value: Any) -> int:
    """Of tokens; 0 if a server says something else. The answer is none the worse."""
    is_number = isinstance(value, (int, float)) and 0 <= value < MAX_TOKENS
    return int(value) if is_number else 0
