"""Losses and targets against figures made by hand, and what training does with each option."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.training import Example
from spacy.util import registry
from tiny import CONFIGS, LABELS, cnn_config, ents_of, gold_docs, make_doc, make_examples, plain

from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.corpus.reader import make_corpus
from spacy_sciner.corpus.soft import get_soft, set_soft
from spacy_sciner.errors import ScinerError
from spacy_sciner.pipeline.objective import (
    MIN_Q,
    Objective,
    make_objective_callback,
    make_targets,
    sharpen,
    tag_frequency,
    token_losses,
    training_frequency,
)
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline

N_TAGS = 2 * len(LABELS) + 1
RECIPE = Recipe(CONFIGS / "tiny.cfg", epochs=12, learn_rate=0.02, batch_words=32)


def pseudo_doc(words: str, tags: Any, *, vocab: Any, soft: Any = None):
    doc = make_doc(words.split(), tags, vocab=vocab)
    doc.user_data.update(paper="pool", source="pseudo")
    if soft is not None:
        set_soft(doc, np.asarray(soft, dtype="f"), LABELS)
    return doc


def row(**shares: float):
    """A distribution over the tags by name; `_` is "-"."""
    from spacy_sciner.tagging import labels_to_tags

    names = [tag.replace("-", "_") for tag in labels_to_tags(LABELS)]
    return [shares.get(name, 0.0) for name in names]


def targets_of(*docs: Any, tags: Any, **settings: Any):
    objective = Objective(**settings)
    return make_targets(docs, [np.array(t) for t in tags], labels=LABELS, objective=objective)


@pytest.mark.parametrize(("weight", "gold", "pseudo"), [(1, 1, 1), (4, 1, 0.25), (0.5, 0.5, 1)])
def test_gold_weight_is_the_ratio_of_the_two(weight, gold, pseudo):
    vocab = spacy.blank("en").vocab
    docs = [gold_docs(vocab)[7], pseudo_doc("BERT drops", ["B-Method", None], vocab=vocab)]
    first, second = targets_of(*docs, tags=[[3, 0, 0, 1, 0], [3, -1]], gold_weight=weight)
    np.testing.assert_allclose(first.sum(axis=1), [gold] * 5)
    np.testing.assert_allclose(second.sum(axis=1), [pseudo, 0])


@pytest.mark.parametrize(
    ("gold", "llm", "expected"), [(1, 0.5, [1, 1, 0.5]), (2, 4, [0.5, 0.25, 1])]
)
def test_each_source_has_its_weight_and_the_heaviest_counts_1(gold, llm, expected):
    vocab = spacy.blank("en").vocab
    docs = [gold_docs(vocab)[7], *(pseudo_doc("BERT", ["B-Method"], vocab=vocab) for _ in "ab")]
    docs[2].user_data["source"] = "llm"
    tags = [[3, 0, 0, 1, 0], [3], [3]]
    found = targets_of(*docs, tags=tags, gold_weight=gold, llm_weight=llm)
    assert [float(target[0].sum()) for target in found] == pytest.approx(expected)


def test_gold_weight_0_trains_on_pseudo_labels_alone():
    nlp = spacy.blank("en")
    sciner = nlp.add_pipe("sciner", config=cnn_config())
    nlp.initialize(lambda: make_examples(nlp))
    sciner.objective = Objective(gold_weight=0.0)
    pseudo = pseudo_doc("BERT drops", ["B-Method", "O"], vocab=nlp.vocab)
    docs = [gold_docs(nlp.vocab)[0], pseudo]
    scores = [np.full((len(doc), N_TAGS), np.log(0.25), dtype="f") for doc in docs]
    loss, gradients = sciner.get_loss([Example(plain(nlp, d), d) for d in docs], scores)
    assert loss == pytest.approx(-np.log(0.25))
    assert [float(d.sum()) for d in gradients] == pytest.approx([0, -1])


def test_losses_by_hand():
    logs = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], dtype="f"))
    target = np.array([[1, 0, 0], [0, 0.5, 0.5]], dtype="f")
    losses, gradient = token_losses(logs, target)
    np.testing.assert_allclose(losses, [-np.log(0.5), -(np.log(0.1) + np.log(0.8)) / 2], rtol=1e-6)
    np.testing.assert_array_equal(gradient, -target)
    losses, gradient = token_losses(logs, target, gce_q=0.5)
    np.testing.assert_allclose(losses[0], (1 - 0.5**0.5) / 0.5, rtol=1e-6)
    np.testing.assert_allclose(gradient[0], [-(0.5**0.5), 0, 0], rtol=1e-6)
    # Towards q = 0 it is the cross-entropy.
    np.testing.assert_allclose(
        token_losses(logs, target, gce_q=1e-3)[0], token_losses(logs, target)[0], rtol=2e-3
    )


@pytest.mark.parametrize("gce_q", [None, 0.7])
def test_gradients_are_those_of_the_losses(gce_q):
    rng = np.random.default_rng(0)
    logs = np.log(rng.dirichlet(np.ones(5), size=4))
    target = rng.dirichlet(np.ones(5), size=4)
    _, gradient = token_losses(logs, target, gce_q=gce_q)
    step = 1e-5
    for i in range(4):
        for c in range(5):
            up, down = logs.copy(), logs.copy()
            up[i, c] += step
            down[i, c] -= step
            rise = token_losses(up, target, gce_q=gce_q)[0].sum()
            fall = token_losses(down, target, gce_q=gce_q)[0].sum()
            assert gradient[i, c] == pytest.approx((rise - fall) / (2 * step), rel=1e-4)


def test_what_has_no_share_may_be_impossible():
    logs = np.array([[0.0, -np.inf]], dtype="f")
    for q in (None, 0.7):
        losses, gradient = token_losses(logs, np.array([[1, 0]], dtype="f"), gce_q=q)
        assert losses[0] == 0
        assert np.isfinite(gradient).all()


def test_sharpening_by_hand():
    probs = np.array([[0.8, 0.2], [0.6, 0.4]], dtype="f")
    frequency = tag_frequency([probs])
    np.testing.assert_allclose(frequency, [0.7, 0.3], rtol=1e-6)
    sharp = sharpen(probs, frequency, power=2)
    first = np.array([0.64 / 0.7, 0.04 / 0.3])
    np.testing.assert_allclose(sharp[0], first / first.sum(), rtol=1e-6)
    # The rare tag gains: 0.4² / 0.3 is more than 0.6² / 0.7.
    assert sharp[1].argmax() == 1
    np.testing.assert_array_equal(sharpen(probs, frequency, power=1), probs)


def test_soft_labels_replace_what_gamma_decided():
    vocab = spacy.blank("en").vocab
    soft = [row(O=0.97, B_Method=0.03), row(O=0.6, B_Method=0.4), row(B_Method=0.95, O=0.05)]
    doc = pseudo_doc("a b c", [None, "B-Dataset", None], vocab=vocab, soft=soft)
    tags = [[-1, 1, -1]]
    target = targets_of(doc, tags=tags, soft_labels=True, soft_min=0.9, soft_power=1)[0]
    np.testing.assert_allclose(target.sum(axis=1), [1, 0, 1], atol=1e-3)
    np.testing.assert_allclose(target[2], soft[2], atol=1e-3)
    every = targets_of(doc, tags=tags, soft_labels=True, soft_min=0, soft_power=1)[0]
    np.testing.assert_allclose(every, soft, atol=1e-3)
    # f of the whole file instead of the batch's own.
    frequency = tuple(np.full(N_TAGS, 1 / N_TAGS))
    settings = {"soft_labels": True, "soft_min": 0, "soft_frequency": frequency}
    sharp = targets_of(doc, tags=tags, **settings)[0]
    assert sharp[1, 0] == pytest.approx(0.36 / (0.36 + 0.16), abs=1e-3)
    assert sharp[1, 0] > targets_of(doc, tags=tags, soft_labels=True, soft_min=0)[0][1, 0]


@pytest.mark.parametrize("source", ["gold", "llm"])
def test_gold_and_a_language_models_docs_have_no_soft_labels(source):
    doc = gold_docs()[7]
    doc.user_data["source"] = source
    target = targets_of(doc, tags=[[3, 0, 0, 1, 0]], soft_labels=True)[0]
    assert target.argmax(axis=1).tolist() == [3, 0, 0, 1, 0]
    assert set(target.ravel()) == {0.0, 1.0}


def test_soft_labels_in_a_file_and_cut(tmp_path: Path):
    nlp = spacy.blank("en")
    soft = np.random.default_rng(0).dirichlet(np.ones(N_TAGS), size=6).astype("f")
    doc = pseudo_doc("a b c d e f", ["O"] * 6, vocab=nlp.vocab, soft=soft * 0.5)
    assert training_frequency([gold_docs(nlp.vocab)[0]]) is None
    np.testing.assert_allclose(training_frequency([doc]), soft.mean(axis=0), atol=1e-3)
    write_docs(tmp_path / "a.spacy", [doc])
    labels, found = get_soft(read_docs(tmp_path / "a.spacy", nlp.vocab)[0])
    assert labels == tuple(LABELS)
    np.testing.assert_allclose(found, soft, atol=1e-3)  # rows are made to sum to 1
    pieces = [eg.reference for eg in make_corpus(tmp_path / "a.spacy", max_length=4)(nlp)]
    assert [len(get_soft(piece)[1]) for piece in pieces] == [4, 2]
    np.testing.assert_allclose(get_soft(pieces[1])[1], soft[4:], atol=1e-3)


@pytest.mark.parametrize(
    ("doc", "message"),
    [
        (lambda v: pseudo_doc("a b", ["O", "O"], vocab=v), "pool has none"),
        (
            lambda v: pseudo_doc("a b", ["O", "O"], vocab=v, soft=np.ones((1, N_TAGS))),
            "for 1 tokens instead of 2",
        ),
    ],
)
def test_e330_without_fitting_soft_labels(doc, message):
    with pytest.raises(ScinerError, match=rf"SCINER-E330: .*{message}"):
        targets_of(doc(spacy.blank("en").vocab), tags=[[0, 0]], soft_labels=True)


def test_e330_for_soft_labels_of_other_labels():
    doc = pseudo_doc("a", ["O"], vocab=spacy.blank("en").vocab, soft=np.ones((1, N_TAGS)))
    objective = Objective(soft_labels=True)
    with pytest.raises(ScinerError, match=r"E330: .*other labels \(Dataset, Method, Metric\)"):
        make_targets([doc], [np.zeros(1, int)], labels=["Other"], objective=objective)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "mse"}, "loss: 'mse' is not one of nll, gce"),
        ({"gold_weight": -1}, "gold_weight: -1"),
        ({"gold_weight": "much"}, "gold_weight: 'much'"),
        ({"gce_q": 0}, "gce_q: 0"),
        ({"soft_min": 1.5}, "soft_min: 1.5"),
        ({"soft_power": 0.5}, "soft_power: 0.5"),
        ({"soft_labels": 1}, "soft_labels: 1"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ScinerError, match=f"SCINER-E521: .*before_update:\n  {message}"):
        make_objective_callback(**settings)


def test_the_callback_is_registered_and_sets_the_objective():
    make = registry.callbacks.get("spacy-sciner.objective.v1")
    nlp = spacy.blank("en")
    sciner = nlp.add_pipe("sciner", config=cnn_config())
    assert sciner.objective == Objective()
    make(loss="gce", gce_q=0.5)(nlp, {"step": 0, "epoch": 0})
    assert sciner.objective == Objective(loss="gce", gce_q=0.5)


def test_q_rises_from_that_of_nll():
    nlp = spacy.blank("en")
    sciner = nlp.add_pipe("sciner", config=cnn_config())
    set_objective = make_objective_callback(loss="gce", gce_q=0.5, gce_steps=4)
    found = []
    for step in (0, 1, 2, 4, 9):
        set_objective(nlp, {"step": step, "epoch": 0})
        found.append(sciner.objective.gce_q)
    assert found == [MIN_Q, 0.125, 0.25, 0.5, 0.5]


def train_on(docs: Any, dev: Path, folder: Path, **objective: Any):
    write_docs(folder / "train.spacy", docs)
    recipe = RECIPE._replace(objective=Objective(**objective))
    train_pipeline(recipe, train=folder / "train.spacy", dev=dev, out=folder / "model")
    return spacy.load(folder / "model")


def test_training_on_soft_labels_teaches_what_no_hard_label_says(tiny_corpus, tmp_path: Path):
    """The pool's tokens are all unknown to γ; the teacher's distribution names a new word."""
    nlp = spacy.blank("en")
    docs = gold_docs(nlp.vocab)
    soft = [row(O=1), row(O=1), row(B_Method=0.95, O=0.05), row(O=1)]
    pool = [pseudo_doc("we train Zork .", None, vocab=nlp.vocab, soft=soft) for _ in range(4)]
    hard = train_on([*docs, *pool], tiny_corpus[1], tmp_path / "hard", gold_weight=0.5)
    found = train_on([*docs, *pool], tiny_corpus[1], tmp_path / "soft", soft_labels=True)
    text = "the paper of Zork drops"
    assert ents_of(found(text)) == [(3, 4, "Method")]
    confidence = [nlp(text)._.sciner_confidence[3] for nlp in (hard, found)]
    assert ents_of(hard(text)) != ents_of(found(text)) or confidence[0] < confidence[1]
    # What the training needed is in its config, and no part of the component's.
    assert found.config["training"]["before_update"]["soft_labels"] is True
    assert len(found.config["training"]["before_update"]["soft_frequency"]) == N_TAGS
    assert "objective" not in found.config["components"]["sciner"]


@pytest.mark.parametrize("objective", [{"gold_weight": 20.0}, {"loss": "gce", "gce_q": 1.0}])
def test_options_against_wrong_pseudo_labels(objective, tiny_corpus, tmp_path: Path):
    """The pool contradicts gold a little more often than gold is there: gold shall win."""
    nlp = spacy.blank("en")
    docs = gold_docs(nlp.vocab)
    wrong = []
    for doc in [*docs, *docs]:
        wrong.append(pseudo_doc(doc.text, ["O"] * len(doc), vocab=nlp.vocab))
    trained = {
        name: train_on([*docs, *wrong], tiny_corpus[1], tmp_path / name, **settings)
        for name, settings in (("plain", {}), ("robust", objective))
    }
    f1 = {k: nlp.evaluate(make_examples(nlp))["ents_f"] or 0.0 for k, nlp in trained.items()}
    assert f1["robust"] > f1["plain"]


def test_the_robust_loss_begins_as_nll_where_the_head_is_untrained(tiny_corpus, tmp_path: Path):
    """It would learn no entity else, as it disbelieves them all."""
    docs = gold_docs()
    for doc in docs:
        doc.user_data["source"] = "llm"
    fresh = train_on(docs, tiny_corpus[1], tmp_path, loss="gce", gce_q=1.0)
    written = fresh.config["training"]
    assert written["before_update"]["gce_steps"] == written["max_steps"] // 2
    assert fresh.evaluate(make_examples(fresh))["ents_f"] > 0.5
    train_pipeline(
        RECIPE._replace(objective=Objective(loss="gce")),
        train=tmp_path / "train.spacy",
        dev=tiny_corpus[1],
        out=tmp_path / "warm",
        start=tmp_path / "model",
    )
    assert spacy.load(tmp_path / "warm").config["training"]["before_update"]["gce_steps"] == 0
