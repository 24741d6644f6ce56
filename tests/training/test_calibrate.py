"""Confidences fitted on held-out gold: what they change, what they leave alone, where they live."""

import shutil
from pathlib import Path
from typing import List

import numpy as np
import pytest
import spacy
from tiny import LABELS, ents_of, gold_docs, plain

from spacy_sciner.confidence import Calibration, temper
from spacy_sciner.evaluation.measure import measure_calibration
from spacy_sciner.pipeline.sciner import SciNER
from spacy_sciner.scoring.calibration import expected_calibration_error
from spacy_sciner.training.calibrate import (
    LEAST_SLOPE,
    Scored,
    calibrate_pipeline,
    fit,
    score_gold,
)
from spacy_sciner.training.experiment import load_pipeline
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline


def overconfident(n_docs: int, *, seed: int) -> List[Scored]:
    """A model that is about 95 % sure of its label, A or B, and right in 60 % of the cases."""
    rng = np.random.default_rng(seed)
    scored = []
    for _ in range(n_docs):
        begin = rng.choice([1, 3])
        gold = np.array([0, begin, begin + 1, 0])
        shown = begin if rng.random() < 0.6 else 4 - begin
        probs = np.full((4, 5), 0.0125)
        probs[np.arange(4), [0, shown, shown + 1, 0]] = 0.95
        scored.append(Scored(np.log(probs * rng.uniform(0.9, 1.0, probs.shape)), gold))
    return scored


def outcomes(scored, calibration):
    from spacy_sciner.evaluation.measure import outcomes

    return outcomes(scored, ["A", "B"], calibration)[1]


def test_the_fit_makes_entities_as_often_right_as_they_say_on_other_papers():
    calibration = fit(overconfident(300, seed=0), ["A", "B"])
    others = overconfident(300, seed=1)
    before = expected_calibration_error(*outcomes(others, None))
    after = expected_calibration_error(*outcomes(others, calibration))
    assert calibration.temperature > 1
    assert before > 0.15
    assert after < 0.06


def test_an_entity_is_surer_the_surer_its_words_whatever_the_data_say():
    # Where the model is sure it is wrong.
    scored = []
    for right, sure in [(True, 0.5), (False, 0.99)] * 60:
        probs = np.full((2, 3), (1 - sure) / 2)
        probs[0, 1], probs[1, 0] = sure, sure
        scored.append(Scored(np.log(probs), np.array([1 if right else 0, 0])))
    assert fit(scored, ["A"]).slope == LEAST_SLOPE


