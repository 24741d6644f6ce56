"""The adapt stage."""

import hashlib
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from small_text import paragraphs, settings_of, write_project
from stage_project import make_settings

from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.errors import ScinerError, ScinerWarning
from spacy_sciner.models.head import load_encoder

WEIGHTS = "model.safetensors"


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


def test_weights_may_have_tensorflows_names(tiny_encoder: Path, tmp_path: Path):
    """As those of the first BERTs have; transformers reads both, and what is written is read."""
    older = shutil.copytree(tiny_encoder, tmp_path / "older")
    renamed = {}
    for name, tensor in load_file(older / WEIGHTS).items():
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        renamed[name.replace("LayerNorm.bias", "LayerNorm.beta")] = tensor
    save_file(renamed, older / WEIGHTS, {"format": "pt"})
    root = write_project(tmp_path / "project", paragraphs(10))
    make_encoder(settings_of(older, ["mlm"], epochs=1), out=root / "encoder", root=root)
    written = load_file(root / "encoder" / WEIGHTS)
    assert written.keys() == renamed.keys()
    name = next(name for name in written if name.endswith("LayerNorm.gamma"))
    own = name.replace("gamma", "weight").removeprefix("bert.")
    assert load_encoder(str(root / "encoder")).state_dict()[own].equal(written[name])


def test_weights_of_other_names_are_refused_before_anything_is_learnt(tiny_encoder, tmp_path):
    other = shutil.copytree(tiny_encoder, tmp_path / "other")
    tensors = load_file(other / WEIGHTS)
    odd = next(name for name in tensors if "query.weight" in name)
    tensors[f"{odd}.else"] = tensors.pop(odd)
    save_file(tensors, other / WEIGHTS, {"format": "pt"})
    root = write_project(tmp_path / "project", paragraphs(2))
    told = []
    with pytest.raises(ScinerError, match=r"E336: .*/other "):
        make_encoder(settings_of(other, ["mlm"]), out=root / "e", narrate=told.append, root=root)
    assert told == []


def test_text_that_dvc_does_not_see_is_named(tiny_encoder, tmp_path):
    root = write_project(tmp_path, paragraphs(4))
    path = root / "assets/other/more.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text('{"id": "new", "text": "Nothing of this was read before, or is in the pool."}')
    (root / "assets/sample").mkdir()
    (root / "assets/sample/own.jsonl").write_bytes(path.read_bytes())
    names = ["a/../own.jsonl", "../sample/own.jsonl"]
    unread = {"files": ["../other/concepts.jsonl"]}
    settings = settings_of(tiny_encoder, ["mlm"], collections=names, concepts=unread, epochs=1)
    (root / "assets/sample/a").mkdir()
    make_encoder(settings, out=root / "encoder", root=root)  # no warning: it is seen
    settings = settings_of(tiny_encoder, ["mlm"], collections=["../other/more.jsonl"], epochs=1)
    with pytest.warns(ScinerWarning, match=r"W230: Outside of assets/sample.*\.\./other/more"):
        make_encoder(settings, out=root / "encoder", root=root)
