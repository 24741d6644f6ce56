"""What a CRF changes in the component, and what it leaves as it is."""

from pathlib import Path
from typing import List

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tiny import CONFIGS, cnn_config, ents_of, gold_docs, make_doc, model_config, overfit, plain

from spacy_sciner.corpus.soft import set_soft
from spacy_sciner.pipeline.objective import Objective
from spacy_sciner.tagging import decode, is_legal, labels_to_tags

from .helpers import facts, initialized, make_nlp


@pytest.fixture(scope="module")
def learnt(tiny_encoder: Path) -> Language:
    """Overfitted to the sentences; tests must not train it further."""
    nlp = make_nlp(model_config(tiny_encoder, head="crf"))
    overfit(nlp, steps=60)
    return nlp


def transitions_of(nlp: Language) -> np.ndarray:
    module = nlp.get_pipe("sciner").model.layers[1].shims[0].module
    found: np.ndarray = module.transitions.detach().numpy().copy()
    return found


def loss_of(nlp: Language, docs: List[Doc]) -> float:
    sciner = nlp.get_pipe("sciner")
    scores, _ = sciner.model.begin_update([plain(nlp, doc) for doc in docs])
    loss: float = sciner.get_loss([Example(plain(nlp, doc), doc) for doc in docs], scores)[0]
    return loss


@pytest.mark.parametrize("name", ["bilstm", "crf"])
def test_the_configs_differ_in_their_head_alone(name):
    texts = {
        config: (CONFIGS / f"{config}.cfg").read_text().partition("[paths]")[2]
        for config in ("transformer", name)
    }
    changed = texts["transformer"].replace('head = "linear"', f'head = "{name}"')
    assert texts[name] == changed != texts["transformer"]


def test_confidences_are_marginals(learnt: Language):
    """Rows of probabilities; an entity is as sure as its least sure word."""
    doc = learnt(plain(learnt, gold_docs(learnt.vocab)[1]))
    probs = np.exp(learnt.get_pipe("sciner").predict([plain(learnt, doc)])[0])
    np.testing.assert_allclose(probs.sum(axis=1), 1.0, atol=1e-5)
    tags = [labels_to_tags(learnt.get_pipe("sciner").labels)[i] for i in probs.argmax(axis=1)]
    assert tags == ["B-Method", "I-Method", "O", "O", "B-Metric"]
    np.testing.assert_allclose(doc._.sciner_confidence, probs.max(axis=1), atol=1e-5)
    expected = [probs.max(axis=1)[:2].min(), probs.max(axis=1)[4]]
    np.testing.assert_allclose(doc.spans["sciner"].attrs["scores"], expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["bert", "cnn"])
def test_forbidden_transitions_are_never_decoded(kind, tiny_encoder: Path):
    """Scores that want I-X everywhere, of a pipeline that has learnt nothing."""
    config = cnn_config(head="crf") if kind == "cnn" else model_config(tiny_encoder, head="crf")
    nlp = initialized(make_nlp(config))
    model = nlp.get_pipe("sciner").model
    (shim,) = [s for node in model.layers[0].walk() for s in node.shims if s.data]
    linear = getattr(shim.module, "head", shim.module).linear
    linear.bias.data[2::2] = 20.0
    linear.weight.data.mul_(100)
    docs = [plain(nlp, doc) for doc in gold_docs(nlp.vocab)]
    for rows in nlp.get_pipe("sciner").predict(docs):
        probs = np.exp(rows)
        assert probs[0, 2::2].max() == 0.0
        # An I-X is no likelier than that its entity began or went on at the word before.
        assert (probs[1:, 2::2] <= probs[:-1, 1::2] + probs[:-1, 2::2] + 1e-5).all()
        assert is_legal(decode(rows))


