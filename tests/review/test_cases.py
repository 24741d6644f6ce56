"""Disagreements as a table and as tasks to decide on."""

import json

import pytest

from review.examples import annotators, doc_of
from spacy_sciner.corpus.annotated import annotated_to_doc, make_tokenizer
from spacy_sciner.corpus.formats.label_studio import read_label_studio
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.review.agree import compare_annotators
from spacy_sciner.review.cases import cases_of, write_tasks

TEXT = "we train BERT base and RoBERTa on SQuAD with Adam"


@pytest.fixture
def found():
    ann = doc_of(TEXT, [(2, 3, "M"), (5, 6, "M"), (7, 8, "D")], number=4)
    bob = doc_of(TEXT, [(2, 4, "M"), (5, 6, "D"), (9, 10, "M")], number=9)
    same = [doc_of("a second text", [(1, 2, "M")], paper="P2") for _ in range(2)]
    return compare_annotators(annotators(gold=[ann, same[0]], bob=[bob, same[1]]))


def test_every_case_with_its_place(found):
    cases = list(cases_of(found.pairs[0, 1]))
    assert [(c["kind"], c["label_a"], c["label_b"]) for c in cases] == [
        ("other boundaries", "M", "M"),
        ("other label", "M", "D"),
        ("missing in b", "D", None),
        ("missing in a", None, "M"),
    ]
    assert {(c["paper"], c["paragraph"]) for c in cases} == {("P1", 4)}
    for case in cases:
        for side in "ab":
            start, end = case[f"start_{side}"], case[f"end_{side}"]
            assert case[f"text_{side}"] == (None if start is None else TEXT[start:end])
    assert cases[0]["context"] == "we train {[BERT} base] and RoBERTa on SQuAD with Adam"


def test_tasks_hold_every_version_of_what_is_disputed(found, tmp_path):
    path = tmp_path / "tasks.json"
    assert write_tasks(path, found.shared, ["gold", "bob"]) == 1
    (task,) = json.loads(path.read_text(encoding="utf8"))
    assert task["data"] == {"text": TEXT, "paper": "P1", "paragraph": 4, "section": ""}
    assert "annotations" not in task
    versions = {p["model_version"]: p["result"] for p in task["predictions"]}
    texts = {name: [r["value"]["text"] for r in of] for name, of in versions.items()}
    assert texts == {"gold": ["BERT", "RoBERTa", "SQuAD"], "bob": ["BERT base", "RoBERTa", "Adam"]}
    assert '<Label value="D"' in path.with_suffix(".config.xml").read_text(encoding="utf8")


def test_what_one_does_not_know_is_shown_as_unknown(tmp_path):
    ann = doc_of(TEXT, [(2, 3, "M"), (7, 8, "D")])
    bob = doc_of(TEXT, [(2, 3, "D")], unknown=[7])
    found = compare_annotators(annotators(ann=[ann], bob=[bob]))
    assert [c["kind"] for c in cases_of(found.pairs[0, 1])] == ["other label"]
    path = tmp_path / "tasks.json"
    write_tasks(path, found.shared, ["ann", "bob"])
    (task,) = json.loads(path.read_text(encoding="utf8"))
    labels = [[r["value"]["labels"][0] for r in p["result"]] for p in task["predictions"]]
    assert labels == [["M", "D"], ["D", "_unknown_"]]


def test_a_version_that_is_taken_over_is_gold(found, tmp_path):
    path = tmp_path / "tasks.json"
    write_tasks(path, found.shared, ["gold", "bob"])
    (task,) = json.loads(path.read_text(encoding="utf8"))
    decided = {"data": task["data"], "annotations": [{"result": task["predictions"][1]["result"]}]}
    (tmp_path / "decided.json").write_text(json.dumps([decided]), encoding="utf8")
    repairs = Repairs()
    (read,) = read_label_studio(tmp_path / "decided.json", file="decided.json", repairs=repairs)
    doc = annotated_to_doc(read, tokenizer=make_tokenizer(), labels=None, repairs=repairs)
    assert repairs.to_dict() == {}
    assert {(e.start, e.end, e.label_) for e in doc.ents} == found.pairs[0, 1][0].after
