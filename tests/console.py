"""`sciner …` in the test's own process: to start one costs seconds."""

import sys
from typing import Any

import pytest

from spacy_sciner.cli import main


def call_sciner(monkeypatch: pytest.MonkeyPatch, *options: Any) -> int:
    """RETURNS (int): The exit code."""
    monkeypatch.setattr(sys, "argv", ["sciner", *map(str, options)])
    with pytest.raises(SystemExit) as done:
        main()
    code = done.value.code or 0
    assert isinstance(code, int)
    return code
