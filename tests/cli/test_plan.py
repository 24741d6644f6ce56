"""params.yaml is extended and cut as text: what is not meant to change stays, byte for byte."""

from pathlib import Path

import pytest
import yaml

from spacy_sciner.cli.loops import with_values
from spacy_sciner.cli.plan import (
    count_iterations,
    extend_iterations,
    measure_up_to,
    settings_up_to,
)
from spacy_sciner.errors import ScinerError
from spacy_sciner.settings.read import parse_yaml

PARAMS = (Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf8")
TEXT = """\
corpus: sample  # a remark
gamma_o: null
# Above.
iterations:
  "1": {prev: "0", gamma: 0.98}  # first
  "2":
    prev: "1"
    gamma: {TaskName: 0.90, MethodName: 9.5e-1}
# Between.
evaluations:
  "0": {data: corpus/gold}  # gold alone
  "1": {data: corpus/iteration-1}

# Below.
last: 1
"""


def test_iterations_are_counted():
    assert count_iterations(TEXT, path="params.yaml") == 2


def test_extension_adds_lines_and_changes_none():
    longer = extend_iterations(TEXT, to=4, path="params.yaml")
    added = (
        '  "3": {prev: "2", gamma: {TaskName: 0.90, MethodName: 9.5e-1}}\n'
        '  "4": {prev: "3", gamma: {TaskName: 0.90, MethodName: 9.5e-1}}\n'
    )
    assert longer == TEXT.replace("# Between.\n", added + "# Between.\n")
    assert count_iterations(longer, path="params.yaml") == 4


def test_measure_up_to_adds_and_removes():
    shorter = measure_up_to(TEXT, last=0, path="params.yaml")
    assert shorter == TEXT.replace('  "1": {data: corpus/iteration-1}\n', "")
    assert measure_up_to(shorter, last=1, path="params.yaml") == TEXT
    longer = measure_up_to(TEXT, last=3, path="params.yaml")
    assert list(yaml.safe_load(longer)["evaluations"]) == ["0", "1", "2", "3"]


def test_a_file_without_a_last_line_end():
    text = TEXT[: TEXT.index("\n\n# Below.")]
    longer = measure_up_to(text, last=2, path="params.yaml")
    assert longer == text + '\n  "2": {data: corpus/iteration-2}\n'


def test_the_project_s_own_file():
    for last in (0, 2, 5):
        text = measure_up_to(
            extend_iterations(PARAMS, to=5, path="params.yaml"), last=last, path="params.yaml"
        )
        sections = yaml.safe_load(text)
        assert list(sections["evaluations"]) == [str(k) for k in range(last + 1)]
        assert list(sections["iterations"]) == ["1", "2", "3", "4", "5"]
        before = yaml.safe_load(PARAMS)
        for key in set(before) - {"iterations", "evaluations"}:
            assert sections[key] == before[key]
    assert measure_up_to(PARAMS, last=2, path="params.yaml") == PARAMS


LAST = {
    "a blank line": '  "2":\n    prev: "1"\n\n    gamma: 0.98\n',
    "a remark": '  "2":\n    prev: "1"\n# Why so high.\n    gamma: 0.98\n',
    "braces over lines": '  "2": {prev: "1",\ngamma: 0.98}\n',
    "an anchor": '  "2": {prev: "1", gamma: &high 0.98}\n',
    "an alias": '  "2": {prev: "1", gamma: *first}\n',
    "a merge": '  "2": {<<: *one, prev: "1"}\n',
    "a whole alias": '  "2": *one\n',
}


@pytest.mark.parametrize("last", LAST.values(), ids=LAST)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["", "CRLF"])
def test_what_may_stand_in_the_last_iteration(last, line_end):
    text = f'iterations:\n  "1": &one {{prev: "0", gamma: &first 0.98}}\n{last}# Below.\nlast: 1\n'
    text = text.replace("\n", line_end)
    longer = extend_iterations(text, to=4, path="params.yaml")
    assert parse_yaml(longer, "params.yaml")["iterations"]["4"] == {"prev": "3", "gamma": 0.98}
    assert longer.replace(line_end, "").isprintable()
    kept = [line for line in longer.splitlines() if not line.lstrip().startswith(('"3', '"4'))]
    assert kept == text.splitlines()


def test_settings_up_to_leave_out_later_iterations():
    settings = settings_up_to(TEXT, last=1, path="params.yaml")
    assert list(settings["iterations"]) == ["1"]
    assert "evaluations" not in settings
    assert settings["corpus"] == "sample"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("iterations: {}\n", "SCINER-E516.*got none"),
        ('iterations: {"1": {prev: "0"}}\n', "SCINER-E516.*in one line"),
        ('iterations:\n  "1": {prev: "0"}\n  "3": {prev: "1"}\n', "SCINER-E516.*got 1, 3"),
        ("other: 1\n", "SCINER-E516.*no section `iterations`"),
        ("iterations: [\n", "SCINER-E502"),
        ("- 1\n", "SCINER-E502.*not a mapping"),
    ],
)
def test_what_cannot_be_extended(text, match):
    with pytest.raises(ScinerError, match=match):
        count_iterations(text, path="params.yaml")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("a: 1\na: 2\n", "SCINER-E502.*HEAD.*given twice"),
        ("a: !!bool maybe\n", "SCINER-E502.*HEAD"),
        ("- 1\n", "SCINER-E502.*HEAD.*not a mapping"),
        ("iterations: [1]\n", r"SCINER-E516.*HEAD.*got \[1\]"),
        ('iterations: {"one": {}}\n', "SCINER-E516.*HEAD.*one"),
    ],
)
def test_what_was_committed_need_not_be_right(text, match):
    with pytest.raises(ScinerError, match=match):
        settings_up_to(text, last=1, path="HEAD")


def test_a_label_that_yaml_1_1_reads_as_false_stays_text():
    last = '{prev: "1", gamma: {"NO": 0.9, "on": 0.8, Task: 0.7}}'
    text = f'iterations:\n  "1": {{prev: "0", gamma: 0.9}}\n  "2": {last}\n'
    longer = parse_yaml(extend_iterations(text, to=3, path="p"), "p")
    assert longer["iterations"]["3"]["gamma"] == {"NO": 0.9, "on": 0.8, "Task": 0.7}
    own = PARAMS.replace("- MetricName\n", '- "NO"\n', 1)
    other = parse_yaml(with_values(own, ['corpora.acl.labels=["NO", Yes, Task]', "seed=3"]), "p")
    assert other["corpora"]["sample"]["labels"].count("NO") == 1
    assert (other["corpora"]["acl"]["labels"], other["seed"]) == (["NO", "Yes", "Task"], 3)
