"""Rules between sections, where other things are wrong too."""

from pathlib import Path

import pytest

from .helpers import GAMMAS, GOLD, changed, lines_of


def write(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf8")
    return path


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        # Beside each rule's own problem the section that it speaks of is wrong elsewhere.
        ({"corpus": "smaple", f"{GOLD}.format": "xml"}, ["corpora.sample.gold[0].format"]),
        ({"corpus": "smaple", "corpora.mine": 3}, ["corpora.mine"]),
        (
            {"iterations.1.gamma": {**GAMMAS, "TaksName": 98}, f"{GOLD}.format": "xml"},
            ["corpora.sample.gold[0].format"],
        ),
        ({"iterations.2.prev": "2", "iterations.1": {"prev": "x", "gamma": 1}}, None),
        ({"evaluations.2.data": "corpus", "evaluations.1": {}}, ["evaluations.1.data"]),
        ({"evaluations.2.data": "corpus", "iterations.1.gamma": "high"}, ["iterations.1.gamma"]),
    ],
)
def test_a_rule_needs_only_the_parts_that_it_speaks_of(tmp_path, changes, paths):
    found = [line.partition(": ")[0] for line in lines_of(write(tmp_path, changed(changes)))]
    first = next(iter(changes))
    own = "iterations.1.gamma.TaksName" if first == "iterations.1.gamma" else first
    assert sorted(found) == sorted([own, *(paths or ["iterations.1.prev"])])


def test_a_rule_is_silent_about_what_cannot_be_read(tmp_path):
    changes = {"corpora": [], "iterations": "two", "train.teachers": "one"}
    lines = lines_of(write(tmp_path, changed({**changes, "encoder.teacher": {"name": "big"}})))
    assert sorted(line.partition(": ")[0] for line in lines) == sorted(changes)
