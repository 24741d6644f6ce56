"""A stage's `params` in dvc.yaml are the settings that it reads: each stage runs and is watched."""

import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest
import yaml
from stage_project import change
from tiny import ROOT

from spacy_sciner import settings as package
from spacy_sciner.settings.fields import Section

STAGES: Dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
# What a stage's command or its files say already.
SAID = {
    # What a step should take is expected of the student's encoder alone.
    "train": {"encoder.teacher"},
    "retrain": {"encoder.teacher"},
    # The model that is measured was trained from that one: another one changes it.
    "evaluate": {"iterations.1.prev", "encoder.teacher"},
}


class Watch:
    """Which settings are read of the trees that `read_settings` returns from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: Set[str] = set()
        self._sections: Dict[int, Tuple[Any, str]] = {}  # and the section, so that its id stays
        read_settings, get = package.read_settings, Section.__getattribute__

        def watched_read(path: Any) -> Any:
            settings = read_settings(path)
            every = list(sections_of(settings, ""))
            self._sections.update({id(section): (section, above) for section, above in every})
            return settings

        def watched_get(section: Any, name: str) -> Any:
            value = get(section, name)
            if id(section) in self._sections:
                self._note(section, name, value)
            return value

        def watched_iter(section: Any) -> Iterator[Any]:
            return iter([(n, watched_get(section, n)) for n in type(section).model_fields])

        monkeypatch.setattr(package, "read_settings", watched_read)
        monkeypatch.setattr(Section, "__getattribute__", watched_get)
        monkeypatch.setattr(Section, "__iter__", watched_iter)

    def _note(self, section: Any, name: str, value: Any) -> None:
        above = self._sections[id(section)][1]
        if name in ("model_dump", "model_dump_json", "__dict__"):
            self.read.add(above.rstrip(".") or "everything")
        parts = [value, *(value.values() if isinstance(value, dict) else [])]
        is_of_sections = any(isinstance(part, Section) for part in parts)
        if name in type(section).model_fields and not is_of_sections:
            self.read.add(above + name)


def sections_of(section: Any, above: str) -> Iterator[Tuple[Any, str]]:
    yield section, above
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from sections_of(value, f"{above}{name}.")
        for key in value if isinstance(value, dict) else ():
            if isinstance(value[key], Section):
                yield from sections_of(value[key], f"{above}{name}.{key}.")


def listed(stage: str) -> List[str]:
    """The stage's `params`, of iteration 1 and of the corpus `sample`."""
    entry = STAGES[stage]
    names = entry.get("do", entry).get("params", [])
    return [name.replace("${key}", "1").replace("${corpus}", "sample") for name in names]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


@pytest.fixture
def whole_project(project: Path, tiny_encoder: Path) -> Path:
    """With papers, annotations and an encoder too."""
    shutil.copytree(ROOT / "assets/sample/gold", project / "assets/sample/gold")
    shutil.copytree(ROOT / "assets/sample/pool-gold", project / "assets/sample/pool-gold")
    shutil.copy(ROOT / "assets/labels.yaml", project / "assets")
    (project / "assets/sample/papers").mkdir()
    shutil.copy(ROOT / "assets/sample/papers/n14.tei.xml", project / "assets/sample/papers")
    few = {"epochs": 1}
    loop = {"annotate": {"soft": True}, "retrain": {**few, "soft_labels": True}}
    change(project, encoder={"name": str(tiny_encoder)}, train=few, parse={"workers": 1}, **loop)
    path = project / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf8"))
    del params["iterations"]["2"], params["evaluations"]["2"]
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf8")
    return project


def test_params_list_every_setting_that_a_stage_reads(run_script, whole_project: Path, watch):
    first = ["--iteration=1", "--previous=0"]
    runs = {
        "parse": ["parse", "--corpus=sample"],
        "adapt": ["adapt"],
        "train": ["train", "--iteration=0"],
        "pseudo-label": ["pseudo_label", *first],
        "merge": ["merge", "--iteration=1"],
        "retrain": ["train", *first],
        "evaluate of 0": ["evaluate", "--iteration=0"],
        "evaluate": ["evaluate", "--iteration=1"],
        "report": ["report"],
        "convert": ["convert", "--corpus=sample"],  # last: it writes another corpus
    }
    assert set(runs) - {"evaluate of 0"} == set(STAGES)
    found = {}
    for stage, (script, *options) in runs.items():
        watch.read.clear()
        done = run_script(script, *options, cwd=whole_project)
        assert done.returncode == 0, done.stderr
        found[stage] = set(watch.read)
    found["evaluate"] |= found.pop("evaluate of 0")
    for stage, read in found.items():
        assert read, stage
        sections = tuple(f"{name}." for name in listed(stage))
        missing = {p for p in read if p not in listed(stage) and not p.startswith(sections)}
        assert missing - SAID.get(stage, set()) == set(), stage
