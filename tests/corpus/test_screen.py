import re

import pytest

from spacy_sciner.corpus.duplicates import Found
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.corpus.screen import gold_notes, gold_warnings, label_warnings


def _report(repairs=(), n=100, **more):
    counted = Repairs()
    for rule, count in repairs:
        for i in range(count):
            counted.add(rule, file="f.json", paragraph=f"P/{i}", text="here")
    return {
        "labels": ["M"],
        "files": [{"file": "f.json", "format": "doccano"}],
        "splits": {"train": {"paragraphs": 1, "types": {"M": 3}}},
        "annotations": n,
        "annotated_paragraphs": n,
        "repairs": counted.to_dict(),
        "duplicates": Found().to_dict(),
        **more,
    }


@pytest.mark.parametrize(("rule", "what"), [("snapped", "annotations"), ("no-text", "paragraphs")])
def test_many_repairs_of_one_kind_are_a_warning(rule, what):
    assert gold_warnings(_report([(rule, 2)])) == []
    (line,) = gold_warnings(_report([(rule, 3), ("trimmed", 1)]))
    assert line.startswith(f"SCINER-W209: {rule}: 3 times, with 100 {what} read.")
    assert "here in f.json" in line


def test_one_repair_is_never_many():
    assert gold_warnings(_report([("snapped", 1)], n=10)) == []


def test_what_is_left_out_on_purpose_is_no_repair():
    rules = ["comment-line", "header-row", "byte-order-mark", "extra-annotation", "same-text"]
    rules.append("other-file")
    assert gold_warnings(_report([(rule, 50) for rule in rules])) == []


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"n_twice": 3, "n_different": 2}, "W206: 3 texts were annotated twice .*2 of them"),
        ({"contradictions": ["P/0 and P/1: 'x'"]}, "W207: 1 times .*P/0 and P/1"),
        ({"same_papers": {"Q": "P"}}, "W213: 1 papers .*Q is P"),
    ],
)
def test_duplicates_are_told(found, message):
    (line,) = gold_warnings(_report(duplicates=Found(**found).to_dict()))
    assert re.match(f"SCINER-{message}", line)


def test_leaks_come_first():
    found = Found(leak_examples=["P/0, also in dev: 'x'"])
    found.leaks["train and dev"] = 4
    lines = gold_warnings(_report([("snapped", 9)], duplicates=found.to_dict()))
    assert lines[0].startswith("SCINER-W205: The same text in two splits: train and dev 4.")


def test_addresses_doubts_and_tags_without_letters():
    files = [{"file": "a.conll", "format": "conll", "scheme": "IO"}]
    report = _report([("address", 1)], files=files, offsets_in_doubt={"f.json": "bytes, or x"})
    codes = [line.split(":")[0] for line in gold_warnings(report)]
    assert codes == ["SCINER-W208", "SCINER-W210", "SCINER-W212"]


def test_notes():
    files = [{"file": "f.json", "format": "doccano", "offsets": "UTF-16 units"}]
    pairs = {
        "gold_not_parsed": [{"paper": "A", "nearest": "a1"}],
        "gold_papers": 3,
        "pool_gold_not_in_pool": [],
        "pool_without_gold": 2,
    }
    assert gold_notes(_report(files=files, counterparts=pairs)) == [
        "offsets of f.json: UTF-16 units",
        "gold papers without a parsed paper: 1 of 3: A (nearest: a1); no fault if they are not in "
        "papers/, else name both alike",
        "pool papers without gold in pool_gold: 2",
    ]


def test_a_split_without_an_entity_measures_nothing():
    splits = {
        "train": {"paragraphs": 1, "types": {"M": 3}},
        "dev": {"entities": 0},
        "test": {"entities": 1},
    }
    (line,) = gold_warnings(_report(splits=splits))
    assert line.startswith("SCINER-W214: The dev papers have no entity")


@pytest.mark.parametrize(("n", "warned"), [(49, True), (50, False), (0, False)])
def test_a_dev_split_that_cannot_decide(n, warned):
    """Without any entity it is said to measure nothing, which says more."""
    splits = {
        "train": {"paragraphs": 1, "types": {"M": 3}, "entities": 3},
        "dev": {"paragraphs": 9, "types": {"M": n}, "entities": n},
    }
    lines = [line for line in label_warnings(_report(splits=splits)) if "W224" in line]
    assert bool(lines) == warned
    assert all(f"Split dev has {n} entities" in line for line in lines)


def test_excluded_papers_that_are_not_there():
    unknown = [{"paper": "S", "nearest": None}, {"paper": "p", "nearest": "P"}]
    (line,) = gold_notes(_report(exclude_unknown=unknown))
    assert line.startswith("`exclude` names papers that are not there: S, p (nearest: P); no fault")
    assert gold_notes(_report(exclude_unknown=[])) == []
