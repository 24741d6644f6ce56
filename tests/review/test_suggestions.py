"""Accepted suggestions, which say nothing of the other words, beside complete annotations."""

import json

import pytest

from spacy_sciner.corpus.splits.gold import GoldReader
from spacy_sciner.review.gold import read_reviewed
from spacy_sciner.review.record import Proposed, Round, ShownTask
from spacy_sciner.review.returned import HeldOut, import_files
from spacy_sciner.settings import GoldFile

TEXT = "We train BERT on SQuAD now."
BERT, SQUAD, NOW = (9, 13, "Method"), (17, 22, "Dataset"), (23, 26, "Method")
OPEN = (23, 26, "_unknown_")
SHOWN = (BERT, SQUAD, NOW)


def line(*spans, who="ann", time=0, whole=False):
    """One answer in Prodigy: to one suggestion, or of a text as a whole."""
    values = [dict(zip(("start", "end", "label"), span)) for span in spans]
    told = {"_annotator_id": who, "_timestamp": 1764324000 + time, "answer": "accept"}
    view = "ner_manual" if whole else "ner"
    place = {"paper": "P0", "paragraph": 0, "of_pool": True}
    return {"text": TEXT, "spans": values, "_view_id": view, **told, **place}


@pytest.fixture
def take(tmp_path):
    """Import lines of Prodigy, each call a file."""

    def take(*lines, text=TEXT):
        path = tmp_path / "export.jsonl"
        path.write_text("\n".join(json.dumps({**one, "text": text}) for one in lines))
        proposed = tuple(Proposed(*span, 0.5) for span in SHOWN)
        task = ShownTask("P0", 0, "", TEXT, 0.5, 1, proposed)
        rounds = [Round(tmp_path / "r/record.json", "mine", "v", "random", [task])]
        return import_files(
            [path],
            rounds=rounds,
            held_out=HeldOut((), ()),
            corpus="mine",
            gold=take.gold,
            labels=None,
        )

    take.gold = tmp_path / "gold.json"
    return take


def trained_on(gold):
    """What `convert` makes of the file: each token's entity, `?` where nothing is known."""
    reader = GoldReader(gold.parent, None)
    (doc,) = reader.docs(reader.read(GoldFile(path=gold.name, format="label-studio")))
    return " ".join(t.ent_type_ or {"O": "O"}.get(t.ent_iob_, "?") for t in doc)


WHOLE = "O O Method O Dataset O O"


def test_accepted_suggestions_leave_other_words_unknown(take):
    report = take(line(BERT))
    (one,) = read_reviewed(take.gold)
    assert (one.annotator, one.time) == ("ann", "2025-11-28T10:00:00+00:00")
    assert [s.label for s in one.spans] == ["_unknown_", "Method", "_unknown_"]
    assert report["entities"]["unknown"] == 2


def test_a_complete_annotation_stays_first_before_another_persons_suggestions(take):
    take(line(BERT, SQUAD, whole=True))
    report = take(line(BERT, who="bob", time=9))
    assert report["gold"]["second"] == 1
    assert [one.annotator for one in read_reviewed(take.gold)] == ["ann", "bob"]
    assert trained_on(take.gold) == WHOLE
    take(line(NOW, who="bob", time=10))  # what is read back is still known to be partial
    assert trained_on(take.gold) == WHOLE


def test_suggestions_give_way_to_another_persons_complete_annotation(take):
    take(line(BERT, who="bob"))
    assert trained_on(take.gold) == "? ? Method ? ? ? ?"
    take(line(BERT, SQUAD, whole=True))
    assert trained_on(take.gold) == WHOLE


def test_a_complete_annotation_goes_before_ones_own_later_suggestions(take):
    take(line(BERT, time=9))
    assert take(line(BERT, SQUAD, whole=True))["gold"]["replaced"] == 1
    assert trained_on(take.gold) == WHOLE


