import json

import pytest

from spacy_sciner.corpus.formats.jsonl import read_jsonl
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

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


@pytest.mark.parametrize("label", [[], None, "", [None]])
def test_the_words_of_a_span_without_a_label_are_unknown(tmp_path, label):
    spans = [[9, 13, label], {"start": 9, "end": 13, "label": label}]
    for span in spans:
        paragraphs, repairs = _read(tmp_path, {"text": TEXT, "label": [span]})
        (doc,) = docs_of(paragraphs, repairs)
        assert iob_tags(doc) == ["O", "O", None, "O"]
        assert dict(repairs.counts) == {"unknown-label": 1}
    assert _ents(tmp_path, {"text": TEXT, "label": [[9, 13, ["M"]]]}) == ([[("BERT", "M")]], {})


def test_an_empty_list_does_not_hide_annotations_in_a_broken_one(tmp_path):
    spans = [{"start_offset": 9, "end_offset": 13, "label": "M"}, {}]
    found, counts = _ents(tmp_path, {"text": TEXT, "label": [], "entities": spans})
    assert found == [[("BERT", "M")]]
    assert counts["bad-offsets"] == 1


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


@pytest.mark.parametrize(
    "more",
    [
        {"spans": json.dumps([SPAN])},
        {"spans": {"0": SPAN}},
        {"options": [{"id": "A", "text": "x"}], "accept": ["A"], "_view_id": "choice"},
        {"spans": [], "html": "<p>BERT</p>", "_view_id": "html"},
        {"spans": [], "label": "Positive", "_view_id": "classification"},
    ],
)
def test_what_says_nothing_of_words_is_no_paragraph_without_entity(tmp_path, more):
    sound = {"text": "BERT", "spans": [], "answer": "accept"}
    found = _ents(tmp_path, {"text": TEXT, "answer": "accept", **more}, sound)
    assert found == ([[]], {"unannotated": 1})


def test_the_label_may_come_first(tmp_path):
    assert _ents(tmp_path, {"text": TEXT, "label": [["M", 9, 13]]}) == ([[("BERT", "M")]], {})


def test_labels_of_a_whole_text_say_nothing_of_its_tokens(tmp_path):
    paragraphs, repairs = _read(tmp_path, {"text": TEXT, "label": ["M"]})
    (doc,) = docs_of(paragraphs, repairs)
    assert {token.ent_iob_ for token in doc} == {""}
    assert repairs.counts == {"bad-offsets": 1}


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


def test_offsets_as_floats_and_as_text(tmp_path):
    labels = [[9.0, 13.0, "M"], ["3", "8.0", "X"], [9.5, 13, "M"], [float("nan"), 3, "M"]]
    found = _ents(tmp_path, {"text": TEXT, "label": labels})
    assert found == ([[("train", "X"), ("BERT", "M")]], {"bad-offsets": 2})


def test_the_unit_of_offsets_is_the_files(tmp_path):
    records = [
        {"text": "𝜆 and 😀 train BERT ˗ now", "label": [[16, 20, "M"]]},
        {"text": "plain LSTM here", "label": [[6, 10, "M"]]},
    ]
    paragraphs, repairs = _read(tmp_path, *records)
    ents = [ents_of(doc) for doc in docs_of(paragraphs, repairs)]
    assert ents == [[("BERT", "M")], [("LSTM", "M")]]
    assert repairs.units == {"gold.jsonl": "UTF-16 units"}


def test_offsets_that_fit_in_no_way_are_refused(tmp_path):
    records = [{"text": TEXT, "label": [[10, 14, "M"], [4, 9, "X"]]}]
    with pytest.raises(ScinerError, match=r"SCINER-E216: .*gold\.jsonl"):
        _read(tmp_path, *records)


@pytest.mark.parametrize("view", [{"_view_id": "ner"}, {"_is_binary": True}, {}])
def test_accepted_suggestions_say_nothing_of_other_tokens(tmp_path, view):
    task = {"text": TEXT, "_input_hash": 1, "answer": "accept", **view}
    records = [
        {**task, "spans": [{**SPAN, "score": 0.4}]},
        {**task, "spans": [{"start": 3, "end": 8, "label": "X", "score": 0.6}]},
        {**task, "spans": [{"start": 0, "end": 2, "label": "X", "score": 0.1}], "answer": "reject"},
    ]
    paragraphs, repairs = _read(tmp_path, *records)
    (doc,) = docs_of(paragraphs, repairs)
    assert iob_tags(doc) == [None, "B-X", "B-M", None]
    assert repairs.counts == {"not-accepted": 1}


def test_an_accepted_pattern_is_a_suggestion_and_one_in_a_manual_answer_is_not(tmp_path):
    task = {"text": TEXT, "spans": [{**SPAN, "pattern": 7}], "answer": "accept"}
    for view, outside in (({}, None), ({"_view_id": "ner_manual"}, "O")):
        (doc,) = docs_of(*_read(tmp_path, {**task, **view}))
        assert iob_tags(doc) == [outside, outside, "B-M", outside]


def test_a_persons_suggestion_and_a_language_models_line_stay_apart(tmp_path):
    person = {"text": TEXT, "spans": [{**SPAN, "score": 0.4}], "answer": "accept"}
    span = {"start": 3, "end": 8, "label": "X"}
    model = {"text": TEXT, "spans": [span], "partial": True, "source": "llm"}
    for records in ((person, model), (model, person)):
        paragraphs, _ = _read(tmp_path, *records)
        found = {p.source: [s.label for s in p.spans] for p in paragraphs}
        assert found == {"gold": ["M"], "llm": ["X"]}


