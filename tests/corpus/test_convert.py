import json
import re
import subprocess
from pathlib import Path

import pytest
from stage_project import change, make_settings
from warm_python import warm_python

from spacy_sciner.corpus import docbin
from spacy_sciner.corpus.convert import convert_corpus
from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.screen import gold_warnings, label_warnings
from spacy_sciner.errors import ScinerError, ScinerWarning

from .helpers import TOKENIZER, write_jsonl

ROOT = Path(__file__).parents[2]
# Eight papers of two annotated sentences, and what a PDF made of the pool papers.
NAMES = ["fern", "moss", "reed", "birch", "alder", "hazel", "rowan", "maple"]


def _task(paper, n, *, shift=0):
    text = f"We train {NAMES[paper].upper()} on the {NAMES[paper]} corpus in run {n} ."
    start = 9 + shift
    value = {"start": start, "end": start + len(NAMES[paper]), "labels": ["MethodName"]}
    return {
        "data": {"text": text, "paper": f"P{paper}", "paragraph": n},
        "annotations": [{"result": [{"type": "labels", "value": value}]}],
    }


def _project(tmp_path, **corpus):
    """A project folder with corpus `c`; RETURNS the arguments of `convert_corpus`."""
    folder = tmp_path / "assets" / "c"
    folder.mkdir(parents=True)
    gold = [_task(p, n, shift=int(p == n == 0)) for p in range(5) for n in range(2)]
    (folder / "gold.json").write_text(json.dumps(gold))
    pool_gold = [_task(p, n) for p in (5, 6, 7) for n in range(2)]
    (folder / "pool-gold.json").write_text(json.dumps(pool_gold))
    for p in (0, 5, 6):
        texts = [_task(p, n)["data"]["text"].replace(" .", ".") for n in range(2)]
        lines = [
            {"paper": f"P{p}", "paragraph": n, "section": "Abstract", "text": text}
            for n, text in enumerate([*texts, f"Footnote {p}"])
        ]
        write_jsonl(tmp_path / "parsed" / f"P{p}.jsonl", lines)
    labels = (ROOT / "assets" / "labels.yaml").read_text(encoding="utf8")
    (tmp_path / "assets" / "labels.yaml").write_text(labels, encoding="utf8")
    settings = {
        "gold": [{"path": "gold.json", "format": "label-studio"}],
        "split": {"train": ["P0", "P1"], "dev": ["P2", "P3"], "test": ["P4"]},
        "pool_gold": [{"path": "pool-gold.json", "format": "label-studio"}],
        "exclude": [],
        **corpus,
    }
    return {
        "settings": _settings(settings),
        "assets": tmp_path / "assets",
        "parsed": tmp_path / "parsed",
        "out": tmp_path / "corpus",
    }


def _settings(corpus):
    convert = {"seed": 0, "overlap_ngrams": 13, "overlap_min": 3, "min_words": 1}
    return make_settings(convert=convert, corpora={"c": corpus})


def _docs(arguments, name):
    return read_docs(arguments["out"] / name, TOKENIZER.vocab)


def _files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("docs_in_file", [2048, 2, 1])
def test_outputs(tmp_path, monkeypatch, docs_in_file):
    monkeypatch.setattr(docbin, "DOCS_IN_FILE", docs_in_file)
    arguments = _project(tmp_path)
    report = convert_corpus("c", **arguments)
    papers = {
        split: [doc.user_data["paper"] for doc in _docs(arguments, f"gold/{split}.spacy")]
        for split in ("train", "dev", "test")
    }
    expected = {"train": ["P0", "P0", "P1", "P1"], "dev": ["P2", "P2", "P3", "P3"]}
    assert papers == {**expected, "test": ["P4", "P4"]}
    assert all(doc.user_data["source"] == "gold" for doc in _docs(arguments, "gold/test.spacy"))
    pool, pool_gold = _docs(arguments, "pool.spacy"), _docs(arguments, "pool_gold.spacy")
    places = [(d.user_data["paper"], d.user_data["paragraph"], d.user_data["source"]) for d in pool]
    assert places == [(p, n, "pool") for p in ("P5", "P6") for n in range(3)]
    assert all(tag is None for doc in pool for tag in iob_tags(doc))
    assert [d.text for d in pool_gold] == [d.text for d in pool]
    ents = [[e.text for e in d.ents] for d in pool_gold]
    assert ents == [["HAZEL"], ["HAZEL"], [], ["ROWAN"], ["ROWAN"], []]
    assert iob_tags(pool_gold[2]) == [None, None]  # the footnote is in no gold
    assert report == json.loads((arguments["out"] / "_report.json").read_text(encoding="utf8"))


