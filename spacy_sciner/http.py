"""Asking a server again: how often, for which answers, and how long to wait in between."""

import random
import time
from typing import Any, Collection

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3 import Retry
from urllib3.exceptions import InvalidHeader

LONGEST_WAIT_S = 30.0  # between two tries, whatever the server asks for
JITTER_S = 0.5  # added at most, so that many who wait do not come back at once


def patient_session(
    retries: int, *, statuses: Collection[int], jitter_s: float = JITTER_S
) -> requests.Session:
    """A session that asks again when the server says that it cannot answer now.

    A broken connection and a timeout are not tried again: they are `requests`' own errors. After
    the last try the answer is returned as it is.

    retries (int): Tries after the first.
    statuses (Collection[int]): To be tried again: 503 alone, or 429 and 500 and more.
    jitter_s (float): Longest random addition to a wait, in seconds; 0 for none.
    """
    policy = _Patient(
        total=retries,
        connect=0,
        read=False,
        other=0,  # of TLS
        status_forcelist=statuses,
        allowed_methods=None,  # all: what is asked changes nothing on the server
        backoff_max=LONGEST_WAIT_S,
        backoff_jitter=jitter_s,
        raise_on_status=False,
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=policy))
    return session


class TokenAuth(AuthBase):
    """An Authorization header; with an empty token none, whatever ~/.netrc has for the host."""

    def __init__(self, scheme: str, token: str) -> None:
        self.scheme = scheme
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.token:
            request.headers["Authorization"] = f"{self.scheme} {self.token}"
        return request


class _Patient(Retry):
    """urllib3's, with a longest wait for Retry-After too, and a wait before the first retry."""

    # Only the statuses that are asked for, whatever else has a Retry-After.
    RETRY_AFTER_STATUS_CODES = frozenset()

    def sleep(self, response: Any = None) -> None:
        time.sleep(self.wait_s(response) + random.random() * self.backoff_jitter)

    def wait_s(self, response: Any) -> float:
        """Seconds until the next try: what the server asks for, as a number or a date, else 1, 2,
        4, …; never above the longest."""
        try:
            asked = self.get_retry_after(response)
        except InvalidHeader:
            asked = None
        if asked is None:
            asked = 2.0 ** max(0, len(self.history) - 1)
        return min(asked, self.backoff_max)
