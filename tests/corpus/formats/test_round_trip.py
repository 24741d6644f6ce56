"""Gold → file → gold is the same, as far as each format promises: docs/annotations.md, Writing."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_sciner.corpus.formats.registry import read_gold, writer_of
from spacy_sciner.corpus.formats.writing import Losses, prepare
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.types import ScoredSpan

from ..helpers import TOKENIZER, docs_of

OF_TEXT = ("label-studio", "prodigy", "doccano", "brat")
WORDS = [
    *(
        "BERT",
        "naïve",
        "e\u0301tude",
        "𝑥",
        "😀👩\u200d🔬",
        "&lt;",
        "<b>",
        "A&amp;B",
        "10km",
        "don't",
        "#",
    ),
    *("(", ")", ",", "-", ".", "%41", "α", "Ω\u0338", "-DOCSTART-", "\\n", '"', "日本語", "rate"),
]
# doccano's labels have no text of their own: what their offsets count is told by words' ends.
WHOLE_WORDS = [word for word in WORDS if word not in ("don't", "10km")]
SPACES = [" ", "  ", "\u00a0", "\n", "\r\n", "\n\n", "\t", "\u2028", ""]
PAPERS = ["P18-1001", "10.1/x: y", "a\tb %41", "Łódź", ".hidden", "x" * 300]


@st.composite
def texts(draw, words):
    first = draw(st.sampled_from(["BERT", "𝑥", "We"]))
    rest = draw(st.lists(st.tuples(st.sampled_from(SPACES), st.sampled_from(words)), max_size=12))
    return first + "".join(space + word for space, word in rest)


@st.composite
def gold_docs(draw, words=WORDS):
    """One to four paragraphs of up to three papers, with entities and unknown words."""
    docs = []
    for paragraph in range(draw(st.integers(1, 4))):
        doc = TOKENIZER(draw(texts(words)))
        states = draw(st.lists(st.sampled_from("OOBBBI?"), min_size=len(doc), max_size=len(doc)))
        docs.append(_annotate(doc, states))
        docs[-1].user_data.update(
            paper=draw(st.sampled_from(PAPERS)),
            paragraph=paragraph * 3,
            section=draw(st.sampled_from(["", "2 Model", "tab\there, 100%"])),
            source="gold",
        )
    return docs


def _annotate(doc, states):
    """O, unknown, or an entity of one of two labels, none with white space at an end."""
    spans, unknown = [], [doc[i : i + 1] for i, state in enumerate(states) if state == "?"]
    start = None
    for i, state in enumerate([*states, "O"]):
        if start is not None and state != "I":
            end = i
            while doc[end - 1].is_space:
                end -= 1
            spans.append(
                doc.char_span(doc[start].idx, doc[end - 1].idx + len(doc[end - 1]), "XY"[i % 2])
            )
            start = None
        if state == "B" and not doc[i].is_space:
            start = i
    doc.set_ents(spans, missing=unknown, default="outside")
    return doc


def _there_and_back(docs, file_format):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("out" if file_format == "brat" else "out.json")
        losses, repairs = Losses(), Repairs()
        pairs = [(d, [ScoredSpan(e.start, e.end, e.label_) for e in d.ents]) for d in docs]
        written = prepare(pairs, default_paper="none", keep_unknown=True, losses=losses)
        writer_of(file_format)(path, written, losses=losses)
        found = read_gold(path, file_format=file_format, file="out", repairs=repairs)
        return docs_of(found.paragraphs, repairs), losses, repairs


def _place(doc):
    return doc.user_data["paper"], doc.user_data["paragraph"]


def _known(doc):
    """All that is said of it; of white space nothing has to be."""
    tags = [tag for token, tag in zip(doc, iob_tags(doc), strict=True) if not token.is_space]
    ents = [(e.start_char, e.end_char, e.label_) for e in doc.ents]
    return doc.user_data, doc.text, [t.text for t in doc], ents, tags


@pytest.mark.parametrize("file_format", OF_TEXT)
@settings(max_examples=40)
@given(data=st.data())
def test_text_place_entities_and_unknown_words_are_kept(file_format, data):
    docs = data.draw(gold_docs(WHOLE_WORDS if file_format == "doccano" else WORDS))
    back, losses, repairs = _there_and_back(docs, file_format)
    assert [_known(d) for d in sorted(back, key=_place)] == [
        _known(d) for d in sorted(docs, key=_place)
    ]
    assert not losses.counts
    assert set(repairs.counts) <= {"same-text", "discontinuous-joined"}


@settings(max_examples=40)
@given(docs=gold_docs())
def test_conll_keeps_words_place_entities_and_unknown_words(docs):
    back, losses, repairs = _there_and_back(docs, "conll")
    assert len(back) == len(docs)
    for found, doc in zip(back, docs, strict=True):
        kept = [i for i, token in enumerate(doc) if not token.is_space]
        words = [doc[i].text for i in kept]
        assert found.user_data == doc.user_data
        odd = {word for word in words if word.startswith("-DOCSTART-")}
        assert [t.text for t in found] == [w.lstrip("-") if w in odd else w for w in words]
        tags = iob_tags(doc)
        assert iob_tags(found) == [tags[i] for i in kept]
    assert set(losses.counts) <= {"spaces", "space-words", "odd-words"}
    assert set(repairs.counts) <= {"same-text"}
