"""γ by rule: lower for labels the model is unsure of, or as lax as a promise allows."""

from typing import Any, List

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import fix_random_seed
from tiny import gold_docs, make_doc, model_config

from spacy_sciner.annotation.gamma import (
    LEAST_ADAPTIVE,
    Candidate,
    GammaRule,
    Judged,
    accepted_shares,
    adaptive_gamma,
    certify,
    judge,
)
from spacy_sciner.types import ScoredSpan


def judged(label: str, score: float, right: bool, *, paper: str = "P", words: Any = None) -> Judged:
    entity = ScoredSpan(0, 2, label, score)
    truth = {ScoredSpan(0, 2, label)} if right else set()
    marks = np.array([score, score] if words is None else words, dtype=np.float32)
    return Judged(Candidate(entity, marks), truth, paper)


def world(n: int = 120) -> List[Judged]:
    """A is always right; B is right where it is sure; C is rare; D is always wrong."""
    found = []
    for i in range(n):
        paper = f"P{i % 6}"
        found.append(judged("A", 0.5 + 0.4 * i / n, True, paper=paper))
        found.append(judged("B", 0.5 + 0.4 * i / n, i >= n // 8, paper=paper))
        if i < 5:
            found.append(judged("C", 0.8, True, paper=paper))
    return found


def rule(**settings: Any) -> GammaRule:
    return GammaRule("auto", **{"accept": "entity", **settings})


def test_labels_are_certified_by_themselves():
    report = certify(world(), ["A", "B", "C"], rule())
    a, b, c = (report["labels"][label] for label in "ABC")
    # C would pass at the pooled γ, but that is promised of all at it, not of C beside A and B.
    assert (a["source"], b["source"], c["source"]) == ("label", "label", "none")
    assert report["pooled"]["certified"]
    assert a["gamma"] == pytest.approx(0.5, abs=1e-6)
    assert a["yield"] == 1.0
    assert 0.5 < b["gamma"] < 0.9
    assert b["wrong"] / b["accepted"] < b["bound"] <= 0.05
    assert (c["gamma"], c["yield"]) == (None, 0.0)
    assert "it takes 80" in c["reason"]  # 5 were there; ln(0.05 / 3) / ln(0.95)
    assert report["least_accepted"] == {"pooled": 59, "label": 80}
    assert report["papers"] == 6
    check = report["check"]
    assert check["accepted"] == a["accepted"] + b["accepted"]
    assert check["precision_low"] <= check["precision"] <= 1.0


def test_or_all_together_where_that_accepts_more():
    report = certify(world(n=40), ["A", "B", "C"], rule())  # 40 are too few for a label
    labels = report["labels"].values()
    assert {entry["source"] for entry in labels} == {"pooled"}
    assert {entry["gamma"] for entry in labels} == {report["pooled"]["gamma"]}
    assert report["check"]["accepted"] == report["pooled"]["accepted"] >= 59
    # What a label's row says is of the γ that is used; its own has no part in it.
    assert sum(entry["accepted"] for entry in labels) == report["pooled"]["accepted"]
    assert sum(entry["wrong"] for entry in labels) == report["pooled"]["wrong"]
    assert {entry["bound"] for entry in labels} == {None}


def test_a_label_that_fails_is_not_accepted_beside_one_that_passes():
    """A is nearly always right and B wrong in two of five, rare and less sure: at the pooled γ as
    many of A hide it, at A's own laxer γ nothing does."""
    rng = np.random.default_rng(0)
    broken = 0
    for _ in range(8):
        sure, unsure = rng.uniform(0.5, 1.0, 1500), rng.uniform(0.6, 0.85, 75)
        found = [judged("A", s, rng.random() > 0.002 + 0.2 * (2 - 2 * s) ** 2) for s in sure]
        found += [judged("B", s, rng.random() > 0.4) for s in unsure]
        labels = certify(found, ["A", "B"], rule())["labels"]
        assert {entry["source"] for entry in labels.values()} != {"label", "pooled"}
        # What is true: wrong ones of A above its γ, four tenths of B.
        a, b = (labels[label]["gamma"] for label in "AB")
        s = np.linspace(1.0 if a is None else a, 1.0, 1000)
        wrong = 1500 * 2 * np.trapezoid(0.002 + 0.2 * (2 - 2 * s) ** 2, s)
        n_b = 0.0 if b is None else 75 * (0.85 - min(max(b, 0.6), 0.85)) / 0.25
        n = 1500 * 2 * (1 - s[0]) + n_b
        broken += n > 0 and (wrong + 0.4 * n_b) / n > 0.05
    assert broken <= 1


def test_what_cannot_be_certified_accepts_nothing():
    wrong = [judged("D", 0.9 - i / 1000, False) for i in range(200)]
    report = certify(wrong, ["D"], rule())
    assert report["labels"]["D"]["gamma"] is None
    assert report["labels"]["D"]["source"] == "none"
    assert report["labels"]["D"]["yield"] == 0.0
    assert report["check"] == {"accepted": 0, "precision": None, "precision_low": None}


def test_alpha_and_delta_decide_how_lax():
    # One in twelve is wrong, but none of the first 40.
    found = [judged("B", 0.9 - i / 1000, i < 40 or i % 12 != 11) for i in range(300)]
    strict = certify(found, ["B"], rule(alpha=0.05))["labels"]["B"]["gamma"]
    lax = certify(found, ["B"], rule(alpha=0.2))["labels"]["B"]["gamma"]
    assert strict == pytest.approx(0.856)  # the first 45
    assert lax == pytest.approx(0.601)  # everything
    sure = certify(found[:30], ["B"], rule(alpha=0.2, delta=0.001))
    assert sure["labels"]["B"]["gamma"] is None
    assert certify(found[:30], ["B"], rule(alpha=0.2, delta=0.1))["labels"]["B"]["gamma"]


def test_by_token_a_part_that_is_kept_counts_as_wrong():
    # All are right as a whole; half of them have a second word that is less sure.
    found = [
        judged("A", 0.9, True, words=[0.95 - i / 10_000, 0.2 if i % 2 else 0.949 - i / 10_000])
        for i in range(200)
    ]
    assert certify(found, ["A"], rule(accept="entity"))["labels"]["A"]["gamma"] is not None
    assert certify(found, ["A"], rule(accept="token"))["labels"]["A"]["gamma"] is None


def test_adaptive_gamma_by_hand():
    found = adaptive_gamma({"A": 0.8, "B": 0.4, "C": 0.0}, 0.9)
    assert found["A"] == pytest.approx(0.9)
    # β = 1/2: 0.9 · 0.5 / 1.5 = 0.3, but never below one half.
    assert found["B"] == found["C"] == LEAST_ADAPTIVE
    assert adaptive_gamma({"A": 1.0, "B": 0.9}, 0.9)["B"] == pytest.approx(0.9 * 0.9 / 1.1)
    assert adaptive_gamma({"A": 0.0, "B": 0.0}, 0.9) == {"A": 0.9, "B": 0.9}
    assert adaptive_gamma({"A": 1.0, "B": 0.0}, 0.3)["B"] == 0.3


def test_accepted_shares_are_of_each_labels_own_predictions():
    found = [judged("A", s, True).candidate for s in (0.9, 0.9, 0.5, 0.5)]
    found += [judged("B", 0.95, True).candidate]
    shares = accepted_shares(found, GammaRule("adaptive", "entity", base=0.9), ["A", "B", "C"])
    assert shares == {"A": 0.5, "B": 1.0, "C": 0.0}


def test_members_with_other_tokenizers_are_judged_word_by_word(tiny_encoder, tiny_bpe_encoder):
    """BERT's tokenizer drops a lone combining accent, RoBERTa's does not."""
    words = ["we", "\u0302", "train", "BERT", "."]
    docs = gold_docs()
    members = []
    for encoder in (tiny_encoder, tiny_bpe_encoder):
        nlp = spacy.blank("en")
        nlp.add_pipe("sciner", config=model_config(encoder))
        fix_random_seed(0)
        nlp.initialize(lambda: [Example(Doc(doc.vocab, words=["a"]), doc) for doc in docs])
        members.append(nlp)
    gold = make_doc(words, ["O", "O", "O", "B-Method", "O"], vocab=members[0].vocab)
    gold.user_data["paper"] = "P"
    found = judge(members[0], [gold], members[1:])
    assert found
    assert [one.truth for one in found] == [{ScoredSpan(2, 3, "Method")}] * len(found)


def test_what_annotates_together_is_judged_together(tiny_model):
    nlp = spacy.load(tiny_model)
    golds = gold_docs(nlp.vocab)
    alone, same = judge(nlp, golds), judge(nlp, golds, [nlp])
    assert [j.candidate.entity[:3] for j in alone] == [j.candidate.entity[:3] for j in same]
    for one, other in zip(alone, same):
        assert one.candidate.entity.score == pytest.approx(other.candidate.entity.score, abs=1e-4)
    blind = spacy.load(tiny_model)
    pipe: Any = blind.get_pipe("sciner")
    # One that is sure that everything is O.
    pipe.predict = lambda docs: [np.log(np.eye(7, dtype="f")[[0] * len(d)] + 1e-9) for d in docs]
    assert len(judge(nlp, golds, [blind])) < len(alone)
