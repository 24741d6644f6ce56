"""What is measured of annotators, and what is left out of it."""

import pytest

from review.examples import annotators, doc_of
from spacy_sciner.errors import ScinerError
from spacy_sciner.review.agree import compare_annotators

TEXT = "we train BERT and RoBERTa on SQuAD with care"


def test_two_annotators_by_hand():
    ann = [doc_of(TEXT, [(2, 3, "M"), (4, 5, "M"), (6, 7, "D")])]
    bob = [doc_of(TEXT, [(2, 3, "M"), (4, 5, "D"), (6, 8, "D")]), doc_of("more", number=1)]
    found = compare_annotators(annotators(ann=ann, bob=bob)).figures
    assert found["annotators"][1] == {
        **{"name": "bob", "papers": 1, "paragraphs": 2, "entities": 3, "in_no_other": 1},
        "repairs": {},
    }
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["tokens"], pair["marked_tokens"]) == ("ann", "bob", 9, 4)
    # Same tags on seven of nine tokens. O 6 and 5, B-M 2 and 1, B-D 1 and 2, I-D 0 and 1.
    by_chance = (6 * 5 + 2 * 1 + 1 * 2) / 81
    assert pair["kappa"]["value"] == pytest.approx((7 / 9 - by_chance) / (1 - by_chance))
    assert pair["kappa"]["low"] is None  # one paper
    # Of the four marked ones two are the same. O 1 and 0, B-M 2 and 1, B-D 1 and 2, I-D 0 and 1.
    by_chance = (2 * 1 + 1 * 2) / 16
    assert pair["kappa_marked"]["value"] == pytest.approx((2 / 4 - by_chance) / (1 - by_chance))
    assert pair["entities"]["all"]["strict"]["value"] == pytest.approx(1 / 3)
    assert pair["entities"]["all"]["relaxed"]["value"] == pytest.approx(2 / 3)
    assert pair["disagreements"] == {
        **{"missing in b": 0, "missing in a": 0, "other label": 1, "other boundaries": 1}
    }
    assert found["all"] is None


def test_unknown_tokens_are_left_out_and_counted():
    ann = [doc_of(TEXT, [(2, 3, "M"), (4, 5, "M")])]
    bob = [doc_of(TEXT, [(2, 3, "M")], unknown=[4, 5])]
    (pair,) = compare_annotators(annotators(ann=ann, bob=bob)).figures["pairs"]
    assert (pair["tokens"], pair["unknown_tokens"], pair["left_out_entities"]) == (7, 2, 1)
    assert pair["kappa"]["value"] == pair["alpha"]["value"] == 1
    assert pair["entities"]["all"]["strict"]["value"] == 1
    assert sum(pair["disagreements"].values()) == 0


def test_of_three_those_that_share_something_are_pairs():
    ann = [doc_of(TEXT, [(2, 3, "M")]), doc_of("a second text", [(1, 2, "M")], number=1)]
    bob = [doc_of(TEXT, [(2, 3, "M")])]
    eve = [doc_of("a second text", [(1, 2, "D")], number=1)]
    found = compare_annotators(annotators(ann=ann, bob=bob, eve=eve)).figures
    assert [(p["a"], p["b"]) for p in found["pairs"]] == [("ann", "bob"), ("ann", "eve")]
    assert found["all"]["fleiss"]["value"] is None
    assert found["all"]["fleiss_tokens"] == 0
    assert found["all"]["alpha_tokens"] == 12
    assert 0 < found["all"]["alpha"]["value"] < 1


def test_fleiss_of_three_who_know_the_same_text():
    docs = {name: [doc_of(TEXT, [(2, 3, "M")])] for name in ("ann", "bob", "eve")}
    found = compare_annotators(annotators(**docs)).figures
    assert found["all"]["fleiss"]["value"] == 1
    assert found["all"]["fleiss_tokens"] == 9
    assert len(found["pairs"]) == 3


def test_nothing_to_compare():
    ann, bob = [doc_of("one text")], [doc_of("another text")]
    with pytest.raises(ScinerError, match=r"E420.*ann 1 papers, 1 paragraphs; bob 1 papers"):
        compare_annotators(annotators(ann=ann, bob=bob))
    halves = [doc_of("one text", unknown=[0])], [doc_of("one text", unknown=[1])]
    with pytest.raises(ScinerError, match=r"E421.*in the 1 paragraphs"):
        compare_annotators(annotators(ann=halves[0], bob=halves[1]))
