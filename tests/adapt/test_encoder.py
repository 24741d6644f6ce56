"""The adapt stage."""

import hashlib
from pathlib import Path

import pytest
from stage_project import make_settings

from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.errors import ScinerError
from spacy_sciner.models.head import load_encoder


def of(**encoder):
    return make_settings(encoder=encoder, train={"teachers": 2})


def test_the_encoder_of_params_lands_in_a_folder_of_its_own(tiny_encoder: Path, tmp_path: Path):
    weights = (tiny_encoder / "model.safetensors").read_bytes()
    sha256 = hashlib.sha256(weights).hexdigest()
    encoder = {"name": str(tiny_encoder), "sha256": sha256, "keep_layers": 0}
    facts = make_encoder(make_settings(encoder=encoder), out=tmp_path / "encoder")
    assert facts["sha256"] == sha256
    assert (tmp_path / "encoder" / "model.safetensors").read_bytes() == weights


def test_checksum_and_layers_need_not_be_given(tiny_encoder: Path, tmp_path: Path):
    facts = make_encoder(of(name=str(tiny_encoder)), out=tmp_path / "encoder")
    assert facts["layers"] == 2


def test_keep_layers(tiny_encoder: Path, tmp_path: Path):
    encoder = {"name": str(tiny_encoder), "sha256": None, "keep_layers": 1}
    make_encoder(make_settings(encoder=encoder), out=tmp_path / "encoder")
    assert len(load_encoder(str(tmp_path / "encoder")).encoder.layer) == 1


def test_a_wrong_checksum_is_not_passed_over(tiny_encoder: Path, tmp_path: Path):
    with pytest.raises(ScinerError, match="SCINER-E305"):
        make_encoder(of(name=str(tiny_encoder), sha256="0" * 64), out=tmp_path / "e")
    assert not (tmp_path / "e").exists()


def test_a_teachers_encoder_lies_inside_and_goes_when_it_is_no_longer_asked_for(
    tiny_encoder: Path, tiny_bpe_encoder: Path, tmp_path: Path
):
    out = tmp_path / "encoder"
    teacher = {"name": str(tiny_bpe_encoder), "keep_layers": 1}
    facts = make_encoder(of(name=str(tiny_encoder), teacher=teacher), out=out)
    assert facts["model_type"] == "bert"
    assert (facts["teacher"]["model_type"], facts["teacher"]["layers"]) == ("roberta", 1)
    assert len(load_encoder(str(out / "teacher")).encoder.layer) == 1
    make_encoder(of(name=str(tiny_encoder)), out=out)
    assert not (out / "teacher").exists()