@pytest.mark.parametrize("together", [True, False])
def test_a_complete_annotation_with_an_open_stretch_is_complete(take, together):
    both = [line(BERT, SQUAD, OPEN, whole=True), line(BERT, time=9)]
    reports = [take(*both)] if together else [take(one) for one in both]
    assert reports[-1]["gold"]["older"] == (0 if together else 1)
    assert trained_on(take.gold) == "O O Method O Dataset ? O"


def test_what_one_person_accepts_at_two_times_adds_up(take):
    take(line(BERT))
    assert take(line(SQUAD, time=9))["gold"]["replaced"] == 1
    assert trained_on(take.gold) == "? ? Method ? Dataset ? ?"
    before = take.gold.read_bytes()
    assert take(line(SQUAD, time=9))["gold"]["unchanged"] == 1
    assert take.gold.read_bytes() == before


def test_over_other_white_space_it_adds_up_too(take):
    take(line(BERT))
    moved = (19, 24, "Dataset")  # two more characters before it
    take(line(moved, time=9), text=TEXT.replace(" on ", "\n  on "))
    assert trained_on(take.gold).split() == ["?", "?", "Method", "?", "?", "Dataset", "?", "?"]
    (one,) = read_reviewed(take.gold)
    assert [s.text for s in one.spans if s.label != "_unknown_"] == ["BERT", "SQuAD"]


def test_over_letters_composed_otherwise_it_adds_up_too(take):
    other = {"paragraph": 7}
    take({**line((9, 14, "Method")), **other}, text="We train na\u00efve on SQuAD now.")
    take({**line((19, 24, "Dataset"), time=9), **other}, text="We train nai\u0308ve on SQuAD now.")
    (one,) = read_reviewed(take.gold)
    assert [s.text for s in one.spans if s.label != "_unknown_"] == ["nai\u0308ve", "SQuAD"]


def test_blanks_at_an_edge_and_an_empty_span_do_no_harm(take):
    take(line((8, 14, "Method"), (0, 0, "Method")))
    take(line((19, 24, "Dataset"), time=9), text=TEXT.replace(" on ", "\n  on "))
    (one,) = read_reviewed(take.gold)
    assert [s.text for s in one.spans if s.label != "_unknown_"] == ["BERT", "SQuAD"]


def test_the_later_word_on_the_same_place_counts(take):
    take(line(BERT, SQUAD))
    take(line((9, 13, "Dataset"), time=9))
    assert trained_on(take.gold) == "? ? Dataset ? Dataset ? ?"
    take(line(BERT, time=3))  # an older file, later
    assert trained_on(take.gold) == "? ? Dataset ? Dataset ? ?"


def test_two_persons_suggestions_in_one_file_are_two_versions(take):
    take(line(BERT), line((9, 13, "Dataset"), who="bob"), line(SQUAD, who="bob"))
    versions = {
        one.annotator: [s.label for s in one.spans if s.label != "_unknown_"]
        for one in read_reviewed(take.gold)
    }
    assert versions == {"ann": ["Method"], "bob": ["Dataset", "Dataset"]}


def test_what_nobody_answered_is_open_and_not_removed(take):
    report = take(line(BERT))
    assert report["entities"]["all"] == {
        **{"kept": 1, "removed": 0, "added": 0, "relabelled": 0, "moved": 0}
    }
    assert (report["entities"]["open"], report["changes"]) == (2, [])
    report = take(line(BERT, whole=True, time=9))
    assert (report["entities"]["all"]["removed"], report["entities"]["open"]) == (2, 0)


def test_only_what_becomes_gold_is_compared(take):
    take(line(BERT, SQUAD, NOW, whole=True, time=9))
    report = take(line(whole=True))
    assert report["gold"]["older"] == 1
    assert sum(report["entities"]["all"].values()) == 0
    assert report["changes"] == []


def test_a_sitting_is_no_person(take):
    """Prodigy calls the annotator by the time it was started, where no session is named."""
    early = line(BERT, who="2026-11-28_10-00-00", whole=True)
    late = line(BERT, SQUAD, who="2026-11-29_09-00-00", whole=True, time=9)
    assert take(early, late)["gold"]["new"] == 1
    assert [one.annotator for one in read_reviewed(take.gold)] == [""]
    assert trained_on(take.gold) == WHOLE
