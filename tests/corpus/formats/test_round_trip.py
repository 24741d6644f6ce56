"""Gold → file → gold is the same, as far as each format promises: docs/annotations.md, Writing."""

import tempfile
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_text import WHOLE_WORDS, WORDS, gold_docs, known_of

from spacy_sciner.corpus.formats.registry import read_gold, writer_of
from spacy_sciner.corpus.formats.writing import Losses, prepare
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.html_text import has_markup
from spacy_sciner.types import ScoredSpan

from ..helpers import docs_of

OF_TEXT = ("label-studio", "prodigy", "doccano", "brat")


def _there_and_back(docs, file_format):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("out" if file_format == "brat" else "out.json")
        losses, repairs = Losses(), Repairs()
        pairs = [(d, [ScoredSpan(e.start, e.end, e.label_) for e in d.ents]) for d in docs]
        written = prepare(pairs, default_paper="none", keep_unknown=True, losses=losses)
        writer_of(file_format)(path, written, losses=losses)
        with warnings.catch_warnings():  # most of the docs may have no entity, or no known word
            warnings.filterwarnings("ignore", message="SCINER-W22[37]")
            found = read_gold(path, file_format=file_format, file="out", repairs=repairs)
        return docs_of(found.paragraphs, repairs), losses, repairs


def _place(doc):
    return doc.user_data["paper"], doc.user_data["paragraph"]


@pytest.mark.parametrize("file_format", OF_TEXT)
@settings(max_examples=40)
@given(data=st.data())
def test_text_place_entities_and_unknown_words_are_kept(file_format, data):
    docs = data.draw(gold_docs(WHOLE_WORDS if file_format == "doccano" else WORDS))
    back, losses, repairs = _there_and_back(docs, file_format)
    n_alone = 0
    if file_format == "brat":  # which does not hold it
        n_alone = sum(doc.user_data.pop("of_pool", False) for doc in docs)
    assert [known_of(d) for d in sorted(back, key=_place)] == [
        known_of(d) for d in sorted(docs, key=_place)
    ]
    assert losses.counts == ({"alone": n_alone} if n_alone else {})
    assert set(repairs.counts) <= {"same-text", "discontinuous-joined", "markup"}
    assert repairs.counts["markup"] == sum(has_markup(doc.text) for doc in docs)


@settings(max_examples=40)
@given(docs=gold_docs())
def test_conll_keeps_words_place_entities_and_unknown_words(docs):
    back, losses, repairs = _there_and_back(docs, "conll")
    assert len(back) == len(docs)
    for found, doc in zip(back, docs, strict=True):
        kept = [i for i, token in enumerate(doc) if not token.is_space]
        words = [doc[i].text for i in kept]
        doc.user_data.pop("of_pool", None)
        assert found.user_data == doc.user_data
        odd = {word for word in words if word.startswith("-DOCSTART-")}
        assert [t.text for t in found] == [w.lstrip("-") if w in odd else w for w in words]
        tags = iob_tags(doc)
        assert iob_tags(found) == [tags[i] for i in kept]
    assert set(losses.counts) <= {"spaces", "space-words", "odd-words", "docstart-words", "alone"}
    assert set(repairs.counts) <= {"same-text", "markup"}
    assert repairs.counts["markup"] == sum(has_markup(found.text) for found in back)
