import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_sciner.corpus import rules
from spacy_sciner.corpus.annotated import Annotated, CharSpan, Numbering, annotated_to_doc
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs

from .helpers import TOKENIZER, docs_of, ents_of

TEXT = "We fine-tune (BERT) on 𝑥-CoNLL-2003 , twice ."
LABELS = ("Method", "Data")


def _doc(*spans, text=TEXT):
    repairs = Repairs()
    (doc,) = docs_of([Annotated("P1", 0, text, spans, "f.json")], repairs, LABELS)
    return ents_of(doc), dict(repairs.counts)


def test_tokenizer_is_that_of_a_blank_english_pipeline():
    text = "Pre-training (BERT-L=6) isn't 5.5%... e.g. http://x.org U.S. 10km/h"
    assert [t.text for t in TOKENIZER(text)] == [t.text for t in spacy.blank("en")(text)]


def test_aligned_span_needs_no_rule():
    assert _doc(CharSpan(14, 18, "Method")) == ([("BERT", "Method")], {})


@pytest.mark.parametrize(
    ("span", "ents", "rule"),
    [
        (CharSpan(14, 18, "Task"), [], "unknown-label"),
        (CharSpan(14, 18, ""), [], "unknown-label"),
        (CharSpan(14, "18", "Method"), [], "bad-offsets"),
        (CharSpan(None, None, "Method"), [], "bad-offsets"),
        (CharSpan(-4, 3, "Method"), [], "bad-offsets"),
        (CharSpan(18, 14, "Method"), [], "bad-offsets"),
        (CharSpan(14, 999, "Method"), [], "bad-offsets"),
        (CharSpan(14, 14, "Method"), [], "zero-length"),
        (CharSpan(2, 3, "Method"), [], "zero-length"),
        (CharSpan(15, 19, "Method", "BERT"), [("BERT", "Method")], "shifted"),
        (CharSpan(14, 18, "Method", "RoBERTa"), [], "text-mismatch"),
        (CharSpan(0, 3, "Method"), [("We", "Method")], "trimmed"),
        (CharSpan(15, 17, "Method"), [("BERT", "Method")], "snapped"),
        (CharSpan(3, 6, "Method"), [("fine", "Method")], "snapped"),
    ],
)
def test_rule_for_one_span_leaves_the_others_alone(span, ents, rule):
    found, counts = _doc(span, CharSpan(38, 43, "Data"))
    assert found == [*ents, ("twice", "Data")]
    assert counts == {rule: 1}


@pytest.mark.parametrize("label", ["METHOD", "method", "Meth-od", "meth_od", "Meth\u200bod"])
def test_a_label_written_otherwise_is_the_corpus_own(label):
    assert _doc(CharSpan(14, 18, label)) == ([("BERT", "Method")], {"label-spelling": 1})


def test_of_two_labels_that_are_written_alike_none_is_meant():
    repairs = Repairs()
    annotated = Annotated("P", 0, "BERT", [CharSpan(0, 4, "METHOD")], "f.json")
    labels = ["Method", "method"]
    doc = annotated_to_doc(annotated, tokenizer=TOKENIZER, labels=labels, repairs=repairs)
    assert (doc.ents, dict(repairs.counts)) == ((), {"unknown-label": 1})


def test_what_was_marked_without_a_label_is_unknown():
    repairs = Repairs()
    annotated = Annotated("P", 0, "We use BERT.", [CharSpan(7, 11, "")], "f.json")
    doc = annotated_to_doc(annotated, tokenizer=TOKENIZER, labels=["Method"], repairs=repairs)
    assert [token.ent_iob_ for token in doc] == ["O", "O", "", "O"]
    assert dict(repairs.counts) == {"unknown-label": 1}


def test_punctuation_is_trimmed_before_tokens_are_grown():
    text = "the BLEU..."
    assert [t.text for t in TOKENIZER(text)] == ["the", "BLEU", "..."]
    assert _doc(CharSpan(4, 9, "Data"), text=text) == ([("BLEU", "Data")], {"trimmed": 1})


