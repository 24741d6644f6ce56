"""Entity scores against counts made by hand."""

from typing import List, Optional, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from tiny import make_doc

from spacy_sciner.pipeline.scorer import make_sciner_scorer
from spacy_sciner.scoring.scores import (
    Pair,
    bootstrap_f1,
    f1_of_counts,
    micro,
    paper_counts,
    score,
    to_pair,
)

VOCAB = Vocab()


def doc_of(tags: Sequence[Optional[str]], paper: str = "P1") -> Doc:
    doc = make_doc(["w"] * len(tags), tags, vocab=VOCAB)
    doc.user_data["paper"] = paper
    return doc


def pair_of(gold: str, predicted: str, paper: str = "P1") -> Pair:
    return to_pair(doc_of(gold.split(), paper), doc_of(predicted.split()))


# Gold: A at 0-2, B at 3, A at 5. Predicted: A at 0-2 (right), B at 3-5 (too long), B at 5 (wrong
# type). So 1 right of 3 predicted and of 3 gold.
ONE = pair_of("B-A I-A O B-B O B-A", "B-A I-A O B-B I-B B-B")
# Gold: B at 0. Predicted: nothing.
TWO = pair_of("B-B O", "O O", "P2")


def test_figures_against_counts_made_by_hand():
    found = score([ONE, TWO], n_bootstrap=0)
    assert found["precision"] == pytest.approx(1 / 3)
    assert found["recall"] == pytest.approx(1 / 4)
    assert found["f1"] == pytest.approx(2 * 1 / (3 + 4))
    # 8 tokens; wrong are token 4 and 5 of the first, token 0 of the second.
    assert found["token_accuracy"] == pytest.approx(5 / 8)
    assert found["types"] == {
        "A": {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "n": 2},
        "B": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "n": 2},
    }
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    assert (found["f1_low"], found["f1_high"]) == (None, None)


@pytest.mark.parametrize(
    ("gold", "predicted"),
    [
        ("B-A I-A O", "B-A O O"),  # too short
        ("B-A I-A O", "B-A I-A I-A"),  # too long
        ("B-A I-A O", "B-B I-B O"),  # wrong type
        ("B-A I-A O", "B-A B-A O"),  # torn into two
        ("B-A B-A O", "B-A I-A O"),  # two joined to one
    ],
)
def test_strict_means_exact(gold: str, predicted: str):
    assert micro([gold.split()], [predicted.split()]) == (0.0, 0.0, 0.0)


def test_perfect_and_nothing_at_all():
    perfect = score([pair_of("B-A O", "B-A O")], n_bootstrap=0)
    assert (perfect["f1"], perfect["macro_f1"], perfect["token_accuracy"]) == (1.0, 1.0, 1.0)
    empty = [pair_of("O O", "O O", paper) for paper in ("P1", "P2")]
    nothing = score(empty, n_bootstrap=10)
    assert (nothing["f1"], nothing["macro_f1"], nothing["types"]) == (0.0, 0.0, {})
    assert (nothing["f1_low"], nothing["f1_high"]) == (0.0, 0.0)


def test_no_documents_at_all():
    found = score([], n_bootstrap=10)
    assert (found["f1"], found["f1_low"], found["f1_high"]) == (0.0, None, None)


def test_a_type_that_is_only_predicted_costs_precision_and_has_no_row():
    found = score([pair_of("B-B O O O", "B-B O B-A B-C")], n_bootstrap=0)
    assert found["precision"] == pytest.approx(1 / 3)
    assert found["types"] == {"B": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "n": 1}}
    assert found["macro_f1"] == 1.0


def test_unknown_tokens_are_left_out_on_both_sides():
    gold = doc_of(["B-A", None, "O", None, "B-B"])
    predicted = doc_of(["B-A", "B-B", "O", "B-A", "O"])
    pair = to_pair(gold, predicted)
    assert pair == Pair("P1", ["B-A", "O", "B-B"], ["B-A", "O", "O"])
    found = score([pair], n_bootstrap=0)
    assert (found["precision"], found["recall"]) == (1.0, 0.5)
    assert found["token_accuracy"] == pytest.approx(2 / 3)


def test_what_lost_its_beginning_to_an_unknown_token_begins_anew():
    gold = doc_of([None, "O", "O"])
    predicted = doc_of(["B-A", "I-A", "O"])
    assert to_pair(gold, predicted).predicted == ["B-A", "O"]


def test_what_lost_its_beginning_does_not_lengthen_the_entity_before_it():
    gold = doc_of(["B-A", "I-A", None, "O"])
    predicted = doc_of(["B-A", "I-A", "B-A", "I-A"])
    pair = to_pair(gold, predicted)
    assert (pair.gold, pair.predicted) == (["B-A", "I-A", "O"], ["B-A", "I-A", "B-A"])
    assert score([pair], n_bootstrap=0)["recall"] == 1.0


