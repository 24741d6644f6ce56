import pytest

from spacy_sciner.scoring.changes import Entity, Paragraph, changes_of, count_changes, in_context

TEXT = "we train a Random Forest on the old SQuAD data with care ."
WORDS = [f"{word} " for word in TEXT.split()]


def paragraph(before, after, gold=None, known=None):
    sets = [None if s is None else {Entity(*e) for e in s} for s in (before, after, gold)]
    known = [True] * len(WORDS) if known is None else known
    return Paragraph("P1", 4, WORDS, *sets, known)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([(3, 5, "M")], [(3, 5, "M")], []),
        ([], [(3, 5, "M")], ["gained"]),
        ([(3, 5, "M")], [], ["lost"]),
        ([(3, 5, "M")], [(3, 5, "D")], ["relabelled"]),
        ([(3, 5, "M")], [(4, 5, "M")], ["moved"]),
        ([(3, 5, "M")], [(4, 6, "D")], ["relabelled"]),
        ([(3, 4, "M")], [(4, 5, "M")], ["lost", "gained"]),
        # One becomes two: the longer part is the one that moved, the other is new.
        ([(2, 6, "M")], [(2, 3, "M"), (4, 6, "M")], ["moved", "gained"]),
        # The same words win over a larger overlap with something else.
        ([(3, 5, "M"), (5, 9, "D")], [(3, 5, "D"), (6, 9, "D")], ["relabelled", "moved"]),
    ],
)
def test_what_became_of_entities(before, after, expected):
    stayed, found = changes_of(paragraph(before, after))
    assert [change.kind for change in found] == expected
    assert stayed.total() == len({*before} & {*after})


def test_counts_by_type_and_who_was_right():
    gold = [(3, 5, "M"), (8, 9, "D")]
    found = count_changes(
        [
            paragraph([(3, 5, "M"), (8, 9, "M")], [(3, 5, "M"), (8, 9, "D")], gold),
            paragraph([(0, 1, "M"), (3, 5, "M")], [(7, 9, "D")], gold),
        ],
        examples=3,
    )
    types = found["types"]
    assert (types["M"]["same"], types["D"]["same"]) == (1, 0)
    assert types["M"]["relabelled"] == {"n": 1, "was_right": 0, "is_right": 1}
    assert types["M"]["lost"] == {"n": 2, "was_right": 1, "is_right": 0}
    assert types["D"]["gained"] == {"n": 1, "was_right": 0, "is_right": 0}
    assert found["relabelled"] == [("M", "D", 1)]
    assert [e.kind for e in found["examples"]] == ["gained", "lost", "lost", "relabelled"]


def test_where_gold_knows_nothing_nothing_is_right_or_wrong():
    known = [i != 8 for i in range(len(WORDS))]
    _, found = changes_of(paragraph([], [(8, 9, "D"), (3, 5, "M")], [], known))
    assert [change.is_right for change in found] == [False, None]


def test_examples_show_as_many_types_as_there_are():
    paragraphs = [paragraph([], [(3, 5, "M")])] * 5 + [paragraph([], [(8, 9, "D")])]
    examples = count_changes(paragraphs, examples=2)["examples"]
    assert [example.label for example in examples] == ["D", "M"]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ([], [(3, 5, "M")], "we train a [Random Forest] on the old SQuAD data with …"),
        ([(8, 9, "D")], [], "… a Random Forest on the old {SQuAD} data with care ."),
        ([(3, 5, "M")], [(4, 5, "M")], "we train a {Random [Forest]} on the old SQuAD data with …"),
        ([(3, 5, "M")], [(3, 5, "D")], "we train a {[Random Forest]} on the old SQuAD data with …"),
    ],
)
def test_in_context(before, after, text):
    _, (change,) = changes_of(paragraph(before, after))
    assert in_context(change) == text
