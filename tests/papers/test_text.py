import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_sciner.papers.text import (
    add_accent,
    join_lines,
    normalise,
    split_paragraph,
    split_sentences,
    words,
)

WORDS = st.text(alphabet="abcdefghijklmnop", min_size=2, max_size=9)
SENTENCES = st.lists(
    st.lists(WORDS, min_size=1, max_size=12).map(lambda ws: " ".join(ws).capitalize() + "."),
    min_size=1,
    max_size=20,
)


@pytest.mark.parametrize(
    ("lines", "known", "expected"),
    [
        (["inter-", "action of"], set(), "interaction of"),
        (["Graph-", "SAGE is"], set(), "Graph-SAGE is"),
        (["fine-", "tuning helps"], {"fine-tuning"}, "fine-tuning helps"),
        (["fine-", "tuning helps"], {"fine-tuning", "finetuning"}, "finetuning helps"),
        (["in 2010-", "2012 we"], set(), "in 2010- 2012 we"),
        (["a dash -", "after it"], set(), "a dash - after it"),
        (["one", "two"], set(), "one two"),
        ([], set(), ""),
    ],
)
def test_join_lines(lines, known, expected):
    assert join_lines(lines, known) == expected


@given(st.lists(WORDS, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_join_lines_undoes_any_typesetting(tokens, random):
    """Break words and lines anywhere: the text comes back."""
    lines, line = [], ""
    for token in tokens:
        if random.random() < 0.3:
            cut = random.randrange(1, len(token))
            lines.append(f"{line} {token[:cut]}-".strip())
            line = token[cut:]
        elif random.random() < 0.3 and line:
            lines.append(line)
            line = token
        else:
            line = f"{line} {token}".strip()
    lines.append(line)
    assert join_lines(lines) == " ".join(tokens)


def test_words_leaves_out_what_a_line_may_have_cut():
    found = words(["cut fine-tuning of a mod-", "el is co-occurring"])
    assert {"fine-tuning", "of", "co-occurring"} <= found
    assert not {"mod", "el", "cut"} & found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eﬃcient ﬁne ﬂow", "efficient fine flow"),
        ("Erdo\u030bs", "Erdős"),
        ("10²  µm\t…", "10² µm …"),
        ("soft\u00adhyphen \u2010", "soft-hyphen -"),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


@given(st.text())
def test_normalise_twice_is_once(text):
    assert normalise(normalise(text)) == normalise(text)


def test_add_accent():
    assert add_accent("e", "´") == "é"
    assert add_accent("ı", "¨") == "ï"
    assert add_accent("p", "ˆ") is None


def test_split_sentences_keeps_abbreviations():
    text = "See Fig. 2 of Lee et al. (2019). It works, e.g. Here too! Does it? Yes."
    assert split_sentences(text) == [
        "See Fig. 2 of Lee et al. (2019).",
        "It works, e.g. Here too!",
        "Does it?",
        "Yes.",
    ]


@given(SENTENCES)
def test_split_sentences_loses_nothing(sentences):
    text = " ".join(sentences)
    assert " ".join(split_sentences(text)) == text


@given(SENTENCES, st.integers(min_value=12, max_value=60))
def test_split_paragraph_loses_nothing_and_keeps_the_bound(sentences, max_words):
    text = " ".join(sentences)
    parts, left_out = split_paragraph(text, max_words=max_words)
    assert not left_out
    assert " ".join(parts) == text
    assert all(0 < len(part.split()) <= max_words for part in parts)


def test_split_paragraph_is_even_and_leaves_out_endless_sentences():
    sentences = ["A b c d e f g h i end."] * 5
    parts, _ = split_paragraph(" ".join(sentences), max_words=40)
    assert [len(part.split()) for part in parts] == [30, 20]
    endless = "Word" + " word" * 49 + "."
    parts, left_out = split_paragraph(f"Short one here. {endless} Last one.", max_words=40)
    assert parts == ["Short one here.", "Last one."]
    assert left_out == [endless]
