"""Definitions of abbreviations: by hand, and beside another program's."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrase_texts import sentence_of, texts_of

from spacy_sciner.phrases.abbreviations import define, define_in


def pairs_of(text):
    return [(text[slice(*one.long)], text[slice(*one.short)]) for one in define(text)]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("a gated pebble sorter (GPS) sorts", [("gated pebble sorter", "GPS")]),
        ("a gated pebble sorter ( GPS ) sorts", [("gated pebble sorter", "GPS")]),
        ("Gated Pebble Sorters (GPSs)", [("Gated Pebble Sorters", "GPSs")]),
        ("part-of-river (POR) tags", [("part-of-river", "POR")]),
        ("stone cutting [SC] is old", [("stone cutting", "SC")]),
        ("stone cutting (SC, our way)", [("stone cutting", "SC")]),
        ("stone cutting (SC; Miller)", [("stone cutting", "SC")]),
        ("“stone cutting” (“SC”)", [("stone cutting", "SC")]),
        # a letter in the middle of a word may be meant
        ("the extended moss atlas (XMA)", []),
        ("the moss extract atlas (METATL)", [("moss extract atlas", "METATL")]),
        ("red clay (RC) and blue clay (BC)", [("red clay", "RC"), ("blue clay", "BC")]),
    ],
)
def test_definitions(text, pairs):
    assert pairs_of(text) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "so it is (S)",  # one character
        "such long short forms are no good (SLSFANGOODX)",  # eleven
        "some of three words (s o t)",
        "nineteen seventy (1970)",  # no letter
        "see in section four (-sf)",  # begins with a mark
        "interesting examples (i.e.)",
        "in other words (ii) it is",
        "stone cutting, (sc)",
        "stone[sc] cutting (sc)",
        "the letters are elsewhere (QZ)",
        "SC (SC)",  # no longer than itself
        "(SC) at the start",
        "stone cutting (SC",
        # more words between than min(|A| + 5, 2 |A|)
        "sand was put by us into cups of clay (sc)",
    ],
)
def test_what_defines_nothing(text):
    assert pairs_of(text) == []


def test_tokens_of_the_doc():
    sentence = sentence_of("We have a two-way pebble sorter (TPS).")
    (one,) = define_in(sentence)
    assert texts_of(sentence.doc, one) == ["two-way pebble sorter", "TPS"]


@given(st.text(alphabet="ab AB()[]-,.1", max_size=40))
def test_any_text_gives_spans_that_lie_in_it_and_apart(text):
    for one in define(text):
        assert 0 <= one.long[0] < one.long[1] <= one.short[0] < one.short[1] <= len(text)
        assert text[one.long[0]].lower() == text[one.short[0]].lower()


def test_other_program_agrees():
    """`abbreviations` also counts how often the first letter begins a word; so in these texts it
    does so once, and every parenthesis is closed."""
    oracle = pytest.importorskip("abbreviations.schwartz_hearst")
    adjectives, middles, ends = ("gentle", "wide"), ("", "pebble ", "moss and "), ("kiln", "loom")
    n_defined = 0
    for parts in product(("we use a ", "It is "), adjectives, middles, ends):
        long = f"{parts[1]} {parts[2]}{parts[3]}"
        letters = "".join(word[0] for word in long.split()).upper()
        for short in (letters, letters + "s", letters[::-1], f"{letters}-2", "no way at all"):
            text = f"{parts[0]}{long} ({short}) here"
            theirs = oracle.extract_abbreviation_definition_pairs(doc_text=text)
            assert {s: one for one, s in pairs_of(text)} == dict(theirs), text
            n_defined += len(theirs)
    assert n_defined >= 20
