"""What is read of an answer, and where its entities stand."""

import pytest

from spacy_sciner.llm.answers import closed_spans, read_answer

LABELS = {"MethodName": "a method", "TaskName": "a task"}


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("BERT <> model <> It was trained.", [["BERT", "model", "It was trained."]]),
        ("BERT <> model", [["BERT", "model"]]),
        ("a <> b <> c <> d", [["a", "b", "c <> d"]]),
        ("```\n- BERT <> model\n2. GLUE<>data\n* x <> y\n```", None),
        ("<think>\nwhat <> now\n</think>\nBERT <> model", [["BERT", "model"]]),
        ('**A*** <> `search` <> say "so"', [["A*", "search", 'say "so"']]),
        ("A* <> search", [["A*", "search"]]),
        ("None.", []),
        ("\n none \n", []),
        ("**none**", []),
        ("**none**.", []),
        ('"None."', []),
    ],
)
def test_lines_are_read_with_what_models_put_around_them(content, rows):
    three = [["BERT", "model"], ["GLUE", "data"], ["x", "y"]]
    answer = read_answer(content)
    assert answer.rows == (three if rows is None else rows)
    assert not answer.is_malformed


@pytest.mark.parametrize(
    ("content", "unread"),
    [
        ("Here you are:\nBERT <> model", ["Here you are:"]),
        ("BERT <> model\nGLUE, data", ["GLUE, data"]),
        ("BERT <> model\n <> data <> no entity\nGLUE <>  <> no type", None),
    ],
)
def test_what_can_be_read_of_a_malformed_answer_is_used(content, unread):
    answer = read_answer(content)
    assert answer.rows == [["BERT", "model"]]
    assert answer.unread == (unread or ["<> data <> no entity", "GLUE <>  <> no type"])
    assert answer.is_malformed


@pytest.mark.parametrize("content", ["", " \n", "```\n```", "<think>\nis it a <> b or"])
def test_an_empty_answer_is_malformed(content):
    assert read_answer(content) == ([], [""])
    assert read_answer(content).is_malformed


def test_entities_of_the_labels_stand_where_their_words_do():
    text = "Beam search is a search; beam search parsers parse."
    rows = [["search", "MethodName"], ["beam search", "method name"], ["parse", "task-name", "?"]]
    spans, counts = closed_spans(text, rows, LABELS)
    assert [(s["start"], s["end"], s["text"], s["label"]) for s in spans] == [
        (5, 11, "search", "MethodName"),
        (17, 23, "search", "MethodName"),
        (25, 36, "beam search", "MethodName"),
        (45, 50, "parse", "TaskName"),
    ]
    assert counts == {}


def test_what_is_no_entity_is_counted():
    rows = [
        ["BERT", "MethodName"],
        ["BERT", "methodname"],
        ["BERT", "TaskName"],
        ["GPT", "TaskName"],
        ["BERT", "DatasetName"],
    ]
    spans, counts = closed_spans("BERT parses.", rows, LABELS)
    assert [(s["text"], s["label"]) for s in spans] == [("BERT", "MethodName")]
    assert counts == {"duplicate": 1, "unknown label": 1, "overlap": 1, "not found": 1}


def test_labels_that_differ_in_signs_alone_are_told_apart():
    text, labels = "We use C and C++ here.", {"C": "", "C++": ""}
    spans, counts = closed_spans(text, [["C", "C"], ["C++", "C++"], ["use", "c"]], labels)
    found = [(s["text"], s["label"]) for s in spans]
    assert found == [("use", "_unknown_"), ("C", "C"), ("C++", "C++")]
    assert counts == {"unknown label": 1}  # "c" may be either


def test_what_has_another_label_is_not_known_to_be_no_entity():
    text, rows = "BERT reads GLUE.", [["BERT", "MethodName"], ["GLUE", "Benchmark"]]
    spans, counts = closed_spans(text, [*rows, ["BERT reads", "x"]], LABELS)
    assert [(s["text"], s["label"]) for s in spans] == [
        ("BERT", "MethodName"),
        ("GLUE", "_unknown_"),
    ]
    assert counts == {"unknown label": 2}
