"""Which paragraphs are asked about."""

import json

import pytest
from tiny import gold_docs

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.errors import ScinerError
from spacy_sciner.llm.paragraphs import choose_paragraphs


@pytest.fixture
def parsed(tmp_path):
    def rows(paper):
        texts = [f"Paragraph {i} of {paper}." for i in range(6)] + ["The same in both.", " "]
        return [{"paper": paper, "paragraph": i, "text": text} for i, text in enumerate(texts)]

    for paper in ("p2", "p1"):
        lines = "".join(json.dumps(row) + "\n" for row in rows(paper))
        (tmp_path / f"{paper}.jsonl").write_text(lines, encoding="utf8")
    return tmp_path


def places(path, **options):
    found = choose_paragraphs(path, **{"n": 0, "seed": 0, **options})
    return [(p.paper, p.paragraph) for p in found]


def test_parsed_papers_in_order_and_each_text_once(parsed):
    every = places(parsed)
    assert every == sorted(every)
    assert len(every) == 13
    assert ("p1", 6) in every
    assert ("p2", 6) not in every
    assert places(parsed / "p2.jsonl") == [("p2", i) for i in range(7)]


def test_more_paragraphs_are_the_same_and_others(parsed):
    few, more = places(parsed, n=3), places(parsed, n=8)
    assert len(few) == 3
    assert set(few) < set(more)
    assert few != places(parsed, n=3, seed=1)


def test_docs_bring_their_place_and_text(tmp_path):
    docs = gold_docs()
    write_docs(tmp_path / "pool.spacy", docs)
    found = choose_paragraphs(tmp_path / "pool.spacy", n=0, seed=0)
    assert sorted(p.text for p in found) == sorted(doc.text for doc in docs)
    assert {p.paper for p in found} == {"P0", "P1"}


def test_a_pool_in_several_files(tmp_path, folders_of_docs):
    write_docs(tmp_path / "pool.spacy", gold_docs())
    assert len(places(tmp_path / "pool.spacy")) == len(gold_docs())


def test_no_paragraph_is_an_error(tmp_path):
    with pytest.raises(ScinerError, match="E354: No paragraph in "):
        places(tmp_path)
    with pytest.raises(ScinerError, match="E201"):
        places(tmp_path / "pool.spacy")
