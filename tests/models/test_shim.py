"""What Thinc sees of a torch module."""

from typing import Any, Dict

import numpy as np
import pytest
import torch
from thinc.api import SGD, Adam

from spacy_sciner.errors import ScinerError
from spacy_sciner.models import shim as shim_module
from spacy_sciner.models.head import TagHead
from spacy_sciner.models.optimizers import make_momentum_sgd
from spacy_sciner.models.shim import TorchTagger, resolve_device, resolve_precision

DATA = {"width": 4, "n_tags": 3, "head": "linear"}
BATCH = (torch.ones(1, 2, 4), torch.tensor([2]))


def rebuild(data: Dict[str, Any]) -> TagHead:
    return TagHead(data["width"], data["n_tags"], kind=data["head"])


def make_shim(**kwargs: Any) -> TorchTagger:
    shim = TorchTagger(rebuild, **{"device": "cpu", "precision": "fp32", **kwargs})
    torch.manual_seed(0)
    shim.set_module(rebuild(DATA), DATA)
    return shim


def update(shim: TorchTagger, optimizer: Adam, *, scale: float = 1.0) -> None:
    output, backprop = shim.begin_update((BATCH[0].clone(), BATCH[1]))
    gradient = np.zeros_like(output)
    gradient[:, :, 0] = -scale
    backprop(gradient)
    shim.finish_update(optimizer)


def weights(shim: TorchTagger) -> np.ndarray:
    return shim.module.linear.weight.detach().numpy().copy()


def test_e301_without_a_module():
    with pytest.raises(ScinerError, match="SCINER-E301"):
        TorchTagger(rebuild).predict(BATCH)


def test_bytes_are_the_same_for_the_same_weights():
    shim = make_shim()
    assert shim.to_bytes() == make_shim().to_bytes()
    assert shim.from_bytes(shim.to_bytes()).to_bytes() == make_shim().to_bytes()


def test_bytes_make_the_same_module():
    shim = make_shim()
    again = TorchTagger(rebuild, device="cpu", precision="fp32").from_bytes(shim.to_bytes())
    assert again.data == DATA
    np.testing.assert_array_equal(again.predict(BATCH), shim.predict(BATCH))


def test_loading_draws_no_random_numbers():
    content = make_shim().to_bytes()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    TorchTagger(rebuild, device="cpu", precision="fp32").from_bytes(content)
    assert torch.equal(torch.rand(3), expected)


def test_bytes_carry_no_pickle():
    assert b"torch" not in make_shim().to_bytes()


def test_an_empty_shim_round_trips_too():
    empty = TorchTagger(rebuild)
    assert TorchTagger(rebuild).from_bytes(empty.to_bytes()).data == {}


def test_a_copy_is_equal_and_apart():
    shim = make_shim()
    twin = shim.copy()
    np.testing.assert_array_equal(weights(twin), weights(shim))
    update(twin, Adam(0.1))
    assert not np.array_equal(weights(twin), weights(shim))


def test_an_update_raises_the_rewarded_tag():
    shim = make_shim()
    before = shim.predict(BATCH)[0, 0, 0]
    for _ in range(3):
        update(shim, Adam(0.1))
    assert shim.predict(BATCH)[0, 0, 0] > before


def test_no_gradient_no_step():
    shim = make_shim()
    before = weights(shim)
    shim.finish_update(Adam(0.1))
    np.testing.assert_array_equal(weights(shim), before)


def test_the_learning_rate_is_the_optimizers_current_one():
    moved = {}
    for rate in (0.0, 0.01, 0.1):
        shim = make_shim()
        before = weights(shim)
        update(shim, Adam(rate, L2=0.0))
        moved[rate] = np.abs(weights(shim) - before).max()
    assert moved[0.0] == 0.0
    # Adam's first step is the learning rate, whatever the gradient.
    assert moved[0.01] == pytest.approx(0.01, rel=1e-3)
    assert moved[0.1] == pytest.approx(0.1, rel=1e-3)


