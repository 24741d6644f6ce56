"""Concepts named freely: where their mentions stand, and what is left out and counted."""

import gzip
import json

import pytest

from spacy_sciner.corpus.concepts import (
    Places,
    find_mention,
    label_in_words,
    read_concepts,
)
from spacy_sciner.errors import ScinerError


def line(text, *entities):
    return json.dumps({"text": text, "entities": entities}, ensure_ascii=False) + "\n"


def read(tmp_path, text, *entities):
    path = tmp_path / "concepts.jsonl"
    path.write_text(line(text, *entities), encoding="utf8")
    return read_concepts(path)


def shown(data, i=0):
    text, mentions, *_ = data.texts[i]
    return [(start, text[start:end], concept) for start, end, concept in mentions]


def test_a_mention_is_found_wherever_its_words_stand(tmp_path):
    text = "A parser needs data: parsers, Parser and the parser."
    data = read(tmp_path, text, ["parser", "Software", "reads structure"])
    assert shown(data) == [(2, "parser", "software"), (45, "parser", "software")]
    assert data.descriptions == {"software": "reads structure"}
    assert data.counts == {"texts": 1, "texts without mention": 0, "mentions": 2, "concepts": 1}


def test_the_longest_mention_of_a_concept_has_the_place_and_concepts_may_overlap(tmp_path):
    text = "We train a beam search parser with beam search."
    entities = [["beam search", "method"], ["beam search parser", "method"], ["parser", "program"]]
    data = read(tmp_path, text, *entities)
    assert shown(data) == [
        (11, "beam search parser", "method"),
        (23, "parser", "program"),
        (35, "beam search", "method"),
    ]


def test_what_is_left_out_is_counted_by_reason(tmp_path):
    text = "The lexer feeds the small lexer of ours."
    entities = [
        ["small lexer", "Tool", "a"],
        ["small lexer", "tool", "the same again"],
        ["small", "tool", "part of a longer one"],
        ["grammar", "tool", "not there"],
        ["lex", "tool", "only inside a word"],
        [" ", "tool", ""],
        ["lexer", "  ", ""],
        ["The lexer feeds the small lexer of ours and many more", "tool"],
        ["lexer", "one two three four five six seven"],
    ]
    data = read(tmp_path, text, *entities)
    assert shown(data) == [(20, "small lexer", "tool")]
    assert data.counts == {
        "texts": 1,
        "texts without mention": 0,
        "mentions": 1,
        "concepts": 1,
        "duplicate": 1,
        "long concept": 1,
        "long mention": 1,
        "no concept": 1,
        "no mention": 1,
        "not found": 2,
        "overlap": 1,
    }


def test_a_text_of_nothing_is_left_out_and_one_without_mention_is_kept(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_text(line(" ") + "\n" + line("Nothing here."), encoding="utf8")
    data = read_concepts(path)
    assert [text.text for text in data.texts] == ["Nothing here."]
    assert (data.counts["no text"], data.counts["texts without mention"]) == (1, 1)


def test_a_concept_has_the_description_that_is_most_frequent(tmp_path):
    path = tmp_path / "c.jsonl"
    told = ["", "", "rare", "usual", "usual"]
    path.write_text("".join(line(f"{n} ox", ["ox", "animal", d]) for n, d in enumerate(told)))
    assert read_concepts(path).descriptions == {"animal": "usual"}


def test_a_folder_is_read_in_the_order_of_its_names_packed_files_too(tmp_path):
    (tmp_path / "b.jsonl").write_text(line("second"), encoding="utf-8-sig")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(line("première").encode()))
    (tmp_path / "report.json").write_text("{}", encoding="utf8")
    assert [text.text for text in read_concepts(tmp_path).texts] == ["première", "second"]


def test_half_a_character_is_replaced(tmp_path):
    (tmp_path / "c.jsonl").write_text(r'{"text": "x \ud83d", "entities": []}', encoding="utf8")
    assert read_concepts(tmp_path).texts[0].text == "x \ufffd"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "it is no object"),
        ('{"entities": []}', "its text is None"),
        ('{"text": "a"}', "its entities are None"),
        ('{"text": "a", "entities": [["a"]]}', r"one of its entities is \['a'\]"),
        ('{"text": "a", "entities": [["a", 1]]}', "one of its entities is"),
        ('{"text": "a", "entities": [["a", "b", "c", "d"]]}', "one of its entities is"),
    ],
)
def test_a_line_that_is_no_such_object_is_named(tmp_path, bad, reason):
    path = tmp_path / "c.jsonl"
    path.write_text(line("fine") + bad + "\n", encoding="utf8")
    with pytest.raises(ScinerError, match=rf"E347: .*c\.jsonl, line 2: {reason}"):
        read_concepts(path)


def test_a_file_that_is_not_there_or_damaged(tmp_path):
    with pytest.raises(ScinerError, match=r"E345: No concepts at .*none"):
        read_concepts(tmp_path / "none.jsonl")
    with pytest.raises(ScinerError, match="E345"):
        read_concepts(tmp_path)
    packed = gzip.compress(line("much text " * 99).encode())
    (tmp_path / "half.jsonl.gz").write_bytes(packed[:-20])
    with pytest.raises(ScinerError, match=r"E346: .*half\.jsonl\.gz cannot be read: EOFError"):
        read_concepts(tmp_path)
    (tmp_path / "half.jsonl.gz").write_bytes(b'{"text": "caf\xe9"}')
    with pytest.raises(ScinerError, match="E346"):
        read_concepts(tmp_path)


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("MethodName", "method name"),
        ("OtherScientificTerm", "other scientific term"),
        ("GENE_OR-protein", "gene or protein"),
        ("DNASequence", "dna sequence"),
        ("programlang", "programlang"),
    ],
)
def test_labels_in_words(label, words):
    assert label_in_words(label) == words


def test_neither_end_of_a_mention_is_inside_a_word():
    assert list(find_mention("F1, F10 and (F1)", "F1")) == [(0, 2), (13, 15)]
    assert list(find_mention("pre-train, train", "train")) == [(4, 9), (11, 16)]
    assert list(find_mention("a", "")) == []


def test_a_place_is_taken_once():
    places = Places()
    assert [places.take(*p) for p in [(5, 9), (0, 3), (8, 12), (3, 5), (2, 4)]] == [
        True,
        True,
        False,
        True,
        False,
    ]
