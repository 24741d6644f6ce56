import subprocess
from pathlib import Path

import pytest
from stage_project import change
from warm_python import warm_python

from .make_pdf import make_paper, make_scan

SCRIPT = Path(__file__).parents[2] / "scripts" / "parse.py"


@pytest.fixture
def parse(tmp_path):
    change(tmp_path, parse={"workers": 1})

    def call(*args):
        command = [warm_python(), str(SCRIPT), *args]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf8")

    return call


def test_corpus(parse, tmp_path):
    folder = tmp_path / "assets" / "mine" / "papers"
    folder.mkdir(parents=True)
    make_paper(folder / "a.pdf")
    make_scan(folder / "b.pdf")
    (folder / "c.txt").write_text("A paper as plain text.")
    done = parse("--corpus", "mine")
    assert done.returncode == 0, done.stderr
    assert "1 files not read by engine embedded: c.txt" in done.stdout
    assert "1 papers" in done.stdout
    assert "1× set aside: SCINER-E111: the file has no text layer" in done.stdout
    assert (tmp_path / "data" / "parsed" / "a.jsonl").exists()
    assert "1 files unchanged" in parse("--corpus", "mine").stdout


def test_no_folder(parse, tmp_path):
    done = parse("--corpus", "none")
    assert done.returncode == 0
    assert "No folder" in done.stdout
    assert (tmp_path / "data" / "parsed" / "_report.json").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--papers", "nowhere"], "SCINER-E104: No folder nowhere"),
        (["--params", "other.yaml"], "SCINER-E502"),
    ],
)
def test_one_clear_message(parse, args, message):
    done = parse(*args)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_all_failed(parse, tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    make_scan(folder / "a.pdf")
    done = parse("--papers", "papers")
    assert done.returncode == 1
    assert "SCINER-E105" in done.stderr
    assert "OCR" in done.stderr


def test_help(parse):
    done = parse("--help")
    assert done.returncode == 0
    assert "SciPDF" in done.stdout
    assert "--corpus" in done.stdout
