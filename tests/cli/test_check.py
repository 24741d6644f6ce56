"""`sciner check` says what is there, writes nothing, and fails on what convert would refuse."""

import json
import shutil

import pytest
from console import call_sciner
from tiny import ROOT

from spacy_sciner.corpus import check

TEXT = "𝑥 and BERT are models of our own ."
VALUE = {"start": 7, "end": 11, "text": "BERT", "labels": ["MethodName"]}


def task(paper, text=TEXT, value=VALUE):
    result = [{"type": "labels", "value": value}]
    return {"data": {"text": text, "paper": paper}, "annotations": [{"result": result}]}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def sciner(monkeypatch, *options):
    return call_sciner(monkeypatch, "check", *options)


def write(path, *tasks):
    path.write_text(json.dumps(list(tasks)), encoding="utf8")
    return path


def write_paper(folder, name):
    folder.mkdir(exist_ok=True)
    text = "We train a model of our own on the data that we have found ."
    paper = {"title": "T", "abstract": text, "sections": []}
    (folder / f"{name}.json").write_text(json.dumps(paper), encoding="utf8")
    return folder


def files(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_gold_and_papers_by_content(project, monkeypatch, capsys):
    gold = write(project / "gold.json", task("P18-1001"), task("P18-1002", text=TEXT + " Yes ."))
    papers = write_paper(project / "papers", "P18-1001v2")
    before = files(project)
    assert sciner(monkeypatch, gold, papers) == 0
    assert files(project) == before
    out = capsys.readouterr().out
    assert "papers papers: 1 papers, 1 paragraphs" in out.replace(str(project) + "/", "")
    assert "label-studio, 2 papers, 2 paragraphs, offsets in UTF-16 units" in out
    assert "2 entities: MethodName 2" in out
    assert "2 of 2: P18-1001 (nearest: P18-1001v2)" in out
    assert out.endswith("✔ convert would read all of it\n")


def test_repairs_are_told_with_examples(project, monkeypatch, capsys):
    wide = {**VALUE, "end": 12, "text": "BERT "}
    tasks = [task("P2", text=f"{TEXT} Part {n} .", value=wide) for n in range(2)]
    gold = write(project / "gold.json", task("P1"), *tasks)
    assert sciner(monkeypatch, gold) == 0
    shown = capsys.readouterr()
    assert "trimmed: 2\n" in shown.out
    assert "gold.json P2/0: 'MethodName [" in shown.out
    assert "SCINER-W209" in shown.err


def test_what_convert_would_refuse_is_named_beside_what_is_sound(project, monkeypatch, capsys):
    write(project / "good.json", task("P1"))
    (project / "bad.conll").write_text("We PRP\ntrain VBP\n", encoding="utf8")
    (project / "odd.bin").write_bytes(b"\0")
    assert sciner(monkeypatch, "good.json", "bad.conll", "odd.bin", "none.json") == 1
    shown = capsys.readouterr()
    assert "good.json: label-studio, 1 papers" in shown.out
    assert "would read all" not in shown.out
    for code in ("E207", "E244", "E204"):
        assert f"✘ SCINER-{code}" in shown.err


def test_format_and_labels_may_be_given(project, monkeypatch, capsys):
    (project / "gold.xyz").write_text("We\tO\nBERT\tMethodName\n", encoding="utf8")
    (project / "assets").mkdir()
    assert sciner(monkeypatch, "gold.xyz", "--format", "conll") == 1
    assert "SCINER-E207" in capsys.readouterr().err
    assert sciner(monkeypatch, "gold.xyz", "--format", "conll", "--corpus", "sample") == 0
    assert "gold gold.xyz: conll, IO, 1 papers" in capsys.readouterr().out
    assert sciner(monkeypatch, "gold.xyz", "--format", "word") == 1
    assert "SCINER-E244: word is no format. Give its --format: conll," in capsys.readouterr().err


def test_corpus_of_the_params(project, monkeypatch, capsys):
    gold = project / "assets/mine/gold"
    gold.mkdir(parents=True)
    for n in range(4):
        text = f"{TEXT} Part {n} ."
        write(gold / f"p{n}.json", task(f"p{n}", text=text))
    write_paper(project / "assets/mine/papers", "p1")
    write_paper(project / "assets/mine/papers", "q1")
    params = (project / "params.yaml").read_text(encoding="utf8")
    entry = (
        "corpora:\n  mine:\n    labels: [MethodName]\n"
        "    gold: [{path: gold, format: label-studio}]\n    split: {dev: 0.25, test: 0.25}\n"
    )
    params = params.replace("corpora:\n", entry, 1)
    (project / "params.yaml").write_text(params, encoding="utf8")
    before = files(project)
    assert sciner(monkeypatch, "--corpus", "mine") == 0
    assert files(project) == before
    out = capsys.readouterr().out
    for split, n in (("train", 2), ("dev", 1), ("test", 1)):
        assert f"\n{split}: {n} papers, {n} paragraphs" in out
    assert "\npool: 1 papers, 1 paragraphs\n" in out
    shutil.rmtree(gold)
    assert sciner(monkeypatch, "--corpus", "mine") == 1
    assert "✘ SCINER-E204" in capsys.readouterr().err


@pytest.mark.parametrize(("made", "code"), [(False, 1), (True, 0)])
def test_papers_that_are_missing_or_give_no_pool_are_told(made, code, project, monkeypatch, capsys):
    folder = project / "assets/mine"
    (folder / "papers" if made else folder).mkdir(parents=True)
    tasks = [task(f"p{n}", text=f"{TEXT} Part {n} .") for n in range(3)]
    write(folder / "gold.json", *tasks)
    params = (project / "params.yaml").read_text(encoding="utf8")
    entry = (
        "corpora:\n  mine:\n    labels: [MethodName]\n"
        "    gold: [{path: gold.json, format: label-studio}]\n    split: {dev: 0.3, test: 0.3}\n"
    )
    (project / "params.yaml").write_text(params.replace("corpora:\n", entry, 1), encoding="utf8")
    assert sciner(monkeypatch, "--corpus", "mine") == code
    err = capsys.readouterr().err
    assert "!! SCINER-W202: The pool is empty: no usable paragraph in assets/mine/papers" in err
    assert ("✘ SCINER-E104: No folder assets/mine/papers. Make it" in err) is not made


def test_every_refused_file_of_the_params_is_named(project, monkeypatch, capsys):
    gold = project / "assets/mine"
    gold.mkdir(parents=True)
    write(gold / "good.json", task("P1"))
    (gold / "bad.conll").write_text("We PRP\ntrain VBP\n", encoding="utf8")
    (gold / "pool.json").write_text("[]", encoding="utf8")
    (gold / "papers").mkdir()
    params = (project / "params.yaml").read_text(encoding="utf8")
    entry = (
        "corpora:\n  mine:\n    labels: [MethodName]\n    gold:\n"
        "      - {path: bad.conll, format: conll}\n"
        "      - {path: good.json, format: label-studio}\n"
        "      - {path: none.json, format: label-studio}\n"
        "    pool_gold: [{path: pool.json, format: label-studio}]\n"
    )
    (project / "params.yaml").write_text(params.replace("corpora:\n", entry, 1), encoding="utf8")
    assert sciner(monkeypatch, "--corpus", "mine") == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("✘")]
    assert [line.split(":")[0] for line in lines] == [f"✘ SCINER-E{n}" for n in (207, 204, 206)]


def test_each_path_is_read_once_and_a_refused_one_leaves_nothing(project, monkeypatch, capsys):
    read = []
    read_one = check.GoldReader.read
    monkeypatch.setattr(
        check.GoldReader, "read", lambda self, one: read.append(one.path) or read_one(self, one)
    )
    write(project / "good.json", task("P1"))
    # A row without a tag is repaired; then the file is refused.
    (project / "bad.conll").write_text("# note\nWe PRP\ntrain VBP\n", encoding="utf8")
    assert sciner(monkeypatch, "bad.conll", "good.json") == 1
    assert read == ["bad.conll", "good.json"]
    shown = capsys.readouterr()
    assert "good.json: label-studio, 1 papers" in shown.out
    assert "comment-line" not in shown.out
