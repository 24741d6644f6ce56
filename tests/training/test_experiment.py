"""Where an iteration reads and writes, and with what settings it trains."""

from pathlib import Path

import pytest
import yaml
from tiny import ROOT

from spacy_sciner.errors import ScinerError
from spacy_sciner.training.experiment import Experiment, load_pipeline

PARAMS = {
    "seed": 3,
    "device": "cpu",
    "precision": "fp32",
    "train": {
        "config": "configs/tiny.cfg",
        "epochs": 7,
        "learn_rate": 0.1,
        "batch_words": 64,
        "calibrate": False,
    },
    "retrain": {"start": "warm", "epochs": 2, "learn_rate": 0.01},
    "iterations": {"1": {"prev": "0"}, "2": {"prev": "1"}},
}


@pytest.fixture
def params(tmp_path: Path) -> Path:
    return write(tmp_path, PARAMS)


def write(tmp_path: Path, params: dict) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(params))
    return path


def test_iteration_0_trains_on_gold_alone(params: Path):
    experiment = Experiment(params, 0)
    assert experiment.training_file == Path("corpus/gold/train.spacy")
    assert experiment.model == Path("training/0/model-best")
    assert experiment.start is None
    recipe = experiment.recipe
    assert (recipe.epochs, recipe.learn_rate, recipe.batch_words) == (7, 0.1, 64)
    assert (recipe.seed, recipe.device, recipe.precision) == (3, "cpu", "fp32")
    assert recipe.config == Path("configs/tiny.cfg")


def test_a_later_iteration_goes_on_from_its_predecessor(params: Path):
    experiment = Experiment(params, 2, previous=1)
    assert experiment.training_file == Path("corpus/iteration-2/train.spacy")
    assert experiment.start == Path("training/1/model-best")
    assert (experiment.recipe.epochs, experiment.recipe.learn_rate) == (2, 0.01)
    assert experiment.recipe.batch_words == 64


def test_later_iterations_have_batches_and_teachers_of_their_own(tmp_path: Path):
    train = {**PARAMS["train"], "teachers": 3}
    retrain = {**PARAMS["retrain"], "batch_words": 1024, "teachers": 2}
    params = write(tmp_path, {**PARAMS, "train": train, "retrain": retrain})
    first, later = Experiment(params, 0), Experiment(params, 1)
    assert (first.recipe.batch_words, first.n_teachers) == (64, 3)
    assert (later.recipe.batch_words, later.n_teachers) == (1024, 2)


def test_a_predecessor_may_be_iteration_0(params: Path):
    assert Experiment(params, 1, previous=0).start == Path("training/0/model-best")


def test_the_predecessor_is_read_from_params_if_it_is_not_given(params: Path):
    assert Experiment(params, 2).start == Path("training/1/model-best")
    with pytest.raises(ScinerError, match=r"SCINER-E501.*'iterations\.3\.prev'"):
        Experiment(params, 3)


def test_a_fresh_start(tmp_path: Path):
    fresh = write(tmp_path, {**PARAMS, "retrain": {**PARAMS["retrain"], "start": "fresh"}})
    assert Experiment(fresh, 2, previous=1).start is None


def test_e302_for_an_unknown_start(tmp_path: Path):
    wrong = write(tmp_path, {**PARAMS, "retrain": {**PARAMS["retrain"], "start": "lukewarm"}})
    with pytest.raises(ScinerError, match=r"SCINER-E302.*'lukewarm'.*warm, fresh"):
        _ = Experiment(wrong, 2, previous=1).start


@pytest.mark.parametrize("section", ["train", "retrain"])
def test_e501_names_a_missing_setting(tmp_path: Path, section: str):
    settings = {k: v for k, v in PARAMS[section].items() if k != "epochs"}
    wrong = write(tmp_path, {**PARAMS, section: settings})
    with pytest.raises(ScinerError, match=rf"SCINER-E501.*'{section}\.epochs'"):
        _ = Experiment(wrong, 0 if section == "train" else 1, previous=0).recipe


def test_the_projects_own_params_give_a_recipe():
    for iteration in (0, 1):
        recipe = Experiment(ROOT / "params.yaml", iteration, previous=0).recipe
        assert (ROOT / recipe.config).is_file()


def test_e314_for_a_pipeline_that_is_not_there(tmp_path: Path):
    with pytest.raises(ScinerError, match="SCINER-E314"):
        load_pipeline(tmp_path)