def test_unknown_tokens_take_what_the_known_ones_leave(tiny_encoder: Path):
    """All that is known of a document is a B and an O, with an unknown word between them."""
    nlp = initialized(make_nlp(model_config(tiny_encoder, head="crf")))
    unknown = make_doc(["we", "train"], None, vocab=nlp.vocab)
    assert loss_of(nlp, [unknown]) == 0.0
    before = transitions_of(nlp)
    assert nlp.update([Example(plain(nlp, unknown), unknown)], drop=0.0)["sciner"] == 0.0
    np.testing.assert_allclose(transitions_of(nlp), before, atol=1e-4)
    words = ["Random", "Forest", "on"]
    each = [
        loss_of(nlp, [make_doc(words, ["B-Method", tag, "O"], vocab=nlp.vocab)])
        for tag in labels_to_tags(nlp.get_pipe("sciner").labels)
        if tag not in ("I-Dataset", "I-Metric")  # which no path has there
    ]
    partly = loss_of(nlp, [make_doc(words, ["B-Method", None, "O"], vocab=nlp.vocab)])
    # The loss is a mean over the known tokens: 3 of the full ones, 2 of this.
    assert np.exp(-2 * partly) == pytest.approx(sum(np.exp(-3 * loss) for loss in each), rel=1e-4)


def test_learns_the_tags_of_sentences_that_are_known_in_part(tiny_encoder: Path):
    nlp = make_nlp(model_config(tiny_encoder, head="crf"))
    overfit(nlp, steps=0)
    golds = gold_docs(nlp.vocab)
    partly = []
    for i, gold in enumerate(golds):  # every third word is unknown
        tags = [f"{t.ent_iob_}-{t.ent_type_}".rstrip("-") for t in gold]
        some = [None if n % 3 == i % 3 else tag for n, tag in enumerate(tags)]
        # spaCy takes an I-X behind an unknown token for a beginning.
        some = [
            None if tag == "I-Method" and some[n - 1] is None else tag for n, tag in enumerate(some)
        ]
        partly.append(make_doc([t.text for t in gold], some, vocab=nlp.vocab))
    examples = [Example(plain(nlp, doc), doc) for doc in partly]
    optimizer = nlp.create_optimizer()
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=optimizer, drop=0.0)
    for gold, some in zip(golds, partly):
        found = nlp(plain(nlp, gold))
        known = [t.i for t in some if t.ent_iob]
        assert [found[i].ent_type_ for i in known] == [gold[i].ent_type_ for i in known]


def test_soft_labels_train_the_marginals(tiny_encoder: Path):
    nlp = initialized(make_nlp(model_config(tiny_encoder, head="crf")))
    sciner = nlp.get_pipe("sciner")
    sciner.objective = Objective(soft_labels=True, soft_power=1.0, soft_min=0.0)
    doc = make_doc(["BERT", "drops"], ["O", "O"], vocab=nlp.vocab)
    doc.user_data["source"] = "pseudo"
    teacher = np.array([[0.1, 0, 0, 0.9, 0, 0, 0], [0.6, 0.3, 0, 0, 0.1, 0, 0]], dtype="f")
    set_soft(doc, teacher, sciner.labels)
    optimizer = nlp.create_optimizer()
    optimizer.learn_rate = 0.02
    for _ in range(150):
        nlp.update([Example(plain(nlp, doc), doc)], sgd=optimizer, drop=0.0)
    probs = np.exp(sciner.predict([plain(nlp, doc)])[0])
    np.testing.assert_allclose(probs, teacher, atol=0.05)


def test_bytes_disk_and_pipe_are_the_same(learnt: Language, tmp_path: Path):
    docs = [plain(learnt, doc) for doc in gold_docs(learnt.vocab)]
    one_by_one = [facts(learnt(plain(learnt, doc))) for doc in docs]
    learnt.to_disk(tmp_path / "model")
    again = spacy.load(tmp_path / "model")
    for nlp in (learnt, again):
        for (ents, scores, confidence), doc in zip(one_by_one, nlp.pipe(docs, batch_size=3)):
            assert ents_of(doc) == ents
            np.testing.assert_allclose(doc.spans["sciner"].attrs["scores"], scores, atol=1e-5)
            np.testing.assert_allclose(doc._.sciner_confidence, confidence, atol=1e-5)
    assert again.get_pipe("sciner").to_bytes() == learnt.get_pipe("sciner").to_bytes()
