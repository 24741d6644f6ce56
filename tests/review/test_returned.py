"""What a person changed, what cannot be used, and what becomes gold."""

import json

import pytest
from tiny import make_doc

from spacy_sciner.corpus.annotated import make_vocab
from spacy_sciner.corpus.splits.gold import GoldReader
from spacy_sciner.errors import ScinerError
from spacy_sciner.review.gold import read_reviewed
from spacy_sciner.review.returned import HeldOut, held_out_of, import_files
from spacy_sciner.settings import GoldFile

from .came_back import NOTHING, TEXTS, ents_of, rounds_of, task


def test_every_kind_of_change_is_counted_and_shown(take):
    report = take(
        task(0, [("BERT", "Dataset"), ("on SQuAD", "Dataset")]),
        task(1, [("nine", "Method")]),
        task(2, [("Adam", "Method")]),
    )
    kinds = {"kept": 1, "removed": 1, "added": 1, "relabelled": 1, "moved": 1}
    assert report["entities"]["all"] == kinds
    assert report["entities"]["types"]["Dataset"]["moved"] == 1
    shown = {change["kind"]: change for change in report["changes"]}
    assert shown["relabelled"]["text"] == "We train {[BERT]} on SQuAD now."
    assert shown["moved"]["text"] == "We train BERT [on {SQuAD]} now."
    assert shown["removed"]["text"].startswith("{GLUE} has")
    assert (shown["added"]["paper"], shown["added"]["after"]) == ("P1", "Method")
    assert ents_of(take.gold)[TEXTS[0]] == [("BERT", "Dataset"), ("on SQuAD", "Dataset")]
    # A blank at an end, as some tools' double click takes it along, is no move.
    report = take(task(0, [(8, 14, "Method", " BERT "), (16, 22, "Dataset", " SQuAD")]))
    assert report["entities"]["all"] == dict.fromkeys(kinds, 0) | {"kept": 2}


def test_who_and_when_are_kept(take):
    take(task(0, [("BERT", "Method")], who=7))
    (one,) = read_reviewed(take.gold)
    assert (one.annotator, one.time, one.of_pool) == ("7", "2026-11-28T10:00:00Z", True)
    assert (one.paper, one.paragraph, one.section) == ("P0", 0, "1")


def test_unfinished_tasks_are_counted_and_not_gold(take):
    empty = {**task(1, []), "annotations": []}
    report = take(task(0, [("BERT", "Method")]), empty, task(2, [], was_cancelled=True))
    assert report["tasks"] == {
        "shown": 3,
        "returned": 1,
        "with_record": 1,
        "not_returned": 2,
        "not_accepted": 1,
        "unannotated": 1,
    }
    assert list(ents_of(take.gold)) == [TEXTS[0]]


def test_what_is_skipped_now_and_was_gold_before_is_named_and_stays(take):
    take(task(0, [("BERT", "Method")]), task(1, []))
    skipped = [task(n, [], was_cancelled=True) for n in (0, 2)]
    report = take(*skipped, task(1, []))
    assert report["skipped_now"] == ["P0/0: 'We train BERT on SQuAD now.'"]
    assert ents_of(take.gold)[TEXTS[0]] == [("BERT", "Method")]
    both = skipped[0]["annotations"] + task(0, [])["annotations"]
    assert take({**skipped[0], "annotations": both})["skipped_now"] == []


def test_a_later_round_of_the_same_person_replaces_his_own(take):
    take(task(0, [("BERT", "Method")]), task(1, []))
    report = take(task(0, [("SQuAD", "Dataset")], time="2026-11-29T10:00:00Z"))
    assert (report["gold"]["replaced"], report["gold"]["paragraphs"]) == (1, 2)
    assert ents_of(take.gold)[TEXTS[0]] == [("SQuAD", "Dataset")]
    assert take(task(0, [("BERT", "Method")]))["gold"]["older"] == 1
    assert ents_of(take.gold)[TEXTS[0]] == [("SQuAD", "Dataset")]


