import json
import os
import shutil
from collections import Counter

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers import parse_papers, reader, run, summarise
from spacy_sciner.papers.run import cut

from .helpers import make_settings, params
from .make_pdf import make_encrypted, make_paper, make_scan
from .test_readers import TEI

pytestmark = pytest.mark.usefixtures("warm_spawn")
LONG = "This sentence has exactly eight words in it."


def article(*texts):
    sections = [{"heading": "S", "text": text} for text in texts]
    return json.dumps({"title": "", "abstract": "", "sections": sections})


@pytest.fixture
def papers(tmp_path):
    folder = tmp_path / "papers"
    (folder / "sub").mkdir(parents=True)
    make_paper(folder / "a.pdf")
    make_scan(folder / "scan.pdf")
    make_encrypted(folder / "locked.pdf")
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "b.json").write_text(article(f"{LONG} {LONG}"), encoding="utf8")
    text = f"<p>{LONG} {LONG}</p>"
    (folder / "sub" / "c.tei.xml").write_text(TEI.format(abstract=text), encoding="utf8")
    (folder / "notes.txt").write_text("not a paper", encoding="utf8")
    (folder / ".hidden.pdf").write_bytes(b"")
    return folder


def settings(**changes):
    return make_settings(params(workers=2, **changes))


