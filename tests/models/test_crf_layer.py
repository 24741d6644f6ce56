"""The CRF over a tagger: what it predicts, what its loss is, and how it is kept."""

from functools import partial
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
import torch
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Adam, Model, fix_random_seed

from spacy_sciner.errors import ScinerError
from spacy_sciner.models import crf_layer
from spacy_sciner.models.crf import CRF, log_likelihood, log_marginals
from spacy_sciner.models.crf_layer import add_crf, compute_loss
from spacy_sciner.models.transformer_tagger import build_transformer_tagger_v1
from spacy_sciner.pipeline.objective import token_losses

VOCAB = Vocab()
N_TAGS = 5
TEXT = "we train Random Forest on SQuAD and BERT reaches 91 accuracy"
DOCS = [
    Doc(VOCAB, words=["we", "train", "BERT"]),
    Doc(VOCAB, words=[]),
    Doc(VOCAB, words=TEXT.split() * 10),
    Doc(VOCAB, words=["Random", "\u200b", "Forest"]),
    Doc(VOCAB, words=[" "]),
]


def make_model(encoder: Path, **settings: Any) -> Model:
    """With transitions and scores that are far from even."""
    fixed: Dict[str, Any] = {"window": 32, "overlap": 8, "device": "cpu", "precision": "fp32"}
    model = build_transformer_tagger_v1(str(encoder), **{**fixed, "head": "crf", **settings})
    fix_random_seed(0)
    model.initialize(X=DOCS, Y=[np.zeros((len(doc), N_TAGS), dtype="f") for doc in DOCS])
    if settings.get("head", "crf") == "crf":
        model.layers[0].shims[0].module.head.linear.weight.data.mul_(50)
        torch.nn.init.normal_(module_of(model).transitions)
    return model


def module_of(model: Model) -> CRF:
    module: CRF = model.layers[1].shims[0].module
    return module


def one_hot(*tags: int) -> np.ndarray:
    """A row of 0 for −1, an unknown token."""
    rows: np.ndarray = np.vstack([np.eye(N_TAGS, dtype="f"), np.zeros(N_TAGS, dtype="f")])
    return rows[list(tags)]


def scores_of(*lengths: int) -> List[np.ndarray]:
    """As the layer gives them in training."""
    rng = np.random.default_rng(0)
    crf = CRF(N_TAGS)
    crf.transitions.data = torch.from_numpy(rng.normal(size=(N_TAGS + 2, N_TAGS)).astype("f"))
    rows = [rng.normal(size=(n, N_TAGS)).astype("f") for n in lengths]
    return [*rows, crf.table().detach().numpy().astype("f")]


# --- prediction ------------------------------------------------------------------------------


def test_predictions_are_log_marginals_over_the_whole_document(tiny_encoder: Path):
    """Of a text of several windows too: the chain runs over their joint scores."""
    model = make_model(tiny_encoder)
    of_tagger, found = model.layers[0].predict(DOCS), model.predict(DOCS)
    assert [rows.shape for rows in found] == [(len(doc), N_TAGS) for doc in DOCS]
    for i in (0, 2):
        rows = torch.from_numpy(of_tagger[i])[None].double()
        expected = log_marginals(rows, torch.tensor([len(DOCS[i])]), module_of(model).table())
        np.testing.assert_allclose(found[i], expected[0].detach().numpy(), atol=1e-5)
        assert not np.allclose(found[i], of_tagger[i], atol=0.1)
        np.testing.assert_allclose(np.exp(found[i]).sum(axis=1), 1.0, atol=1e-5)


