import pytest

from spacy_sciner.corpus.pool import PoolParagraph, read_parsed, select_pool
from spacy_sciner.corpus.text import ngrams, text_key, words_of
from spacy_sciner.errors import ScinerError

from .helpers import make_doc, write_jsonl

SENTENCE = "we fine tune one encoder on two corpora and report three scores for each of them"
SETTINGS = {"overlap_ngrams": 5, "overlap_min": 3, "min_words": 2}


def _select(paragraphs, *, gold=(), exclude=(), **changes):
    records = [PoolParagraph(paper, n, "", text) for paper, n, text in paragraphs]
    by_split = {split: [] for split in ("train", "dev", "test")}
    for split, paper, text in gold:
        by_split[split].append(make_doc(text.split(), paper=paper))
    return select_pool(records, gold=by_split, exclude=exclude, **{**SETTINGS, **changes})


def _kept(pool):
    return [(p.paper, p.paragraph) for p in pool.paragraphs]


def test_words_and_keys():
    assert words_of("Pre-training, the ﬁrst 𝑥 of CO₂ – É") == [
        *("pre", "training", "the", "first", "x", "of", "co2", "é")
    ]
    assert text_key("We pre - train ( BERT ) .") == text_key("we pre-train (BERT).")
    assert text_key("* * *") != text_key("---")
    assert list(ngrams(list("abcd"), 3)) == ["a b c", "b c d"]
    assert list(ngrams(["a"], 3)) == []


def test_sorted_by_paper_and_paragraph():
    pool = _select([("Q", 1, "b b b"), ("Q", 0, "a a a"), ("P", 10, "c c c"), ("P", 9, "d d d")])
    assert _kept(pool) == [("P", 9), ("P", 10), ("Q", 0), ("Q", 1)]
    assert (pool.excluded_papers, pool.dropped) == ([], {})


def test_excluded_papers_that_are_not_there_are_named():
    """Misspelt, they would be in the pool without a word."""
    paragraphs, gold = [("P", 0, "a b c"), ("Q", 0, "d e f")], [("train", "R", "other words")]
    pool = _select(paragraphs, gold=gold, exclude=("Q", "p", "R", "S"))
    assert _kept(pool) == [("P", 0)]
    assert pool.exclude_unknown == [
        {"paper": "S", "nearest": None},
        {"paper": "p", "nearest": "P"},
    ]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_gold_papers_are_out_by_id(split):
    pool = _select([("P", 0, "a b c"), ("Q", 0, "d e f")], gold=[(split, "P", "other words")])
    assert _kept(pool) == [("Q", 0)]
    assert pool.excluded_papers == [{"paper": "P", "reason": f"gold {split} paper"}]
    assert pool.dropped == {"in an excluded paper": 1}


def test_papers_named_by_the_user_are_out():
    pool = _select([("P", 0, "a b c")], exclude=["P", "Z"])
    assert pool.excluded_papers == [{"paper": "P", "reason": "named in `exclude`"}]
    pool = _select([("M\u00fcller", 0, "a b c")], exclude=["Mu\u0308ller"])  # as macOS writes it
    assert _kept(pool) == []


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_papers_that_share_text_with_gold_ones_are_out_whole(split):
    tokenised = SENTENCE.replace("fine tune", "Fine - tune").replace(" and", " ( and )")
    paragraphs = [("P", 0, SENTENCE), ("P", 1, "other things here"), ("Q", 0, "d e f")]
    pool = _select(paragraphs, gold=[(split, "T", tokenised)])
    assert _kept(pool) == [("Q", 0)]
    reason = f"shares 12 runs of 5 words with {split} paper T"
    assert pool.excluded_papers == [{"paper": "P", "reason": reason}]


def test_text_is_compared_across_paragraphs():
    words = SENTENCE.split()
    paragraphs = [("P", i, " ".join(words[4 * i : 4 * i + 4])) for i in range(4)]
    assert _kept(_select(paragraphs, gold=[("test", "T", SENTENCE)])) == []


def test_overlap_settings():
    words = SENTENCE.split()
    paragraph = [("P", 0, " ".join([*words[:6], "x", "y"]))]  # two runs of five in common
    gold = [("test", "T", SENTENCE)]
    assert _kept(_select(paragraph, gold=gold)) == [("P", 0)]
    assert _kept(_select(paragraph, gold=gold, overlap_min=2)) == []
    assert _kept(_select(paragraph, gold=gold, overlap_ngrams=4)) == []


def test_short_text_shared_with_train_costs_the_paragraph_only():
    paragraphs = [("P", 0, "we fine tune one"), ("P", 1, "Other things here.")]
    pool = _select(paragraphs, gold=[("train", "T", "We fine-tune one"), ("train", "T", "more")])
    assert _kept(pool) == [("P", 1)]
    assert pool.dropped == {"equals a gold train paragraph": 1}


