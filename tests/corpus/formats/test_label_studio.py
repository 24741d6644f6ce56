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
    first.update(completed_by=1), second.update(completed_by=1)  # of one person's the latest
    assert _ents(tmp_path, [_task(first, second)])[0] == [[("SQuAD", "D")]]
    second["completed_by"], second["ground_truth"] = 2, True
    assert _ents(tmp_path, [_task(second, first)])[0] == [[("SQuAD", "D")]]
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


CRLF = "SVM one.\r\nSVM two.\r\nSVM, SVM, SVM end."


@pytest.mark.parametrize(
    ("key", "spans"),
    [
        ("label", [[0, 4, "Method"]]),
        ("label", '[{"start": 0, "end": 4, "labels": ["Method"]}]'),
        ("label", "[{'start': 0, 'end': 4, 'labels': ['Method']}]"),
        ("label", json.dumps([{"end": 4, "labels": ["Method"], "start": 0}], indent=1)),
        ("annotations", [{"id": 1, "result": "[]"}]),
        ("spans", [{"start": 0, "end": 4, "label": "Method"}]),
        ("annotations", [{"start_offset": 0, "end_offset": 4, "label": 3}]),
        ("annotations", [{"result": [{"value": {"start": "0", "paragraphlabels": ["M"]}}]}]),
    ],
)
def test_spans_of_another_format_are_not_taken_for_none(tmp_path, key, spans):
    tasks = [{"text": "BERT reads.", "label": [], key: some} for some in ([], spans)]
    with pytest.raises(ScinerError, match=r"E205: .*item 2: (the spans under '|.* a dialogue)"):
        _read(tmp_path, tasks)


def test_a_taxonomy_beside_the_labels_is_no_span(tmp_path):
    spans = [{"start": 9, "end": 13, "text": "BERT", "labels": ["M"]}]
    task = {"text": TEXT, "label": spans, "topic": [["Text", "NER", "Papers"]], "annotation_id": 1}
    assert _ents(tmp_path, [task])[0] == [[("BERT", "M")]]


def test_line_ends_counted_as_one(tmp_path):
    start = CRLF.rindex("SVM, SVM") + 5 - 2  # the second of the last line, each \r\n as one
    value = {"start": start, "end": start + 3, "text": "SVM", "labels": ["M"]}
    paragraphs, repairs = _read(tmp_path, [_task(_annotation(value), text=CRLF)])
    (doc,) = docs_of(paragraphs, repairs)
    assert [ent.start_char for ent in doc.ents] == [start + 2]
    assert repairs.units == {"export.json": "code points, a line end as one"}
    assert repairs.counts == {}


