import pytest

from spacy_sciner.phrases.heads import head_noun, singular


@pytest.mark.parametrize(
    ("phrase", "head"),
    [
        ("clay oven roofs", "roof"),
        ("bag of words", "bag"),
        ("area under the curve", "area"),
        ("part-of-speech taggers", "tagger"),
        ("part - of - speech taggers", "tagger"),
        ("state-of-the-art", ""),
        ("rule - based", ""),
        ("deep CNNs", "cnn"),
        ("graph ( old )", "old"),
        ("run 17", ""),
        ("level x", ""),
        ("what it was", ""),
        ("of", ""),
        ("", ""),
    ],
)
def test_what_a_phrase_names(phrase, head):
    assert head_noun(phrase) == head


@pytest.mark.parametrize(
    ("word", "one"),
    [
        ("parsers", "parser"),
        ("strategies", "strategy"),
        ("losses", "loss"),
        ("boxes", "box"),
        ("searches", "search"),
        ("analyses", "analysis"),
        ("hypotheses", "hypothesis"),
        ("databases", "database"),
        *((same, same) for same in ("loss", "corpus", "analysis", "bias", "series", "gas", "ox")),
    ],
)
def test_one_of_many(word, one):
    assert singular(word) == one
