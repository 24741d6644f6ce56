"""Real papers, if SCINER_MIRROR names a folder with pdf/, acl-papers/ and acl-abstracts/."""

import importlib.util
import os
import sys
import time
from pathlib import Path

import pytest

from spacy_sciner.papers import parse_papers

from .helpers import make_settings, params

MIRROR = Path(os.environ.get("SCINER_MIRROR", "nowhere"))
BENCHMARK = Path(__file__).parents[2] / "benchmarks/quality/parse.py"


def needs(name):
    folder = MIRROR / name
    reason = f"set SCINER_MIRROR to a folder with {name}/"
    return pytest.mark.skipif(not folder.is_dir(), reason=reason)


@needs("acl-papers")
def test_300_json_files_in_seconds(tmp_path):
    start = time.monotonic()
    report = parse_papers(MIRROR / "acl-papers", tmp_path / "out", make_settings(params()))
    assert time.monotonic() - start < 30
    assert report["papers"] > 290
    assert report["papers"] + len(report["set_aside"]) == report["files"]


@needs("acl-abstracts")
def test_abstracts_in_one_file_in_seconds(tmp_path):
    start = time.monotonic()
    report = parse_papers(MIRROR / "acl-abstracts", tmp_path / "out", make_settings(params()))
    assert time.monotonic() - start < 60
    assert (report["files"], report["papers"], report["set_aside"]) == (1, 9186, [])


@needs("pdf")
def test_every_pdf_parses(tmp_path):
    for path in (MIRROR / "pdf").rglob("*.pdf"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    report = parse_papers(tmp_path, tmp_path / "out", make_settings(params(workers=2)))
    assert not report["set_aside"]


@needs("pdf")
def test_against_grobid():
    spec = importlib.util.spec_from_file_location("benchmark_parse", BENCHMARK)
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = benchmark
    spec.loader.exec_module(benchmark)
    pairs = [p for p in (MIRROR / "pdf").rglob("*.pdf") if benchmark.tei_of(p).exists()]
    assert pairs
    for pdf in pairs:
        row = benchmark.measure(pdf)
        assert row["recovered"] >= 0.95, row
        assert row["shared"] >= 0.92, row
