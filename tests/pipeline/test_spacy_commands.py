"""spaCy's own commands on a pipeline of ours."""

import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest
import spacy
from spacy.cli.debug_config import debug_config
from spacy.cli.evaluate import evaluate
from spacy.cli.find_threshold import find_threshold
from spacy.cli.init_config import fill_config
from spacy.cli.package import package
from thinc.api import Adam
from tiny import CONFIGS, LABELS, ents_of, make_examples

from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline


def test_evaluate(tiny_model: Path, tiny_corpus, tmp_path: Path):
    found = evaluate(str(tiny_model), tiny_corpus[1], output=tmp_path / "metrics.json")
    assert found["ents_f"] == 1.0
    written = json.loads((tmp_path / "metrics.json").read_text())
    assert set(written["ents_per_type"]) <= set(LABELS)
    assert len(written["ents_per_type"]) > 1


def test_find_threshold_of_gamma(tiny_corpus, tmp_path: Path):
    """The recipe of the README: how F1 depends on γ."""
    # Trained a little, so that γ matters.
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=5, learn_rate=0.01, batch_words=32)
    train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=tmp_path / "model")
    nlp = spacy.load(tmp_path / "model")
    nlp.add_pipe("sciner_annotator", config={"gamma": 0.5})
    nlp.to_disk(tmp_path / "annotating")
    best, score, scores = find_threshold(
        str(tmp_path / "annotating"),
        tiny_corpus[0],
        pipe_name="sciner_annotator",
        threshold_key="gamma",
        scores_key="ents_f",
        n_trials=5,
    )
    assert list(scores) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert scores[best] == score == max(scores.values())
    assert scores[0.0] > scores[1.0] == 0.0


def test_a_filled_config_can_be_debugged(tmp_path: Path, tiny_encoder: Path, tiny_corpus):
    fill_config(tmp_path / "filled.cfg", CONFIGS / "tiny.cfg")
    paths = {"train": tiny_corpus[0], "dev": tiny_corpus[1], "encoder": tiny_encoder}
    overrides = {f"paths.{k}": str(v) for k, v in paths.items()}
    debug_config(tmp_path / "filled.cfg", overrides=overrides)


def test_training_goes_on_with_an_optimizer_of_ones_own(tiny_model: Path):
    nlp = spacy.load(tiny_model)
    optimizer = nlp.resume_training(sgd=Adam(1e-4))
    losses = nlp.update(make_examples(nlp), sgd=optimizer)
    assert losses["sciner"] >= 0


@pytest.fixture(scope="module")
def package_folder(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("packages")
    # Building in isolation would ask the network for setuptools.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # spaCy leaves what it wrote open
        package(tiny_model, out, name="tiny_sciner", create_sdist=False, create_wheel=False)
    return out / "en_tiny_sciner-0.0.0"


def test_a_package_asks_for_ours(package_folder: Path):
    meta = json.loads((package_folder / "meta.json").read_text())
    assert [r for r in meta["requirements"] if r.startswith("spacy-sciner>=")]
    assert meta["pipeline"] == meta["components"] == ["sciner"]
    assert meta["labels"]["sciner"] == LABELS
    assert meta["performance"]["ents_f"] == 1.0


def test_a_wheel_loads_by_its_name(package_folder: Path, tiny_model: Path, tmp_path: Path):
    pytest.importorskip("setuptools")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, "."],
        cwd=package_folder,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    text = "we train a Random Forest on GLUE"
    load = f"spacy.load('en_tiny_sciner')({text!r})"
    code = f"import spacy; print({load}.to_json()['ents'])"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    doc = spacy.load(tiny_model)(text)
    assert len(ents_of(doc)) == 2
    assert result.stdout.strip() == str(doc.to_json()["ents"])
