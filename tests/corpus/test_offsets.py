import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_sciner.corpus.annotated import CharSpan
from spacy_sciner.corpus.offsets import BYTES, CODE_POINTS, PLAIN, UTF16, Counting, apply, decide
from spacy_sciner.errors import ScinerError
from spacy_sciner.html_text import visible_text

TEXT = "Sei 𝜆 die Größe.\r\nWir nutzen 𝑘-means und\r\nLSTM hier."
WORDS = ("means", "LSTM")


def _spans(counting, text=TEXT, words=WORDS, *, own=False):
    """The words as annotations, counted so."""
    _, places = counting.text_and_places(text)
    starts = [text.index(word) for word in words]
    return [
        CharSpan(places[s], places[s + len(w)], "M", w if own else None)
        for s, w in zip(starts, words, strict=True)
    ]


def _found(counting, text, spans):
    text, spans = apply(counting, text, spans)
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize("unit", [CODE_POINTS, UTF16, BYTES])
@pytest.mark.parametrize("line_end", [0, 1])
@pytest.mark.parametrize("own", [True, False])
def test_a_file_counts_in_one_way(unit, line_end, own):
    counting = Counting(unit, line_end)
    spans = _spans(counting, own=own)
    decision = decide([TEXT, "No span 𝑥 here."], [spans, []], path="f")
    assert decision.counting == counting
    assert _found(decision.counting, TEXT, spans) == list(WORDS)


def test_line_ends_that_the_export_made_shorter():
    text = TEXT.replace("\r\n", "\n")
    spans = [CharSpan(TEXT.index(word), TEXT.index(word) + len(word), "M") for word in WORDS]
    counting = decide([text], [spans], path="f").counting
    assert counting == Counting(CODE_POINTS, 2)
    assert _found(counting, text, spans) == list(WORDS)


def test_what_all_ways_agree_on_is_plain():
    spans = [CharSpan(4, 8, "M"), CharSpan(9, 13, "M", "LSTM")]
    assert decide(["und BERT LSTM 𝑥"], [spans], path="f") == (PLAIN, None)


def test_single_slips_change_nothing():
    spans = _spans(Counting(UTF16)) * 5
    slips = [CharSpan(20, 24, "M")]
    texts = [TEXT] * 5 + [TEXT]
    by_text = [spans[2 * i : 2 * i + 2] for i in range(5)]
    assert decide(texts, [*by_text, slips], path="f").counting == Counting(UTF16)


@pytest.mark.parametrize("shift", [1, -1, 3])
@pytest.mark.parametrize("own", [True, False])
def test_offsets_that_fit_in_no_way_are_refused(shift, own):
    spans = [s._replace(start=s.start + shift, end=s.end + shift) for s in _spans(PLAIN, own=own)]
    with pytest.raises(ScinerError, match=r"SCINER-E216: .*gold\.json.*Of 2 annotations fit: code"):
        decide([TEXT], [spans], path="gold.json")


def test_offsets_of_wrong_ends_are_refused_in_plain_ascii_too():
    spans = [CharSpan(7, 10, "M"), CharSpan(16, 18, "M")]  # the last character, not the one after
    with pytest.raises(ScinerError, match="SCINER-E216"):
        decide(["We use BERT and GPT."], [spans], path="f")


def test_two_ways_that_fit_alike_are_told():
    # The fifth code point is b, the fifth UTF-16 unit a.
    decision = decide(["𝑥𝑦 a b c"], [[CharSpan(5, 6, "M")]], path="f")
    assert decision == (PLAIN, Counting(UTF16))
    decision = decide(["𝑥𝑦 a b c"], [[CharSpan(5, 6, "M", "a")]], path="f")
    assert decision == (Counting(UTF16), None)


def test_the_tokenizers_edges_are_edges():
    spans = [CharSpan(3, 5, "M"), CharSpan(5, 8, "M"), CharSpan(12, 14, "M")]
    assert decide(["We don't at 10km"], [spans], path="f").counting == PLAIN


def test_half_a_character_is_no_place():
    text, spans = apply(Counting(UTF16), "𝑥𝑦", [CharSpan(1, 2, "M"), CharSpan(None, 2, "M")])
    assert spans[0].start > len(text)  # counted as bad offsets where it is used
    assert spans[1] == CharSpan(None, 2, "M")


def test_byte_order_mark_of_a_text_is_counted_by_some():
    text = "We use BERT."
    spans = [CharSpan(8, 12, "M", "BERT")]
    counting = decide([text], [spans, []], path="f", has_bom=True).counting
    assert counting == Counting(lead=True)
    assert _found(counting, text, spans) == ["BERT"]


HTML = "<p>Wir nutzen <b>BERT</b> &amp; GPT.<br>Und</p><p>SVM.</p>"


def test_visible_text_of_html():
    text, is_counted = visible_text(HTML)
    assert text == "Wir nutzen BERT & GPT.\nUnd\nSVM.\n"
    counted = "".join(c for c, counts in zip(text, is_counted, strict=True) if counts)
    assert counted == "Wir nutzen BERT & GPT.\nUndSVM."
    assert visible_text("<!-- x --><script>y()</script>a < b <s> c")[0] == "a < b  c"


def test_offsets_of_the_visible_text_of_html():
    counted = "Wir nutzen BERT & GPT.\nUndSVM."
    places = [(counted.index(w), w) for w in ("BERT", "GPT", "SVM")]
    spans = [CharSpan(start, start + len(w), "M") for start, w in places]
    counting = decide([HTML], [spans], path="f").counting
    assert str(counting) == "code points, in the visible text of HTML"
    assert _found(counting, HTML, spans) == ["BERT", "GPT", "SVM"]


def test_tags_that_are_words_stay():
    text = "The token <s> comes before </s> and BERT <p> x"
    start = text.index("BERT")
    spans = [CharSpan(10, 13, "M"), CharSpan(start, start + 4, "M")]
    assert decide([text], [spans], path="f").counting == PLAIN


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.sampled_from(["𝑥", "é", "ab", "BERT", "\r\n", "😀", "cde"]), min_size=4, max_size=30
    ),
    st.sampled_from([CODE_POINTS, UTF16, BYTES]),
    st.sampled_from([0, 1]),
)
def test_every_word_is_found_again_however_it_was_counted(words, unit, line_end):
    text = " ".join([*words, "end"])
    _, places = Counting(unit, line_end).text_and_places(text)
    spans, expected, start = [], [], 0
    for word in [*words, "end"]:
        if word.isalpha() and word.isascii():
            spans.append(CharSpan(places[start], places[start + len(word)], "M", word))
            expected.append(word)
        start += len(word) + 1
    counting = decide([text], [spans], path="f").counting
    assert _found(counting, text, spans) == expected