def test_a_gap_in_an_entity_parts_nothing():
    gold = doc_of(["B-A", None, "O"])
    assert to_pair(gold, doc_of(["B-A", "I-A", "I-A"])).predicted == ["B-A", "I-A"]


def test_a_token_without_annotation_in_the_prediction_is_o():
    assert to_pair(doc_of(["B-A", "O"]), doc_of([None, None])).predicted == ["O", "O"]


tag_rows = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=8)


def legal(tags: List[str]) -> List[str]:
    fixed: List[str] = []
    for tag in tags:
        begins = tag.startswith("I-") and (not fixed or fixed[-1][2:] != tag[2:])
        fixed.append("B" + tag[1:] if begins else tag)
    return fixed


@given(st.lists(st.tuples(tag_rows, tag_rows), min_size=1, max_size=4))
@settings(max_examples=25)
def test_micro_equals_the_components_scorer_and_the_counts(rows):
    golds, predictions = [], []
    for gold, predicted in rows:
        n = min(len(gold), len(predicted))
        golds.append(make_doc(["w"] * n, legal(gold[:n]), vocab=VOCAB))
        predictions.append(make_doc(["w"] * n, legal(predicted[:n]), vocab=VOCAB))
    pairs = [to_pair(gold, predicted) for gold, predicted in zip(golds, predictions)]
    p, r, f = micro([pair.gold for pair in pairs], [pair.predicted for pair in pairs])
    examples = [Example(predicted, gold) for predicted, gold in zip(predictions, golds)]
    scores = make_sciner_scorer()(examples)
    assert (p, r, f) == pytest.approx(
        (scores["ents_p"] or 0.0, scores["ents_r"] or 0.0, scores["ents_f"] or 0.0)
    )
    assert f == pytest.approx(float(f1_of_counts(paper_counts(pairs).sum(axis=0))))


def test_the_components_scorer_ignores_predictions_on_unknown_gold():
    gold, predicted = doc_of(["B-A", None, "O"]), doc_of(["B-A", "B-B", "O"])
    scores = make_sciner_scorer()([Example(predicted, gold)])
    assert (scores["ents_p"], scores["ents_r"]) == (1.0, 1.0)


def test_counts_are_per_paper_sorted():
    assert paper_counts([TWO, ONE, TWO]).tolist() == [[1, 3, 3], [0, 0, 2]]


def test_f1_of_counts_of_nothing_is_zero():
    assert f1_of_counts(np.zeros((2, 3))).tolist() == [0.0, 0.0]


def test_one_paper_has_no_interval():
    """Every draw of one paper is that paper: a width of 0 would pass for certainty."""
    assert bootstrap_f1([ONE, ONE], n=50, seed=0) == (None, None)


def test_the_interval_is_drawn_over_papers_not_paragraphs():
    right = pair_of("B-A O", "B-A O", "P1")
    wrong = pair_of("B-A O", "O O", "P2")
    # Two papers: a draw has both of one kind in half of the cases, so the interval is all of it.
    assert bootstrap_f1([right, wrong], n=500, seed=0) == (0.0, 1.0)
    # Many paragraphs of these two papers change nothing …
    assert bootstrap_f1([right, wrong] * 50, n=500, seed=0) == (0.0, 1.0)
    # … and as many papers make it narrow.
    many = [pair._replace(paper=f"P{i}") for i, pair in enumerate([right, wrong] * 50)]
    low, high = bootstrap_f1(many, n=500, seed=0)
    assert 0.5 < low < 2 / 3 < high < 0.8


def test_the_seed_decides_the_interval():
    many = [pair._replace(paper=f"P{i}") for i, pair in enumerate([ONE, TWO] * 10)]
    assert bootstrap_f1(many, n=50, seed=0) == bootstrap_f1(many, n=50, seed=0)
    assert bootstrap_f1(many, n=50, seed=0) != bootstrap_f1(many, n=50, seed=1)


def test_the_interval_holds_the_score():
    many = [pair._replace(paper=f"P{i}") for i, pair in enumerate([ONE, TWO] * 10)]
    found = score(many, n_bootstrap=200)
    assert found["f1_low"] < found["f1"] < found["f1_high"]


def test_labels_that_end_in_a_hyphen_are_labels_of_their_own():
    """seqeval takes hyphens off a label's ends."""
    types = score([pair_of("B-Up+ O B-Up- O", "B-Up+ O O O")], n_bootstrap=0)["types"]
    assert {name: of["recall"] for name, of in types.items()} == {"Up+": 1.0, "Up-": 0.0}
    assert micro([["B-Ion-", "B-X"]], [["B-Ion", "B-X"]]) == (0.5, 0.5, 0.5)
    found = score([pair_of("B-Ion O B-Ion-", "B-Ion O B-Ion-")], n_bootstrap=0)
    assert (found["f1"], sorted(found["types"])) == (1.0, ["Ion", "Ion-"])