def test_nothing_to_fit_on_leaves_the_token_confidences():
    assert fit([], ["A"]) == Calibration(1.0, 1.0, 0.0, 0.0, {"A": 0.0})
    empty = Scored(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    unknown = Scored(np.log(np.full((2, 3), 1 / 3)), np.array([-1, -1]))
    assert fit([empty, unknown], ["A"]).temperature == 1.0


def test_calibration_is_saved_with_the_pipeline_and_changes_no_tag(tiny_model: Path, tmp_path):
    nlp = spacy.load(tiny_model)
    sciner = nlp.get_pipe("sciner")
    assert isinstance(sciner, SciNER)
    assert Calibration.from_cfg(sciner.cfg) is not None  # training fitted it
    sciner.cfg["calibration"] = Calibration(
        3.0, 0.5, 0.1, -1.0, dict.fromkeys(LABELS, 0.2)
    ).to_cfg()
    nlp.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    uncalibrated = load_pipeline(tmp_path / "model", calibrated=False)
    for gold in gold_docs(nlp.vocab):
        doc = again(plain(again, gold))
        raw = uncalibrated(plain(uncalibrated, gold))
        assert ents_of(doc) == ents_of(raw)
        assert (doc._.sciner_confidence < raw._.sciner_confidence).all()
        assert doc._.sciner_confidence.dtype == np.float32
        for ours, theirs in zip(
            doc.spans["sciner"].attrs["scores"], raw.spans["sciner"].attrs["scores"]
        ):
            assert ours != theirs
        same = nlp.from_bytes(nlp.to_bytes())(plain(nlp, gold))
        np.testing.assert_array_equal(same._.sciner_confidence, doc._.sciner_confidence)


def test_confidences_by_hand(tiny_model: Path):
    nlp = spacy.load(tiny_model)
    sciner = nlp.get_pipe("sciner")
    assert isinstance(sciner, SciNER)
    calibration = Calibration(2.0, 0.5, 1.5, -0.25, {"Method": 0.125})
    sciner.cfg["calibration"] = calibration.to_cfg()
    gold = gold_docs(nlp.vocab)[1]  # "Random Forest" is a Method
    doc = nlp(plain(nlp, gold))
    [logs] = sciner.predict([plain(nlp, gold)])
    tokens = np.exp(temper(logs, 2.0)).max(axis=1)
    np.testing.assert_allclose(doc._.sciner_confidence, tokens, rtol=1e-5)
    product = tokens[0] * tokens[1]
    logit = 0.5 * np.log(product / (1 - product)) + 1.5 * np.log(2) - 0.25 + 0.125
    assert doc.spans["sciner"].attrs["scores"][0] == pytest.approx(1 / (1 + np.exp(-logit)))


def test_train_calibrate_is_a_choice_and_the_same_twice(tiny_corpus, tmp_path, tiny_model):
    from tiny import CONFIGS

    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=1, learn_rate=0.01, batch_words=32)
    found = {}
    for name, calibrate in [("a", True), ("b", True), ("c", False)]:
        # A warm start from a calibrated pipeline.
        train_pipeline(
            recipe._replace(calibrate=calibrate),
            train=tiny_corpus[0],
            dev=tiny_corpus[1],
            out=tmp_path / name,
            start=tiny_model,
        )
        found[name] = (tmp_path / name / "sciner" / "cfg").read_bytes()
    assert found["a"] == found["b"]
    assert b"temperature" in found["a"]
    assert b"calibration" not in found["c"]
    model = (tmp_path / "c" / "sciner" / "model").read_bytes()
    assert model == (tmp_path / "a" / "sciner" / "model").read_bytes()


def test_the_fit_sees_no_gold_entities_and_no_unknown_tokens(
    tiny_model: Path, tiny_corpus, tmp_path
):
    nlp = spacy.load(tiny_model)
    golds = gold_docs(nlp.vocab)
    golds[0].set_ents([], missing=[golds[0][0:2]], default="outside")
    scored = score_gold(nlp, golds)
    assert list(scored[0].gold_tags[:3]) == [-1, -1, 0]
    for gold, one in zip(golds, scored):
        assert one.word_logs.shape == (len(gold), 7)
    model = shutil.copytree(tiny_model, tmp_path / "model")
    calibration = calibrate_pipeline(model, tiny_corpus[1])
    assert calibration.slope >= LEAST_SLOPE


def test_errors_before_and_after_are_those_of_the_documents(tiny_model: Path):
    nlp = spacy.load(tiny_model)
    golds = gold_docs(nlp.vocab)
    for gold in golds[::2]:  # half of the gold is wrong
        gold.set_ents([], default="outside")
    figures, bins = measure_calibration(nlp, golds)
    n_entities = sum(b["n"] for b in bins["entities"]["after"])
    assert n_entities == sum(len(nlp(plain(nlp, gold)).ents) for gold in golds)
    assert sum(b["n"] for b in bins["tokens"]["before"]) == sum(map(len, golds))
    raw, _ = measure_calibration(load_pipeline(tiny_model, calibrated=False), golds)
    assert raw["ece"] == raw["ece_before"] == figures["ece_before"]
    assert raw["temperature"] == 1.0 != figures["temperature"]
    assert raw["token_ece"] == figures["token_ece_before"] != figures["token_ece"]


def test_a_pipeline_can_be_loaded_with_its_raw_confidences(
    tiny_model: Path, tiny_corpus, tmp_path: Path
):
    model = tmp_path / "model"
    shutil.copytree(tiny_model, model)
    calibrate_pipeline(model, tiny_corpus[1])
    words = [token.text for token in gold_docs()[0]]
    raw, fitted = (
        nlp(spacy.tokens.Doc(nlp.vocab, words))
        for nlp in (load_pipeline(model, calibrated=c) for c in (False, True))
    )
    assert ents_of(raw) == ents_of(fitted)
    assert not np.allclose(raw._.sciner_confidence, fitted._.sciner_confidence)
