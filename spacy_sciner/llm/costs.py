"""What a run will cost, before it is paid for. Pure."""

from typing import List, NamedTuple, Sequence

from .cache import AnswerCache, Request

CHARS_PER_TOKEN = 4  # of English; other tokenizers and other texts differ by a third


class Estimate(NamedTuple):
    """Tokens and prices of the questions that the cache does not answer."""

    n_cached: int
    n_asked: int
    tokens_in: int
    tokens_out_most: int  # if every answer were as long as it may be
    price_in: float  # of a million tokens
    price_out: float

    def lines(self) -> List[str]:
        least = self.tokens_in * self.price_in / 1e6
        most = least + self.tokens_out_most * self.price_out / 1e6
        found = [
            f"{self.n_asked} questions, {self.n_cached} more are answered in the cache",
            f"about {self.tokens_in} tokens in ({CHARS_PER_TOKEN} characters each), "
            f"at most {self.tokens_out_most} out (--max-tokens of each answer)",
        ]
        if self.price_in or self.price_out:
            found.append(
                f"cost: {least:.2f} for the questions, at most {most:.2f} with the answers"
            )
        else:
            found.append("cost: give --price-in and --price-out, of a million tokens each")
        return found


def estimate(
    requests: Sequence[Request],
    *,
    cache: AnswerCache,
    max_tokens: int,
    price_in: float,
    price_out: float,
) -> Estimate:
    """max_tokens (int): Of an answer, at most."""
    todo = [request for request in requests if cache.load(request) is None]
    return Estimate(
        n_cached=len(requests) - len(todo),
        n_asked=len(todo),
        tokens_in=sum(n_tokens(request) for request in todo),
        tokens_out_most=max_tokens * len(todo),
        price_in=price_in,
        price_out=price_out,
    )


def n_tokens(request: Request) -> int:
    n_chars = sum(len(message["content"]) for message in request.messages)
    return (n_chars + CHARS_PER_TOKEN - 1) // CHARS_PER_TOKEN
