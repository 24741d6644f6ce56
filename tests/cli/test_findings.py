"""What `sciner doctor` says where entities are not found."""

import json

import pytest
from stage_project import make_settings

from spacy_sciner.cli.findings import findings
from spacy_sciner.errors import ScinerError

TYPES = {"TaskName": 7, "MethodName": 300}


def report(path, types=TYPES, pool=10, repairs=None, corpus="sample"):
    tested = {"TaskName": 12, "MetricName": 2, "MethodName": 50}
    splits = {"train": {"types": types}, "test": {"types": tested}, "pool": {"tokens": pool}}
    write(
        path / "corpus/_report.json",
        {"corpus": corpus, "splits": splits, "repairs": repairs or {}},
    )


def metrics(path, precision, recall, accepted=3):
    types = {
        "TaskName": {"recall": 0.3, "n": 12},
        "MetricName": {"recall": 0.1, "n": 2},  # too few to say
        "MethodName": {"recall": 0.8, "n": 50},
    }
    test = {"precision": precision, "recall": recall, "types": types}
    one = {"clean": {"test": test}, "promotion": {"promoted": True}, "pool": None}
    last = {**one, "promotion": {"promoted": False}, "pool": {"accepted_entities": accepted}}
    write(path / "metrics/iterations.json", [one, last])


def write(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


def test_nothing_is_said_before_the_first_run_or_of_another_corpus(tmp_path):
    assert findings(make_settings(), root=tmp_path) == []
    report(tmp_path, corpus="acl")
    metrics(tmp_path, 0.9, 0.2)
    assert findings(make_settings(), root=tmp_path) == []


def test_nothing_is_said_of_the_metrics_of_a_corpus_before(tmp_path):
    report(tmp_path, types={"TaskName": 300})
    metrics(tmp_path, 0.9, 0.2)
    assert "finds 20% of the test entities" in " ".join(findings(make_settings(), root=tmp_path))
    path = tmp_path / "metrics/iterations.json"
    path.write_text(path.read_text().replace("TaskName", "Gene"))
    assert findings(make_settings(), root=tmp_path) == []


def test_types_with_little_gold_are_named_with_what_they_have(tmp_path):
    report(tmp_path)
    (line,) = findings(make_settings(), root=tmp_path)
    assert "TaskName (7)." in line
    assert "sciner review export" in line


def test_labels_that_are_left_out_and_a_pool_that_is_not_read(tmp_path):
    repairs = {"unknown-label": {"count": 4}}
    report(tmp_path, types={"MethodName": 300}, pool=400_000, repairs=repairs)
    labels, text = findings(make_settings(), root=tmp_path)
    assert labels.startswith("4 annotations have a label that `labels` in params.yaml lacks")
    assert "`adapt.methods: [mlm]`" in text
    assert "400,000 words" in text
    adapted = make_settings(adapt={"methods": ["mlm"]})
    assert findings(adapted, root=tmp_path) == [labels]


@pytest.mark.parametrize(("precision", "recall", "n"), [(0.9, 0.5, 1), (0.6, 0.58, 0)])
def test_what_is_missed_is_said_where_it_weighs_more_than_what_is_wrong(
    tmp_path, precision, recall, n
):
    report(tmp_path, types={"MethodName": 300})
    metrics(tmp_path, precision, recall)
    said = findings(make_settings(), root=tmp_path)
    assert len(said) == n
    for line in said:
        assert line.startswith("training/best finds 50% of the test entities, and 90% of what")
        assert "least of TaskName (0.30)." in line


def test_a_loop_that_learns_nothing(tmp_path):
    report(tmp_path, types={"MethodName": 300})
    metrics(tmp_path, 0.7, 0.7, accepted=0)
    (line,) = findings(make_settings(), root=tmp_path)
    assert line.startswith("No pseudo-label passes γ")
    soft = make_settings(retrain={"soft_labels": True}, annotate={"soft": True})
    assert findings(soft, root=tmp_path) == []


def test_a_report_that_was_cut_short_is_named(tmp_path):
    write(tmp_path / "corpus/_report.json", {})
    (tmp_path / "corpus/_report.json").write_text("{")
    with pytest.raises(ScinerError, match="E558"):
        findings(make_settings(), root=tmp_path)
