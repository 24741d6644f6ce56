"""What a person, or another one, says of a paragraph after it was annotated."""

import json

import pytest

from spacy_sciner.errors import ScinerError

from .came_back import TEXTS, ents_of, task


def test_an_annotation_that_was_deleted_is_named_and_stays(take):
    take(task(0, [("BERT", "Method")]), task(1, []))
    gone = {**task(0, []), "annotations": []}
    never = {**task(2, []), "annotations": []}
    assert take(gone, never, task(1, []))["skipped_now"] == ["P0/0: 'We train BERT on SQuAD now.'"]
    assert take(gone)["skipped_now"] == ["P0/0: 'We train BERT on SQuAD now.'"]  # and no error
    assert ents_of(take.gold)[TEXTS[0]] == [("BERT", "Method")]


@pytest.mark.parametrize(("who", "time", "n"), [(1, "11", 1), (1, "09", 0), (2, "11", 0)])
def test_what_a_person_skips_after_annotating_it_is_named_and_stays(take, who, time, n):
    annotated = task(0, [("BERT", "Method")])
    skip = task(0, [], who=who, time=f"2026-11-28T{time}:00:00Z", was_cancelled=True)
    annotated["annotations"] += skip["annotations"]
    report = take(annotated)
    assert len(report["skipped_now"]) == n
    assert ents_of(take.gold)[TEXTS[0]] == [("BERT", "Method")]


def test_a_file_in_which_nothing_is_finished_hides_no_other(take, tmp_path):
    other = tmp_path / "bob.json"
    other.write_text(json.dumps([task(1, [], was_cancelled=True)]), encoding="utf8")
    report = take(task(0, [("BERT", "Method")]), others=[other])
    assert (report["gold"]["new"], report["tasks"]["not_accepted"]) == (1, 1)
    with pytest.raises(ScinerError, match=r"SCINER-E251: .*not-accepted 1, unannotated 0"):
        take(task(1, [], was_cancelled=True))


def test_the_ground_truth_of_another_file_or_task_is_trained_on(take, tmp_path):
    truth = task(0, [("SQuAD", "Dataset")], who=2, ground_truth=True)
    take(task(0, [("BERT", "Method")]), {**truth, "id": 9})
    assert ents_of(take.gold)[TEXTS[0]] == [("SQuAD", "Dataset")]
    take.gold.unlink()
    other = tmp_path / "bob.json"
    other.write_text(json.dumps([truth]), encoding="utf8")
    take(task(0, [("BERT", "Method")]), others=[other])
    assert ents_of(take.gold)[TEXTS[0]] == [("SQuAD", "Dataset")]


def test_the_ground_truth_may_be_told_later(take):
    """Of a task by two; a later import goes before it, as before any other."""
    two, chosen = task(0, [("BERT", "Method")]), task(0, [("SQuAD", "Dataset")], who=2)
    two["annotations"] += chosen["annotations"]
    take(two)
    assert ents_of(take.gold)[TEXTS[0]] == [("BERT", "Method")]
    two["annotations"][1]["ground_truth"] = True
    counts = take(two)["gold"]
    assert (counts["replaced"], counts["unchanged"]) == (1, 1)
    assert ents_of(take.gold)[TEXTS[0]] == [("SQuAD", "Dataset")]
    assert take(two)["gold"]["unchanged"] == 2
    take(task(0, [], who=3))
    take(two)
    assert ents_of(take.gold)[TEXTS[0]] == []


def test_what_is_as_before_changes_nothing(take):
    ann = task(0, [("BERT", "Method")], who="ann")
    take(ann)
    take(task(0, [("SQuAD", "Dataset")], who="bob"))
    before = take.gold.read_bytes()
    assert take(ann)["gold"]["unchanged"] == 1
    assert take.gold.read_bytes() == before


def test_a_region_without_a_label_is_unknown_in_the_report_too(take):
    unsaid = task(0, [("BERT", "Method"), ("SQuAD", "Dataset")])
    del unsaid["annotations"][0]["result"][1]["value"]["labels"]
    found = take(unsaid)["entities"]
    assert (found["all"]["relabelled"], found["unknown"], found["open"]) == (0, 1, 1)
