"""Updates of a torch module: torch's own, bit for bit, with less imported and less done."""

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from spacy_sciner.models.optimizers import AdamW, clip_gradients, decay_groups


def make_module() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(2, 2))


def update(module: nn.Module, optimizer: AdamW | torch.optim.AdamW, step: int) -> None:
    """With gradients of each step's own; the last layer has none at first, the second at times."""
    torch.manual_seed(step)
    for i, (name, weight) in enumerate(module.named_parameters()):
        gradient: Tensor = torch.randn_like(weight)
        has_none = (name.startswith("2.") and step < 3) or (i == 2 and step % 2)
        weight.grad = None if has_none else gradient
    for group in optimizer.param_groups:
        group["lr"] = 0.1 / (1 + step)
        group["weight_decay"] = 0.01 if group["decays"] else 0.0
    optimizer.step()
    optimizer.zero_grad()


def test_adamw_is_torchs() -> None:
    ours, theirs = make_module(), make_module()
    ours_optimizer = AdamW(decay_groups(ours))
    theirs_optimizer = torch.optim.AdamW(decay_groups(theirs), fused=True)
    for step in range(6):
        update(ours, ours_optimizer, step)
        update(theirs, theirs_optimizer, step)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other)
        assert mine.grad is None


def test_adamw_goes_on_from_its_state() -> None:
    module = make_module()
    optimizer = AdamW(decay_groups(module))
    for step in range(4):
        update(module, optimizer, step)
    twin = copy.deepcopy(module)
    twin_optimizer = AdamW(decay_groups(twin))
    twin_optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    update(module, optimizer, 4)
    update(twin, twin_optimizer, 4)
    for mine, other in zip(module.parameters(), twin.parameters(), strict=True):
        assert torch.equal(mine, other)


@pytest.mark.parametrize("infinite_at", [None, 2])
def test_a_scaler_of_half_precision_takes_it(infinite_at: int | None) -> None:
    """It skips a step with an infinite gradient, and halves its scale."""
    ended = []
    for kind in (AdamW, lambda groups: torch.optim.AdamW(groups, fused=True)):
        module = make_module()
        optimizer: Any = kind(decay_groups(module))
        scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
        for step in range(4):
            for group in optimizer.param_groups:
                group["lr"], group["weight_decay"] = 0.1, 0.01
            torch.manual_seed(step)
            loss = module(torch.randn(5, 3)).pow(2).mean()
            scaler.scale(loss * (float("inf") if step == infinite_at else 1.0)).backward()
            scaler.unscale_(optimizer)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()
        ended.append((scaler.get_scale(), *module.parameters()))
    (scale, *ours), (_, *theirs) = ended
    assert scale == (4.0 if infinite_at is None else 2.0)
    assert all(torch.equal(mine, other) for mine, other in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("scale", [1e-3, 0.3, 1.0, 1e3, float("nan")])
def test_gradients_are_clipped_as_torch_does_it(scale: float) -> None:
    ours, theirs = make_module(), make_module()
    for module in (ours, theirs):
        torch.manual_seed(1)
        for weight in list(module.parameters())[1:]:  # the first has none
            weight.grad = scale * torch.randn_like(weight)
    clip_gradients(ours.parameters(), 1.0)
    nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        if mine.grad is None or other.grad is None:
            assert mine.grad is other.grad
        else:
            assert torch.equal(mine.grad.nan_to_num(7.0), other.grad.nan_to_num(7.0))