def test_report(tmp_path):
    report = convert_corpus("c", **_project(tmp_path))
    train = report["splits"]["train"]
    assert (train["papers"], train["paragraphs"], train["entities"]) == (2, 4, 4)
    assert train["types"]["MethodName"] == 4
    assert train["types"]["TaskName"] == 0
    assert report["papers"]["test"] == ["P4"]
    assert report["files"][0] == {
        "file": "gold.json",
        "format": "label-studio",
        "papers": 5,
        "paragraphs": 10,
    }
    example = {"file": "gold.json", "paragraph": "P0/0", "text": "MethodName [10, 14) ERN"}
    assert report["repairs"] == {"snapped": {"count": 1, "examples": [example]}}
    assert report["excluded_papers"] == [{"paper": "P0", "reason": "gold train paper"}]
    assert report["dropped_paragraphs"] == {"in an excluded paper": 3}
    counts = {"projected": 4, "lost": 0, "papers": 2, "papers_not_in_pool": 1}
    assert report["projection"] == counts


def test_two_runs_give_the_same_bytes_and_no_trace_of_the_machine(tmp_path):
    arguments = _project(tmp_path)
    convert_corpus("c", **arguments)
    first = _files(arguments["out"])
    assert len(first) == 6
    (tmp_path / "elsewhere").mkdir()
    other = _project(tmp_path / "elsewhere")
    convert_corpus("c", **other)
    assert _files(other["out"]) == first
    assert str(tmp_path) not in first[Path("_report.json")].decode()


def test_conll_with_a_pool_of_its_own(tmp_path):
    tags = ["O", "I-M", "O", "O"]
    blocks = [
        "".join(f"{w}\t{t}\n" for w, t in zip(["We", f"use{i}", "it", "."], tags, strict=True))
        for i in range(12)
    ]
    entry = {"path": "gold/a.txt", "format": "conll", "papers": "paragraphs"}
    entry["split"] = ["train", "pool"]
    fixed = [{**entry, "path": f"gold/{s}.txt", "split": s} for s in ("dev", "test")]
    arguments = _project(
        tmp_path, labels=["M"], gold=[entry, *fixed], split={"train": 0.25}, pool_gold=[]
    )
    (tmp_path / "assets" / "c" / "gold").mkdir()
    for name, some in (("a", blocks[:8]), ("dev", blocks[8:10]), ("test", blocks[10:])):
        (tmp_path / "assets" / "c" / "gold" / f"{name}.txt").write_text("\n".join(some))
    report = convert_corpus("c", **{**arguments, "parsed": tmp_path / "none"})
    assert [report["splits"][s]["papers"] for s in ("train", "dev", "test", "pool")] == [2, 2, 2, 6]
    assert {f["scheme"] for f in report["files"]} == {"IOB1"}
    pool, pool_gold = _docs(arguments, "pool.spacy"), _docs(arguments, "pool_gold.spacy")
    assert [[t.text for t in d] for d in pool] == [[t.text for t in d] for d in pool_gold]
    assert all(iob_tags(doc) == [None] * 4 for doc in pool)
    assert all(iob_tags(doc) == ["O", "B-M", "O", "O"] for doc in pool_gold)


def test_labels_that_the_corpus_does_not_have_are_set_aside(tmp_path):
    arguments = _project(tmp_path, labels=["TaskName", "MetricName"])
    gold = tmp_path / "assets/c/gold.json"  # one entity of train is a metric's
    gold.write_text(gold.read_text().replace("MethodName", "MetricName", 1))
    report = convert_corpus("c", **arguments)
    assert report["splits"]["train"]["entities"] == 1
    assert report["repairs"]["unknown-label"]["count"] == 15
    assert "MethodName" in report["repairs"]["unknown-label"]["examples"][0]["text"]
    *empty, absent, unknown = label_warnings(report)
    assert [line.split(":")[0] for line in empty] == ["SCINER-W214", "SCINER-W214"]
    assert absent.startswith("SCINER-W203: The training papers have no entity of TaskName:")
    assert unknown.startswith("SCINER-W204: 15 annotations are left out")
    assert "MethodName" in unknown


def test_gold_without_an_entity_of_the_corpus_labels_is_refused(tmp_path):
    """By `sciner check`, too, which reads it with the same code."""
    reason = r"E567: .* \(TaskName\), in 4 paragraphs \(.* has 16 of other labels: MethodName"
    with pytest.raises(ScinerError, match=reason):
        convert_corpus("c", **_project(tmp_path, labels=["TaskName"]))


def test_files_as_given_may_share_a_paper_but_not_silently(tmp_path):
    entries = [
        {"path": f"{split}.json", "format": "label-studio", "split": split}
        for split in ("train", "dev", "test")
    ]
    arguments = _project(tmp_path, gold=entries, split={})
    for n, split in enumerate(("train", "dev", "test")):
        tasks = [_task(p, n) for p in range(5)]
        (tmp_path / "assets" / "c" / f"{split}.json").write_text(json.dumps(tasks))
    with pytest.warns(ScinerWarning, match=r"SCINER-W201: 5 papers .*P0 \(train, dev, test\)"):
        convert_corpus("c", **arguments)


