"""Which sentences become the corpus."""

from phrase_texts import doc_of, sentence_of

from spacy_sciner.phrases.choose import Marked, choose_sentences, nearness

GOLD = [doc_of("We sort pebbles and sand by their weight.")]


def one(text, n_distinct):
    return Marked(sentence_of(text), [], n_distinct)


MARKED = [
    one("Rain falls on cold roofs tonight", 5),  # far
    one("They sort pebbles by weight", 1),
    one("Roofs are cold", 2),  # far
    one("Pebbles and sand stand on cold roofs", 3),
    one("Sand and pebbles differ by weight", 3),
    one("They sort sand", 0),  # no candidate
]


def chosen(n, how, seed=0):
    return [MARKED.index(m) for m in choose_sentences(MARKED, GOLD, n=n, how=how, seed=seed)]


def test_near_ones_first_and_of_these_the_fullest():
    near = nearness([m.sentence for m in MARKED], GOLD)
    assert near[4] > near[3] > near[0] == near[2] == 0
    assert (chosen(1, "top"), chosen(2, "top")) == ([4], [1, 4])
    # Above the median of all six are 1, 4 and 5, which has no candidate.
    assert chosen(3, "top") == [0, 1, 4]
    assert chosen(2, "bottom") == [2, 3]


def test_only_those_with_a_candidate():
    for how in ("top", "random", "bottom"):
        assert chosen(99, how) == [0, 1, 2, 3, 4]


def test_random_is_by_seed():
    draws = {seed: tuple(chosen(2, "random", seed)) for seed in range(20)}
    assert draws[0] == tuple(chosen(2, "random", 0))
    assert len(set(draws.values())) > 3
    assert all(len(set(draw)) == 2 for draw in draws.values())


def test_without_gold_the_fullest_are_chosen():
    for how, which in (("top", [0, 3]), ("bottom", [1, 2])):
        found = choose_sentences(MARKED, [], n=2, how=how, seed=0)
        assert [MARKED.index(m) for m in found] == which


def test_nothing_to_choose_from():
    empty = [one("of the and", 0)]
    for how in ("top", "random", "bottom"):
        assert choose_sentences([], GOLD, n=3, how=how, seed=0) == []
        assert choose_sentences(empty, GOLD, n=3, how=how, seed=0) == []
