from collections import Counter

import pytest

from spacy_sciner.corpus.annotated import Annotated, CharSpan
from spacy_sciner.corpus.duplicates import (
    Found,
    compare_extras,
    one_annotation_each,
    same_papers,
    without_leaks,
)
from spacy_sciner.corpus.rules import Repairs

TEXT = "We train BERT on SQuAD again."
BERT, SQUAD = CharSpan(9, 13, "M"), CharSpan(17, 22, "D")


def _paragraph(text=TEXT, spans=(BERT,), paper="P", n=0, file="a.jsonl", **more):
    return Annotated(paper, n, text, list(spans), file, **more)


def _each(*paragraphs):
    repairs, found = Repairs(), Found()
    kept = one_annotation_each(paragraphs, repairs=repairs, found=found)
    compare_extras(kept, repairs.extras, found=found)
    return kept, repairs, found


def test_of_two_annotators_the_first_is_used_and_the_other_kept_aside():
    first = _paragraph(annotator="ann")
    second = _paragraph("We train  BERT on SQuAD again.", [CharSpan(18, 23, "D")], annotator="bob")
    kept, repairs, found = _each(first, second)
    assert kept == [first]
    assert repairs.extras == [second]
    assert repairs.counts == {"extra-annotation": 1}
    assert (found.n_twice, found.n_different) == (1, 1)


def test_two_who_agree_are_no_cause_for_alarm():
    spaced = _paragraph("We train  BERT on SQuAD again.", [CharSpan(10, 14, "M")], annotator="bob")
    _, repairs, found = _each(_paragraph(annotator="ann"), spaced)
    assert (repairs.counts["extra-annotation"], found.n_different) == (1, 0)


def test_one_task_twice_is_annotated_twice():
    kept, repairs, _ = _each(_paragraph(task="7"), _paragraph(n=1, spans=[SQUAD], task="7"))
    assert len(kept) == 1
    assert len(repairs.extras) == 1


def test_one_text_at_two_places_is_kept_and_contradiction_is_told():
    same = [_paragraph(task="1"), _paragraph(n=1, task="2"), _paragraph(n=2, spans=[], task="3")]
    kept, repairs, found = _each(*same)
    assert kept == same
    assert repairs.counts == {"same-text": 2}
    assert [text[:11] for text in found.contradictions] == ["P/0 and P/2"]


def test_two_files_of_the_same_papers_are_two_annotators():
    lines = ["We use BERT.", "It wraps over\ntwo lines."]
    first = [_paragraph(t, [], n=n, file="ann1/p.txt") for n, t in enumerate(lines)]
    joined = _paragraph("\n".join(lines), [], file="ann2/p.txt")  # a span crossed the line end
    kept, repairs, _ = _each(*first, joined)
    assert kept == first
    assert repairs.extras == [joined]


def test_a_file_that_its_annotator_has_not_begun_gives_way_to_another_ones():
    lines = ["We use BERT.", "It wraps over two lines."]
    not_begun = [_paragraph(t, [], n=n, file="ann1/p.txt") for n, t in enumerate(lines)]
    spans = [[CharSpan(7, 11, "M")], []]
    done = [_paragraph(t, s, n=n, file="ann2/p.txt") for n, (t, s) in enumerate(zip(lines, spans))]
    kept, repairs, found = _each(*not_begun, *done)
    assert kept == done
    assert repairs.extras == not_begun
    assert (found.n_twice, found.n_different) == (2, 1)
    # A paragraph without an entity in a file that has some is an answer like another.
    kept, _, _ = _each(done[1], done[0], *[_paragraph(lines[1], [BERT], n=1, file="ann3/p.txt")])
    assert done[1] in kept


