"""A larger encoder's states, learnt."""

import shutil

import pytest
import torch
from small_text import paragraphs, settings_of, write_project
from tiny import build_bpe_encoder, build_wordpiece_encoder
from transformers import (
    AlbertConfig,
    AlbertModel,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    MegatronBertConfig,
    MegatronBertModel,
    MPNetConfig,
    MPNetModel,
)

from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.errors import ScinerError
from spacy_sciner.models.distil import RelationModel, linears_of
from spacy_sciner.models.head import load_encoder


@pytest.fixture
def root(tmp_path):
    return write_project(tmp_path, paragraphs(40))


def distil(encoder, teacher, **adapt):
    source = {"name": str(teacher), "keep_layers": 1}
    return settings_of(encoder, ["distil"], distil={"teacher": source}, **adapt)


def test_states_come_closer_and_the_teacher_stays_as_it_is(root, tiny_encoder, tmp_path):
    teacher = build_wordpiece_encoder(tmp_path / "teacher", hidden_size=64)
    before = (teacher / "model.safetensors").read_bytes()
    facts = make_encoder(distil(tiny_encoder, teacher, epochs=6), out=root / "encoder", root=root)
    (figures,) = facts["adapt"]["methods"]
    assert figures["held_out"] < 0.5 * figures["held_out_before"]
    assert (teacher / "model.safetensors").read_bytes() == before
    student = load_encoder(str(root / "encoder"))
    assert student.config.hidden_size == load_encoder(str(tiny_encoder)).config.hidden_size


def test_it_takes_smaller_steps_than_masked_words_unless_told_how_large(root, tiny_encoder):
    whole = {"batch_pieces": 100_000, "epochs": 1}  # all of the text at once
    usual = {"batch_pieces": "auto", "epochs": 1}
    words = settings_of(tiny_encoder, ["mlm"], **usual)
    given = [distil(tiny_encoder, tiny_encoder, **how) for how in (usual, whole)]
    made = [
        make_encoder(settings, out=root / f"encoder-{i}", root=root)["curves"][0]["curve"][-1]
        for i, settings in enumerate([words, *given])
    ]
    of_words, small, large = (last["step"] for last in made)
    assert small > of_words >= large == 1


@pytest.mark.parametrize("n_pieces", [280, 320])
def test_a_byte_level_teacher_with_fewer_or_more_pieces_is_refused(
    n_pieces, root, tiny_bpe_encoder, tmp_path
):
    teacher = build_bpe_encoder(tmp_path / "teacher", n_pieces=n_pieces)
    with pytest.raises(ScinerError, match=r"SCINER-E338: adapt.distil.teacher cuts \d+ of"):
        make_encoder(distil(tiny_bpe_encoder, teacher), out=root / "encoder", root=root)


def test_a_teacher_of_the_same_pieces_is_taken_byte_level_or_not(root, tiny_bpe_encoder):
    teacher = distil(tiny_bpe_encoder, tiny_bpe_encoder, epochs=1)
    facts = make_encoder(teacher, out=root / "encoder", root=root)
    assert facts["adapt"]["methods"][0]["steps"] > 0


def test_a_teacher_that_cuts_words_otherwise_is_refused(root, tiny_encoder, tiny_bpe_encoder):
    with pytest.raises(ScinerError, match=r"SCINER-E338.*differently"):
        make_encoder(distil(tiny_encoder, tiny_bpe_encoder), out=root / "encoder", root=root)
    assert not (root / "encoder").exists()


# --- self-attention relations -----------------------------------------------------------------


def relations(encoder, teacher, **adapt):
    source = {"name": str(teacher), "keep_layers": 1}
    distil = {"teacher": source, "match": "relations"}
    return settings_of(encoder, ["distil"], distil=distil, **adapt)


def with_large_weights(encoder):
    """Of a new encoder the tokens are alike to each other: there is no relation to learn."""
    with torch.no_grad():
        for linear in linears_of(encoder)[:2]:
            linear.weight.mul_(100)
    return encoder.eval()


