from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_sciner.corpus.projection import project_paper, with_tags
from spacy_sciner.corpus.reader import iob_tags

from .helpers import ents_of, make_doc

TEXT = "we train a small encoder called FERN on the MOSS corpus for five days"
WORDS = TEXT.split()
TAGS = ["O"] * 6 + ["B-M", "O", "O", "B-D", "I-D", "O", "O", "O"]


def _gold():
    return [make_doc(WORDS[:8], TAGS[:8]), make_doc(WORDS[8:], TAGS[8:])]


def _pool(*paragraphs):
    return [make_doc(p, paragraph=i, source="pool") for i, p in enumerate(paragraphs)]


def test_other_paragraphs_and_case():
    upper = [word.upper() for word in WORDS]
    found = project_paper(_gold(), _pool(upper[:5], upper[5:]))
    assert (found.n_projected, found.n_lost) == (2, 0)
    assert [ents_of(doc) for doc in found.docs] == [[], [("FERN", "M"), ("MOSS CORPUS", "D")]]
    assert [t for doc in found.docs for t in iob_tags(doc)] == TAGS
    assert [doc.user_data["paragraph"] for doc in found.docs] == [0, 1]
    assert {doc.user_data["source"] for doc in found.docs} == {"gold"}


def test_words_that_only_the_pdf_has_are_unknown():
    found = project_paper(_gold(), _pool([*WORDS[:5], "12", "Proceedings", *WORDS[5:]]))
    assert iob_tags(found.docs[0]) == [*TAGS[:5], None, None, *TAGS[5:]]
    assert found.n_lost == 0


def test_entity_broken_by_the_pdf_is_lost_and_unknown():
    words = [*WORDS[:9], "MO", "SS", *WORDS[10:]]
    found = project_paper(_gold(), _pool(words))
    assert (found.n_projected, found.n_lost) == (1, 1)
    assert iob_tags(found.docs[0])[9:12] == [None, None, None]  # MO SS corpus
    torn = project_paper(_gold(), _pool(WORDS[:10], WORDS[10:]))
    assert (torn.n_projected, torn.n_lost) == (1, 1)
    assert iob_tags(torn.docs[0])[9] is None
    assert iob_tags(torn.docs[1])[0] is None


def test_without_gold_everything_is_unknown():
    found = project_paper([], _pool(WORDS, ["a"]))
    assert all(tag is None for doc in found.docs for tag in iob_tags(doc))
    assert (found.n_projected, found.n_lost) == (0, 0)


def test_lone_equal_words_prove_nothing():
    text = "on a cold and windy day for them all"
    found = project_paper(_gold(), _pool(text.split()))
    assert all(tag is None for doc in found.docs for tag in iob_tags(doc))


def test_with_tags_leaves_the_original_alone():
    doc = make_doc(["a", "b"], source="pool")
    assert iob_tags(with_tags(doc, ["B-X", None])) == ["B-X", None]
    assert (iob_tags(doc), doc.user_data["source"]) == ([None, None], "pool")


@settings(deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "noise"]), max_size=30), st.integers(0, 30))
def test_only_entities_of_the_gold_arrive_and_none_is_uncounted(words, cut):
    found = project_paper(_gold(), _pool(words[:cut], words[cut:]))
    arrived = [ent for doc in found.docs for ent in ents_of(doc)]
    assert set(arrived) <= {("FERN", "M"), ("MOSS corpus", "D")}
    assert len(arrived) == found.n_projected
    assert found.n_projected + found.n_lost == 2
    assert [t.text for doc in found.docs for t in doc] == words


@settings(deadline=None)
@given(st.sets(st.integers(0, len(WORDS)), max_size=3))
def test_inserted_words_move_nothing(places):
    words, expected = [], []
    for i in range(len(WORDS) + 1):
        if i in places:
            words.append("§")
            expected.append(None)
        words += WORDS[i : i + 1]
        expected += TAGS[i : i + 1]
    (doc,) = project_paper(_gold(), _pool(words)).docs
    known = [(tag, want) for tag, want in zip(iob_tags(doc), expected, strict=True) if tag]
    assert all(tag == want for tag, want in known)
