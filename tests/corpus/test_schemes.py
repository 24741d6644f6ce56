import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_sciner.corpus.schemes import TagSpan, detect_scheme, parse_tag, tags_to_spans


@st.composite
def _spans(draw):
    """Token count and non-overlapping spans; touching ones of one label among them."""
    spans = []
    end = 0
    for gap, length, label in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("XY")), max_size=6)
    ):
        spans.append(TagSpan(end + gap, end + gap + length, label))
        end += gap + length
    return end + draw(st.integers(0, 2)), spans


def _encode(n_tokens, spans, scheme):
    tags = ["O"] * n_tokens
    for span in spans:
        last = span.end - 1
        for i in range(span.start, span.end):
            prefix = "I" if i > span.start else "B"
            if scheme == "IOB1" and i == span.start:
                touches = i > 0 and tags[i - 1].endswith(f"-{span.label}")
                prefix = "B" if touches else "I"
            if scheme in ("IOBES", "BILOU") and i == last:
                single, end = ("S", "E") if scheme == "IOBES" else ("U", "L")
                prefix = single if span.start == last else end
            tags[i] = f"{prefix}-{span.label}"
    return tags


@pytest.mark.parametrize("scheme", ["IOB1", "IOB2", "IOBES", "BILOU"])
@settings(deadline=None)
@given(data=_spans())
def test_every_scheme_round_trips_without_a_repair(scheme, data):
    n_tokens, spans = data
    tags = _encode(n_tokens, spans, scheme)
    assert tags_to_spans(tags, scheme=scheme) == (spans, [])
    detected = detect_scheme([tags])
    assert detected == (scheme if spans else "O")
    assert tags_to_spans(tags, scheme=detected) == (spans, [])


@settings(deadline=None)
@given(st.lists(st.sampled_from(["O", "[CLS]", *(f"{p}-{x}" for p in "BIESLU" for x in "XY")])))
def test_any_tags_give_spans_that_repair_once(tags):
    """Whatever the tags, the spans are in order, and written out again need no repair."""
    spans, _ = tags_to_spans(tags, scheme=detect_scheme([tags]))
    assert all(0 <= s.start < s.end <= len(tags) for s in spans)
    assert all(a.end <= b.start for a, b in zip(spans, spans[1:], strict=False))
    inside = {i for s in spans for i in range(s.start, s.end)}
    assert inside == {i for i, tag in enumerate(tags) if tag not in ("O", "[CLS]")}
    again = _encode(len(tags), spans, "IOB2")
    assert tags_to_spans(again, scheme="IOB2") == (spans, [])


def test_orphans_begin_an_entity():
    tags = ["I-X", "I-X", "O", "B-X", "I-Y", "O"]
    spans, repairs = tags_to_spans(tags, scheme="IOB2")
    assert spans == [(0, 2, "X"), (3, 4, "X"), (4, 5, "Y")]
    assert repairs == [("orphan-i", 0), ("orphan-i", 4)]


def test_no_orphans_in_iob1():
    assert tags_to_spans(["I-X", "B-X", "O"], scheme="IOB1") == ([(0, 1, "X"), (1, 2, "X")], [])


def test_unclosed_is_kept():
    spans, repairs = tags_to_spans(["B-X", "I-X", "O", "S-Y"], scheme="IOBES")
    assert spans == [(0, 2, "X"), (3, 4, "Y")]
    assert repairs == [("unclosed", 0)]


def test_invalid_tag_is_o_and_costs_nothing_else():
    spans, repairs = tags_to_spans(["B-X", "[SEP]", "B-Y"], scheme="IOB2")
    assert spans == [(0, 1, "X"), (2, 3, "Y")]
    assert repairs == [("invalid-tag", 1)]


def test_labels_may_hold_hyphens():
    assert parse_tag("B-Regulon-operon") == ("B", "Regulon-operon")
    assert parse_tag("B-") is None


def test_a_few_orphans_do_not_make_iob1():
    assert detect_scheme([["B-X", "O", "B-Y", "O", "I-X"]]) == "IOB2"
    assert detect_scheme([["I-X", "O", "I-Y", "B-Y"]]) == "IOB1"
    assert detect_scheme([["O"], []]) == "O"