def test_sgd_steps_by_the_gradient_and_goes_on_by_its_momentum():
    moved = {}
    for scale in (1.0, 2.0):
        shim = make_shim()
        shim.set_dropout(0.0)
        optimizer = make_momentum_sgd(0.1, momentum=0.5, grad_clip=0.0)
        start = weights(shim)
        update(shim, optimizer, scale=scale)
        moved[scale] = weights(shim) - start
        update(shim, optimizer, scale=0.0)
        np.testing.assert_allclose(weights(shim) - start, 1.5 * moved[scale], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(moved[2.0], 2 * moved[1.0], rtol=1e-4)


def test_thincs_own_sgd_has_no_momentum():
    shim = make_shim()
    optimizer = SGD(0.1, L2=0.0, use_averages=False)
    before = weights(shim)
    update(shim, optimizer)
    after = weights(shim)
    update(shim, optimizer, scale=0.0)
    assert not np.array_equal(after, before)
    np.testing.assert_array_equal(weights(shim), after)


def test_the_momentum_goes_on_after_a_restart():
    shim = make_shim()
    shim.set_dropout(0.0)
    optimizer = make_momentum_sgd(0.1)
    update(shim, optimizer)
    twin = shim.copy()
    twin.set_dropout(0.0)
    state = {name: tensor.clone() for name, tensor in shim.optimizer_state().items()}
    twin.restore_optimizer(state, optimizer)
    for one in (shim, twin):
        update(one, optimizer)
    np.testing.assert_array_equal(weights(twin), weights(shim))


def test_weight_decay_is_the_optimizers_and_spares_the_bias():
    shim = make_shim()
    shim.module.linear.bias.data.fill_(1.0)
    before = weights(shim)
    update(shim, Adam(0.1, L2=0.5), scale=0.0)
    np.testing.assert_allclose(weights(shim), before * (1 - 0.1 * 0.5), rtol=1e-5)
    np.testing.assert_array_equal(shim.module.linear.bias.detach().numpy(), np.ones(3))


def test_gradients_are_clipped_by_their_global_norm():
    """Adam forgets the scale of a gradient but not what happened before it."""
    after = {}
    for clip in (0.0, 1.0):
        shim = make_shim()
        optimizer = Adam(0.1, L2=0.0, grad_clip=clip)
        update(shim, optimizer, scale=1.0)
        update(shim, optimizer, scale=1000.0)
        after[clip] = weights(shim)
    assert not np.allclose(after[0.0], after[1.0])


def test_the_gradient_of_a_float_input_comes_back():
    shim = make_shim()
    shim.set_dropout(0.0)
    vectors = torch.randn(1, 2, 4)
    _, backprop = shim.begin_update((vectors.clone(), torch.tensor([2])))
    d_output = np.random.default_rng(0).normal(size=(1, 2, 3)).astype("f")
    found = backprop(d_output)
    step = 1e-2
    for at in np.ndindex(1, 2, 4):
        up, down = vectors.clone(), vectors.clone()
        up[at] += step
        down[at] -= step
        values = [(shim.predict((x, torch.tensor([2]))) * d_output).sum() for x in (up, down)]
        assert found[at] == pytest.approx((values[0] - values[1]) / (2 * step), abs=1e-3)


def test_e303_for_cuda_where_there_is_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ScinerError, match="SCINER-E303"):
        resolve_device("cuda")
    assert resolve_device("auto") == "cpu"


@pytest.mark.parametrize(
    ("precision", "fast", "dtype"),
    [
        ("auto", True, torch.bfloat16),
        ("auto", False, torch.float32),
        ("fp32", True, torch.float32),
        ("bf16", False, torch.bfloat16),
        ("fp16", False, torch.bfloat16),  # a CPU does not compute in half precision
    ],
)
def test_precision_on_a_cpu(monkeypatch: pytest.MonkeyPatch, precision, fast, dtype):
    monkeypatch.setattr(shim_module, "has_fast_bf16", lambda: fast)
    assert resolve_precision(precision, "cpu") == dtype


def test_bf16_rounds_and_still_gives_float32():
    exact, rounded = make_shim().predict(BATCH), make_shim(precision="bf16").predict(BATCH)
    assert rounded.dtype == np.float32
    np.testing.assert_allclose(exact, rounded, atol=0.05)
    assert not np.array_equal(exact, rounded)
