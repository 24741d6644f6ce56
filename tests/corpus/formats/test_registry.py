import pytest

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.formats.registry import FORMATS, read_gold
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

from ..helpers import docs_of, make_doc


def _read(path, file_format):
    repairs = Repairs()
    found = read_gold(path, file_format=file_format, file=path.name, repairs=repairs)
    return found, repairs


def test_docbin_keeps_tokens_entities_and_unknown(tmp_path):
    doc = make_doc(["a", "b", "c", "d"], ["O", "B-M", "I-M", None], paper="P18-1001", paragraph=4)
    plain = make_doc(["e"], ["O"])
    plain.user_data.clear()
    write_docs(tmp_path / "gold.spacy", [doc, plain])
    found, repairs = _read(tmp_path / "gold.spacy", "spacy")
    back = docs_of(found.paragraphs, repairs)
    assert [iob_tags(d) for d in back] == [["O", "B-M", "I-M", None], ["O"]]
    assert [d.user_data["paper"] for d in back] == ["P18-1001", "gold"]
    assert [d.user_data["paragraph"] for d in back] == [4, 0]
    assert repairs.counts == {}


def test_scheme_is_told_for_conll(tmp_path):
    (tmp_path / "a.txt").write_text("a S-M\nb O\n")
    assert _read(tmp_path / "a.txt", "conll")[0].scheme == "IOBES"


@pytest.mark.parametrize("file_format", FORMATS)
def test_missing(tmp_path, file_format):
    with pytest.raises(ScinerError, match=r"SCINER-E204: .*gold.*spacy project assets.*mirror DIR"):
        _read(tmp_path / "gold", file_format)


@pytest.mark.parametrize("file_format", ["conll", "prodigy", "doccano", "label-studio"])
def test_not_utf8(tmp_path, file_format):
    (tmp_path / "gold").write_bytes(b"caf\xe9\tO\n")
    with pytest.raises(ScinerError, match=r"SCINER-E205: .*gold cannot be read as"):
        _read(tmp_path / "gold", file_format)


def test_folder_without_a_file_of_the_format(tmp_path):
    (tmp_path / "scan.png").write_bytes(b"x")
    with pytest.raises(ScinerError, match=r"SCINER-E219: No file of format conll.*There: .*scan"):
        _read(tmp_path, "conll")


@pytest.mark.parametrize(
    ("file_format", "content", "found"),
    [
        ("conll", "\n\n-DOCSTART- O\n", "nothing"),
        ("prodigy", '{"spans": []}\n', "no-text 1"),
        ("doccano", "", "nothing"),
        ("label-studio", "[]", "nothing"),
    ],
)
def test_empty(tmp_path, file_format, content, found):
    (tmp_path / "gold").write_text(content)
    with pytest.raises(ScinerError, match=f"SCINER-E206: .*as {file_format}. Found: {found}"):
        _read(tmp_path / "gold", file_format)


def test_empty_folder(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E219: No file of format brat.*There: nothing"):
        _read(tmp_path, "brat")
