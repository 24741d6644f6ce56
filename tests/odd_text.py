"""Annotated paragraphs of odd text: astral letters, emoji, marks, no-break spaces, line ends."""

from hypothesis import strategies as st

from spacy_sciner.content import has_content
from spacy_sciner.corpus.annotated import standard_tokenizer
from spacy_sciner.corpus.reader import iob_tags

TOKENIZER = standard_tokenizer()
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
    first = draw(st.sampled_from(["BERT", "𝑥", "We", "\ufeffWe"]))
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
        if draw(st.booleans()):  # reviewed without the rest of its paper
            docs[-1].user_data["of_pool"] = True
    return docs


def _annotate(doc, states):
    """O, unknown, or an entity of one of two labels, none with an end that shows nothing."""
    spans, unknown = [], [doc[i : i + 1] for i, state in enumerate(states) if state == "?"]
    start = None
    for i, state in enumerate([*states, "O"]):
        if start is not None and state != "I":
            end = i
            while not has_content(doc[end - 1].text):
                end -= 1
            spans.append(
                doc.char_span(doc[start].idx, doc[end - 1].idx + len(doc[end - 1]), "XY"[i % 2])
            )
            start = None
        if state == "B" and has_content(doc[i].text):
            start = i
    doc.set_ents(spans, missing=unknown, default="outside")
    return doc


def known_of(doc):
    """All that is said of it; of white space nothing has to be."""
    tags = [tag for token, tag in zip(doc, iob_tags(doc), strict=True) if not token.is_space]
    ents = [(e.start_char, e.end_char, e.label_) for e in doc.ents]
    return doc.user_data, doc.text, [t.text for t in doc], ents, tags