def test_the_same_file_twice_changes_nothing(take):
    tasks = [task(0, [("BERT", "Method")]), task(1, [("GLUE", "Dataset")])]
    take(*tasks)
    before = take.gold.read_bytes()
    assert take(*tasks)["gold"]["unchanged"] == 2
    assert take.gold.read_bytes() == before


def test_of_two_annotators_the_ground_truth_is_used_and_the_other_kept(take):
    two = task(0, [("BERT", "Method")])
    two["annotations"] += task(0, [("SQuAD", "Dataset")], who=2, ground_truth=True)["annotations"]
    assert take(two)["gold"]["second"] == 1
    assert ents_of(take.gold)[TEXTS[0]] == [("SQuAD", "Dataset")]
    assert [p.annotator for p in read_reviewed(take.gold)] == ["2", "1"]
    take(task(0, [("BERT", "Method")], who=3))
    assert [p.annotator for p in read_reviewed(take.gold)] == ["3", "2", "1"]


def test_an_annotator_may_be_named_where_the_file_does_not(take):
    take(task(0, [], who=None), annotator="ann")
    assert [p.annotator for p in read_reviewed(take.gold)] == ["ann"]


def test_gold_that_must_not_move_is_set_aside(take):
    held = HeldOut({"P0"}, {"GLUEhasninetasks."})
    report = take(task(0, []), task(1, []), task(2, []), held_out=held)
    assert [name.split(":")[0] for name in report["set_aside"]["held_out"]] == ["P0/0", "P1/1"]
    assert list(ents_of(take.gold)) == [TEXTS[2]]


def test_dev_test_and_calibration_are_held_out():
    docs = {}
    for split in ("train", "dev", "test", "calibration", "pool"):
        docs[split] = [make_doc(["a", split], vocab=make_vocab())]
        docs[split][0].user_data["paper"] = split
    assert held_out_of(docs) == ({"dev", "test", "calibration"}, {"adev", "atest", "acalibration"})


def test_another_text_and_a_task_that_was_not_shown_are_set_aside(take):
    strange = task(5, [], text="Nobody has shown this.", data={"of_pool": None})
    report = take(task(0, [], text="We train T5 on it."), strange, task(2, []))
    assert report["set_aside"]["other_text"] == ["P0/0: 'We train T5 on it.'"]
    assert report["set_aside"]["no_record"] == ["P5/5: 'Nobody has shown this.'"]
    assert len(read_reviewed(take.gold)) == 1


def test_a_lost_record_does_not_cost_the_work(take):
    report = take(task(5, [("this", "Method")], text="Nobody has recorded this."))
    assert (report["tasks"]["returned"], report["tasks"]["with_record"]) == (1, 0)
    assert report["not_shown"] == ["P5/5: 'Nobody has recorded this.'"]
    assert ents_of(take.gold) == {"Nobody has recorded this.": [("this", "Method")]}


def test_a_tool_may_forget_the_place_and_change_white_space(take):
    text = TEXTS[0].replace(" on ", "\r\non ")
    back = task(0, [("BERT", "Method"), ("SQuAD", "Dataset")], text=text)
    back["data"] = {"text": text}
    report = take(back)
    assert report["entities"]["all"]["kept"] == 2
    (one,) = read_reviewed(take.gold)
    assert (one.paper, one.text) == ("P0", text)


def test_versions_over_other_white_space_keep_their_own_offsets(take):
    take(task(0, [("SQuAD", "Dataset")], who=1))
    text = TEXTS[0].replace(" on ", "\r\n on ")
    take(task(0, [("SQuAD", "Method")], who=2, text=text))
    versions = {p.annotator: (p.text, p.spans[0]) for p in read_reviewed(take.gold)}
    assert {who: text[s.start : s.end] for who, (text, s) in versions.items()} == {
        "1": "SQuAD",
        "2": "SQuAD",
    }
    assert versions["2"][0] == text
    assert take(task(0, [("SQuAD", "Dataset")], who=1))["gold"]["unchanged"] == 1


def test_letters_composed_otherwise_are_not_compared(take, monkeypatch):
    names = ["We train na\u00efve BERT on SQuAD.", *TEXTS[1:]]
    monkeypatch.setattr(f"{task.__module__}.TEXTS", names)
    report = take(task(0, [("BERT", "Method")], text="We train nai\u0308ve BERT on SQuAD."))
    assert [name.split(":")[0] for name in report["not_compared"]] == ["P0/0"]
    assert sum(report["entities"]["all"].values()) == 0
    assert len(read_reviewed(take.gold)) == 1


