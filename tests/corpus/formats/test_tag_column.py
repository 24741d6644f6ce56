"""Which of a CoNLL file's columns is read as the tags: one odd value makes no other column them."""

import pytest

from spacy_sciner.corpus.formats.conll import read_conll
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

from ..helpers import docs_of, ents_of


def _read(tmp_path, text, labels=("M",)):
    path = tmp_path / "f.conll"
    path.write_text(text, encoding="utf8")
    repairs = Repairs()
    paragraphs, _ = read_conll(path, file="f", repairs=repairs, labels=labels)
    docs = docs_of(paragraphs, repairs)
    return [pair for doc in docs for pair in ents_of(doc)], docs, dict(repairs.counts)


@pytest.mark.parametrize("labels", [("M",), ("Other",), None])
@pytest.mark.parametrize("middle", ["O", "-", "PRP -", "B-NP"])
@pytest.mark.parametrize("stray", ["o", "[SEP]"])
def test_a_stray_tag_in_a_small_file_makes_no_other_column_the_tags(
    tmp_path, labels, middle, stray
):
    tags = ["O", "B-M", "I-M", "O", stray]
    text = "".join(f"{w} {middle} {t}\n" for w, t in zip("abcde", tags, strict=True))
    ents, docs, counts = _read(tmp_path, text, labels)
    assert (ents, counts) == ([("b c", "M")], {"invalid-tag": 1})
    assert iob_tags(docs[0])[-1] is None


def test_several_stray_tags_do_not_either(tmp_path):
    text = "The B-NP O\nCRF I-NP B-M\n. O O\nso B-NP o\n" * 5
    ents, _, counts = _read(tmp_path, text)
    assert (ents, counts) == ([("CRF", "M")] * 5, {"invalid-tag": 5})


@pytest.mark.parametrize("empty", ["O", "-"])
def test_a_last_column_without_a_tag_is_not_taken_before_one_with_tags(tmp_path, empty):
    text = f"We O {empty}\nCRF B-M {empty}\nwin O {empty}\n"
    assert _read(tmp_path, text, None)[0] == [("CRF", "M")]


@pytest.mark.parametrize("labels", [("M",), None])
def test_chunks_are_no_entities_where_a_paper_has_none(tmp_path, labels):
    assert _read(tmp_path, "The DT B-NP O\nend NN I-NP O\n", labels)[0] == []
    with pytest.raises(ScinerError, match=r"SCINER-E207: .*first is '\[SEP\]'"):
        _read(tmp_path, "The DT B-NP O\nend NN I-NP [SEP]\n", labels)
    assert _read(tmp_path, "The DT B-NP\nend NN I-NP\n", ("NP",))[0] == [("The end", "NP")]


def test_a_column_with_some_dashes_is_none_of_tags(tmp_path):
    text = "We O -\nuse O use\nthem O -\n"
    _, docs, counts = _read(tmp_path, text)
    assert (iob_tags(docs[0]), counts) == (["O"] * 3, {})


@pytest.mark.parametrize("text", ["O\nO\nB-M\n", "O\n\nO\n", "O\nM\nO\n"])
def test_a_file_of_tags_alone_is_refused(tmp_path, text):
    with pytest.raises(ScinerError, match=r"SCINER-E218: .*the only column holds tags, no words"):
        _read(tmp_path, text)


@pytest.mark.parametrize("words", [["-", "-"], ["O", "is", "B-M", "-"], ["M"]])
def test_words_that_look_like_tags_are_words(tmp_path, words):
    _, docs, _ = _read(tmp_path, "\n".join(words))
    assert [token.text for token in docs[0]] == words


def test_two_columns_of_entities_are_refused_whatever_the_labels(tmp_path):
    """Nested entities, as GermEval has them; without labels nothing says which are meant."""
    text = "1\tDie\tO\tO\n2\tUniversität\tB-ORG\tO\n3\tBonn\tI-ORG\tB-LOC\n"
    for labels in (None, ("ORG", "LOC")):
        with pytest.raises(ScinerError, match=r"SCINER-E218: .*columns 3 and 4 both have tags"):
            _read(tmp_path, text, labels)
    assert _read(tmp_path, text, ("LOC",))[0] == [("Bonn", "LOC")]
    same = "We\tO\tO\nBERT\tB-M\tB-M\n"
    assert _read(tmp_path, same, None)[0] == [("BERT", "M")]
