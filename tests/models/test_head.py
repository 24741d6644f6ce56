"""The torch modules."""

from pathlib import Path

import pytest
import torch

from spacy_sciner.errors import ScinerError
from spacy_sciner.models.head import (
    EncoderTagger,
    TagHead,
    build_encoder,
    freeze,
    load_encoder,
    set_dropout,
)


@pytest.mark.parametrize("kind", ["linear", "bilstm"])
def test_head_gives_log_probabilities(kind):
    head = TagHead(8, 5, kind=kind).eval()
    output = head(torch.randn(2, 4, 8), torch.tensor([4, 2]))
    assert output.shape == (2, 4, 5)
    assert output.dtype == torch.float32
    torch.testing.assert_close(output.exp().sum(-1), torch.ones(2, 4))


def test_a_bilstm_sees_the_neighbours_and_a_linear_head_does_not():
    changed = {}
    for kind in ("linear", "bilstm"):
        head = TagHead(8, 5, kind=kind).eval()
        hidden = torch.randn(1, 4, 8)
        before = head(hidden, torch.tensor([4]))[0, 0]
        hidden[0, 3] += 1.0
        changed[kind] = not torch.equal(before, head(hidden, torch.tensor([4]))[0, 0])
    assert changed == {"linear": False, "bilstm": True}


def test_a_bilstm_does_not_see_the_padding():
    head = TagHead(8, 5, kind="bilstm").eval()
    hidden = torch.randn(2, 6, 8)
    alone = head(hidden[1:, :3], torch.tensor([3]))
    beside = head(hidden, torch.tensor([6, 3]))
    torch.testing.assert_close(beside[1:, :3], alone)


@pytest.mark.parametrize("name", ["tiny_encoder", "tiny_bpe_encoder"])
@pytest.mark.parametrize("shapes", [False, True])
def test_padding_does_not_change_a_row(name, shapes, request: pytest.FixtureRequest):
    encoder = load_encoder(str(request.getfixturevalue(name)))
    module = EncoderTagger(encoder, 16, 5, shapes=shapes).eval()
    ids, marks = torch.tensor([[4, 5, 6, 7]]), torch.tensor([[0, 3, 1, 0]])
    pad = encoder.config.pad_token_id
    padded = torch.nn.functional.pad(ids, (0, 4), value=pad)
    zeros = torch.nn.functional.pad(marks, (0, 4))
    short = module(ids, marks, torch.tensor([4]))
    long = module(padded, zeros, torch.tensor([4]))
    torch.testing.assert_close(long[:, :4], short, rtol=1e-4, atol=1e-5)


def test_shapes_reach_the_output(tiny_encoder: Path):
    module = EncoderTagger(load_encoder(str(tiny_encoder)), 16, 5, shapes=True).eval()
    ids, lengths = torch.tensor([[4, 5, 6]]), torch.tensor([3])
    lower = module(ids, torch.tensor([[0, 3, 0]]), lengths)
    upper = module(ids, torch.tensor([[0, 9, 0]]), lengths)
    assert not torch.allclose(lower, upper)


def test_the_pooler_is_neither_trained_nor_saved(tiny_encoder: Path):
    encoder = load_encoder(str(tiny_encoder))
    assert not [name for name in encoder.state_dict() if "pooler" in name]


def test_attention_dropout_is_off_and_stays_off(tiny_encoder: Path):
    config = load_encoder(str(tiny_encoder)).config.to_dict()
    config["attention_probs_dropout_prob"] = 0.1
    encoder = build_encoder(config)
    assert encoder.config.attention_probs_dropout_prob == 0.0
    set_dropout(encoder, 0.5)
    rates = {name: m.p for name, m in encoder.named_modules() if isinstance(m, torch.nn.Dropout)}
    attention = {rate for name, rate in rates.items() if ".attention.self." in name}
    others = {rate for name, rate in rates.items() if ".attention.self." not in name}
    assert (attention, others) == ({0.0}, {0.5})


def test_dropout_comes_back_after_zero():
    head = TagHead(8, 5)
    set_dropout(head, 0.0)
    hidden = torch.ones(1, 50, 8)
    head.train()
    quiet = [head(hidden, torch.tensor([50])) for _ in range(2)]
    assert torch.equal(*quiet)
    set_dropout(head, 0.5)
    assert not torch.equal(head(hidden, torch.tensor([50])), head(hidden, torch.tensor([50])))


@pytest.mark.parametrize(
    ("embeddings", "n_layers", "frozen"),
    [
        (False, 0, set()),
        (True, 0, {"words"}),
        (False, 1, {"words", "positions", "layer.0"}),
        (False, 2, {"words", "positions", "layer.0", "layer.1"}),
    ],
)
def test_freeze(tiny_encoder: Path, embeddings, n_layers, frozen):
    encoder = load_encoder(str(tiny_encoder))
    freeze(encoder, embeddings=embeddings, n_layers=n_layers)
    parts = {
        "words": "embeddings.word_embeddings",
        "positions": "embeddings.position_embeddings",
        "layer.0": "encoder.layer.0.",
        "layer.1": "encoder.layer.1.",
    }
    for part, prefix in parts.items():
        trained = {p.requires_grad for n, p in encoder.named_parameters() if n.startswith(prefix)}
        assert trained == {part not in frozen}, part


def test_e315_for_more_frozen_layers_than_there_are(tiny_encoder: Path):
    encoder = load_encoder(str(tiny_encoder))
    with pytest.raises(ScinerError, match=r"SCINER-E315: frozen_layers is 3; the encoder has 2"):
        freeze(encoder, embeddings=False, n_layers=3)