@pytest.mark.parametrize("blank", ["\u200b", "\ufeff", "\u00ad", "\n"])
def test_what_shows_nothing_begins_and_ends_no_entity_and_is_none(blank):
    text = f"we use {blank} BERT {blank} here"
    assert _doc(CharSpan(7, 15, "Method"), text=text) == ([("BERT", "Method")], {"trimmed": 1})
    assert _doc(CharSpan(7, 8, "Method"), text=text) == ([], {"zero-length": 1})
    # In a word it belongs to the word.
    word = f"we use BE{blank.strip()}RT here"
    assert _doc(CharSpan(7, len(word) - 5, "Method"), text=word)[1] == {}


def test_overlap_keeps_the_longest_and_of_equal_ones_the_first():
    spans = [CharSpan(3, 7, "Data"), CharSpan(3, 12, "Method"), CharSpan(8, 12, "Data")]
    assert _doc(*spans) == ([("fine-tune", "Method")], {"overlap": 2})
    tie = [CharSpan(8, 18, "Data"), CharSpan(3, 12, "Method")]  # three tokens each
    assert _doc(*tie) == ([("fine-tune", "Method")], {"overlap": 1})
    two_labels = [CharSpan(14, 18, "Data"), CharSpan(14, 18, "Method")]
    assert _doc(*two_labels) == ([("BERT", "Data")], {"overlap": 1})


def test_same_span_twice_is_a_duplicate():
    spans = [CharSpan(14, 18, "Method"), CharSpan(14, 18, "Method")]
    assert _doc(*spans) == ([("BERT", "Method")], {"duplicate": 1})


def test_search_never_chooses_between_two_places():
    text = "BERT and BERT and LSTM"
    spans = [CharSpan(11, 15, "Method", "BERT"), CharSpan(16, 20, "Method", "LSTM")]
    assert _doc(*spans, text=text) == (
        [("LSTM", "Method")],
        {"ambiguous-text": 1, "shifted": 1},
    )


def test_own_text_without_its_line_end_is_found():
    text = "We use random\nforests, twice."
    assert _doc(CharSpan(7, 21, "Method", "randomforests"), text=text)[1] == {}
    assert _doc(CharSpan(9, 23, "Method", "randomforests"), text=text) == (
        [("random\nforests", "Method")],
        {"shifted": 1},
    )


def test_an_xpath_is_resolved_by_the_text_alone():
    spans = [CharSpan("/p[1]", "/p[1]", "Method", "BERT"), CharSpan("/p[1]", "/p[1]", "Data")]
    assert _doc(*spans) == ([("BERT", "Method")], {"shifted": 1, "bad-offsets": 1})


def test_of_a_partly_known_text_only_the_spans_are_known():
    paragraph = Annotated("P1", 0, "a b c", [CharSpan(2, 3, "X")], "f", is_partial=True)
    (doc,) = docs_of([paragraph], Repairs())
    assert iob_tags(doc) == [None, "B-X", None]


def test_own_text_may_differ_in_white_space_only():
    assert _doc(CharSpan(0, 12, "Method", "We  fine-tune")) == ([("We fine-tune", "Method")], {})


def test_paragraph_without_text_is_left_out():
    repairs = Repairs()
    assert docs_of([Annotated("P1", 0, " \n", [], "f")], repairs) == []
    assert repairs.counts == {"no-text": 1}


def test_place_and_source_are_on_the_doc():
    (doc,) = docs_of([Annotated("P1", 7, "Hi", [], "f", section="Abstract")], Repairs())
    expected = {"paper": "P1", "paragraph": 7, "section": "Abstract", "source": "gold"}
    assert doc.user_data == expected
    assert iob_tags(doc) == ["O"]


def test_unknown_tokens_stay_unknown():
    spans = [CharSpan(0, 1, "X")]
    paragraph = Annotated(
        "P1", 0, "a b c", spans, "f", ["a", "b", "c"], [True, True, False], frozenset({0, 2})
    )
    (doc,) = docs_of([paragraph], Repairs())
    assert iob_tags(doc) == ["B-X", "O", None]


