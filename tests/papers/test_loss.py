"""A PDF that loses much of its text layer is named, in the report and on the screen."""

import json
import subprocess
from pathlib import Path

import pytest
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from warm_python import warm_python

from spacy_sciner.papers import parse_papers, warn_of_loss
from spacy_sciner.papers.loss import find_loss

from .helpers import make_settings, params
from .layouts import Layout, make_layout, make_source
from .make_pdf import column

SCRIPT = Path(__file__).parents[2] / "scripts" / "parse.py"


def make_askew(path, *, straight):
    """A page in which all words after the first `straight` lines stand askew and are not read."""
    canvas = Canvas(str(path), pagesize=(612, 792), invariant=True)
    lines = simpleSplit(" ".join(make_source(8).paragraphs), "Times-Roman", 11, 440)
    column(canvas, 84, 735, lines[:straight])
    canvas.rotate(5)
    column(canvas, 100, 700 - 13 * straight, lines[straight:])
    canvas.save()
    return path


@pytest.fixture
def papers(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    make_layout(folder / "sound.pdf", Layout(columns=2, every=1, side="outer"))
    make_askew(folder / "askew.pdf", straight=20)
    return folder


@pytest.mark.parametrize("cached", [False, True])
def test_named_in_the_report(papers, tmp_path, cached):
    cache = tmp_path / "cache"
    if cached:
        parse_papers(papers, tmp_path / "0", make_settings(params(workers=1)), cache_dir=cache)
    report = parse_papers(papers, tmp_path / "1", make_settings(params(workers=1)), cache_dir=cache)
    assert report["from_cache"] == (2 if cached else 0)
    (loss,) = report["text_lost"]
    assert loss["file"] == "askew.pdf"
    assert 0 < loss["kept"] < 0.6 * loss["words"]
    assert loss["share"] == round(loss["kept"] / loss["words"], 3)
    written = json.loads((tmp_path / "1" / "_report.json").read_text(encoding="utf8"))
    assert written["text_lost"] == report["text_lost"]


def test_named_on_the_screen(papers, tmp_path):
    command = [warm_python(), str(SCRIPT), "--papers", str(papers), "--out", str(tmp_path / "out")]
    command += [
        "--cache",
        str(tmp_path / "cache"),
        "--params",
        str(SCRIPT.parents[1] / "params.yaml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf8", check=True)
    assert "SCINER-W101: 1 PDF(s) keep less than 60% of the words" in done.stdout
    assert "askew.pdf (" in done.stdout


def test_the_worst_are_named_first_and_the_others_counted():
    lost = [
        {"file": f"{i}.pdf", "kept": i, "words": 100, "share": i / 100} for i in range(9, 0, -1)
    ]
    warning = warn_of_loss({"text_lost": lost})
    assert "9 PDF(s)" in warning
    assert "1.pdf (1 of 100 words), 2.pdf" in warning
    assert "5.pdf (5 of 100 words) and 4 more." in warning
    assert warn_of_loss({"text_lost": []}) == ""


@pytest.mark.parametrize(
    ("n_words", "share"), [(0, None), (59, None), (65, None), (66, 0.591), (400, 0.098)]
)
def test_find_loss(n_words, share):
    text = "word " * 19 + "a 3 of it."
    paragraphs = [
        {"paper": "p", "paragraph": i, "section": "Methods", "text": text} for i in range(2)
    ]
    loss = find_loss(paragraphs, n_words)  # 38 words and a heading, of three letters or more
    assert (loss and loss["share"]) == share