def test_utf16_without_the_annotated_texts(tmp_path):
    text = "𝑎 𝑏 𝑐 𝑑 train BERT, then GPT."
    at = [(len(text[: text.index(w)].encode("utf-16-le")) // 2, w) for w in ("BERT", "GPT")]
    values = [{"start": s, "end": s + len(w), "labels": ["M"]} for s, w in at]
    paragraphs, repairs = _read(tmp_path, [_task(_annotation(*values), text=text)])
    assert [ents_of(d) for d in docs_of(paragraphs, repairs)] == [[("BERT", "M"), ("GPT", "M")]]
    assert repairs.counts == {}


def test_the_annotated_text_may_have_lost_its_line_end(tmp_path):
    text = "a random\nforest and a support\n\nvector machine"
    values = [
        {"start": 2, "end": 15, "text": "randomforest", "labels": ["M"]},
        {"start": 22, "end": 45, "text": "support\\n\\nvector machine", "labels": ["M"]},
    ]
    found = _ents(tmp_path, [_task(_annotation(*values), text=text)])
    assert found == ([[("random\nforest", "M"), ("support\n\nvector machine", "M")]], {})


def test_offsets_of_another_text_are_refused(tmp_path):
    values = [_value(9, 13, "M"), _value(17, 22, "D")]
    for value in values:
        value.update(start=value["start"] + 4, end=value["end"] + 4)
    with pytest.raises(ScinerError, match=r"SCINER-E216: .*export\.json"):
        _read(tmp_path, [_task(_annotation(*values))])


def test_hypertext_is_read_as_it_is_seen(tmp_path):
    source = "<p>We train <i>BERT</i> &amp; GPT.</p><p>SVM too.</p>"
    results = [
        {
            "type": "hypertextlabels",
            "to_name": "html",
            "value": {
                "start": "/p[1]/i[1]/text()[1]",
                "end": "/p[1]/i[1]/text()[1]",
                "globalOffsets": {"start": start, "end": start + len(word)},
                "text": word,
                "hypertextlabels": ["M"],
            },
        }
        for start, word in ((9, "BERT"), (16, "GPT"), (20, "SVM"))
    ]
    paragraphs, repairs = _read(tmp_path, [_task({"result": results}, text=source)])
    (doc,) = docs_of(paragraphs, repairs)
    assert doc.text == "We train BERT & GPT.\nSVM too.\n"
    assert [e.text for e in doc.ents] == ["BERT", "GPT", "SVM"]
    assert repairs.counts == {}


def test_several_controls_of_a_min_export(tmp_path):
    task = {"text": TEXT, "methods": [_value(9, 13, "M")], "data": [_value(17, 22, "D")]}
    found = _ents(tmp_path, [{**task, "annotation_id": 1, "sentiment": "good"}])
    assert found == ([[("BERT", "M"), ("SQuAD", "D")]], {})


def test_several_texts_are_paragraphs_each_with_its_own_annotations(tmp_path):
    def result(control, value):
        return {"type": "labels", "from_name": "l", "to_name": control, "value": value}

    data = {"title": "BERT for all", "abstract": TEXT, "doi": "10.1/x"}
    own = [
        result("t1", _value(0, 4, "M", "BERT for all")),
        result("t2", _value(17, 22, "D")),
    ]
    task = {"data": data, "annotations": [{"result": own}]}
    empty = {"data": data, "annotations": [{"result": []}]}
    paragraphs, repairs = _read(tmp_path, [task, empty])
    found = [(p.section, p.paragraph) for p in paragraphs]
    assert found == [("title", 0), ("abstract", 1), ("title", 2), ("abstract", 3)]
    ents = [ents_of(doc) for doc in docs_of(paragraphs, repairs)]
    assert ents == [[("BERT", "M")], [("SQuAD", "D")], [], []]


def test_the_annotated_texts_tell_which_string_is_the_text(tmp_path):
    task = _task(_annotation(_value(9, 13, "M")))
    task["data"] = {"doi": "10.1/x", "content": TEXT, "title": "A title"}
    assert _ents(tmp_path, [task]) == ([[("BERT", "M")]], {})


def test_several_strings_need_a_key(tmp_path):
    task = _task(_annotation({"start": 9, "end": 13, "labels": ["M"]}))
    task["data"] = {"content": TEXT, "title": "A title of as many words"}
    with pytest.raises(ScinerError, match=r"SCINER-E217: .*content \(text\), title \(text\)"):
        _read(tmp_path, [task])
    (paragraph,) = read_label_studio(
        tmp_path / "export.json", file="e", repairs=Repairs(), text_key="content"
    )
    assert paragraph.text == TEXT


def test_addresses_are_no_texts(tmp_path):
    tasks = [
        _task(_annotation(_value(9, 13, "M")), text=text)
        for text in ("/data/upload/3/9a1b-p.txt", "s3://texts/p2.txt", TEXT)
    ]
    assert _ents(tmp_path, tasks) == ([[("BERT", "M")]], {"address": 2})


def test_a_task_a_line_and_one_task_alone(tmp_path):
    task = _task(_annotation(_value(9, 13, "M")))
    path = tmp_path / "export.jsonl"
    for content in (json.dumps(task), json.dumps(task) + "\n" + json.dumps(task)):
        path.write_text(content)
        paragraphs = read_label_studio(path, file="e", repairs=Repairs())
        assert {len(p.spans) for p in paragraphs} == {1}


def test_the_other_annotations_are_kept_aside(tmp_path):
    first = _annotation(_value(9, 13, "M"), completed_by=1)
    second = _annotation(_value(17, 22, "D"), completed_by={"id": 2, "email": "x"})
    skipped = _annotation(was_cancelled=True)
    paragraphs, repairs = _read(tmp_path, [_task(first, skipped, second)])
    assert [p.annotator for p in paragraphs] == ["1"]
    assert [(p.annotator, p.spans[0].label) for p in repairs.extras] == [("2", "D")]


def test_half_characters(tmp_path):
    task = _task(_annotation(_value(9, 13, "M")), text=f"{TEXT}\ud835")
    paragraphs, repairs = _read(tmp_path, [task])
    assert paragraphs[0].text == f"{TEXT}\ufffd"
    assert repairs.counts == {"half-character": 1}
