import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.reader import cut_doc, iob_tags, make_corpus
from spacy_sciner.errors import ScinerError

from .helpers import make_doc

TAGS = ["O", "B-X", "I-X", None, "O", "B-Y"]


@pytest.fixture
def path(tmp_path):
    docs = [
        make_doc(list("abcdef"), TAGS),
        make_doc([]),
        make_doc(["g", "h"], ["O", None], source="pseudo"),
    ]
    write_docs(tmp_path / "train.spacy", docs)
    return tmp_path / "train.spacy"


@pytest.fixture(scope="module")
def nlp():
    return spacy.blank("en")


def test_registered():
    assert spacy.registry.readers.get("spacy-sciner.Corpus.v1") is make_corpus


def test_reference_keeps_unknown_and_predicted_is_plain(path, nlp):
    examples = list(make_corpus(path)(nlp))
    assert [eg.text for eg in examples] == ["a b c d e f ", "g h "]  # the empty doc is left out
    assert examples[0].get_aligned_ner() == ["O", "B-X", "L-X", None, "O", "U-Y"]
    assert iob_tags(examples[0].predicted) == [None] * 6
    assert [t.text for t in examples[0].predicted] == list("abcdef")
    assert examples[0].reference.user_data["paper"] == "P1"


def test_gold_only_and_repeat_gold(path, nlp):
    assert [eg.text for eg in make_corpus(path, gold_only=True)(nlp)] == ["a b c d e f "]
    repeated = [eg.text for eg in make_corpus(path, repeat_gold=3)(nlp)]
    assert repeated == ["a b c d e f "] * 3 + ["g h "]


def test_max_length_cuts_before_an_entity(path, nlp):
    examples = list(make_corpus(path, max_length=2)(nlp))
    assert [eg.text for eg in examples] == ["a ", "b c ", "d e ", "f ", "g h "]
    assert [iob_tags(eg.reference) for eg in examples] == [
        ["O"],
        ["B-X", "I-X"],
        [None, "O"],
        ["B-Y"],
        ["O", None],
    ]
    assert all(eg.reference.user_data["paper"] == "P1" for eg in examples)


def test_entity_longer_than_max_length_is_torn_in_two():
    doc = make_doc(list("abc"), ["B-X", "I-X", "I-X"])
    assert [iob_tags(piece) for piece in cut_doc(doc, 2)] == [["B-X", "I-X"], ["B-X"]]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["O", "B-X", "I-X", None]), max_size=12), st.integers(1, 5))
def test_cutting_loses_no_token_and_no_unknown(tags, max_length):
    for i, tag in enumerate(tags):
        if tag == "I-X" and (i == 0 or tags[i - 1] not in ("B-X", "I-X")):
            tags[i] = "B-X"
    doc = make_doc([f"w{i}" for i in range(len(tags))], tags)
    pieces = cut_doc(doc, max_length)
    assert all(0 < len(p) <= max_length for p in pieces) or not tags
    assert [t.text for p in pieces for t in p] == [t.text for t in doc]
    unknown = [t is None for t in tags]
    assert [t is None for p in pieces for t in iob_tags(p)] == unknown
    short = [ent.text for ent in doc.ents if len(ent) <= max_length]
    assert [e.text for p in pieces for e in p.ents if e.text in short] == short


def test_shuffle_differs_by_epoch_and_repeats_by_seed(tmp_path, nlp):
    write_docs(tmp_path / "x.spacy", [make_doc([f"w{i}"], ["O"]) for i in range(20)])

    def epochs(seed):
        corpus = make_corpus(tmp_path / "x.spacy", shuffle=True, seed=seed)
        return [[eg.text for eg in corpus(nlp)] for _ in range(2)]

    first, second = epochs(0)
    assert first != second
    assert sorted(first) == sorted(second)
    assert epochs(0) == [first, second]
    assert epochs(1) != [first, second]


def test_bad_settings(path):
    with pytest.raises(ScinerError, match="max_length: -1 is not a whole number of 0"):
        make_corpus(path, max_length=-1)
    with pytest.raises(ScinerError, match="repeat_gold: 0 is not a whole number of 1"):
        make_corpus(path, repeat_gold=0)