def test_an_empty_annotation_is_counted_and_does_no_harm(take):
    report = take(task(0, [(3, 3, "Method", ""), ("BERT", "Method"), ("SQuAD", "Dataset")]))
    assert report["entities"]["all"]["kept"] == 2
    assert report["repairs"]["zero-length"]["count"] == 1


def test_overlaps_and_repairs_are_listed_and_kept(take):
    spans = [("BERT", "Method"), ("BERT on SQuAD", "Dataset"), ("SQ", "Metric")]
    report = take(task(0, spans))
    assert report["overlaps"] == [
        "P0/0: Method 'BERT' and Dataset 'BERT on SQuAD'",
        "P0/0: Dataset 'BERT on SQuAD' and Metric 'SQ'",
    ]
    assert set(report["repairs"]) == {"unknown-label", "overlap"}
    (one,) = read_reviewed(take.gold)
    assert len(one.spans) == 3


def test_moved_offsets_find_their_text_and_lost_ones_leave_the_rest_unknown(take):
    right = [
        [(w, "Method") for w in words.split()] for words in ("We train on", "tasks", "Adam on")
    ]
    moved, lost = (0, 4, "Method", "BERT"), (0, 4, "Dataset", "SNLI")
    third = [*right[2], *((w, "Dataset") for w in ("wins", "CoNLL", "again"))]
    report = take(task(0, [moved, *right[0]]), task(1, [lost, *right[1]]), task(2, third))
    assert report["repairs"]["shifted"]["count"] == 1
    assert report["lost"] == ["P1/1: Dataset 'SNLI'"]
    assert ents_of(take.gold)[TEXTS[0]][2] == ("BERT", "Method")
    reader = GoldReader(take.gold.parent, None)
    docs = reader.docs(reader.read(GoldFile(path="gold.json", format="label-studio")))
    states = {doc.text: "".join(t.ent_iob_ or "?" for t in doc) for doc in docs}
    assert states == {TEXTS[0]: "BBBBOOO", TEXTS[1]: "???B?", TEXTS[2]: "BBBBBO"}


def test_json_min_is_read_too(take):
    flat = {"id": 1, "text": TEXTS[0], "paper": "P0", "paragraph": 0, "annotator": 3}
    flat["label"] = [{"start": 9, "end": 13, "text": "BERT", "labels": ["Method"]}]
    flat.update(annotation_id=4, updated_at="2026-11-28T10:00:00Z")
    report = take(flat)
    assert report["entities"]["all"]["kept"] == 1
    (one,) = read_reviewed(take.gold)
    assert (one.annotator, one.time) == ("3", "2026-11-28T10:00:00Z")


def test_what_cannot_be_read_is_counted(take, tmp_path):
    line = {"text": TEXTS[0], "answer": "accept", "spans": []}
    address = {**line, "text": "https://example.org/a.txt"}
    path = tmp_path / "export.jsonl"
    path.write_text("\n".join([json.dumps(line), json.dumps(address), "{broken"]))
    options = {"rounds": rounds_of(tmp_path), "held_out": NOTHING, "corpus": "mine"}
    report = import_files([path], gold=take.gold, labels=None, **options)
    assert report["not_read"] == {"address": 1, "bad-line": 1}
    assert report["tasks"]["returned"] == 1


def test_nothing_to_take_over(take):
    with pytest.raises(ScinerError, match=r"SCINER-E251: .*no record 1"):
        take(task(5, [], text="Not shown.", data={"of_pool": None}))
    assert not take.gold.exists()


def test_only_formats_of_a_review(take):
    with pytest.raises(ScinerError, match=r"SCINER-E252: .*is conll"):
        take(task(0, []), file_format="conll")


def test_what_was_shown_from_another_corpus(take):
    with pytest.raises(ScinerError, match=r"SCINER-E253: .*corpus theirs"):
        take(task(0, []), shown_of="theirs")