def test_files_that_share_half_of_their_texts_are_one_set():
    ann = [_paragraph(f"This is text number {n}.", [], "ann", n, "ann.jsonl") for n in range(4)]
    bob = [_paragraph(f"This is text number {n}.", [], "bob", n, "bob.jsonl") for n in (2, 3, 8, 9)]
    kept, repairs, _ = _each(*ann, *bob)
    assert kept == [*ann, *bob[2:]]
    assert repairs.counts == {"extra-annotation": 2}
    # A sentence in common makes no set.
    other = [_paragraph(f"Other text of number {n}.", [], "q", n, "q.jsonl") for n in range(3)]
    kept, repairs, _ = _each(*ann, *other, _paragraph(ann[0].text, [], "q", 3, "q.jsonl"))
    assert len(kept) == 8
    assert repairs.counts == {"same-text": 1}


def test_a_complete_annotation_is_used_before_accepted_suggestions():
    partial, whole = _paragraph(is_partial=True), _paragraph(n=1, spans=[BERT, SQUAD])
    assert _each(partial, whole)[0] == [whole]


def test_composed_characters_are_the_same_text():
    kept, repairs, _ = _each(_paragraph("caf\u00e9 au lait"), _paragraph("cafe\u0301 au lait", n=1))
    assert repairs.counts == {"same-text": 1}
    assert len(kept) == 2


def test_train_does_without_what_is_held_out():
    leak, own = _paragraph(n=0), _paragraph("Something else.", n=1)
    held_out = [_paragraph("We train BERT on\nSQuAD again.", paper="Q")]
    repairs, found = Repairs(), Found()
    splits = {"train": [leak, own], "dev": held_out, "test": [*held_out, leak], "pool": [leak]}
    result = without_leaks(splits, repairs=repairs, found=found)
    assert result == {**splits, "train": [own]}
    assert repairs.counts == {"in-held-out": 1}
    assert found.leaks == Counter({"train and dev": 1, "dev and test": 1})
    assert "P/0, also in dev" in found.leak_examples[0]


@pytest.mark.parametrize(
    ("train", "held_out", "stays"),
    [
        ("We train BERT on SQuAD again.", "Now: we train BERT on SQuAD again. It helps.", False),
        ("Now: we train BERT on\nSQuAD again. It helps.", "we train BERT on SQuAD", False),
        ("We train BERT.", "Now: we train BERT. It helps.", True),  # fewer than five words
        ("We train BERT on SQuAD again.", "Now: we train BERT on SQuADs again. It helps.", True),
    ],
)
def test_train_does_without_a_sentence_of_what_is_held_out(train, held_out, stays):
    found = Found()
    splits = {"train": [_paragraph(train)], "test": [_paragraph(held_out, paper="Q")]}
    kept = without_leaks(splits, repairs=Repairs(), found=found)["train"]
    assert kept == (splits["train"] if stays else [])
    assert found.leaks == ({} if stays else {"train and test": 1})


def test_papers_with_the_same_whole_text():
    papers = [_paragraph("a b", paper="Q"), _paragraph("c", paper="Q", n=1)]
    again = [_paragraph("a  b", paper="P"), _paragraph("c", paper="P", n=1)]
    assert same_papers([*papers, *again, _paragraph("a b", paper="R")]) == {"Q": "P"}


def test_a_persons_annotation_comes_before_a_language_models():
    model, person = _paragraph(file="a.jsonl", source="llm"), _paragraph(file="b.jsonl")
    kept, repairs, _ = _each(model, person)
    assert kept == [person]
    assert repairs.extras == [model]
    other = _paragraph("Another text of BERT.", file="b.jsonl")
    assert _each(model, person, other)[0] == [person, other]


def test_of_one_persons_two_answers_to_a_task_the_last_is_used():
    more = {"annotator": "ann", "task": "7"}
    first = _paragraph(spans=[], time="2026-01-02T10:00:00", **more)
    last = _paragraph(time="2026-01-03T10:00:00", **more)
    other = _paragraph("We test LSTM.", spans=[])
    for given in ([first, other, last], [last, other, first]):
        kept, repairs, _ = _each(*given)
        assert kept == [p for p in given if p is not first]
        assert repairs.extras == [first]
    earlier, later = _paragraph(spans=[], **more), _paragraph(**more)
    assert _each(earlier, later)[0] == [later]  # no times: the last in the file
