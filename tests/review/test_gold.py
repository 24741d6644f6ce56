"""Of a paragraph that comes back twice, which version becomes gold."""

import json

import pytest

from spacy_sciner.corpus.splits.gold import GoldReader
from spacy_sciner.errors import ScinerError
from spacy_sciner.review.gold import read_reviewed
from spacy_sciner.review.record import Proposed, Round, ShownTask
from spacy_sciner.review.returned import HeldOut, import_files
from spacy_sciner.settings import GoldFile

TEXT = "We train BERT on SQuAD now."
PLACE = {"text": TEXT, "paper": "P0", "paragraph": 0, "of_pool": True}
LABELS = ("Method", "Dataset")
BERT, SQUAD = [9, 13, "Method"], [17, 22, "Dataset"]


def line(*spans, **more):
    return {**PLACE, "label": spans, **more}


def annotation(start, end, label, *, time, **more):
    value = {"start": start, "end": end, "labels": [label], "text": TEXT[start:end]}
    result = {"from_name": "label", "to_name": "text", "type": "labels", "value": value}
    return {"completed_by": 1, "updated_at": time, "result": [result], **more}


@pytest.fixture
def take(tmp_path):
    """Import files of JSON lines: the counts of what became gold."""

    def take(files, **options):
        for name, lines in files.items():
            (tmp_path / name).write_text("\n".join(map(json.dumps, lines)), encoding="utf8")
        paths = [tmp_path / name for name in files]
        given = {"rounds": [], "held_out": HeldOut((), ()), "corpus": "mine", "labels": None}
        return import_files(paths, gold=take.gold, **{**given, **options})

    def counts(files, **options):
        return take(files, **options)["gold"]

    counts.report, take.gold = take, tmp_path / "gold.json"
    counts.gold = take.gold
    return counts


def labels_of(gold):
    return {p.annotator: [span.label for span in p.spans] for p in read_reviewed(gold)}


@pytest.mark.parametrize(
    "files",
    [{"ann.jsonl": [line(BERT)], "bob.jsonl": [line()]}, {"both.jsonl": [line(BERT), line()]}],
)
def test_two_halves_that_do_not_say_whose_they_are_never_cover_each_other(take, files):
    with pytest.raises(ScinerError, match=r"SCINER-E544: .*P0/0: 'We train BERT"):
        take(files)
    assert not take.gold.exists()


def test_the_same_twice_is_taken_once(take):
    found = take({"ann.jsonl": [line(BERT)], "again.jsonl": [line(BERT)]})
    assert (found["new"], found["again"]) == (1, 1)


def test_a_change_by_somebody_without_a_name_is_counted(take):
    take({"ann.jsonl": [line(BERT)]})
    assert take({"ann.jsonl": [line(BERT)]})["nameless"] == 0
    assert take({"bob.jsonl": [line()]})["nameless"] == 1
    ann = take({"ann.jsonl": [line(BERT)]}, annotator="ann")
    assert (ann["second"], ann["nameless"]) == (1, 0)
    assert labels_of(take.gold) == {"ann": ["Method"], "": []}


def test_a_name_given_goes_before_a_number_that_two_servers_have(take):
    take({"one.jsonl": [line(BERT, user="1")]}, annotator="berta")
    found = take({"two.jsonl": [line(user="1")]}, annotator="anna")
    assert (found["second"], found["nameless"]) == (1, 0)
    assert labels_of(take.gold) == {"anna": [], "berta": ["Method"]}


def test_work_that_gets_a_name_later_is_nobody_elses(take):
    """What the warning advises: both files anew, each with --annotator."""
    files = [
        {f"{n}.json": [{"id": 1, "data": PLACE, "annotations": [annotation(*span, time=time)]}]}
        for n, span, time in (("a", BERT, "2026-11-28T10:00"), ("b", SQUAD, "2026-11-28T11:00"))
    ]
    assert [take(some)["nameless"] for some in files] == [0, 1]
    for some, name in zip(files, ("ann", "bob"), strict=True):
        take(some, annotator=name)
    assert labels_of(take.gold) == {"bob": ["Dataset"], "ann": ["Method"]}


def test_a_change_by_a_number_may_be_another_persons(take):
    take({"one.jsonl": [line(BERT, user="1")]})
    found = take({"two.jsonl": [line(user="1")]})
    assert (found["replaced"], found["nameless"]) == (1, 1)


def test_one_name_for_several_is_refused(take):
    both = [line(BERT, user="1"), line(user="2")]
    with pytest.raises(ScinerError, match=r"E548: --annotator ann is one .* several: 1, 2"):
        take({"both.jsonl": both}, annotator="ann")


def test_of_one_person_the_latest_counts_in_whatever_order_the_files_come(take):
    early, late = line(BERT, _timestamp=1764324000), line(SQUAD, _timestamp=1764324001)
    for files in ({"a.jsonl": [early], "b.jsonl": [late]}, {"a.jsonl": [late], "b.jsonl": [early]}):
        take.gold.unlink(missing_ok=True)
        found = take(files)
        assert (found["again"], found["nameless"]) == (1, 1)  # and may be two persons
        assert labels_of(take.gold) == {"": ["Dataset"]}


