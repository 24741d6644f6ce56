"""What is a word, and what an entity may begin and end with."""

import pytest
from spacy.vocab import Vocab
from tiny import ents_of, make_doc

from spacy_sciner.content import has_content, trim_entities, visible
from spacy_sciner.corpus.reader import iob_tags

NO_WORDS = ["", " ", "\n", "\n\n  ", "\t", "\r\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\u200d",
            "\u2060", "\ufeff", "\u00ad", "\u034f", "\ufe0f", "\u2028"]  # fmt: skip


@pytest.mark.parametrize("text", NO_WORDS)
def test_white_space_and_what_shows_nothing_is_no_word(text: str):
    assert not has_content(text)


@pytest.mark.parametrize("text", ["a", ".", "_", "é", "e\u0301", "\u0301", "モ", "𝛼", "\ue000"])
def test_everything_else_is_one_as_it_is(text: str):
    assert has_content(text)
    assert visible(text) == text


def test_what_shows_nothing_is_left_out_of_a_word():
    assert visible("\ufeffSQu\u00adAD\n") == "SQuAD"


def test_gold_entities_are_trimmed():
    words = ["\n", "Random", "\n", "Forest", "\u200b", "\n", "we"]
    doc = make_doc(words, ["B-X", "I-X", "I-X", "I-X", "I-X", "B-Y", None], vocab=Vocab())
    trimmed = trim_entities(doc)
    assert ents_of(trimmed) == [(1, 4, "X")]
    assert iob_tags(trimmed) == ["O", "B-X", "I-X", "I-X", "O", "O", None]
    assert ents_of(doc) == [(0, 5, "X"), (5, 6, "Y")]


def test_nothing_to_trim_copies_nothing():
    doc = make_doc(["Random", "\n", "Forest"], ["B-X", "I-X", "I-X"], vocab=Vocab())
    assert trim_entities(doc) is doc
