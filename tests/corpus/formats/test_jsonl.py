import pytest

from spacy_sciner.corpus.formats.jsonl import read_jsonl
from spacy_sciner.corpus.rules import Repairs

from ..helpers import docs_of, ents_of, write_jsonl

TEXT = "We train BERT ."
SPAN = {"start": 9, "end": 13, "label": "M", "token_start": 2, "token_end": 2}


def _read(tmp_path, *records):
    repairs = Repairs()
    path = write_jsonl(tmp_path / "gold.jsonl", records)
    return read_jsonl(path, file="gold.jsonl", repairs=repairs), repairs


def _ents(tmp_path, *records):
    paragraphs, repairs = _read(tmp_path, *records)
    return [ents_of(doc) for doc in docs_of(paragraphs, repairs)], dict(repairs.counts)


@pytest.mark.parametrize(
    "record",
    [
        {"text": TEXT, "spans": [SPAN], "answer": "accept"},
        {"text": TEXT, "spans": [SPAN], "tokens": [{"text": "We", "start": 0, "end": 2, "id": 0}]},
        {"text": TEXT, "label": [[9, 13, "M"]], "Comments": []},
        {"id": 3, "data": TEXT, "labels": [[9, 13, "M"]]},
        {"text": TEXT, "entities": [{"start_offset": 9, "end_offset": 13, "label": "M"}]},
        {"column_data": TEXT, "column_label": [[9, 13, "M"]]},
    ],
)
def test_every_shape_of_a_line(tmp_path, record):
    assert _ents(tmp_path, record) == ([[("BERT", "M")]], {})


def test_answers(tmp_path):
    records = [{"text": TEXT, "spans": [SPAN], "answer": a} for a in ("reject", "ignore")]
    accepted = {"text": TEXT, "answer": "accept"}  # accepted as having none
    assert _ents(tmp_path, *records, accepted) == ([[]], {"not-accepted": 2})


def test_bad_lines_cost_themselves_only(tmp_path):
    path = write_jsonl(tmp_path / "gold.jsonl", [{"text": TEXT, "spans": [SPAN]}])
    with path.open("a") as f:
        f.write('{"text": "cut o\n\n[1, 2]\n{"label": [[0, 1, "M"]]}\n')
        f.write('{"text": "never seen"}\n{"label": "M", "pattern": [{"lower": "bert"}]}\n')
    repairs = Repairs()
    assert len(read_jsonl(path, file="gold.jsonl", repairs=repairs)) == 1
    assert repairs.counts == {"bad-line": 2, "no-text": 2, "unannotated": 1}
    assert [e["paragraph"] for e in repairs.to_dict()["bad-line"]["examples"]] == [
        "line 2",
        "line 4",
    ]


def test_bad_annotations_cost_themselves_only(tmp_path):
    labels = [[9, 13, "M"], [9, 13], "x", ["a", "b", "M"], {"start": 0, "label": "M"}]
    ents, counts = _ents(tmp_path, {"text": TEXT, "label": labels})
    assert (ents, counts) == ([[("BERT", "M")]], {"bad-offsets": 4})


def test_place(tmp_path):
    records = [
        {"text": TEXT, "spans": [], "meta": {"paper": "P18-1001", "section": "Abstract"}},
        {"text": TEXT, "spans": [], "paper": "P18-1001", "paragraph": 4},
        {"text": TEXT, "spans": []},
    ]
    places = [(p.paper, p.paragraph, p.section) for p in _read(tmp_path, *records)[0]]
    assert places == [("P18-1001", 0, "Abstract"), ("P18-1001", 4, ""), ("gold", 0, "")]
