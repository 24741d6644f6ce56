"""The sciner component: what it learns, writes and refuses."""

from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tiny import LABELS, cnn_config, ents_of, gold_docs, make_doc, model_config, overfit, plain

from spacy_sciner.errors import ScinerError
from spacy_sciner.tagging import labels_to_tags

from .helpers import initialized, make_nlp

# --- learning --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("bert", {}),
        ("bert", {"head": "bilstm"}),
        ("bert", {"head": "crf"}),
        ("bert", {"head": "crf", "word_confidence": "first"}),
        ("bert", {"word_confidence": "first", "shapes": False}),
        ("bert", {"freeze_embeddings": True, "frozen_layers": 1}),
        ("roberta", {}),
        ("cnn", {}),
        ("cnn", {"head": "bilstm"}),
        ("cnn", {"head": "crf"}),
    ],
)
def test_overfits_a_handful_of_sentences(kind, settings, tiny_encoder, tiny_bpe_encoder):
    if kind == "cnn":
        config = cnn_config(**settings)
    else:
        config = model_config(tiny_encoder if kind == "bert" else tiny_bpe_encoder, **settings)
    nlp = make_nlp(config)
    losses = overfit(nlp, steps=80)
    assert losses[-1] < 0.1 * losses[0]
    golds = gold_docs(nlp.vocab)
    for gold in golds:
        doc = nlp(plain(nlp, gold))
        assert ents_of(doc) == ents_of(gold)
        assert doc._.sciner_confidence.min() > 0.5


def test_shapes_let_an_uncased_encoder_see_case(tiny_encoder: Path):
    """ "bert" is a word, "BERT" is a method: without shapes an uncased encoder cannot know."""
    found = {}
    for shapes in (True, False):
        nlp = make_nlp(model_config(tiny_encoder, shapes=shapes))
        pairs = [("we train bert", "O O O"), ("we train BERT", "O O B-Method")]
        docs = [make_doc(w.split(), t.split(), vocab=nlp.vocab) for w, t in pairs]
        examples = [Example(plain(nlp, doc), doc) for doc in docs]
        nlp.initialize(lambda examples=examples: examples)
        optimizer = nlp.create_optimizer()
        optimizer.learn_rate = 0.01
        for _ in range(60):
            nlp.update(examples, sgd=optimizer, drop=0.0)
        found[shapes] = [len(nlp(plain(nlp, doc)).ents) for doc in docs]
    assert found[True] == [0, 1]
    assert found[False] in ([0, 0], [1, 1])


def test_unknown_tokens_are_ignored_in_the_loss(nlp: Language):
    """Whatever an unknown token is tagged with or predicted as, loss and gradient are the same."""
    sciner = nlp.get_pipe("sciner")
    words = ["Random", "Forest", "on", "SQuAD"]
    partly = make_doc(words, ["B-Method", "I-Method", None, None], vocab=nlp.vocab)
    scores = np.log(np.random.default_rng(0).dirichlet(np.ones(7), 4)).astype("f")
    other = scores.copy()
    other[2:] = np.log(np.full((2, 7), 1 / 7))
    example = Example(plain(nlp, partly), partly)
    loss, gradient = sciner.get_loss([example], [scores])
    assert loss == pytest.approx(-(scores[0, 3] + scores[1, 4]) / 2)
    assert sciner.get_loss([example], [other])[0] == loss
    expected = np.zeros((4, 7))
    expected[0, 3] = expected[1, 4] = -0.5
    np.testing.assert_allclose(gradient[0], expected)


def test_training_on_unknown_tokens_alone_changes_nothing(tiny_encoder: Path):
    nlp = initialized(make_nlp(model_config(tiny_encoder)))
    unknown = make_doc(["we", "train"], None, vocab=nlp.vocab)
    before = nlp.get_pipe("sciner").model.shims[0].module.head.linear.weight.clone()
    losses = nlp.update([Example(plain(nlp, unknown), unknown)], drop=0.0)
    after = nlp.get_pipe("sciner").model.shims[0].module.head.linear.weight
    assert losses["sciner"] == 0.0
    # Weight decay alone moves it, by far less than a step of Adam.
    np.testing.assert_allclose(before.detach(), after.detach(), atol=1e-4)