def test_a_token_without_content_is_no_link_of_the_chain(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    forest = model.predict([Doc(VOCAB, words=["Random", "Forest"])])[0]
    found = model.predict(DOCS)
    np.testing.assert_allclose(found[3][[0, 2]], forest, atol=1e-5)
    assert not found[3][1].any()
    assert not found[4].any()


def test_a_document_scores_the_same_in_any_company(
    tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
):
    model = make_model(tiny_encoder)
    together = model.predict(DOCS)
    for doc, rows in zip(DOCS, together):
        np.testing.assert_allclose(model.predict([doc])[0], rows, atol=1e-5)
    sizes = []
    predict = model.layers[1].shims[0].predict
    monkeypatch.setattr(
        model.layers[1].shims[0],
        "predict",
        lambda batch: sizes.append(tuple(batch[0].shape[:2])) or predict(batch),
    )
    monkeypatch.setattr(crf_layer, "BATCH_WORDS", 6)
    for one, other in zip(model.predict(DOCS), together):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert sizes == [(1, 110), (2, 3)]


def test_no_documents_no_scores(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    assert model.predict([]) == []
    assert model.predict([DOCS[1]])[0].shape == (0, N_TAGS)


@pytest.mark.parametrize("how", ["mean", "min"])
def test_e320_for_words_whose_scores_are_no_sums(how):
    with pytest.raises(ScinerError, match=f"SCINER-E320.*'{how}'.*product or first"):
        build_transformer_tagger_v1("anywhere", head="crf", word_confidence=how)


# --- the loss --------------------------------------------------------------------------------


def test_loss_of_gold_and_unknown_tokens():
    scores = scores_of(4, 2, 3)
    targets = [one_hot(0, 1, -1, 3), one_hot(-1, -1), one_hot(1, 2, 2) * 0.25]
    loss, gradients = compute_loss(scores, targets, [None] * 3)
    table = torch.from_numpy(scores[-1]).double()
    expected = 0.0
    for rows, target, weight in zip(scores, targets, (1.0, 0.0, 0.25)):
        allowed = torch.from_numpy((target > 0) | ~target.any(axis=1, keepdims=True))
        padded = torch.from_numpy(rows)[None].double()
        likelihood = log_likelihood(padded, torch.tensor([len(rows)]), table, allowed[None])
        expected -= weight * float(likelihood)
    assert loss == pytest.approx(expected)
    assert [d.shape for d in gradients] == [rows.shape for rows in scores]
    assert not gradients[1].any()  # the document of which nothing is known
    assert gradients[0][2].any()  # an unknown token beside known ones: what it may be has changed


@pytest.mark.parametrize("token_loss", [None, token_losses, partial(token_losses, gce_q=0.7)])
def test_gradients_are_those_of_the_loss(token_loss):
    """By finite differences: of the scores and of the transitions, of every kind of loss."""
    rng = np.random.default_rng(1)
    scores = [rows.astype(np.float64) for rows in scores_of(3, 2)]
    soft = rng.dirichlet(np.ones(N_TAGS), 3)
    soft[1] = 0.0  # unknown
    targets = [one_hot(1, -1, 0) if token_loss is None else soft, one_hot(3, 0)]
    asked = [token_loss, None]
    _, gradients = compute_loss(scores, targets, asked)
    for array_i, place in [(0, (0, 1)), (0, (1, 2)), (1, (1, 0)), (2, (1, 2)), (2, (5, 1))]:
        losses = []
        for step in (3e-3, -3e-3):
            moved = [rows.copy() for rows in scores]
            moved[array_i][place] += step
            losses.append(compute_loss(moved, targets, asked)[0])
        expected = (losses[0] - losses[1]) / 6e-3
        assert gradients[array_i][place] == pytest.approx(expected, rel=1e-3, abs=1e-4), array_i


def test_soft_labels_are_trained_towards_by_token():
    """The cross-entropy of the marginals is least where they are the teacher's."""
    scores = scores_of(3)
    table = torch.from_numpy(scores[-1]).double()
    own = log_marginals(torch.from_numpy(scores[0])[None].double(), torch.tensor([3]), table)
    teacher = own[0].exp().numpy().astype("f")
    loss, gradients = compute_loss(scores, [teacher], [token_losses])
    entropy = -(teacher * np.log(np.maximum(teacher, 1e-30))).sum()
    assert loss == pytest.approx(entropy, rel=1e-4)
    assert max(np.abs(d).max() for d in gradients) < 1e-5


def test_a_document_cut_out_of_an_entity_has_a_finite_loss():
    """It begins with I-X, which no path does: that is its B-X."""
    scores = scores_of(2)
    cut = compute_loss(scores, [one_hot(2, 0)], [None])[0]
    assert cut == pytest.approx(compute_loss(scores, [one_hot(1, 0)], [None])[0])
    assert cut < 100


@pytest.mark.parametrize(
    ("known", "as_if"),
    [
        ((1, 2, 2), (1, 2, 2)),
        ((0, 2, 2), (0, 1, 2)),
        ((3, 2, 4), (3, 1, 3)),
        ((-1, 2, 0), (-1, 2, 0)),  # the unknown token may be the B-X, or an I-X
    ],
)
def test_an_inside_that_continues_nothing_begins(known, as_if):
    scores = scores_of(3)
    found = compute_loss(scores, [one_hot(*known)], [None])
    expected = compute_loss(scores, [one_hot(*as_if)], [None])
    assert found[0] == pytest.approx(expected[0])
    assert found[0] < 100


def test_training_lowers_the_loss_and_moves_the_transitions(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    model.layers[0].attrs["dropout_rate"] = 0.0
    targets = [one_hot(*[0] * len(doc)) if len(doc) else one_hot() for doc in DOCS]
    before = module_of(model).transitions.detach().clone()
    losses = []
    for _ in range(10):
        scores, backprop = model.begin_update(DOCS)
        assert len(scores) == len(DOCS) + 1
        loss, gradients = compute_loss(scores, targets, [None] * len(DOCS))
        losses.append(loss)
        assert backprop(gradients) is DOCS
        model.finish_update(Adam(0.01, L2=0.0))
    assert losses[-1] < 0.5 * losses[0]
    moved = (module_of(model).transitions - before).detach().abs() > 1e-3
    assert moved[0, 0]
    assert not moved[0, 2]  # O → I-X is forbidden


# --- keeping it ------------------------------------------------------------------------------


def test_bytes_round_trip(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    fixed = {"window": 32, "device": "cpu", "precision": "fp32"}
    again = build_transformer_tagger_v1("no/such/place", head="crf", **fixed)
    again.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    for one, other in zip(again.predict(DOCS), model.predict(DOCS)):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_copy_is_equal_and_apart(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    twin = model.copy()
    assert twin.attrs["compute_loss"] is compute_loss
    before = model.predict([DOCS[0]])[0]
    np.testing.assert_allclose(twin.predict([DOCS[0]])[0], before, atol=1e-6)
    module_of(twin).transitions.data[0, 1] += 5.0
    np.testing.assert_array_equal(model.predict([DOCS[0]])[0], before)


def test_a_head_without_scores_to_begin_with_waits(tiny_encoder: Path):
    """Thinc initialises in two passes; before it knows the tags there is nothing to make."""
    tagger = build_transformer_tagger_v1(str(tiny_encoder), window=32, device="cpu", nO=N_TAGS)
    model = add_crf(tagger)
    with pytest.raises(ScinerError, match="SCINER-E301"):
        model.layers[1].predict([np.ones((2, N_TAGS), dtype="f")])
    model.initialize(X=DOCS)
    assert model.predict(DOCS)[0].shape == (3, N_TAGS)
