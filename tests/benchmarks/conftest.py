"""Benchmarks are scripts: their folders are on the path while they are tested."""

import pytest
from tiny import ROOT

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(autouse=True)
def _benchmarks_on_path(monkeypatch):
    for room in ("scale", "quality", "speed", "."):
        monkeypatch.syspath_prepend(str(BENCHMARKS / room))
