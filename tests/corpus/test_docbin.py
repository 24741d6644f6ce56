import weakref
import zlib

import pytest
import spacy
from catalogue import Registry
from spacy.tokens import Span
from spacy.training import Corpus
from spacy.vocab import Vocab
from srsly.msgpack import msgpack_decoders, msgpack_encoders

from spacy_sciner.corpus import docbin
from spacy_sciner.corpus.docbin import count_docs, iter_docs, read_docs, write_docs
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.errors import ScinerError

from .helpers import make_doc


def _docs():
    tags = ["B-X", "I-X", "B-X", "O", None, None, "O"]
    doc = make_doc(list("abcdefg"), tags, paper="P18-1001", paragraph=3, source="pseudo")
    doc.spans["sciner"] = [Span(doc, 0, 2, "X")]
    doc.spans["sciner"].attrs["scores"] = [0.75]
    doc.user_data["sciner"] = {"iteration": 1, "gamma": 0.9}
    return [doc, make_doc(["a"]), make_doc([])]


def test_docs_come_back_as_they_were(tmp_path):
    docs = _docs()
    write_docs(tmp_path / "new" / "x.spacy", docs)
    back = read_docs(tmp_path / "new" / "x.spacy", Vocab())
    assert [d.text for d in back] == [d.text for d in docs]
    assert [iob_tags(d) for d in back] == [iob_tags(d) for d in docs]
    assert iob_tags(back[0]) == ["B-X", "I-X", "B-X", "O", None, None, "O"]
    assert [d.user_data for d in back] == [d.user_data for d in docs]
    assert back[0].spans["sciner"].attrs["scores"] == [0.75]


def test_same_docs_same_bytes_and_nothing_else_in_the_folder(tmp_path):
    for _ in range(2):
        write_docs(tmp_path / "a.spacy", _docs())
    write_docs(tmp_path / "b.spacy", _docs())
    assert (tmp_path / "a.spacy").read_bytes() == (tmp_path / "b.spacy").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.spacy", "b.spacy"]


def test_many_docs_are_a_folder_in_the_same_order_that_spacy_reads_too(tmp_path, monkeypatch):
    monkeypatch.setattr(docbin, "DOCS_IN_FILE", 2)
    path = tmp_path / "pool.spacy"
    docs = [make_doc([str(i)]) for i in range(23)]
    write_docs(path, docs)
    assert len(list(path.iterdir())) == 12
    assert [doc.text for doc in read_docs(path, Vocab())] == [doc.text for doc in docs]
    assert count_docs(path) == 23
    nlp = spacy.blank("en")
    assert [e.reference.text for e in Corpus(path)(nlp)] == [doc.text for doc in docs]


def test_a_folder_of_docs_gives_way_to_a_file_and_back(tmp_path, monkeypatch):
    path = tmp_path / "pool.spacy"
    for docs_in_file in (1, 3, 1):
        monkeypatch.setattr(docbin, "DOCS_IN_FILE", docs_in_file)
        write_docs(path, _docs())
        assert path.is_dir() == (docs_in_file == 1)
        assert count_docs(path) == 3
    assert [p.name for p in tmp_path.iterdir()] == ["pool.spacy"]


def test_docs_are_taken_as_they_come_and_none_is_held(tmp_path, monkeypatch):
    monkeypatch.setattr(docbin, "DOCS_IN_FILE", 2)
    held = []

    def docs():
        living = []
        for i in range(9):
            doc = make_doc([str(i)])
            living.append(weakref.ref(doc))
            held.append(sum(ref() is not None for ref in living))
            yield doc

    write_docs(tmp_path / "pool.spacy", docs())
    assert max(held) <= 3


def test_a_missing_part_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(docbin, "DOCS_IN_FILE", 1)
    write_docs(tmp_path / "pool.spacy", _docs())
    (tmp_path / "pool.spacy/000001.spacy").unlink()
    with pytest.raises(ScinerError, match=r"SCINER-E202.*no 000001\.spacy in it"):
        count_docs(tmp_path / "pool.spacy")


def test_a_folder_without_docs_is_named(tmp_path):
    (tmp_path / "pool.spacy").mkdir()
    with pytest.raises(ScinerError, match=r"SCINER-E201.*pool\.spacy"):
        read_docs(tmp_path / "pool.spacy", Vocab())


def test_codecs_are_searched_once_a_file_not_once_a_doc(tmp_path, monkeypatch):
    searched = []
    get_all = Registry.get_all
    monkeypatch.setattr(Registry, "get_all", lambda self: (searched.append(self), get_all(self))[1])
    counts = []
    for n_docs in (1, 9):
        write_docs(tmp_path / "x.spacy", _docs()[:1] * n_docs)
        first, second = (iter_docs(tmp_path / "x.spacy", Vocab()) for _ in range(2))
        next(first), next(second)
        del first, second  # neither was read to its end
        counts.append(len(searched))
        searched.clear()
    assert counts[0] == counts[1]
    # Nothing stays behind in srsly.
    assert "get_all" not in {**vars(msgpack_encoders), **vars(msgpack_decoders)}


def test_missing_file(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E201: No docs at .*x\.spacy.*dvc repro"):
        read_docs(tmp_path / "x.spacy", Vocab())


@pytest.mark.parametrize(
    "content", [b"", b"words", zlib.compress(b"words"), zlib.compress(b"\x80"), zlib.compress(b"a")]
)
def test_foreign_file(tmp_path, content):
    (tmp_path / "x.spacy").write_bytes(content)
    with pytest.raises(ScinerError, match=r"SCINER-E202: .*x\.spacy"):
        read_docs(tmp_path / "x.spacy", Vocab())
