"""Candidates of a pool: each kind by its rule, counted, ranked and marked."""

import numpy as np
import pytest
from phrase_texts import conll_doc, doc_of, mining_docs, mining_gold, sentence_of, texts_of

from spacy_sciner.errors import ScinerError
from spacy_sciner.phrases.find import find_candidates
from spacy_sciner.phrases.lexicon import without_overlaps
from spacy_sciner.phrases.mine import Mined
from spacy_sciner.phrases.words import fold

GOLD = [doc_of("We train the pebble sorter on sand.", ents=["pebble sorter", "sand"])]


def find(pool, *, gold=GOLD, kinds=("existing",), **settings):
    return find_candidates(pool, gold, kinds=kinds, seed=0, **settings)


def marked(candidates, text, paper="p"):
    sentence = sentence_of(text, paper=paper)
    return texts_of(sentence.doc, candidates.mark(sentence).spans)


def test_existing_needs_both_words_beside_it():
    candidates = find([])
    assert marked(candidates, "See the Pebble Sorter on wheels") == ["Pebble Sorter"]
    assert marked(candidates, "See a pebble sorter on wheels") == []
    assert marked(candidates, "See the pebble sorter in use") == []


def test_the_end_of_a_sentence_is_a_side_of_its_own():
    gold = [doc_of("sand is on sand", ents=["sand"])]  # the first: nothing before, `is` behind
    candidates = find([], gold=gold)
    assert marked(candidates, "Sand is nice") == ["Sand"]
    assert marked(candidates, "The sand is nice") == []
    # A sentence ends, not the paragraph.
    assert marked(find([], gold=[doc_of("We dig. Sand is nice.", ents=["Sand"])]), "sand is") == [
        "sand"
    ]


def test_gold_of_conll_is_found_in_text_cut_by_spacy_and_as_it_is():
    gold = [conll_doc("a pre-sorted heap is here", ents=[(1, 3)])]
    candidates = find([], gold=gold)
    assert marked(candidates, "Such a pre-sorted heap is big") == ["pre-sorted heap"]
    doc = conll_doc("Such a pre-sorted heap is big", ents=[])
    sentence = sentence_of("x")._replace(doc=doc, start=0, end=len(doc))
    assert texts_of(doc, candidates.mark(sentence).spans) == ["pre-sorted heap"]


def test_acronyms_keep_their_case():
    assert [fold(word) for word in ("MAP", "mT5", "Map")] == ["MAP", "mt5", "map"]
    candidates = find([], gold=[doc_of("We use MAP here", ents=["MAP"])])
    assert marked(candidates, "They use MAP here") == ["MAP"]
    assert marked(candidates, "They use map here") == []


def test_pattern_counts_in_its_sentence_and_its_short_form_in_that_paper():
    pool = [
        doc_of("The heap sorter (HS) is here. HS is slow and a heap sorter too.", paper="p1"),
        doc_of("HS is slow elsewhere.", paper="p2"),
    ]
    candidates = find(pool, kinds=("pattern",))
    assert marked(candidates, "This HS is new", paper="p1") == ["HS"]
    assert marked(candidates, "This HS is new", paper="p2") == []
    assert marked(candidates, "A dust sieve (DS) is new", paper="p3") == ["dust sieve", "DS"]
    found = {phrase.text: phrase for phrase in candidates.phrases}
    assert {text: p.count for text, p in found.items()} == {"HS": 2, "heap sorter": 1}
    assert found["HS"].n_papers == 1
    assert found["heap sorter"].example == "The [heap sorter] (HS) is here."
    assert find(pool).phrases == []


def test_ranking_is_by_score_kinds_and_count():
    text = "We train the pebble sorter on sand. See the wet dust (WD). WD is wet. WD is dry."
    ranked = find([doc_of(text)], kinds=("existing", "pattern")).phrases
    assert [(p.text, p.kinds, p.count) for p in ranked] == [
        ("WD", ("pattern",), 3),
        ("pebble sorter", ("existing",), 1),
        ("sand", ("existing",), 1),
        ("wet dust", ("pattern",), 1),
    ]
    gold = [doc_of("See the wet dust (we", ents=["wet dust"])]
    first = find([doc_of(text)], gold=gold, kinds=("existing", "pattern")).phrases[0]
    assert (first.text, first.kinds, first.count) == ("wet dust", ("existing", "pattern"), 1)


def test_longest_first_without_overlaps():
    assert without_overlaps([(0, 2), (1, 4), (4, 6), (5, 7), (4, 6)]) == [(1, 4), (4, 6)]


@pytest.fixture(scope="module")
def mined():
    return find(mining_docs(), gold=mining_gold(), kinds=("phrase",))


def test_phrases_are_learnt_from_the_known_ones(mined):
    assert marked(mined, "Our clay-oven roof is new") == ["clay-oven roof"]
    roof = next(p for p in mined.phrases if p.text == "clay-oven roof")
    assert (roof.kinds, roof.count, roof.n_papers) == (("phrase",), 40, 7)
    assert 0.5 < roof.score <= 1


def test_single_words_need_a_higher_score(mined):
    found = mined.mined
    both = [("kiln",), ("moss", "kiln"), ("loom",), ("heap", "loom")]
    scores = np.asarray([0.7, 0.51, 0.81, 0.5])
    kept = Mined(both, scores, found.baseline, found.counts, found.is_known).kept()
    assert kept == {("moss", "kiln"): 0.51, ("loom",): 0.81}
    below = set(found.keys) - set(found.kept())
    assert below
    assert not {" ".join(key) for key in below} & {p.text for p in mined.phrases}


def test_same_seed_same_phrases(mined):
    again = find(mining_docs(), gold=mining_gold(), kinds=("phrase",))
    assert again.phrases == mined.phrases
    other = find_candidates(mining_docs(), mining_gold(), kinds=("phrase",), seed=1)
    assert (other.mined.scores != mined.mined.scores).any()


def test_min_count_and_max_words(mined):
    pool, gold = mining_docs(), mining_gold()
    with pytest.raises(ScinerError, match=r"E342: .* of 0 n-grams found 999 times or more, 0 are"):
        find(pool, gold=gold, kinds=("phrase",), min_count=999)
    short = find(pool, gold=gold, kinds=("phrase",), max_words=2)
    assert max(len([w for w in key if w != "-"]) for key in short.mined.keys) == 2
    assert max(len([w for w in key if w != "-"]) for key in mined.mined.keys) == 3
