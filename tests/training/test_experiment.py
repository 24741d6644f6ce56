"""Where an iteration reads and writes, and with what settings it trains."""

import shutil
from pathlib import Path
from typing import Any, Dict

import pytest
import spacy
from stage_project import make_settings, overlaid
from tiny import ROOT

from spacy_sciner.errors import ScinerError
from spacy_sciner.settings import Settings, read_settings
from spacy_sciner.training.experiment import Experiment, load_pipeline

EXPERIMENT: Dict[str, Any] = {
    "seed": 3,
    "train": {
        "config": "configs/tiny.cfg",
        "epochs": 7,
        "learn_rate": 0.1,
        "batch_words": 64,
        "calibrate": False,
    },
    "retrain": {"start": "warm", "epochs": 2, "learn_rate": 0.01, "batch_words": 128},
}


def settings_of(**changes: Any) -> Settings:
    return make_settings(**overlaid(EXPERIMENT, changes))


def test_iteration_0_trains_on_gold_alone():
    experiment = Experiment(settings_of(), 0)
    assert experiment.training_file == Path("corpus/gold/train.spacy")
    assert experiment.model == Path("training/0/model-best")
    assert experiment.start is None
    recipe = experiment.recipe
    assert (recipe.epochs, recipe.learn_rate, recipe.batch_words) == (7, 0.1, 64)
    assert (recipe.seed, recipe.device, recipe.precision) == (3, "cpu", "fp32")
    assert recipe.config == Path("configs/tiny.cfg")


def test_a_later_iteration_goes_on_from_its_predecessor():
    experiment = Experiment(settings_of(), 2, previous=1)
    assert experiment.training_file == Path("corpus/iteration-2/train.spacy")
    assert experiment.start == Path("training/1/model-best")
    assert (experiment.recipe.epochs, experiment.recipe.learn_rate) == (2, 0.01)
    assert experiment.recipe.batch_words == 128


def test_each_schedule_has_its_own_teachers():
    settings = settings_of(train={"teachers": 3}, retrain={"teachers": 2})
    assert Experiment(settings, 0).n_teachers == 3
    assert Experiment(settings, 1).n_teachers == 2


def test_what_a_desktop_leaves_is_no_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("1", "10", "2"):
        (tmp_path / "training/0/teachers" / name).mkdir(parents=True)
    (tmp_path / "training/0/teachers/.DS_Store").touch()
    names = [path.name for path in Experiment(settings_of(), 0).teachers_of(0)]
    assert names == ["1", "2", "10"]
    assert Experiment(settings_of(), 0).teachers_of(1) == []


def test_a_predecessor_may_be_iteration_0():
    assert Experiment(settings_of(), 1, previous=0).start == Path("training/0/model-best")


def test_the_predecessor_is_read_from_params_if_it_is_not_given():
    assert Experiment(settings_of(), 2).start == Path("training/1/model-best")
    with pytest.raises(ScinerError, match=r"SCINER-E501: No entry '3' under `iterations`.*1, 2"):
        Experiment(settings_of(), 3)


def test_a_fresh_start():
    assert Experiment(settings_of(retrain={"start": "fresh"}), 2, previous=1).start is None


def test_what_retrain_says_of_machine_labels_reaches_the_objective():
    retrain = {"gold_weight": 5, "loss": "gce", "gce_q": 0.5, "finish_epochs": 3}
    recipe = Experiment(settings_of(retrain=retrain), 1).recipe
    assert (recipe.objective.gold_weight, recipe.objective.loss) == (5, "gce")
    assert (recipe.objective.gce_q, recipe.finish_epochs) == (0.5, 3)
    assert Experiment(settings_of(retrain=retrain), 0).recipe.objective.gold_weight == 1
    weights = settings_of(retrain={"llm_weight": 0.5}, train={"llm_weight": 0.25})
    found = [Experiment(weights, k, 0).recipe.objective.llm_weight for k in (0, 1)]
    assert found == [0.25, 0.5]
    robust = Experiment(settings_of(train={"loss": "gce", "gce_q": 0.4}), 0).recipe.objective
    assert (robust.loss, robust.gce_q) == ("gce", 0.4)


def test_the_projects_own_params_give_a_recipe():
    for iteration in (0, 1):
        recipe = Experiment(read_settings(ROOT / "params.yaml"), iteration).recipe
        assert (ROOT / recipe.config).is_file()


def test_e314_for_a_pipeline_that_is_not_there(tmp_path: Path):
    with pytest.raises(ScinerError, match="SCINER-E314"):
        load_pipeline(tmp_path)


@pytest.mark.parametrize("name", ["config.cfg", "meta.json", "sciner/model", "vocab/vectors"])
def test_e560_for_a_pipeline_whose_files_were_cut_short(tiny_model, tmp_path, name):
    broken = shutil.copytree(tiny_model, tmp_path / "model")
    (broken / name).write_bytes((broken / name).read_bytes()[:20])
    with pytest.raises(ScinerError, match=r"SCINER-E560: .*model is no pipeline"):
        load_pipeline(broken)


def test_e560_for_a_pipeline_without_its_labels(tiny_model, tmp_path):
    """It would load, and find nothing in any text."""
    broken = shutil.copytree(tiny_model, tmp_path / "model")
    (broken / "sciner/cfg").unlink()
    with pytest.raises(ScinerError, match=r"SCINER-E560: .*cfg has no labels"):
        spacy.load(broken)