def test_the_ground_truth_goes_before_a_later_annotation_of_the_same_person(take):
    late = annotation(*SQUAD, time="2026-11-28T11:00:00Z")
    for is_truth, label in ((False, "Dataset"), (True, "Method")):
        take.gold.unlink(missing_ok=True)
        early = annotation(*BERT, time="2026-11-28T10:00:00Z", ground_truth=is_truth)
        found = take({"a.json": [{"id": 1, "data": PLACE, "annotations": [early, late]}]})
        assert (found["new"], found["again"]) == (1, 1)
        assert labels_of(take.gold) == {"1": [label]}


def test_a_complete_annotation_goes_before_accepted_suggestions(take):
    part = {**PLACE, "spans": [{"start": 17, "end": 22, "label": "Dataset"}], "answer": "accept"}
    take({"a.jsonl": [{**part, "_view_id": "ner"}], "b.jsonl": [line(BERT)]})
    assert labels_of(take.gold) == {"": ["Method"]}
    found = take({"a.jsonl": [{**part, "_view_id": "ner"}]})  # and of two imports, too
    assert (found["older"], found["replaced"]) == (1, 0)
    assert labels_of(take.gold) == {"": ["Method"]}


@pytest.mark.parametrize("names", [("mine", "theirs"), ("theirs", "mine")])
def test_a_text_that_was_shown_from_two_corpora_may_become_gold_of_either(take, tmp_path, names):
    task = ShownTask("P0", 0, "", TEXT, 0.5, 1, ())
    rounds = [Round(tmp_path, name, "v", "random", [task]) for name in names]
    assert take({"a.jsonl": [line(BERT)]}, rounds=rounds)["new"] == 1


def test_what_was_shown_is_not_what_came_back(take, tmp_path):
    task = ShownTask("P0", 0, "", TEXT, 0.5, 1, ())
    rounds = [Round(tmp_path / "record.json", "mine", "v", "random", [task])]
    with pytest.raises(ScinerError, match=r"SCINER-E547: .*tasks\.jsonl is what was shown"):
        take({"tasks.jsonl": [line(BERT)]}, rounds=rounds)
    assert not take.gold.exists()
    assert take({"back.jsonl": [line(BERT, id=1)]}, rounds=rounds)["new"] == 1


def regions(*places, who=1, text=TEXT, **more):
    """A Label Studio annotation with several regions."""
    values = [
        {"start": start, "end": end, "labels": [label], "text": text[start:end]}
        for start, end, label in places
    ]
    results = [
        {"from_name": "label", "to_name": "text", "type": "labels", "value": v} for v in values
    ]
    return {"completed_by": who, "result": results, **more}


def task(*annotations, **place):
    return {"data": {**PLACE, **place}, "annotations": list(annotations)}


def test_of_two_labels_at_one_place_the_files_first_stays_first(take):
    take({"export.jsonl": [task(regions((9, 13, "Method"), (9, 13, "Dataset")))]})
    assert labels_of(take.gold) == {"1": ["Method", "Dataset"]}


def test_who_is_not_named_is_nobody_with_a_number(take):
    first = regions((9, 13, "Method"), who=1, updated_at="2026-01-01")
    nameless = regions((17, 22, "Dataset"), who=None, updated_at="2026-02-01")
    take({"export.jsonl": [task(first, nameless)]})
    assert list(labels_of(take.gold)) == ["1", ""]


def test_annotations_of_white_space_alone_say_nothing(take):
    for n, text in enumerate(["We train BERT\n now.", "A second text \n of ours."]):
        blank = text.index("\n")
        mark = regions((blank, blank + 1, "Method"), text=text)
        take({f"{n}.jsonl": [task(mark, text=text, paper=f"P{n}")]})
    assert [p.spans for p in read_reviewed(take.gold)] == [[], []]


def test_people_without_a_number_are_told_by_their_addresses(take):
    people = [{"email": "ann@x.org"}, {"email": "bob@x.org"}, {"username": "cy"}, {"id": 4}]
    marks = [regions((9, 13, label), who=who) for label, who in zip("ABCD", people, strict=True)]
    assert take({"export.jsonl": [task(*marks)]})["second"] == 3
    assert set(labels_of(take.gold)) == {"ann@x.org", "bob@x.org", "cy", "4"}


def test_where_an_annotation_is_lost_a_label_of_another_corpus_is_unknown(take):
    lost = regions((9, 13, "Method"), (17, 22, "Strange"))
    lost["result"].append(
        {"type": "labels", "value": {"start": 40, "end": 45, "labels": ["Dataset"]}}
    )
    lost["result"].append(regions((3, 8, "method"))["result"][0])  # another spelling is the corpus'
    shown = Proposed(17, 22, "Dataset", 0.5)
    tasks = [ShownTask("P0", 0, "", TEXT, 0.5, 1, (shown,))]
    rounds = [Round(take.gold.with_name("record.json"), "mine", "best-1", "entropy", tasks)]
    report = take.report({"export.jsonl": [task(lost)]}, labels=LABELS, rounds=rounds)
    found = report["entities"]
    assert (found["all"]["relabelled"], found["open"]) == (1, 0)
    reader = GoldReader(take.gold.parent, LABELS)
    (doc,) = reader.docs(reader.read(GoldFile(path="gold.json", format="label-studio")))
    assert "".join(token.ent_iob_ or "?" for token in doc) == "?BB????"