def test_short_paragraph_of_a_test_paper_is_dropped_elsewhere():
    pool = _select(
        [("P", 0, "Related Work"), ("P", 1, "x y")], gold=[("test", "T", "related work")]
    )
    assert _kept(pool) == [("P", 1)]
    assert pool.dropped == {"equals a gold test paragraph": 1}


def test_duplicates_and_short_ones_are_dropped():
    paragraphs = [("P", 0, "A b-c."), ("P", 1, "a b - c"), ("Q", 0, "a b c"), ("Q", 1, "word")]
    pool = _select([*paragraphs, ("Q", 2, " ")])
    assert _kept(pool) == [("P", 0)]
    assert pool.dropped == {"equals an earlier pool paragraph": 2, "shorter than min_words": 2}
    assert _kept(_select(paragraphs, min_words=0)) == [("P", 0), ("Q", 1)]


def test_parsed_papers(tmp_path):
    lines = [{"paper": "P", "paragraph": n, "section": "S", "text": f"t\u2028{n}"} for n in (0, 1)]
    write_jsonl(tmp_path / "P.jsonl", lines)
    (tmp_path / "_report.json").write_text("{}")
    assert read_parsed(tmp_path) == [
        PoolParagraph("P", 0, "S", "t\u20280"),
        PoolParagraph("P", 1, "S", "t\u20281"),
    ]
    assert read_parsed(tmp_path / "none") == []


HALF = {"paper": "P", "paragraph": 1, "section": "", "text": "\ud835"}


@pytest.mark.parametrize(
    "record",
    [{"paper": "P"}, [1], {"paper": "P", "paragraph": "0", "text": "x"}, "x", HALF],
)
def test_broken_parsed_line(tmp_path, record):
    good = {"paper": "P", "paragraph": 0, "section": "", "text": "x"}
    write_jsonl(tmp_path / "P.jsonl", [good, record])
    with pytest.raises(ScinerError, match=r"SCINER-E214: .*P\.jsonl, line 2"):
        read_parsed(tmp_path)


@pytest.mark.parametrize(("split", "kept"), [("train", [("P", 1), ("Q", 0)]), ("dev", [])])
@pytest.mark.parametrize("mark", [{"source": "llm"}, {"of_pool": True}], ids=["llm", "review"])
def test_a_paragraph_annotated_alone_costs_itself_and_not_its_paper(split, kept, mark):
    records = [("P", 0, SENTENCE), ("P", 1, "other words"), ("Q", 0, f"{SENTENCE} again")]
    paragraphs = [PoolParagraph(paper, n, "", text) for paper, n, text in records]
    doc = make_doc(SENTENCE.split(), paper="P")
    doc.user_data.update(mark)
    settings = {**SETTINGS, "overlap_min": 3 if split == "train" else 99}
    pool = select_pool(paragraphs, gold={split: [doc]}, exclude=(), **settings)
    assert _kept(pool) == kept


@pytest.mark.parametrize(("split", "is_out"), [("train", False), ("dev", True), ("test", True)])
def test_a_sentence_of_what_is_held_out_is_out_by_itself(split, is_out):
    """It has too few runs of words for its paper to be left out."""
    part, few, more = ("Two corpora, and report three", "report three scores for", "and report two")
    paragraphs = [("P", 0, part), ("Q", 0, few), ("R", 0, f"{part} {more}")]
    pool = _select(paragraphs, gold=[(split, "T", SENTENCE)], overlap_ngrams=13)
    assert _kept(pool) == [*([] if is_out else [("P", 0)]), ("Q", 0), ("R", 0)]
    assert pool.dropped == ({f"part of a gold {split} paragraph": 1} if is_out else {})


@pytest.mark.parametrize(("split", "is_out"), [("train", False), ("dev", True), ("test", True)])
def test_a_paragraph_that_has_a_held_out_sentence_in_it_is_out_by_itself(split, is_out):
    held_out, few = "Here FOO beats BERT on SQuAD.", "FOO beats BERT again"
    paragraphs = [("P", 0, f"So good. {held_out} Why?"), ("P", 1, "Here FOO beats BERT on SQuADs")]
    gold = [(split, "T", held_out), (split, "T", few)]
    pool = _select([*paragraphs, ("P", 2, f"{few}, they say")], gold=gold, overlap_ngrams=13)
    assert _kept(pool) == [*([] if is_out else [("P", 0)]), ("P", 1), ("P", 2)]
    reason = f"has a gold {split} paragraph in it"
    assert pool.dropped == ({reason: 1} if is_out else {})