def test_the_loss_is_the_mean_over_the_known_tokens_of_the_batch(nlp: Language):
    sciner = nlp.get_pipe("sciner")
    docs = gold_docs(nlp.vocab)[:2]
    examples = [Example(plain(nlp, doc), doc) for doc in docs]
    scores = [np.full((len(doc), 7), np.log(0.25), dtype="f") for doc in docs]
    loss, gradients = sciner.get_loss(examples, scores)
    assert loss == pytest.approx(-np.log(0.25))
    assert sum(float(d.sum()) for d in gradients) == pytest.approx(-1.0)


def test_a_reference_with_another_tokenisation(nlp: Language):
    """Gold tokens "un-known Forest", predicted "un - known Forest": the tags are spread."""
    sciner = nlp.get_pipe("sciner")
    gold = Doc(nlp.vocab, words=["un-known", "Forest", "on"], ents=["B-Method", "I-Method", "O"])
    spaces = [False, False, True, True, True]
    split = Doc(nlp.vocab, words=["un", "-", "known", "Forest", "on"], spaces=spaces)
    tags = labels_to_tags(sciner.labels)
    found = [tags[i] for i in sciner._gold_tags(Example(split, gold))]
    assert found == ["B-Method", "I-Method", "I-Method", "I-Method", "O"]


def test_an_entity_inside_a_predicted_token_is_unknown(nlp: Language):
    """Gold tags half of what is one token here: that token is neither O nor the entity."""
    sciner = nlp.get_pipe("sciner")
    gold = Doc(nlp.vocab, words=["SQuAD", "2", "on"], spaces=[False, True, True])
    gold.set_ents([spacy.tokens.Span(gold, 0, 1, label="Dataset")])
    joined = Doc(nlp.vocab, words=["SQuAD2", "on"])
    assert sciner._gold_tags(Example(joined, gold)).tolist() == [-1, 0]


def test_unknown_tokens_stay_unknown_over_another_tokenisation(nlp: Language):
    sciner = nlp.get_pipe("sciner")
    gold = make_doc(["un-known", "Forest"], [None, "B-Method"], vocab=nlp.vocab)
    split = Doc(nlp.vocab, words=["un", "-", "known", "Forest"], spaces=[False, False, True, True])
    tags = sciner._gold_tags(Example(split, gold)).tolist()
    assert tags[:3] == [-1, -1, -1]
    assert labels_to_tags(sciner.labels)[tags[3]] == "B-Method"


def test_a_batch_of_empty_and_long_documents_trains(fresh: Language):
    nlp = initialized(fresh)
    long = make_doc(["BERT", "drops"] * 100, ["B-Method", "O"] * 100, vocab=nlp.vocab)
    docs = [make_doc([], [], vocab=nlp.vocab), long, *gold_docs(nlp.vocab)[:1]]
    losses = nlp.update([Example(plain(nlp, doc), doc) for doc in docs])
    assert np.isfinite(losses["sciner"])
    empty = docs[:1]
    assert nlp.update([Example(plain(nlp, doc), doc) for doc in empty])["sciner"] == 0.0


# --- labels ----------------------------------------------------------------------------------


def test_labels_are_inferred_and_sorted(fresh: Language):
    assert initialized(fresh).get_pipe("sciner").labels == tuple(LABELS)


def test_labels_may_be_given_in_any_order(fresh: Language):
    golds = gold_docs(fresh.vocab)
    examples = [Example(plain(fresh, doc), doc) for doc in golds]
    sciner = fresh.get_pipe("sciner")
    sciner.initialize(lambda: examples, nlp=fresh, labels=["Task", *LABELS[::-1]])
    assert sciner.label_data == ["Task", *LABELS[::-1]]
    assert sciner.model.get_dim("nO") == 9


