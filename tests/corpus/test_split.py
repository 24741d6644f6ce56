import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_sciner.corpus.split import split_papers
from spacy_sciner.errors import ScinerError

GOLD = ("train", "dev", "test")
PAPERS = [f"P{i:02d}" for i in range(20)]


def _split(papers, shares, into=GOLD, seed=0):
    return split_papers(papers, into=into, shares=shares, seed=seed, corpus="c")


def _sizes(split_of):
    return [list(split_of.values()).count(split) for split in (*GOLD, "pool")]


def test_shares_are_of_papers_and_the_rest_goes_to_the_split_without():
    assert _sizes(_split(PAPERS, {"dev": 0.2, "test": 0.25})) == [11, 4, 5, 0]
    assert _sizes(_split(PAPERS, {"dev": 0.01}, into=("train", "dev"))) == [19, 1, 0, 0]
    assert _sizes(_split(PAPERS, {"train": 0.1}, into=("train", "pool"))) == [2, 0, 0, 18]


def test_named_papers_and_shares_of_the_others():
    split_of = _split(PAPERS, {"test": ["P03", "P04"], "dev": 0.5})
    assert _sizes(split_of) == [9, 9, 2, 0]
    assert {p for p, s in split_of.items() if s == "test"} == {"P03", "P04"}
    explicit = {"train": ["a"], "dev": ["b"], "test": ["c"]}
    assert _split(["c", "b", "a"], explicit) == {"a": "train", "b": "dev", "c": "test"}


@settings(deadline=None)
@given(
    st.lists(st.text("ab1", min_size=1), min_size=3, unique=True),
    st.floats(0.01, 0.49),
    st.integers(0, 5),
)
def test_every_paper_is_in_one_split_whatever_the_order(papers, share, seed):
    shares = {"dev": share, "test": share}
    split_of = _split(papers, shares, seed=seed)
    assert set(split_of) == set(papers)
    assert set(split_of.values()) == set(GOLD)
    assert split_of == _split(papers[::-1], shares, seed=seed)


def test_seed_changes_the_split():
    shares = {"dev": 0.2, "test": 0.25}
    assert _split(PAPERS, shares) == _split(PAPERS, shares)
    assert _split(PAPERS, shares) != _split(PAPERS, shares, seed=1)


@pytest.mark.parametrize("papers", [["P1"], ["P1", "P2"]])
def test_too_few_papers(papers):
    with pytest.raises(ScinerError, match=r"SCINER-E209: Split .* 'c' would be empty.*\(P1"):
        _split(papers, {"dev": 0.2, "test": 0.25})


def test_named_split_that_is_empty():
    with pytest.raises(ScinerError, match="SCINER-E209: Split 'dev'"):
        _split(PAPERS, {"test": PAPERS[:2], "dev": []})


def test_named_papers_that_are_wrong():
    with pytest.raises(ScinerError, match=r"E212: Paper 'Q1'.*is in no gold file.*P00, .*P09, …"):
        _split(PAPERS, {"test": ["Q1"], "dev": 0.1})
    with pytest.raises(ScinerError, match=r"SCINER-E212: Paper 'P00'.* is named twice"):
        _split(PAPERS, {"dev": ["P00"], "test": ["P00"]})


@pytest.mark.parametrize(
    ("shares", "rest"),
    [
        ({}, "train, dev, test"),
        ({"dev": 0.2}, "train, test"),
        ({"train": 0.5, "dev": 0.2, "test": 0.3}, "none, with 20 papers"),
        ({"train": ["P00"], "dev": ["P01"], "test": ["P02"]}, "none, with 17 papers"),
    ],
)
def test_rest_must_be_plain(shares, rest):
    with pytest.raises(ScinerError, match=f"SCINER-E213: .*Without a share now: {rest}"):
        _split(PAPERS, shares)
