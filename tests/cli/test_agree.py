"""`sciner agree`: on the sample, on files that share nothing, and what it writes."""

import csv
import json
import re
import shlex

import pytest
from console import call_sciner
from tiny import ROOT

FIRST, SECOND = (ROOT / f"assets/sample/{name}/annotations.json" for name in ("gold", "second"))
TEXT = "We train BERT with care ."


@pytest.fixture
def sciner(monkeypatch, capsys):
    def call(*options):
        return (call_sciner(monkeypatch, "agree", *options), *capsys.readouterr())

    return call


def write(path, *, text=TEXT, label="M", paper="P1", who=(1,)):
    value = {"start": 9, "end": 13, "labels": [label]}
    annotations = [
        {"completed_by": one, "result": [{"type": "labels", "value": value}]} for one in who
    ]
    tasks = [{"data": {"text": text, "paper": paper}, "annotations": annotations}]
    path.write_text(json.dumps(tasks), encoding="utf8")
    return path


def test_the_page_shows_what_the_command_prints(sciner, monkeypatch):
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs/agreement.md").read_text(encoding="utf8")
    (line,) = re.findall(r"^sciner agree (assets/.*)$", page, re.MULTILINE)
    code, out, _ = sciner(*shlex.split(line))
    assert code == 0
    assert f"```\n{out}```\n" in page
    assert max(map(len, out.splitlines())) <= 100


def test_what_is_shared_is_compared_and_the_rest_counted(sciner):
    code, out, _ = sciner(FIRST, SECOND, "--json", "--draws", 20)
    assert code == 0
    found = json.loads(out)
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["papers"], pair["paragraphs"]) == ("gold", "second", 2, 22)
    assert [one["in_no_other"] for one in found["annotators"]] == [155, 0]
    assert len(found["cases"]) == sum(pair["disagreements"].values()) > 20
    strict, relaxed = (pair["entities"]["all"][name] for name in ("strict", "relaxed"))
    assert strict["low"] <= strict["value"] < relaxed["value"] <= relaxed["high"] < 1


def test_disagreements_as_csv_and_tasks(sciner, tmp_path):
    table, tasks = tmp_path / "cases.csv", tmp_path / "tasks.json"
    code, out, _ = sciner(FIRST, SECOND, "--draws", 0, "--csv", table, "--tasks", tasks)
    assert code == 0
    with table.open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"✔ {len(rows)} disagreements in " in out
    assert {row["kind"] for row in rows} == {
        *("missing in a", "missing in b", "other label", "other boundaries")
    }
    assert [row["text_a"] for row in rows if row["kind"] == "missing in a"] == [""] * 4
    written = json.loads(tasks.read_text(encoding="utf8"))
    assert {(t["data"]["paper"], str(t["data"]["paragraph"])) for t in written} == {
        (row["paper"], row["paragraph"]) for row in rows
    }
    assert all(len(task["predictions"]) == 2 for task in written)
    assert f"✔ {len(written)} paragraphs to decide on in " in out


def test_what_is_there_is_replaced_only_when_told(sciner, tmp_path):
    ann, bob = write(tmp_path / "ann.json"), write(tmp_path / "bob.json", label="D")
    before = bob.read_bytes()
    code, _, err = sciner(ann, bob, "--tasks", bob)
    assert (code, err.startswith("✘ SCINER-E241")) == (1, True)
    assert bob.read_bytes() == before
    (tmp_path / "new.config.xml").write_text("somebody's")
    assert sciner(ann, bob, "--tasks", tmp_path / "new.json")[0] == 1
    assert (tmp_path / "new.config.xml").read_text() == "somebody's"
    out = tmp_path / "out.csv"
    out.write_text("old")
    assert sciner(ann, bob, "--csv", out, "--force")[0] == 0
    assert "other label" in out.read_text(encoding="utf8")


def test_files_without_a_shared_paragraph(sciner, tmp_path):
    ann = write(tmp_path / "ann.json")
    bob = write(tmp_path / "bob.json", text="It is another text .", paper="P2")
    code, out, err = sciner(ann, bob)
    assert (code, out) == (1, "")
    assert err.startswith("✘ SCINER-E420")


def test_one_file_that_names_three(sciner, tmp_path):
    code, out, _ = sciner(write(tmp_path / "export.json", who=("ann", "bob", "eve")))
    assert code == 0
    assert out.count("Cohen's κ, all tokens") == 3
    assert "All 3\n" in out
    assert re.search(r"Fleiss' κ +1\.000 +– +6\n", out)


def test_examples_and_their_number(sciner, tmp_path):
    ann, bob = write(tmp_path / "ann.json"), write(tmp_path / "bob.json", label="D")
    shown = "  other label: M or D (P1 ¶0): We train {[BERT]} with care .\n"
    assert shown in sciner(ann, bob)[1]
    assert shown not in sciner(ann, bob, "--examples", 0)[1]
    assert "other label 1" in sciner(ann, bob, "--examples", 0)[1]


def test_the_seed_and_the_draws_decide_the_interval(sciner):
    def interval(*options):
        (pair,) = json.loads(sciner(FIRST, SECOND, "--json", *options)[1])["pairs"]
        return pair["kappa"]["low"]

    of_seeds = {interval("--draws", 1, "--seed", seed) for seed in range(4)}
    assert len(of_seeds) > 1
    assert interval("--draws", 0) is None


def test_no_annotators_file_is_written_over_and_none_twice(sciner, tmp_path):
    first, second = write(tmp_path / "a.json"), write(tmp_path / "b.json", label="N")
    before = first.read_bytes()
    twice = tmp_path / "x.csv"
    for options in (("--tasks", first, "--force"), ("--csv", twice, "--tasks", twice)):
        code, _, err = sciner(first, second, *options)
        assert (code, "SCINER-E546" in err) == (1, True)
    assert first.read_bytes() == before
    assert not twice.exists()
