"""A larger encoder's states, learnt."""

import pytest
from small_text import paragraphs, settings_of, write_project
from tiny import build_bpe_encoder, build_wordpiece_encoder

from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.errors import ScinerError
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
