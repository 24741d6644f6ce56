import json

import numpy as np
import pytest

from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.corpus.merge import merge_docs, merge_iteration, rarities
from spacy_sciner.corpus.soft import set_soft
from spacy_sciner.errors import ScinerError
from spacy_sciner.settings.tree import Merge

from .helpers import TOKENIZER, make_doc

GOLD = [make_doc(["Gold", "-", "text", "."], ["B-M", "O", "O", "O"])]


def _pseudo(*tags, words=None, name="w"):
    words = words or [f"{name}{i}" for i in range(len(tags))]
    return make_doc(words, tags, source="pseudo")


def _texts(docs):
    return [doc[0].text for doc in docs]


def test_gold_first_then_pseudo_in_order():
    pseudo = [_pseudo("B-M", None, name="a"), _pseudo("B-M", "O", name="b")]
    docs, report = merge_docs(GOLD, pseudo, max_all_o_ratio=None)
    assert _texts(docs) == ["Gold", "a0", "b0"]
    assert (report["gold"], report["pseudo"], report["merged"]) == (1, 2, 3)
    assert report["pseudo_entities"] == 2


def test_gold_wins_over_the_same_text():
    same = _pseudo("B-X", "I-X", words=["gold-text", "!"])
    docs, report = merge_docs(GOLD, [same], max_all_o_ratio=None)
    assert docs == GOLD
    assert report["pseudo_equal_to_gold"] == 1


def test_docs_of_which_nothing_is_known_are_left_out():
    docs, report = merge_docs(GOLD, [_pseudo(None, None)], max_all_o_ratio=None)
    assert docs == GOLD
    assert report["pseudo_all_unknown"] == 1


@pytest.mark.parametrize(("ratio", "n"), [(None, 9), (0, 0), (0.5, 1), (1.0, 2), (2, 4), (99, 9)])
def test_cap_on_docs_without_entities(ratio, n):
    with_entity = [_pseudo("B-M", name=f"e{i}") for i in range(2)]
    without = [_pseudo("O", None, name=f"o{i}") for i in range(9)]
    docs, report = merge_docs(GOLD, [*without, *with_entity], max_all_o_ratio=ratio)
    assert report["pseudo_without_entity"] == n
    assert report["pseudo_without_entity_over_cap"] == 9 - n
    assert report["pseudo_with_entity"] == 2
    assert len(docs) == report["merged"] == 1 + n + 2
    assert _texts(docs) == sorted(_texts(docs), key=lambda t: (t[0] != "G", t[0] == "e", t))


@pytest.mark.parametrize(("most", "n"), [(None, 6), (1, 1), (4, 4), (99, 6)])
def test_cap_on_pseudo_docs_leaves_gold_alone(most, n):
    pseudo = [_pseudo("B-M", name=f"e{i}") for i in range(6)]
    docs, report = merge_docs(GOLD, pseudo, max_all_o_ratio=None, max_paragraphs=most)
    assert _texts(docs)[0] == "Gold"
    assert _texts(docs)[1:] == sorted(_texts(docs)[1:])
    assert len(docs) == 1 + n
    assert report["pseudo_over_max_paragraphs"] == 6 - n
    assert report["pseudo_entities"] == report["pseudo_with_entity"] == n


def test_choice_is_seeded():
    pseudo = [_pseudo("B-M", name="e"), *(_pseudo("O", name=f"o{i:02d}") for i in range(30))]

    def chosen(seed):
        return _texts(merge_docs(GOLD, pseudo, max_all_o_ratio=5, seed=seed)[0])

    assert chosen(0) == chosen(0)
    assert chosen(0) != chosen(1)


def _folder(tmp_path):
    write_docs(tmp_path / "corpus" / "gold" / "train.spacy", GOLD)
    write_docs(tmp_path / "corpus" / "iteration-2" / "pseudo.spacy", [_pseudo("B-M", None)])
    settings = Merge(max_all_o_ratio=1.0, max_paragraphs=None, balance=0, seed=0)
    return {"iteration": 2, "settings": settings}


def test_stage(tmp_path):
    arguments = _folder(tmp_path)
    merge_iteration(tmp_path / "corpus", **arguments)
    folder = tmp_path / "corpus" / "iteration-2"
    docs = read_docs(folder / "train.spacy", TOKENIZER.vocab)
    assert [doc.user_data["source"] for doc in docs] == ["gold", "pseudo"]
    report = json.loads((folder / "_merge.json").read_text())
    assert (report["iteration"], report["merged"]) == (2, 2)
    before = (folder / "train.spacy").read_bytes()
    merge_iteration(tmp_path / "corpus", **arguments)
    assert (folder / "train.spacy").read_bytes() == before


def test_pseudo_labels_not_there(tmp_path):
    arguments = {**_folder(tmp_path), "iteration": 3}
    with pytest.raises(ScinerError, match=r"SCINER-E201: .*iteration-3.pseudo\.spacy"):
        merge_iteration(tmp_path / "corpus", **arguments)


def _common_and_rare():
    common = [_pseudo("B-M", "O", name=f"c{i}") for i in range(90)]
    return [*common, *(_pseudo("B-R", "O", name=f"r{i}") for i in range(10))]


def _n_rare(**settings):
    docs, _ = merge_docs(
        GOLD, _common_and_rare(), max_all_o_ratio=None, max_paragraphs=20, **settings
    )
    assert len(docs) == 21
    return sum(doc.ents[0].label_ == "R" for doc in docs[1:])


def test_balance_prefers_rare_labels():
    means = [sum(_n_rare(balance=b, seed=s) for s in range(20)) / 20 for b in (0, 0.5, 1)]
    assert means[0] == pytest.approx(2, abs=1)
    assert means[0] < means[1] < means[2]
    assert means[2] > 6  # nine times as likely
    assert _n_rare(balance=1, seed=3) == _n_rare(balance=1, seed=3)


def test_rarity_by_hand():
    labels = [["M"], ["M", "R"], [], ["M"]]
    assert rarities(labels, 1.0) == [1, (1 + 3) / 2, 1, 1]
    assert rarities(labels, 0.5) == [1, (1 + 3**0.5) / 2, 1, 1]


def test_unknown_docs_with_soft_labels_are_kept():
    doc = _pseudo(None, None)
    set_soft(doc, np.ones((2, 3)), ["M"])
    docs, report = merge_docs(GOLD, [doc], max_all_o_ratio=None)
    assert docs == [*GOLD, doc]
    assert report["pseudo_all_unknown"] == 0