_SPANS = st.lists(
    st.builds(
        CharSpan,
        st.one_of(st.integers(-3, 60), st.none()),
        st.integers(-3, 60),
        st.sampled_from([*LABELS, "Task", ""]),
        st.one_of(st.none(), st.text("BERT x", max_size=4)),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(st.text("aB𝑥 .-(=\n\u00a0", max_size=40), _SPANS)
def test_no_annotation_breaks_a_document(text, spans):
    repairs = Repairs()
    docs = docs_of([Annotated("P1", 0, text, spans, "f")], repairs, LABELS)
    assert len(docs) == (1 if text.strip() else 0)
    for doc in docs:
        assert doc.text == text
        assert all(ent.label_ in LABELS for ent in doc.ents)
        n_set_aside = len(spans) - len(doc.ents)
        assert n_set_aside <= sum(repairs.counts.values())


@settings(deadline=None)
@given(st.data())
def test_spans_on_token_boundaries_are_kept_as_they_are(data):
    doc = TOKENIZER(TEXT)
    words = [t for t in doc if not t.is_punct]
    chosen = data.draw(st.lists(st.sampled_from(words), unique_by=lambda t: t.i))
    spans = [CharSpan(t.idx, t.idx + len(t), "Data", t.text) for t in chosen]
    found, counts = _doc(*spans)
    assert found == [(t.text, "Data") for t in sorted(chosen, key=lambda t: t.i)]
    assert counts == {}


def test_numbering_follows_the_file_or_counts():
    number = Numbering()
    places = [("P", None), ("P", 5), ("P", None), ("Q", "2"), ("Q", True), ("R", "x")]
    assert [number(paper, given) for paper, given in places] == [0, 5, 6, 2, 3, 0]


def test_report_has_five_examples_of_each_rule_in_the_order_of_the_table():
    repairs = Repairs()
    for i in range(7):
        repairs.add("snapped", file="f", paragraph=f"P/{i}", text="x" * 200)
    repairs.add("overlap", file="f", paragraph="P/0", text="short")
    repairs.add("unknown-label", file="f", paragraph="P/0", text="short")
    report = repairs.to_dict()
    assert list(report) == ["unknown-label", "snapped", "overlap"]
    assert report["snapped"]["count"] == 7
    assert [e["paragraph"] for e in report["snapped"]["examples"]] == [f"P/{i}" for i in range(5)]
    assert len(report["snapped"]["examples"][0]["text"]) == rules.MAX_EXAMPLE_CHARS + 1


def test_every_rule_is_in_the_table_and_no_other_can_be_counted():
    table = (rules.__doc__ or "").split("----\n", 1)[1].splitlines()
    assert tuple(row.split()[0] for row in table if row and row[0] != " ") == rules.RULES
    with pytest.raises(KeyError, match="no-such-rule"):
        Repairs().add("no-such-rule", file="f", paragraph=0, text="")


def test_an_entity_whose_place_is_lost_leaves_no_word_known_to_be_o():
    text = "We train BERT and an LSTM here ."
    spans = [CharSpan(9, 13, "Method", "BERT"), CharSpan(0, 3, "Method", "GPT")]
    annotated = Annotated("P", 0, text=text, spans=spans, file="f")
    doc = annotated_to_doc(annotated, tokenizer=TOKENIZER, labels=None, repairs=Repairs())
    assert [ent.text for ent in doc.ents] == ["BERT"]
    assert {token.ent_iob_ for token in doc if token.text != "BERT"} == {""}


def test_words_of_a_dropped_overlap_alone_are_unknown():
    spans = [CharSpan(0, 18, "Method"), CharSpan(14, 26, "Data")]
    annotated = Annotated("P", 0, text="Graph neural network layer norm .", spans=spans, file="f")
    doc = annotated_to_doc(annotated, tokenizer=TOKENIZER, labels=None, repairs=Repairs())
    assert [t.ent_iob_ for t in doc] == ["B", "I", "I", "", "O", "O"]