def test_relations_come_closer(root, tiny_encoder, tmp_path):
    teacher = build_wordpiece_encoder(tmp_path / "teacher", hidden_size=64, num_hidden_layers=1)
    with_large_weights(BertModel.from_pretrained(teacher)).save_pretrained(teacher)
    settings = relations(tiny_encoder, teacher, epochs=10, learn_rate=0.01)
    facts = make_encoder(settings, out=root / "encoder", root=root)
    (figures,) = facts["adapt"]["methods"]
    assert figures["held_out"] < 0.85 * figures["held_out_before"]


def test_relations_are_those_of_hugging_faces_layers_and_padding_has_no_part(tiny_encoder):
    encoder = with_large_weights(load_encoder(str(tiny_encoder)))
    model = RelationModel(encoder, load_encoder(str(tiny_encoder))).eval()
    ids, lengths = torch.tensor([[2, 7, 8, 3], [2, 9, 3, 0]]), torch.tensor([4, 3])
    found = model.view(model.bodies[0], ids, torch.arange(8), lengths)
    mask = torch.arange(4)[None, :] < lengths[:, None]
    states = encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
    for linear, relation in zip(linears_of(encoder), found, strict=True):
        for row, n in enumerate(lengths.tolist()):
            heads = linear(states[-2][row, :n]).view(n, model.n_heads, -1).transpose(0, 1)
            wanted = (heads @ heads.transpose(1, 2) / heads.shape[-1] ** 0.5).softmax(-1)
            ours = relation.view(2, 4, model.n_heads, 4)[row, :n].transpose(0, 1).exp()
            assert torch.allclose(ours[:, :, :n], wanted, atol=1e-5)
            assert not ours[:, :, n:].any()
    places, counted = torch.arange(8), torch.arange(8) < 7
    same = RelationModel(encoder, encoder).eval()
    assert float(same(ids, ids, places, counted, lengths)[0]) == pytest.approx(0, abs=1e-5)
    assert float(model(ids, ids, places, counted, lengths)[0]) > 1e-3


def test_mpnets_layers_are_known(tmp_path):
    sizes = {"vocab_size": 40, "hidden_size": 24, "intermediate_size": 32}
    config = MPNetConfig(**sizes, num_hidden_layers=2, num_attention_heads=2)
    encoder = MPNetModel(config, add_pooling_layer=False).eval()
    model = RelationModel(encoder, encoder).eval()
    ids, lengths = torch.tensor([[2, 7, 8, 3]]), torch.tensor([4])
    loss, n = model(ids, ids, torch.arange(4), torch.ones(4, dtype=torch.bool), lengths)
    assert (float(loss), int(n)) == (pytest.approx(0, abs=1e-5), 4)


def test_e565_for_layers_that_are_not_known(root, tiny_encoder, tmp_path):
    teacher = tmp_path / "teacher"
    shutil.copytree(tiny_encoder, teacher)
    size = load_encoder(str(tiny_encoder)).config.vocab_size
    DistilBertModel(
        DistilBertConfig(vocab_size=size, dim=16, n_heads=2, n_layers=1)
    ).save_pretrained(teacher)
    settings = relations(tiny_encoder, teacher)
    with pytest.raises(ScinerError, match=r"SCINER-E565: .*DistilBertModel has others"):
        make_encoder(settings, out=root / "encoder", root=root)


@pytest.mark.parametrize(
    ("make_config", "make_model"),
    [
        (AlbertConfig, AlbertModel),
        (MegatronBertConfig, MegatronBertModel),  # BERT's names, and norms before its layers
    ],
)
def test_layers_that_are_like_berts_in_name_only_are_not_known(make_config, make_model):
    sizes = {"vocab_size": 40, "hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 1}
    encoder = make_model(make_config(**sizes, num_attention_heads=2))
    with pytest.raises(ScinerError, match="SCINER-E565"):
        linears_of(encoder)


@pytest.mark.parametrize("match", ["states", "relations"])
def test_an_encoder_that_cannot_be_opened_is_told_as_what_it_is(
    root, tiny_encoder, match, monkeypatch
):
    def load(path):
        raise ValueError("no such architecture")

    monkeypatch.setattr("spacy_sciner.adapt.distil.load_encoder", load)
    adapt = {"teacher": {"name": str(tiny_encoder)}, "match": match}
    settings = settings_of(tiny_encoder, ["distil"], distil=adapt)
    with pytest.raises(ValueError, match=r"^no such architecture$"):
        make_encoder(settings, out=root / "encoder", root=root)
