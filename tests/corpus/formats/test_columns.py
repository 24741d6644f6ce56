"""What the columns of a CoNLL file are, and rows that lack one."""

import pytest

from spacy_sciner.corpus.formats.conll import read_conll
from spacy_sciner.corpus.rules import Repairs

from ..helpers import docs_of, ents_of


def docs_from(tmp_path, text):
    path = tmp_path / "f.conll"
    path.write_text(text, encoding="utf8")
    repairs = Repairs()
    paragraphs, _ = read_conll(path, file="f", repairs=repairs, labels=["M"])
    return docs_of(paragraphs, repairs)


@pytest.mark.parametrize("names", [["s1"] * 3 + ["s2"] * 3, ["7"] * 3 + ["8"] * 3])
def test_a_column_that_names_the_sentence_parts_paragraphs(tmp_path, names):
    rows = ["We O", "use O", "CRF I-M", "HMM I-M", "wins O", "today O"]
    text = "\n".join(f"{name} {row}" for name, row in zip(names, rows, strict=True))
    assert [ents_of(doc) for doc in docs_from(tmp_path, text)] == [[("CRF", "M")], [("HMM", "M")]]
    first = [name if name not in names[:i] else "" for i, name in enumerate(names)]
    rows = [row.replace(" ", "\t") for row in rows]
    text = "sentence\tword\ttag\n" + "\n".join(f"{n}\t{row}" for n, row in zip(first, rows))
    assert [ents_of(doc) for doc in docs_from(tmp_path, text)] == [[("CRF", "M")], [("HMM", "M")]]


@pytest.mark.parametrize("middle", ["random", "random\t-", "random\t??"])
def test_a_word_without_a_tag_tears_no_entity(tmp_path, middle):
    text = f"We\tO\na\tB-M\n{middle}\nfields\tI-M\nwin\tO\nBERT\tB-M\n"
    (doc,) = docs_from(tmp_path, text)
    assert [token.ent_iob_ for token in doc] == ["O", "", "", "", "O", "B"]