def read(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_contract(papers, tmp_path):
    report = parse_papers(papers, tmp_path / "out", settings())
    out = read(tmp_path / "out")
    assert list(out) == ["_report.json", "a.jsonl", "b.jsonl", "c.jsonl"]
    for name in ("a", "b", "c"):
        lines = [json.loads(line) for line in out[f"{name}.jsonl"].decode("utf8").splitlines()]
        assert [line["paragraph"] for line in lines] == list(range(len(lines)))
        assert {line["paper"] for line in lines} == {name}
        assert all(set(line) == {"paper", "paragraph", "section", "text"} for line in lines)
        assert all(10 <= len(line["text"].split()) <= 400 for line in lines)
    written = json.loads(out["_report.json"])
    assert written == {key: value for key, value in report.items() if key != "from_cache"}
    assert (report["papers"], report["files"], report["ignored"]) == (3, 6, 1)
    reasons = {entry["file"]: entry["reason"] for entry in report["set_aside"]}
    assert list(reasons) == ["empty.pdf", "locked.pdf", "scan.pdf"]
    assert "SCINER-E110" in reasons["locked.pdf"]
    assert "SCINER-E111" in reasons["scan.pdf"]
    assert str(tmp_path) not in out["_report.json"].decode()


def test_runs_are_byte_identical_with_and_without_the_cache(papers, tmp_path):
    first = parse_papers(papers, tmp_path / "1", settings(), cache_dir=tmp_path / "cache")
    second = parse_papers(papers, tmp_path / "2", settings(), cache_dir=tmp_path / "cache")
    parse_papers(papers, tmp_path / "3", make_settings(params(workers=1)))
    assert read(tmp_path / "1") == read(tmp_path / "2") == read(tmp_path / "3")
    assert (first["from_cache"], second["from_cache"]) == (0, 3)


def test_unchanged_files_are_not_parsed_again(papers, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    parse_papers(papers, tmp_path / "1", settings(), cache_dir=cache)
    shutil.rmtree(tmp_path / "1")  # as DVC does
    (papers / "b.json").write_text(article(f"Now {LONG} {LONG}"), encoding="utf8")
    monkeypatch.setattr(reader, "parse_xml", None)  # would fail if it were called
    report = parse_papers(papers, tmp_path / "1", settings(min_words=5), cache_dir=cache)
    assert report["from_cache"] == 2
    assert "Now This" in (tmp_path / "1" / "b.jsonl").read_text(encoding="utf8")


@pytest.mark.parametrize("damage", [b"", b'["half', b"[1]\n", b"\xff\n", b"2\n[]\n[]\n"])
def test_a_damaged_cache_is_not_believed(papers, tmp_path, damage):
    cache = tmp_path / "cache"
    parse_papers(papers, tmp_path / "1", settings(), cache_dir=cache)
    for entry in cache.iterdir():
        entry.write_bytes(damage)
    report = parse_papers(papers, tmp_path / "2", settings(), cache_dir=cache)
    assert report["from_cache"] == 0
    assert read(tmp_path / "1") == read(tmp_path / "2")


def test_a_file_of_grobids_own_client_is_the_papers(papers, tmp_path):
    shutil.copy(papers / "sub" / "c.tei.xml", papers / "a.grobid.tei.xml")
    report = parse_papers(papers, tmp_path / "out", settings())
    aside = {entry["file"]: entry["reason"] for entry in report["set_aside"]}
    assert aside["a.pdf"] == "another file of the paper is read (a.grobid.tei.xml)"


def test_the_better_file_of_a_paper_is_read(papers, tmp_path):
    shutil.copy(papers / "sub" / "c.tei.xml", papers / "a.tei.xml")
    (papers / "a.json").write_text(article(f"{LONG} {LONG}"), encoding="utf8")
    report = parse_papers(papers, tmp_path / "out", settings())
    aside = {entry["file"]: entry["reason"] for entry in report["set_aside"]}
    assert aside["a.pdf"] == aside["a.json"] == "another file of the paper is read (a.tei.xml)"
    assert summarise(report["set_aside"])[0] == ("another file of the paper is read", 2)


def test_the_next_file_of_a_paper_is_read_if_the_best_cannot_be(papers, tmp_path):
    (papers / "a.tei.xml").write_text("broken", encoding="utf8")
    report = parse_papers(papers, tmp_path / "out", settings())
    assert (tmp_path / "out" / "a.jsonl").exists()
    assert "SCINER-E120" in report["set_aside"][0]["reason"]


@pytest.mark.parametrize(("engine", "paper"), [("tei", "c"), ("scipdf", "b")])
def test_engines_that_read_one_kind(papers, tmp_path, engine, paper):
    report = parse_papers(papers, tmp_path / "out", settings(engine=engine))
    assert list(read(tmp_path / "out")) == ["_report.json", f"{paper}.jsonl"]
    assert report["ignored"] == len(report["ignored_files"]) == 6
    assert "notes.txt" in report["ignored_files"]
    assert not report["set_aside"]


def test_a_papers_name_is_composed_as_golds_is(papers, tmp_path):
    """macOS writes "ü" as two characters: its gold was another paper, and it stayed in the pool."""
    (papers / "Mu\u0308ller.json").write_text(article(f"{LONG} {LONG}"), encoding="utf8")
    parse_papers(papers, tmp_path / "out", settings())
    (line,) = (tmp_path / "out" / "M\u00fcller.jsonl").read_text("utf8").splitlines()
    assert json.loads(line)["paper"] == "M\u00fcller"
    record = {"id": "Mu\u0308ller", "title": "The same paper", "text": f"{LONG} {LONG}"}
    (papers / "all.jsonl").write_text(json.dumps(record), encoding="utf8")
    report = parse_papers(papers, tmp_path / "again", settings())
    assert [path.stem for path in (tmp_path / "again").glob("M*.jsonl")] == ["M\u00fcller"]
    assert {entry["file"] for entry in report["set_aside"]} >= {"all.jsonl"}


def test_a_linked_folder_is_named(papers, tmp_path):
    """DVC would not see what changes in it; that its papers are not read was said nowhere."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "d.json").write_text(article(f"{LONG} {LONG}"), encoding="utf8")
    (papers / "linked").symlink_to(tmp_path / "more")
    (papers / "e.json").symlink_to(tmp_path / "more" / "d.json")
    report = parse_papers(papers, tmp_path / "out", settings())
    reasons = {entry["file"]: entry["reason"] for entry in report["set_aside"]}
    assert reasons["linked"].startswith("a linked folder: DVC does not see")
    assert (report["papers"], (tmp_path / "out" / "e.jsonl").is_file()) == (4, True)


def test_no_folder_is_no_papers(tmp_path):
    report = parse_papers(tmp_path / "none", tmp_path / "out", settings())
    assert report["papers"] == 0
    assert list(read(tmp_path / "out")) == ["_report.json"]


def test_all_failed(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    make_scan(folder / "1.pdf")
    make_scan(folder / "2.pdf")
    with pytest.raises(
        ScinerError, match=r"SCINER-E105: None of the 2 papers .* 2× SCINER-E111: the file"
    ):
        parse_papers(folder, tmp_path / "out", settings())
    assert len(json.loads((tmp_path / "out" / "_report.json").read_text())["set_aside"]) == 2


def test_unreadable(papers, tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(reader, "parse_xml", refuse)
    report = parse_papers(papers, tmp_path / "out", settings())
    reasons = {entry["file"]: entry["reason"] for entry in report["set_aside"]}
    assert reasons["sub/c.tei.xml"] == "SCINER-E124: c.tei.xml cannot be read: Permission denied."


def test_stale_papers_go_and_a_failed_run_leaves_all(papers, tmp_path, monkeypatch):
    out = tmp_path / "out"
    parse_papers(papers, out, settings())
    (papers / "b.json").unlink()
    parse_papers(papers, out, settings())
    before = read(out)
    assert "b.jsonl" not in before

    def die(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_write", die)
    with pytest.raises(KeyboardInterrupt):
        parse_papers(papers, out, settings())
    assert read(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "papers"]


def test_a_name_that_is_no_utf8_stops_nothing(papers, tmp_path):
    sound, broken = (
        os.fsencode(papers / "caf") + b"\xe9.pdf",
        os.fsencode(papers / "caf") + b"\xe8.xml",
    )
    try:
        shutil.copy(os.fsencode(papers / "a.pdf"), sound)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    with open(broken, "wb") as file:
        file.write(b"<TEI>")
    (papers / os.fsdecode(b"all\xe9.jsonl")).write_text("[1]", encoding="utf8")
    report = parse_papers(papers, tmp_path / "out", settings())
    assert "caf%5Cxe9.jsonl" in read(tmp_path / "out")
    reasons = {entry["file"]: entry["reason"] for entry in report["set_aside"]}
    assert "SCINER-E120: caf\\xe8.xml is not" in reasons["caf\\xe8.xml"]
    assert "SCINER-E125" in reasons["all\\xe9.jsonl"]


def test_half_a_character_is_mended_and_counted(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "p1.json").write_text(article(f"{LONG} {LONG}").replace("eight", r"\ud835 e"))
    (folder / "p2.json").write_text(article(f"{LONG} {LONG}"))
    record = {"id": "p3", "title": "T", "text": f"{LONG} {LONG} \udefc."}
    (folder / "all.jsonl").write_text(json.dumps(record))
    report = parse_papers(folder, tmp_path / "out", settings())
    assert (report["papers"], report["unreadable"], report["set_aside"]) == (3, 3, [])
    text = json.loads((tmp_path / "out" / "p1.jsonl").read_text(encoding="utf8"))["text"]
    assert text.startswith("This sentence has exactly \ufffd e words")


def test_cut_counts():
    counts: Counter = Counter()
    text = " ".join([LONG] * 10)
    endless = " ".join(["word"] * 60)
    sections = [("S", "Too short."), ("S", text), ("S", endless), ("S", f"\ufffd {LONG} {LONG}")]
    paragraphs = cut("p", sections, settings(max_words=50), counts)
    assert [len(p["text"].split()) for p in paragraphs] == [40, 40, 17]
    assert counts == {
        "too_short": 1, "split": 1, "too_long": 1, "paragraphs": 3, "words": 97, "unreadable": 1,
    }  # fmt: skip


def test_importing_the_package_imports_no_scipdf():
    import subprocess
    import sys

    code = (
        "import sys, spacy_sciner.papers; assert not {'scipdf', 'bs4', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