def test_files_with_byte_order_marks_may_be_joined(tmp_path):
    for between in ("\n\ufeff", "\n"):
        lines = between.join(json.dumps({"text": t, "label": []}) for t in ("one", "two"))
        (tmp_path / "gold.jsonl").write_text(f"\ufeff{lines}\n", encoding="utf8")
        repairs = Repairs()
        read = read_jsonl(tmp_path / "gold.jsonl", file="gold.jsonl", repairs=repairs)
        assert [p.text for p in read] == ["one", "two"]
        assert repairs.counts == {}


def test_manual_answers_say_all(tmp_path):
    record = {"text": TEXT, "spans": [SPAN], "_view_id": "ner_manual", "answer": "accept"}
    paragraphs, repairs = _read(tmp_path, record)
    assert iob_tags(docs_of(paragraphs, repairs)[0]) == ["O", "O", "B-M", "O"]


def test_annotators_are_told_apart(tmp_path):
    task = {"text": TEXT, "_input_hash": 5, "answer": "accept"}
    records = [
        {**task, "spans": [SPAN], "_session_id": "db-ann"},
        {**task, "spans": [], "_annotator_id": "db-bob"},
        {
            "text": TEXT,
            "entities": [
                {"start_offset": 9, "end_offset": 13, "label": "M", "user": 1},
                {"start_offset": 3, "end_offset": 8, "label": "X", "user": 2},
            ],
        },
    ]
    found = [(p.annotator, len(p.spans)) for p in _read(tmp_path, *records)[0]]
    assert found == [("db-ann", 1), ("db-bob", 0), ("1", 1), ("2", 1)]


def test_one_user_of_a_shared_project_has_a_name_too(tmp_path):
    one = {"start_offset": 9, "end_offset": 13, "label": "M", "user": 1}
    unsaid = {key: value for key, value in one.items() if key != "user"}
    records = [{"text": TEXT, "entities": spans} for spans in ([one], [one, unsaid], [unsaid])]
    assert [p.annotator for p in _read(tmp_path, *records)[0]] == ["1", "1", "", ""]


def test_several_lists_of_spans_are_united(tmp_path):
    record = {"text": TEXT, "methods": [[9, 13, "M"]], "verbs": [[3, 8, "X"]]}
    record["tokens"] = [[0, 2, 0]]
    assert _ents(tmp_path, record) == ([[("train", "X"), ("BERT", "M")]], {})


def test_several_strings_need_a_key(tmp_path):
    record = {"body": TEXT, "title": "BERT for all", "label": [[9, 13, "M"]]}
    with pytest.raises(ScinerError, match=r"SCINER-E217: .*body \(text\), title \(text\)"):
        _read(tmp_path, record)
    path = write_jsonl(tmp_path / "gold.jsonl", [record])
    (paragraph,) = read_jsonl(path, file="g", repairs=Repairs(), text_key="body")
    assert paragraph.text == TEXT
    with pytest.raises(ScinerError, match=r"SCINER-E217: .*no text under 'abstract'"):
        read_jsonl(path, file="g", repairs=Repairs(), text_key="abstract")


def test_an_array_spacys_pairs_and_addresses(tmp_path):
    path = tmp_path / "gold.json"
    pair = ["We train GPT.", {"entities": [[9, 12, "M"]]}]
    path.write_text(json.dumps([{"text": TEXT, "spans": [SPAN]}, pair, {"text": "a/p1.txt"}]))
    repairs = Repairs()
    paragraphs = read_jsonl(path, file="g", repairs=repairs)
    ents = [ents_of(doc) for doc in docs_of(paragraphs, repairs)]
    assert (ents, repairs.counts) == ([[("BERT", "M")], [("GPT", "M")]], {"address": 1})


@pytest.mark.parametrize("number", [10**30, -4, float("inf"), [1]])
def test_numbers_that_are_no_paragraphs(tmp_path, number):
    (paragraph,) = _read(tmp_path, {"text": TEXT, "spans": [], "paragraph": number})[0]
    assert paragraph.paragraph == 0


@pytest.mark.parametrize(
    ("more", "source"),
    [
        ({}, "gold"),
        ({"source": "llm"}, "llm"),
        ({"meta": {"source": "llm"}}, "llm"),
        ({"source": "a newspaper"}, "gold"),
        ({"source": "pseudo"}, "pseudo"),  # refused as gold, as such a doc is
        ({"source": "sciner", "username": "ann"}, "gold"),
        ({"source": "llm", "_annotator_id": "ann"}, "gold"),  # a person has corrected it
    ],
)
def test_a_language_models_annotation_says_so(tmp_path, more, source):
    paragraphs, repairs = _read(tmp_path, {"text": TEXT, "spans": [SPAN], **more})
    (doc,) = docs_of(paragraphs, repairs)
    assert doc.user_data["source"] == source


def test_a_name_is_no_text(tmp_path):
    """SciERC's lines: their only string was the text, and said to hold no entity."""
    record = {"doc_key": "P18-1001", "sentences": [["We", "use", "BERT"]], "ner": [[[2, 2, "M"]]]}
    assert _ents(tmp_path, record) == ([], {"no-text": 1})
    # Some scripts have no blanks.
    (paragraph,) = _read(tmp_path, {"content": "日本語の文章", "spans": []})[0]
    assert paragraph.text == "日本語の文章"
