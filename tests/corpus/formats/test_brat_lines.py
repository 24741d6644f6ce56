import pytest

from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs

from ..helpers import docs_of, ents_of, read_brat

TEXT = "They tune the learning\nrate of BERT here.\n"


def _read(tmp_path, ann, text=TEXT):
    (tmp_path / "p.txt").write_bytes(text.encode())
    (tmp_path / "p.ann").write_bytes(ann.encode())
    repairs = Repairs()
    docs = docs_of(read_brat(tmp_path, file="f", repairs=repairs), repairs)
    return docs, dict(repairs.counts)


@pytest.mark.parametrize(
    "line",
    [
        "t1\tM 31 35\tBERT",
        "1\tM 31 35\tBERT",
        '{"entities": []}',
        "version https://git-lfs.github.com/spec/v1",
        "Nobody has annotated this.",
    ],
)
@pytest.mark.parametrize("before", ["", "T1\tM 5 9\ttune\n"])
def test_a_line_of_no_kind_of_brats_may_have_been_an_entity(tmp_path, line, before):
    docs, counts = _read(tmp_path, before + line + "\n")
    tags = [tag for doc in docs for tag in iob_tags(doc)]
    assert set(tags) == {None, *(["B-M"] if before else [])}
    assert counts == {"bad-line": 1}


def test_a_line_may_be_indented_or_begin_with_a_byte_order_mark(tmp_path):
    ann = "T1\tM 5 9\ttune\n \tT2\tM 31 35\tBERT\n\ufeffT3\tM 36 40\there\n"
    docs, counts = _read(tmp_path, ann)
    expected = [[("tune", "M")], [("BERT", "M"), ("here", "M")]]
    assert ([ents_of(doc) for doc in docs], counts) == (expected, {})


def test_bare_carriage_returns_end_lines(tmp_path):
    docs, counts = _read(tmp_path, "T1\tM 5 9\ttune\rT2\tM 31 35\tBERT\r")
    assert [ents_of(doc) for doc in docs] == [[("tune", "M")], [("BERT", "M")]]
    assert counts == {}
    # They end every line, whatever its identifier is.
    docs, counts = _read(tmp_path, "T_1\tM 5 9\ttune\rT_2\tM 31 35\tBERT\rtorn\r")
    assert [ents_of(doc) for doc in docs] == [[("tune", "M")], [("BERT", "M")]]
    assert counts == {"bad-line": 1}
    # Of two editors, line by line.
    docs, counts = _read(tmp_path, "T1\tM 5 9\ttune\rT2\tM 31 35\tBERT\nT3\tM 36 40\there\r\n")
    assert [ents_of(doc) for doc in docs] == [[("tune", "M")], [("BERT", "M"), ("here", "M")]]
    assert counts == {}


@pytest.mark.parametrize("rest", ["rate\n", "rate\n\n#1\tAnnotatorNotes T1\tsure\n"])
def test_own_text_with_a_raw_line_end(tmp_path, rest):
    ann = f"T1\tM 14 27\tlearning\n{rest}T2\tM 31 35\tBERT\nT3\tM 36 40\there\n"
    docs, counts = _read(tmp_path, ann)
    expected = [[("learning\nrate", "M"), ("BERT", "M"), ("here", "M")]]
    assert ([ents_of(doc) for doc in docs], counts) == (expected, {})
    assert None not in iob_tags(docs[0])


def test_own_text_goes_on_only_where_its_offsets_have_room(tmp_path):
    _, counts = _read(tmp_path, "T1\tM 31 35\tBERT\nhere\n")
    assert counts == {"bad-line": 1}


def test_an_end_behind_a_line_end_is_not_believed_against_the_own_text(tmp_path):
    docs, counts = _read(tmp_path, "T1\tM 14 27\tlearning\n")
    assert ([ents_of(doc) for doc in docs], counts) == ([[("learning", "M")]], {"shifted": 1})
