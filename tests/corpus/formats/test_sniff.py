import json
import sys

import pytest

from spacy_sciner.corpus.formats.sniff import (
    is_address,
    json_records,
    paper_of_file,
    read_text,
    whole_number,
)
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

TEXT = "naïve 𝑥\nline"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
def test_encodings_that_a_file_tells(tmp_path, encoding):
    (tmp_path / "f").write_bytes(TEXT.encode(encoding))
    assert read_text(tmp_path / "f", file_format="x") == TEXT
    (tmp_path / "be").write_bytes(b"\xfe\xff" + TEXT.encode("utf-16-be"))
    assert read_text(tmp_path / "be", file_format="x") == TEXT


def test_halves_written_as_characters_are_joined(tmp_path):
    (tmp_path / "f").write_bytes("\ud835\udc65 and \ud835".encode("utf8", "surrogatepass"))
    assert read_text(tmp_path / "f", file_format="x") == "𝑥 and \ufffd"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", "it is a PDF"),
        (b"PK\x03\x04", "zip archive: unpack it"),
        (b"\x1f\x8b\x08", "gzip"),
        ("ok\ncaf\xe9".encode("latin-1"), "line 2 is not UTF-8"),
    ],
)
def test_what_is_no_text_is_named(tmp_path, content, reason):
    (tmp_path / "f").write_bytes(content)
    with pytest.raises(ScinerError, match=f"SCINER-E205: .*{reason}"):
        read_text(tmp_path / "f", file_format="conll")


def _records(tmp_path, text):
    (tmp_path / "f").write_text(text, encoding="utf8")
    repairs = Repairs()
    records, is_array = json_records(tmp_path / "f", file_format="x", file="f", repairs=repairs)
    return records, is_array, dict(repairs.counts)


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("separator", ["\n", "", ",\n"])
def test_values_in_any_arrangement(tmp_path, indent, separator):
    values = [{"a": [1, {}]}, {"b": "x\u2028y"}]
    dumped = [json.dumps(v, indent=indent, ensure_ascii=False) for v in values]
    records, is_array, counts = _records(tmp_path, separator.join(dumped) + "\n")
    assert [r.value for r in records] == values
    assert (is_array, counts) == (False, {})
    records, is_array, _ = _records(tmp_path, json.dumps(values, indent=indent))
    assert [r.value for r in records] == values
    assert is_array


def test_broken_lines_are_counted_and_the_others_read(tmp_path):
    records, _, counts = _records(tmp_path, '{"a": 1}\n{"a": \n\n{"a": 2}\n')
    assert [(r.where, r.value) for r in records] == [("line 1", {"a": 1}), ("line 4", {"a": 2})]
    assert counts == {"bad-line": 1}


def test_half_characters_become_replacement_characters(tmp_path):
    text = '{"a": ["x \\ud83d", 1]}\n{"\\udc00": "\\ud83d\\ude00"}\n'
    records, _, counts = _records(tmp_path, text)
    assert [r.value for r in records] == [{"a": ["x \ufffd", 1]}, {"\ufffd": "😀"}]
    assert counts == {"half-character": 2}


# What is read and too deep to walk through: since 3.12 a comprehension is no call.
DEEP = 700 if sys.version_info < (3, 12) else 3_000


@pytest.mark.parametrize(
    "text", ["<html>", "We\tO\n", "[" * 100_000, "[" * DEEP + "]" * DEEP, "{'a': 1}"]
)
def test_what_is_no_json_is_refused(tmp_path, text):
    with pytest.raises(ScinerError, match="SCINER-E205"):
        _records(tmp_path, text)


@pytest.mark.parametrize(
    ("value", "number"),
    [(7.0, 7), ("7", 7), ("7.0", 7), (7.5, 7.5), ("x", "x"), (None, None), (True, True)],
)
def test_whole_numbers(value, number):
    assert whole_number(value) == number
    assert type(whole_number(value)) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a b.txt".replace(" ", "%20"),
        "s3://bucket/p1",
        "/data/upload/3/9a1b-my paper.txt",
        "/data/local-files/?d=p1.txt",
        "C:\\texts\\p1.txt",
        " papers/p1.html\n",
        "s3://bucket/my file.txt",
        "gs://bucket/my papers/p1",
        "HTTPS://example.org/my paper.pdf?dl=1",
        "file:///data/my papers/p1.txt",
        "file:/data/p1.txt",
        "data:text/plain;base64,SGVsbG8=" + "A" * 2000,
        "data:text/plain,We use BERT",
        "data:,BERT",
        "www.example.org/paper",
        "doi:10.18653/v1/N19-1423",
        "C:/my texts/p1.txt",
        "papers/P1.TXT",
    ],
)
def test_addresses(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "BERT",
        "We use p1.txt.",
        "and/or",
        "See https://x.org now",
        "https://x.org shows BERT v1.5",
        "s3://bucket is where it lies.",
        "data: text and labels",
        "Data:the words",
        "www is a web",
        "",
    ],
)
def test_texts_are_no_addresses(text):
    assert not is_address(text)


@pytest.mark.parametrize(
    ("name", "paper"),
    [
        ("P18-1001.conll", "P18-1001"),
        ("2020.acl-main.45.conll", "2020.acl-main.45"),
        ("2020.acl-main.45", "2020.acl-main.45"),
        ("N19-1423.pdf.txt", "N19-1423"),
        ("p1.annotations", "p1.annotations"),
        ("p1.data", "p1"),
        (".txt", ".txt"),
        ("Mu\u0308ller.pdf", "M\u00fcller"),  # as macOS writes it
    ],
)
def test_a_papers_name_is_its_files(name, paper):
    assert paper_of_file(name) == paper
