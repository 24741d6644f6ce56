from spacy_sciner.corpus.counterparts import counterparts, named, without_counterpart

from .helpers import make_doc


def test_the_nearest_name_is_told():
    others = ["P18-1001", "2020.acl-main.45", "smith-2019-final", "x"]
    found = without_counterpart(["p18_1001.pdf", "smith-2019", "P18-1001", "zzz"], others)
    assert found == [
        {"paper": "p18_1001.pdf", "nearest": "P18-1001"},
        {"paper": "smith-2019", "nearest": "smith-2019-final"},
        {"paper": "zzz", "nearest": None},
    ]
    assert named(found, most=2) == (
        "p18_1001.pdf (nearest: P18-1001), smith-2019 (nearest: smith-2019-final), …"
    )


def test_gold_and_pool_are_compared_both_ways():
    gold = {"train": [make_doc(["a"], paper="A")], "dev": [make_doc(["a"], paper="B")]}
    pairs = counterparts(gold, ["C", "D"], parsed={"A", "C", "E"}, pool={"C", "E"})
    assert [m["paper"] for m in pairs["gold_not_parsed"]] == ["B"]
    assert [m["paper"] for m in pairs["pool_gold_not_in_pool"]] == ["D"]
    assert (pairs["gold_papers"], pairs["pool_gold_papers"], pairs["pool_without_gold"]) == (
        2,
        2,
        1,
    )


def test_without_parsed_papers_there_is_nothing_to_say():
    assert counterparts({}, [], parsed=[], pool=[])["gold_not_parsed"] == []
