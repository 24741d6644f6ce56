import json

import pytest

from spacy_sciner.corpus.formats.label_studio import read_label_studio
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

from ..helpers import docs_of, ents_of

TEXT = "We train BERT on SQuAD ."


def _value(start, end, label, text=TEXT):
    return {"start": start, "end": end, "text": text[start:end], "labels": [label]}


def _annotation(*values, **keys):
    results = [{"type": "labels", "from_name": "label", "value": value} for value in values]
    return {"result": results, "was_cancelled": False, **keys}


def _task(*annotations, text=TEXT, upload="5effecea-N19-1423.pdf.txt", **data):
    return {
        "id": 7,
        "annotations": list(annotations),
        "file_upload": upload,
        "data": {"text": text, **data},
    }


def _read(tmp_path, tasks):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf8")
    repairs = Repairs()
    return read_label_studio(path, file="export.json", repairs=repairs), repairs


def _ents(tmp_path, tasks):
    paragraphs, repairs = _read(tmp_path, tasks)
    return [ents_of(doc) for doc in docs_of(paragraphs, repairs)], dict(repairs.counts)


def test_full_and_min_exports_say_the_same(tmp_path):
    values = [_value(9, 13, "MethodName"), _value(17, 22, "DatasetName")]
    full = [_task(_annotation(*values)), _task(_annotation(), text="Nothing here .")]
    flat = [
        {"id": 7, "text": TEXT, "label": values, "annotation_id": 1},
        {"id": 8, "text": "Nothing here .", "annotation_id": 2},  # no `label` where none was made
    ]
    expected = [[("BERT", "MethodName"), ("SQuAD", "DatasetName")], []]
    assert _ents(tmp_path, full) == (expected, {})
    assert _ents(tmp_path, flat) == (expected, {})


def test_min_key_is_the_name_of_the_control(tmp_path):
    task = {"text": TEXT, "ner": [_value(9, 13, "M")], "other": [1], "annotation_id": 1}
    assert _ents(tmp_path, [task]) == ([[("BERT", "M")]], {})


def test_paper_from_the_upload_and_numbers_in_order(tmp_path):
    paragraphs, _ = _read(tmp_path, [_task(_annotation()), _task(_annotation())])
    assert [(p.paper, p.paragraph) for p in paragraphs] == [("N19-1423", 0), ("N19-1423", 1)]


def test_a_task_names_its_place(tmp_path):
    task = _task(_annotation(), paper="P18-1001", paragraph="12", section="Abstract")
    flat = {"text": TEXT, "paper": "P18-1002", "paragraph": 3, "annotation_id": 1}
    paragraphs, _ = _read(tmp_path, [task, flat])
    places = [(p.paper, p.paragraph, p.section) for p in paragraphs]
    assert places == [("P18-1001", 12, "Abstract"), ("P18-1002", 3, "")]


def test_paper_is_the_export_if_nothing_else_is_known(tmp_path):
    paragraphs, _ = _read(tmp_path, [_task(_annotation(), upload=None)])
    assert paragraphs[0].paper == "export"


def test_unfinished_and_cancelled_tasks_are_not_taken_for_empty_ones(tmp_path):
    tasks = [
        _task(),
        _task(_annotation(was_cancelled=True)),
        {"id": 9, "text": TEXT},
        _task(_annotation(_value(9, 13, "M"))),
    ]
    assert _ents(tmp_path, tasks) == ([[("BERT", "M")]], {"unannotated": 2, "not-accepted": 1})


def test_one_annotation_of_several_is_used(tmp_path):
    first, second = _annotation(_value(9, 13, "M")), _annotation(_value(17, 22, "D"))
    assert _ents(tmp_path, [_task(first, second)])[0] == [[("BERT", "M")]]
    second["ground_truth"] = True
    found = _ents(tmp_path, [_task(first, second)])
    assert found == ([[("SQuAD", "D")]], {"extra-annotation": 1})


def test_offsets_counted_in_utf16_units(tmp_path):
    text = "𝑥 and 😀 train BERT ."  # two characters that count twice in a browser
    value = {"start": 16, "end": 20, "text": "BERT", "labels": ["M"]}
    paragraphs, repairs = _read(tmp_path, [_task(_annotation(value), text=text)])
    assert [ents_of(doc) for doc in docs_of(paragraphs, repairs)] == [[("BERT", "M")]]
    assert (repairs.units, repairs.counts) == ({"export.json": "UTF-16 units"}, {})


def test_other_results_are_no_entities(tmp_path):
    annotation = _annotation(_value(9, 13, "M"))
    annotation["result"] += [
        {"type": "relation", "from_id": "a", "to_id": "b"},
        {"type": "choices", "value": {"choices": ["good"]}},
        {"type": "labels", "value": {"start": 17, "end": 22, "labels": []}},
    ]
    assert _ents(tmp_path, [_task(annotation)]) == ([[("BERT", "M")]], {"unknown-label": 1})


def test_hypertext_offsets(tmp_path):
    value = {"start": "/p[1]", "end": "/p[1]", "globalOffsets": {"start": 9, "end": 13}}
    result = {"type": "hypertextlabels", "value": {**value, "hypertextlabels": ["M"]}}
    assert _ents(tmp_path, [_task({"result": [result]})]) == ([[("BERT", "M")]], {})


def test_text_under_another_name_or_missing(tmp_path):
    renamed = _task(_annotation(_value(9, 13, "M")), paper="P1")
    renamed["data"]["passage"] = renamed["data"].pop("text")
    missing = _task(_annotation())
    missing["data"] = {"image": 3}
    assert _ents(tmp_path, [renamed, missing]) == ([[("BERT", "M")]], {"no-text": 1})


@pytest.mark.parametrize("content", ["{", '{"text": "x"}', "[1]"])
def test_not_an_export(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ScinerError, match=r"SCINER-E205: .*x\.json .*Label Studio"):
        read_label_studio(path, file="x.json", repairs=Repairs())
