"""How fast the machine is: measured once, anew for what is other, not by a disturbed moment."""

import json
import os
from pathlib import Path
from typing import Any, List

import huggingface_hub
import pytest
from stage_project import make_settings

from spacy_sciner.errors import ScinerError
from spacy_sciner.files import write_json
from spacy_sciner.training import experiment, measure
from spacy_sciner.training.experiment import Experiment
from spacy_sciner.training.measure import Rates, kept_rates, measure_rates, narrator_for

QUIET, BUSY = (0.0, 0.0, 0.0), (99.0, 0.0, 0.0)


class Machine:
    """Says what a measurement finds, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n_measured = 0
        self.rates = Rates(0.002, 0.002, 0.001)
        monkeypatch.setattr(measure, "_time", self._time)
        monkeypatch.setattr(measure, "_make_pipeline", lambda settings, encoder: None)
        monkeypatch.setattr(os, "getloadavg", lambda: self.load, raising=False)
        self.load = QUIET

    def _time(self, nlp: Any, settings: Any) -> Rates:
        self.n_measured += 1
        return self.rates


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.chdir(tmp_path)  # an encoder/ of another folder is not meant
    return Machine(monkeypatch)


def settings_of(encoder: Path, **sections: Any) -> Any:
    return make_settings(encoder={"name": str(encoder), "sha256": None}, **sections)


def test_what_was_measured_is_kept_for_the_same_machine_and_encoder(machine, tiny_encoder):
    settings = settings_of(tiny_encoder)
    assert kept_rates(settings) is None
    first = measure_rates(settings)
    machine.rates = Rates(0.5, 0.5, 0.5)
    assert measure_rates(settings) == kept_rates(settings) == first
    # What changes no step changes no figure.
    assert measure_rates(settings_of(tiny_encoder, train={"epochs": 3}, seed=1)) == first
    assert machine.n_measured == 1


def test_another_encoder_or_machine_is_measured_anew(
    machine, monkeypatch, tiny_encoder, tiny_bpe_encoder
):
    monkeypatch.setattr(experiment, "usable_cores", lambda: 2)
    settings = settings_of(tiny_encoder)
    others = [
        settings_of(tiny_bpe_encoder),
        settings_of(tiny_encoder, train={"batch_words": 64}),
        settings_of(tiny_encoder, train={"at_once": 2, "teachers": 2}),
        make_settings(encoder={"name": str(tiny_encoder), "keep_layers": 1}),
    ]
    for n, other in enumerate(others, start=1):
        measure_rates(settings)
        machine.rates = Rates(0.1 * n, 0.1 * n, 0.1)
        assert measure_rates(other) == machine.rates
    measure_rates(settings)
    monkeypatch.setattr(measure.platform, "node", lambda: "elsewhere")
    assert kept_rates(settings) is None
    n_before = machine.n_measured
    measure_rates(settings)
    assert machine.n_measured == n_before + 1


@pytest.mark.parametrize("content", ["", "[]", "{}", "{", '{"key": 1}'])
def test_a_kept_file_that_is_none_is_replaced(machine, tiny_encoder, content):
    settings = settings_of(tiny_encoder)
    measure.KEPT.parent.mkdir()
    measure.KEPT.write_text(content)
    assert kept_rates(settings) is None
    assert measure_rates(settings) == kept_rates(settings) == machine.rates


def test_what_was_measured_on_a_busy_machine_does_not_stand(machine, tiny_encoder):
    settings = settings_of(tiny_encoder)
    machine.load, machine.rates = BUSY, Rates(0.2, 0.2, 0.1)
    assert measure_rates(settings) == Rates(0.2, 0.2, 0.1)
    machine.rates = Rates(0.4, 0.4, 0.05)  # of each the faster
    assert measure_rates(settings) == Rates(0.2, 0.2, 0.05)
    machine.load, machine.rates = QUIET, Rates(0.002, 0.002, 0.001)
    assert measure_rates(settings) == Rates(0.002, 0.002, 0.001)
    machine.load, machine.rates = BUSY, Rates(0.2, 0.2, 0.1)
    assert measure_rates(settings) == Rates(0.002, 0.002, 0.001)
    assert machine.n_measured == 3
    assert json.loads(measure.KEPT.read_text())["quiet"] is True


def test_disturbed_steps_and_the_first_do_not_count(monkeypatch):
    clock = 0.0
    # The first, which also builds what later ones find built, then one that is not disturbed.
    lasting: List[float] = [50.0, *[9.0] * (measure.STEPS - 1), 0.5]

    def step() -> None:
        nonlocal clock
        clock += lasting.pop(0)

    monkeypatch.setattr(measure.time, "perf_counter", lambda: clock)
    assert measure._fastest(step) == 0.5
    assert lasting == []


def test_a_machine_is_really_measured(monkeypatch, tmp_path, tiny_encoder):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measure, "WINDOW", 32)  # the tiny encoder has 64 positions
    rates = measure_rates(settings_of(tiny_encoder))
    # No order between them: of an encoder this small, what surrounds it is all that is measured.
    assert 0 < rates.predict < 1
    assert 0 < rates.train < 1


def test_the_folder_of_another_encoder_is_not_measured(
    machine, monkeypatch, tiny_encoder, tiny_bpe_encoder
):
    measured = []
    monkeypatch.setattr(measure, "_make_pipeline", lambda _, path: measured.append(Path(path)))
    measure.ENCODER.mkdir()
    facts = {"encoder": {"name": str(tiny_encoder), "keep_layers": 0}}
    write_json("metrics/adapt.json", facts)
    for encoder in (tiny_encoder, tiny_bpe_encoder):
        measure_rates(settings_of(encoder))
    assert measured == [measure.ENCODER, tiny_bpe_encoder]


def test_nothing_is_downloaded_to_be_measured(machine, monkeypatch):
    asked = []

    def download(name, **options):
        asked.append(options["local_files_only"])
        raise FileNotFoundError("not in the cache")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(
        ScinerError, match=r"SCINER-E343: The encoder 'some-encoder' is not on this"
    ):
        measure_rates(settings_of(Path("some-encoder")))
    assert asked == [True]


def test_the_narrator_expects_what_was_measured(machine, tiny_encoder):
    settings = settings_of(tiny_encoder, train={"batch_words": 100})
    assert narrator_for(Experiment(settings, 0))("first").expected is None
    measure_rates(settings)
    assert narrator_for(Experiment(settings, 0))("first").expected == pytest.approx(0.002)
    assert narrator_for(Experiment(settings, 1))("later").expected == pytest.approx(0.002)
    encoder = settings.encoder
    larger = encoder.model_copy(update={"teacher": encoder.model_copy()})  # nobody measured that
    other = settings.model_copy(update={"encoder": larger})
    assert narrator_for(Experiment(other, 0))("teacher").expected is None
