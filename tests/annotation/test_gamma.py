"""γ by rule: lower for labels the model is unsure of, or as lax as a promise allows."""

from typing import Any, List

import numpy as np
import pytest
import spacy
from tiny import gold_docs

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


def test_each_label_is_certified_by_itself_or_takes_the_pooled_gamma():
    report = certify(world(), ["A", "B", "C"], rule())
    a, b, c = (report["labels"][label] for label in "ABC")
    assert (a["source"], b["source"], c["source"]) == ("label", "label", "pooled")
    assert a["gamma"] == pytest.approx(0.5, abs=1e-6)
    assert a["yield"] == 1.0
    assert 0.5 < b["gamma"] < 0.9
    assert b["wrong"] / b["accepted"] < b["bound"] <= 0.05
    assert c["gamma"] == report["pooled"]["gamma"]
    assert "it takes 67" in c["reason"]  # 5 were there; ln(0.1 / 3) / ln(0.95)
    assert report["least_accepted"] == {"pooled": 45, "label": 67}
    assert report["papers"] == 6
    check = report["check"]
    assert check["accepted"] == a["accepted"] + b["accepted"] + round(5 * c["yield"])
    assert check["precision_low"] <= check["precision"] <= 1.0


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
