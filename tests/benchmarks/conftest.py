"""Benchmarks are scripts: their folder is on the path while they are tested."""

import pytest
from tiny import CONFIGS

BENCHMARKS = CONFIGS.parent / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
