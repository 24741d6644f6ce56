"""Paragraphs as sentences."""

from phrase_texts import doc_of

from spacy_sciner.phrases.sentences import sentences_of, split_sentences


def test_sentences_by_punctuation_and_the_doc_as_it_was():
    doc = doc_of("We dig. Then we sort!  And stop.")
    before = doc.to_bytes()
    assert [s.text for s in sentences_of(doc)] == ["We dig.", "Then we sort!", "And stop."]
    assert doc.to_bytes() == before
    assert not doc.has_annotation("SENT_START")


def test_nothing_of_nothing():
    assert sentences_of(doc_of("")) == []
    assert sentences_of(doc_of("  \n ")) == []


def test_long_ones_and_repeated_ones_are_left_out_and_counted():
    docs = [doc_of("We dig sand. One two three four five."), doc_of("we dig Sand ! We  sort.")]
    split = split_sentences(docs, max_words=4)
    assert [s.text for s in split.sentences] == ["We dig sand.", "We  sort."]
    assert (split.n_long, split.n_repeated) == (1, 1)
    assert [s.doc for s in split.sentences] == docs
