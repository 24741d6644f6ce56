"""What a run will cost, before it is paid for. Pure."""

from typing import Any, List, Mapping, NamedTuple, Optional, Sequence

from .cache import AnswerCache, Request

CHARS_PER_TOKEN = 4  # of English; other tokenizers and other texts differ by a third


class Estimate(NamedTuple):
    """Tokens and prices of the questions that the cache does not answer."""

    n_cached: int
    n_asked: int
    tokens_in: int
    tokens_out_most: Optional[int]  # if every answer were as long as it may be; None: no limit
    price_in: float  # of a million tokens
    price_out: float

    def lines(self) -> List[str]:
        least = self.tokens_in * self.price_in / 1e6
        n_out, most = "any number out (no limit is sent)", "any sum"
        if self.tokens_out_most is not None:
            n_out = f"at most {self.tokens_out_most} out (the limit that is sent)"
            most = f"at most {least + self.tokens_out_most * self.price_out / 1e6:.2f}"
        found = [
            f"{self.n_asked} questions, {self.n_cached} more are answered in the cache",
            f"about {self.tokens_in} tokens in ({CHARS_PER_TOKEN} characters each), {n_out}",
        ]
        if self.price_in or self.price_out:
            found.append(f"cost: {least:.2f} for the questions, {most} with the answers")
        else:
            found.append("cost: give --price-in and --price-out, of a million tokens each")
        return found


def estimate(
    requests: Sequence[Request],
    *,
    cache: AnswerCache,
    price_in: float,
    price_out: float,
) -> Estimate:
    """What the questions' own parameters allow; those that are answered cost nothing."""
    todo = [request for request in requests if cache.load(request) is None]
    longest = [longest_answer(request.parameters) for request in todo]
    return Estimate(
        n_cached=len(requests) - len(todo),
        n_asked=len(todo),
        tokens_in=sum(n_tokens(request) for request in todo),
        tokens_out_most=None if None in longest else sum(n or 0 for n in longest),
        price_in=price_in,
        price_out=price_out,
    )


def longest_answer(parameters: Mapping[str, Any]) -> Optional[int]:
    """Tokens of one question's answers; None if nothing limits them."""
    limits = [_whole(parameters.get(name)) for name in ("max_tokens", "max_completion_tokens")]
    known = [limit for limit in limits if limit]  # servers differ in which of two they take
    return max(known) * (_whole(parameters.get("n")) or 1) if known else None


def _whole(value: Any) -> Optional[int]:
    """A number of 1 or more, as a server may read it; -1 and others are no limit."""
    try:
        return int(value) if not isinstance(value, bool) and int(value) >= 1 else None
    except (TypeError, ValueError, OverflowError):
        return None


def n_tokens(request: Request) -> int:
    n_chars = sum(len(message["content"]) for message in request.messages)
    return (n_chars + CHARS_PER_TOKEN - 1) // CHARS_PER_TOKEN