def test_empty_pool(tmp_path):
    arguments = _project(tmp_path, exclude=["P5", "P6"])
    with pytest.warns(ScinerWarning, match="SCINER-W202: The pool is empty"):
        report = convert_corpus("c", **arguments)
    assert report["splits"]["pool"]["paragraphs"] == 0
    assert _docs(arguments, "pool.spacy") == []


def test_without_gold_there_is_a_pool(tmp_path):
    arguments = _project(tmp_path, gold=[], split={}, pool_gold=[])
    report = convert_corpus("c", **arguments)
    assert {doc.user_data["paper"] for doc in _docs(arguments, "pool.spacy")} == {"P0", "P5", "P6"}
    assert [_docs(arguments, f"gold/{s}.spacy") for s in ("train", "dev", "test")] == [[], [], []]
    (warning,) = gold_warnings(report)
    assert warning.startswith("SCINER-W222: `gold` is empty")


def test_no_file_for_a_split(tmp_path):
    entry = {"path": "gold.json", "format": "label-studio", "split": ["train", "dev"]}
    arguments = _project(tmp_path, gold=[entry], split={"dev": 0.4})
    with pytest.raises(ScinerError, match=r"SCINER-E209: Split 'test' of corpus 'c'.*no gold file"):
        convert_corpus("c", **arguments)
    assert not arguments["out"].exists()


def _run(script, *arguments):
    command = [warm_python(), str(ROOT / "scripts" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_script(tmp_path):
    arguments = _project(tmp_path)
    change(tmp_path, corpora={"c": arguments.pop("settings").corpora["c"].model_dump(mode="json")})
    arguments["params"] = tmp_path / "params.yaml"
    options = [f"--{k}={v}" for k, v in arguments.items()]
    done = _run("convert.py", "--corpus=c", *options)
    assert done.returncode == 0
    few, labels, names = done.stderr.splitlines()
    assert few.startswith("!! SCINER-W224: Split dev has 4 entities: too few")
    assert labels.startswith("!! SCINER-W203: The training papers have no entity of")
    assert names.startswith("!! SCINER-W211: 1 of 3 papers of pool_gold are not in the pool")
    assert "gold papers without a parsed paper: 4 of 5: P1" in done.stdout
    assert re.search(r"train +2 papers +4 paragraphs +\d+ tokens +4 entities", done.stdout)
    assert "repairs: snapped 1" in done.stdout
    (tmp_path / "assets" / "c" / "gold.json").unlink()
    failed = _run("convert.py", "--corpus=c", *options)
    assert failed.returncode == 1
    assert failed.stderr.startswith("✘ SCINER-E204: No gold file")
    assert "Traceback" not in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_nothing_is_written_before_all_gold_is_read(tmp_path):
    arguments = _project(tmp_path, pool_gold=[{"path": "nothing.json", "format": "label-studio"}])
    with pytest.raises(ScinerError, match=r"nothing\.json"):
        convert_corpus("c", **arguments)
    assert not arguments["out"].exists()


@pytest.mark.parametrize("docs_in_file", [2048, 1])
@pytest.mark.parametrize("share", [["P1"], 0.3])
def test_calibration_papers_come_out_of_trains_and_out_of_the_pool(
    tmp_path, monkeypatch, share, docs_in_file
):
    monkeypatch.setattr(docbin, "DOCS_IN_FILE", docs_in_file)
    split = {"dev": ["P3"], "test": ["P4"], "calibration": share}
    arguments = _project(tmp_path, split=split)
    report = convert_corpus("c", **arguments)
    papers = report["papers"]
    assert len(papers["calibration"]) == 1
    assert sorted(papers["train"] + papers["calibration"]) == ["P0", "P1", "P2"]
    docs = _docs(arguments, "gold/calibration.spacy")
    assert {doc.user_data["paper"] for doc in docs} == set(papers["calibration"])
    assert report["splits"]["calibration"]["papers"] == 1
    pool = {doc.user_data["paper"] for doc in _docs(arguments, "pool.spacy")}
    assert not pool & set(papers["calibration"])

    # Without the split the file goes, so that nothing certifies on old papers.
    del split["calibration"]
    settings = {"gold": [{"path": "gold.json", "format": "label-studio"}], "split": split}
    arguments["settings"] = _settings(settings)
    assert "calibration" not in convert_corpus("c", **arguments)["papers"]
    assert not (arguments["out"] / "gold/calibration.spacy").exists()


def test_calibration_papers_from_a_file_of_their_own(tmp_path):
    gold = [
        {"path": "gold.json", "format": "label-studio"},
        {"path": "pool-gold.json", "format": "label-studio", "split": "calibration"},
    ]
    arguments = _project(tmp_path, gold=gold, pool_gold=[])
    with pytest.warns(ScinerWarning, match="W202"):  # its papers were the whole pool
        papers = convert_corpus("c", **arguments)["papers"]
    assert papers["calibration"] == ["P5", "P6", "P7"]
    assert papers["train"] == ["P0", "P1"]
