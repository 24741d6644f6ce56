"""Which text an encoder is adapted to."""

import gzip
import json

import pytest
from small_text import paragraphs, settings_of, write_project

from spacy_sciner.adapt.text import apart, read_text
from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.errors import ScinerError
from spacy_sciner.settings import Settings


def write_collection(root, papers):
    path = root / "assets/sample/more.jsonl.gz"
    path.parent.mkdir(parents=True)
    lines = [json.dumps({"id": name, "text": text}) for name, text in papers.items()]
    path.write_bytes(gzip.compress("\n".join([*lines, "no paper"]).encode()))


def test_the_pools_paragraphs_some_papers_aside(tiny_encoder, tmp_path):
    root = write_project(tmp_path, paragraphs(20))
    text = read_text(settings_of(tiny_encoder, ["mlm"]), root=root)
    assert len(text.train) + len(text.held_out) == 60
    papers = [{d.user_data["paper"] for d in docs} for docs in (text.train, text.held_out)]
    assert papers[1]
    assert not papers[0] & papers[1]
    assert text.counts["pool"] == 60


def test_collections_come_without_the_papers_that_are_measured_on(tiny_encoder, tmp_path):
    held = paragraphs(3, per_paper=12, seed=9)
    for doc, name in zip(held, ("test", "dev", "calibration") * 12):
        doc.user_data["paper"] = name
    of = lambda name: [d for d in held if d.user_data["paper"] == name]  # noqa: E731
    root = write_project(tmp_path, paragraphs(5), test=of("test"), dev=of("dev"))
    write_docs(root / "corpus/gold/calibration.spacy", of("calibration"))
    splits = ("test", "dev", "calibration")
    papers = {f"copy-of-{n}": " ".join(d.text for d in of(n)) for n in splits}
    papers["sentence"] = " ".join(of("dev")[0].text.split()[2:9])
    papers["new"] = "Nothing of this was read before, and one may learn from it what one likes to."
    papers.update(p0="In the pool by its name already.", test="By name, too.")
    write_collection(root, papers)
    settings = settings_of(tiny_encoder, ["mlm"], collections=["more.jsonl.gz"], held_out=0)
    text = read_text(settings, root=root)
    assert {d.user_data["paper"] for d in text.train} == {"p0", "p1", "p2", "p3", "p4", "new"}
    found = text.counts["collections"]["more.jsonl.gz"]
    assert found["paragraphs"] == 1
    assert found["left_out"] == {
        **{"unreadable line": 1, "in an excluded paper": 5, "part of a gold dev paragraph": 1}
    }


def test_a_held_out_sentence_alone_is_not_learnt_from(tiny_encoder, tmp_path):
    dev = paragraphs(1, per_paper=1, seed=9)
    root = write_project(tmp_path, paragraphs(2), test=paragraphs(1, seed=8), dev=dev)
    words = dev[0].text.split()
    texts = [
        " ".join(words[1:8]).upper(),
        " ".join(words[1:4]),
        " ".join([*words[1:7], "otherwise"]),
    ]
    settings = settings_of(tiny_encoder, ["mlm"])
    may, left_out = apart([("", text) for text in texts], settings, root=root)
    assert may == [False, True, True]
    assert left_out == {"part of a gold dev paragraph": 1}
    # A paper that is measured on is known by its name, wherever else its text stands.
    excluded = settings.model_dump()
    excluded["corpora"]["sample"]["exclude"] = ["X"]
    settings = Settings.model_validate(excluded)
    for paper in (dev[0].user_data["paper"], "X"):
        for places in ([("", "Words."), (paper, "Words.")], [(paper, "Its."), ("", "Its.")]):
            assert apart(places, settings, root=root)[0] == [False, False]


def test_copies_that_differ_in_white_space_stay_or_go_together(tiny_encoder, tmp_path):
    root = write_project(tmp_path, paragraphs(2), test=paragraphs(1, prefix="t"))
    settings = settings_of(tiny_encoder, ["mlm"])
    two = [("p1", "A new (rare) word stands here."), ("p2", "A new  ( rare )\nword stands here.")]
    assert apart(two, settings, root=root) == ([True, True], {})
    for which in (0, 1):
        texts = [("t0" if i == which else paper, text) for i, (paper, text) in enumerate(two)]
        assert apart(texts, settings, root=root) == ([False, False], {"in an excluded paper": 1})


def test_a_paper_of_two_collections_enters_once(tiny_encoder, tmp_path):
    root = write_project(tmp_path, paragraphs(2))
    write_collection(root, {"new": "It stands in both of the collections that are named below."})
    first = root / "assets/sample/more.jsonl.gz"
    (first.parent / "2021").mkdir()
    (first.parent / "2021/more.jsonl.gz").write_bytes(first.read_bytes())
    names = ["more.jsonl.gz", "2021/more.jsonl.gz", "more.jsonl.gz"]
    settings = settings_of(tiny_encoder, ["mlm"], collections=names, held_out=0)
    text = read_text(settings, root=root)
    assert [d.user_data["paper"] for d in text.train].count("new") == 1
    found = text.counts["collections"]
    assert [found[name]["paragraphs"] for name in names] == [1, 0, 1]
    assert found["2021/more.jsonl.gz"]["left_out"]["in an excluded paper"] == 1


def test_a_part_of_the_text_is_whole_papers(tiny_encoder, tmp_path):
    root = write_project(tmp_path, paragraphs(30))
    every = read_text(settings_of(tiny_encoder, ["mlm"], held_out=0), root=root)
    part = read_text(settings_of(tiny_encoder, ["mlm"], held_out=0, max_words=500), root=root)
    assert 350 < sum(len(d) for d in part.train) <= 500 < sum(len(d) for d in every.train)
    papers = [d.user_data["paper"] for d in part.train]
    assert all(papers.count(paper) == 3 for paper in papers)


def test_no_text_and_no_collection_are_refused(tiny_encoder, tmp_path):
    root = write_project(tmp_path, [])
    with pytest.raises(ScinerError, match="SCINER-E334"):
        read_text(settings_of(tiny_encoder, ["mlm"]), root=root)
    with pytest.raises(ScinerError, match=r"SCINER-E335.*there is no such file"):
        read_text(settings_of(tiny_encoder, ["mlm"], collections=["a.jsonl"]), root=root)
    write_collection(root, {})
    with pytest.raises(ScinerError, match=r"SCINER-E335.*none of its lines is a paper"):
        read_text(settings_of(tiny_encoder, ["mlm"], collections=["more.jsonl.gz"]), root=root)
