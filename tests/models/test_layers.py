"""Our own layers compute what Hugging Face's do, gradients too."""

import copy
from typing import Any, Dict, Optional, Tuple

import pytest
import torch
from torch import nn

from spacy_sciner.models import layers
from spacy_sciner.models.head import EncoderTagger, build_encoder, set_dropout
from spacy_sciner.models.layers import FastDropout, draw_mask, has_bert_layers

SIZES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": 99}
NO_DROPOUT = {"attention_probs_dropout_prob": 0.0}
LENGTHS = torch.tensor([24, 24, 9])


def make(kind: str, **settings: Any) -> EncoderTagger:
    torch.manual_seed(0)
    encoder = build_encoder(
        {"model_type": kind, "intermediate_size": 64, **SIZES, **NO_DROPOUT, **settings}
    )
    return EncoderTagger(encoder, 32, 5, shapes=True)


def both(kind: str) -> Tuple[EncoderTagger, EncoderTagger]:
    """Twice the same weights without dropout: with our layers, and with Hugging Face's."""
    ours = make(kind)
    theirs = copy.deepcopy(ours)
    theirs._body._layers = None
    for module in (*ours.modules(), *theirs.modules()):
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return ours, theirs


def run(tagger: EncoderTagger, *, dtype: Optional[torch.dtype] = None) -> Any:
    torch.manual_seed(1)
    ids, shapes = torch.randint(5, 99, (3, 24)), torch.randint(0, 15, (3, 24))
    real = (torch.arange(24)[None] < LENGTHS[:, None])[..., None]
    with torch.autocast("cpu", dtype=dtype or torch.bfloat16, enabled=dtype is not None):
        return tagger(ids, shapes, LENGTHS) * real


def gradients(tagger: EncoderTagger, **how: Any) -> Dict[str, torch.Tensor]:
    tagger.train()
    (run(tagger, **how)[..., 2].sum() / -100).backward()
    return {n: p.grad for n, p in tagger.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_same_output_and_gradients(kind: str) -> None:
    ours, theirs = both(kind)
    mine, other = gradients(ours), gradients(theirs)
    assert mine.keys() == other.keys()
    for name, gradient in mine.items():
        assert torch.allclose(gradient, other[name], atol=1e-6), name
    for tagger in (ours, theirs):
        tagger.eval()
    with torch.inference_mode():
        assert torch.allclose(run(ours), run(theirs), atol=1e-5)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_without_transformers_the_same_weights_give_the_same(kind: str) -> None:
    theirs = make(kind, vocab_size=40)
    bare = build_encoder(theirs.encoder.config.to_dict(), ours=True)
    ours = EncoderTagger(bare, 32, 5, shapes=True)
    # Their order too: the optimiser knows a weight by its place.
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    ours.load_state_dict(theirs.state_dict())
    ids, shapes = torch.randint(5, 40, (3, 24)), torch.randint(0, 15, (3, 24))
    for training in (True, False):
        outputs = []
        for tagger in (ours, theirs):
            torch.manual_seed(3)  # the same masks
            outputs.append(tagger.train(training)(ids, shapes, LENGTHS))
        assert torch.equal(*outputs)


def test_bf16_is_as_close_to_fp32_as_autocast_is() -> None:
    ours, theirs = both("bert")
    exact = run(theirs).detach()
    error = (run(ours, dtype=torch.bfloat16) - exact).abs().max()
    assert 0 < error < 2 * (run(theirs, dtype=torch.bfloat16) - exact).abs().max() + 1e-3


@pytest.mark.parametrize("fused", [True, False])
def test_prediction_in_bf16_is_too_with_fused_layers_and_without(
    monkeypatch: pytest.MonkeyPatch, fused: bool
) -> None:
    if fused and not layers._fuses(torch.bfloat16):
        pytest.skip("this torch or processor has no fused layers")
    monkeypatch.setattr(layers, "_fuses", lambda dtype: fused)
    ours, theirs = (tagger.eval() for tagger in both("bert"))
    with torch.inference_mode():
        exact = run(theirs)
        error = (run(ours, dtype=torch.bfloat16) - exact).abs().max()
        assert 0 < error < 2 * (run(theirs, dtype=torch.bfloat16) - exact).abs().max() + 1e-3


def test_prediction_follows_changed_weights() -> None:
    ours, _ = both("bert")
    ours.eval()
    with torch.inference_mode():
        before = run(ours)
    with torch.no_grad():
        ours.encoder.encoder.layer[0].output.dense.weight.mul_(2)
    with torch.inference_mode():
        assert not torch.allclose(before, run(ours))


def test_frozen_layers_get_no_gradient() -> None:
    ours, _ = both("bert")
    ours.encoder.encoder.layer[0].requires_grad_(False)
    got = gradients(ours)
    assert not any(".layer.0." in name for name in got)
    assert any(".layer.1." in name for name in got)


def test_dropout_acts_in_training_alone() -> None:
    tagger = make("bert")
    set_dropout(tagger, 0.5)
    tagger.train()
    assert not torch.equal(run(tagger), run(tagger_with_rate(tagger, 1e-9)))
    tagger.eval()
    assert torch.equal(run(tagger), run(tagger_with_rate(tagger, 0.5)))


def tagger_with_rate(tagger: EncoderTagger, rate: float) -> EncoderTagger:
    twin = copy.deepcopy(tagger)
    set_dropout(twin, rate)
    return twin


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_a_mask_drops_its_share_and_keeps_the_mean(rate: float) -> None:
    torch.manual_seed(0)
    mask = draw_mask((400, 401), rate, torch.float32)
    assert mask is not None
    assert float((mask == 0).float().mean()) == pytest.approx(rate, abs=0.005)
    assert float(mask.mean()) == pytest.approx(1.0, abs=0.01)


def test_no_mask_for_no_dropout() -> None:
    assert draw_mask((3, 3), 0.0, torch.float32) is None
    x = torch.randn(3, 3)
    assert torch.equal(FastDropout(0.0).train()(x), x)


def test_without_fast_it_is_all_hugging_faces() -> None:
    encoder = build_encoder({"model_type": "bert", **SIZES})
    slow = EncoderTagger(encoder, 32, 5, shapes=True, fast=False)
    assert slow._body._layers is None
    assert not any(isinstance(module, FastDropout) for module in slow.modules())


def test_other_encoders_go_their_own_way() -> None:
    odd = build_encoder({"model_type": "bert", "hidden_act": "relu", **SIZES})
    assert not has_bert_layers(odd.config)
    assert has_bert_layers(build_encoder({"model_type": "bert", **SIZES}).config)
