"""Which paragraphs are the same, and what everyone says of their tokens."""

from review.examples import annotators, doc_of
from spacy_sciner.review.shared import shared_paragraphs
from spacy_sciner.scoring.changes import Entity

LONG = "we train a random forest on the data of an earlier shared task with great care"
OTHER = "all figures in the next table are means over five runs of the whole programme"


def test_paragraphs_of_the_same_paper_and_text_are_paired_in_their_order():
    ann = [doc_of("Results", number=n) for n in (0, 7)] + [doc_of("Ann alone", number=8)]
    bob = [doc_of("Results", [(0, 1, "T")], number=3), doc_of("Results", number=5)]
    found = shared_paragraphs(annotators(ann=ann, bob=bob))
    assert [(s.paper, s.number, s.section) for s in found] == [("P1", 0, ""), ("P1", 7, "")]
    assert [s.views[1].ents for s in found] == [[Entity(0, 1, "T")], []]


def test_papers_with_other_names_are_the_same_if_they_share_a_long_text():
    ann = [doc_of(LONG, paper="P18-1001"), doc_of("Results", paper="P18-1001", number=1)]
    bob = [doc_of("Results", paper="export"), doc_of(LONG, paper="export", number=1)]
    found = shared_paragraphs(annotators(ann=ann, bob=bob))
    assert [(s.paper, s.number) for s in found] == [("P18-1001", 0), ("P18-1001", 1)]


def test_headings_alone_make_no_papers_the_same():
    ann = [doc_of("Results", paper="A"), doc_of(LONG, paper="A", number=1)]
    bob = [doc_of("Results", paper="B"), doc_of(OTHER, paper="B", number=1)]
    assert shared_paragraphs(annotators(ann=ann, bob=bob)) == []


def test_tokens_are_those_of_who_has_the_most():
    ann = doc_of("we pre-train BERT-large , at last", [(1, 2, "T"), (2, 3, "M")])
    bob = doc_of("We pre - train BERT - large , at last", [(4, 5, "M"), (6, 7, "D")])
    (found,) = shared_paragraphs(annotators(ann=[ann], bob=[bob]))
    assert found.doc is bob
    assert found.views[0].ents == [Entity(1, 4, "T"), Entity(4, 7, "M")]
    assert found.views[1].ents == [Entity(4, 5, "M"), Entity(6, 7, "D")]
    assert (found.n_regrown, found.n_merged) == (0, 0)


def test_entities_grow_to_whole_tokens_and_one_of_two_in_a_token_is_left_out():
    ann = doc_of("BERT-large beats a b c d e f", [(0, 1, "M")])
    bob = doc_of("BERT - large beats abcdef", [(0, 1, "M"), (2, 3, "D")])
    (found,) = shared_paragraphs(annotators(ann=[ann], bob=[bob]))
    assert found.doc is ann
    assert found.views[1].ents == [Entity(0, 1, "D")]  # the longer one
    assert (found.n_regrown, found.n_merged) == (1, 1)


def test_unknown_tokens_stay_unknown_on_other_tokens():
    ann = doc_of("we pre - train a model", unknown=[5])
    bob = doc_of("we pre-train a model", [(3, 4, "M")], unknown=[1])
    (found,) = shared_paragraphs(annotators(ann=[ann], bob=[bob]))
    assert found.views[0].known.tolist() == [True] * 5 + [False]
    assert found.views[1].known.tolist() == [True, False, False, False, True, True]


def test_punctuation_that_one_text_lacks_is_unknown_there():
    ann = doc_of("a “ good ” model", [(4, 5, "M")])
    bob = doc_of("a good model", [(1, 3, "M")])
    (found,) = shared_paragraphs(annotators(ann=[ann], bob=[bob]))
    assert found.doc is ann
    assert found.views[1].ents == [Entity(2, 5, "M")]
    assert found.views[1].known.tolist() == [True, False, True, True, True]


def test_three_annotators_share_what_two_of_them_have():
    sides = annotators(ann=[doc_of(LONG)], bob=[doc_of(OTHER)], eve=[doc_of(OTHER), doc_of(LONG)])
    found = shared_paragraphs(sides)
    assert [sorted(s.views) for s in found] == [[0, 2], [1, 2]]
