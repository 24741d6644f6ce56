import json

import pytest

from spacy_sciner.corpus.formats.guess import guess_kind


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.json", [{"data": {"text": "x"}, "annotations": []}], "label-studio"),
        ("a.json", [{"data": {"text": "x"}}], "label-studio"),
        ("a.json", [{"text": "x", "annotation_id": 1}], "label-studio"),
        ("a.json", {"title": "T", "sections": []}, "paper"),
        ("a.jsonl", {"text": "x", "spans": [], "answer": "accept"}, "prodigy"),
        ("a.jsonl", {"text": "x", "label": []}, "doccano"),
        ("a.json", [{"text": "x", "annotations": [{"start_offset": 0, "label": 3}]}], "doccano"),
        ("a.jsonl", {"id": "1", "title": "T", "abstract": "A"}, "paper"),
        ("a.json", [1, 2], None),
        ("a.json", "{", None),
        ("a.pdf", "", "paper"),
        ("a.tei.xml", "", "paper"),
        ("a.txt", "We O", "conll"),
        ("a.csv", "We,O", "conll"),
        ("a.spacy", "", "spacy"),
        ("a.bin", "", None),
    ],
)
def test_files(tmp_path, name, content, kind):
    text = content if isinstance(content, str) else json.dumps(content)
    (tmp_path / name).write_text(text, encoding="utf8")
    assert guess_kind(tmp_path / name) == kind


def test_text_beside_its_annotations_is_brat(tmp_path):
    (tmp_path / "a.txt").write_text("We")
    (tmp_path / "a.ann").write_text("")
    assert guess_kind(tmp_path / "a.txt") == "brat"
    assert guess_kind(tmp_path) == "brat"


def test_folder_is_what_most_of_its_files_are(tmp_path):
    for name in ("a.pdf", "b.pdf", "notes.conll", "readme.md"):
        (tmp_path / name).write_text("x")
    assert guess_kind(tmp_path) == "paper"
    (tmp_path / "empty").mkdir()
    assert guess_kind(tmp_path / "empty") is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["gold.jsonl", "gold.json"])
def test_another_encoding_with_its_mark(tmp_path, name, encoding):
    record = '{"text": "We train BERT", "label": [[9, 13, "MethodName"]]}\n'
    (tmp_path / name).write_bytes(record.encode(encoding))
    assert guess_kind(tmp_path / name) == "doccano"