def test_labels_may_be_added_before_the_model_is_made(fresh: Language):
    sciner = fresh.get_pipe("sciner")
    assert sciner.add_label("Task") == 1
    assert sciner.add_label("Task") == 0
    assert initialized(fresh).get_pipe("sciner").labels == ("Task", *LABELS)


def test_e310_for_a_label_that_comes_too_late(nlp: Language):
    sciner = nlp.get_pipe("sciner")
    assert sciner.add_label("Method") == 0
    with pytest.raises(ScinerError, match=r"SCINER-E310.*3 labels; 'Task'"):
        sciner.add_label("Task")


def test_e306_without_any_label(fresh: Language):
    doc = make_doc(["we", "train"], ["O", "O"], vocab=fresh.vocab)
    with pytest.raises(ScinerError, match=r"SCINER-E306.*'sciner'"):
        fresh.initialize(lambda: [Example(plain(fresh, doc), doc)])


def test_e307_for_a_label_that_the_model_does_not_have(nlp: Language):
    doc = make_doc(["we", "train"], ["O", "B-Task"], vocab=nlp.vocab)
    with pytest.raises(ScinerError, match=r"SCINER-E307.*'Task'.*Dataset, Method, Metric"):
        nlp.update([Example(plain(nlp, doc), doc)])


def test_e301_before_initialisation(fresh: Language):
    with pytest.raises(ScinerError, match="SCINER-E301"):
        fresh("we train BERT")


# --- what it writes --------------------------------------------------------------------------


def test_what_it_writes(nlp: Language):
    doc = nlp(plain(nlp, gold_docs(nlp.vocab)[1]))  # Random Forest reaches 91 accuracy
    assert ents_of(doc) == [(0, 2, "Method"), (4, 5, "Metric")]
    assert all(token.ent_iob_ in ("B", "I", "O") for token in doc)
    group = doc.spans["sciner"]
    assert [(s.start, s.end, s.label_) for s in group] == ents_of(doc)
    confidence = doc._.sciner_confidence
    assert confidence.dtype == np.float32
    assert confidence.shape == (5,)
    expected = [confidence[:2].min(), confidence[4]]
    np.testing.assert_array_equal(group.attrs["scores"], np.array(expected, dtype="f"))


def test_confidence_is_none_before_the_component_ran(nlp: Language):
    assert nlp.make_doc("we train")._.sciner_confidence is None


def test_predict_leaves_the_documents_alone(nlp: Language):
    doc = plain(nlp, gold_docs(nlp.vocab)[1])
    scores = nlp.get_pipe("sciner").predict([doc])
    assert scores[0].shape == (5, 7)
    assert (doc.ents, dict(doc.spans), doc._.sciner_confidence) == ((), {}, None)


def test_spans_key_says_where_the_scores_go(tiny_encoder: Path):
    nlp = make_nlp({**model_config(tiny_encoder), "spans_key": "elsewhere"})
    doc = initialized(nlp)("we train BERT")
    assert "sciner" not in doc.spans
    assert len(doc.spans["elsewhere"].attrs["scores"]) == len(doc.ents)


def test_scorer_none_leaves_the_component_out_of_the_scores(tiny_encoder: Path):
    nlp = initialized(make_nlp({**model_config(tiny_encoder), "scorer": None}))
    golds = gold_docs(nlp.vocab)
    scores = nlp.evaluate([Example(plain(nlp, gold), gold) for gold in golds])
    assert "ents_f" not in scores


def test_the_scorer_is_exact_match(nlp: Language):
    golds = gold_docs(nlp.vocab)
    scores = nlp.evaluate([Example(plain(nlp, gold), gold) for gold in golds])
    assert (scores["ents_p"], scores["ents_r"], scores["ents_f"]) == (1.0, 1.0, 1.0)
    assert set(scores["ents_per_type"]) == set(LABELS)
