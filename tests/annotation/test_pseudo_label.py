"""Annotating the pool: what is written, what is counted, when it warns."""

import shutil
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tiny import CONFIGS, ents_of, gold_docs, make_doc, plain

from spacy_sciner.annotation import pseudo_label as module
from spacy_sciner.annotation.pseudo_label import Yield
from spacy_sciner.annotation.shards import ShardPredictor
from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.errors import ScinerError
from spacy_sciner.files import fingerprint
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline

VOCAB = Vocab()


def doc_of(tags: str) -> Doc:
    """ "?" is an unknown token."""
    marks = [None if tag == "?" else tag for tag in tags.split()]
    return make_doc(["w"] * len(marks), marks, vocab=VOCAB)


def _counts(docs, golds):
    counts = Yield(golds)
    for doc in docs:
        counts.add(doc)
    return counts.to_dict()


def pseudo_label(model: Path, pool: Path, out: Path, **settings: Any) -> Dict[str, Any]:
    """With its cache beside the pool."""
    settings = {"cache": pool.parent / "cache", **settings}
    return module.pseudo_label(model, pool, out, **settings)


def test_counts_by_hand():
    docs = [doc_of("B-B O B-A I-A ?"), doc_of("? ?"), doc_of("O B-A O"), doc_of("")]
    golds = [doc_of("B-A O O O O"), doc_of("B-B I-B O O O")]  # one entity in five tokens
    assert _counts(docs, golds) == {
        "paragraphs": 4,
        "accepted_paragraphs": 2,
        "accepted_entities": 3,
        "expected_entities": 2,  # 10 tokens
        "low_yield": False,
        "unknown_share": 3 / 10,
        "types": {"A": 2, "B": 1},
        "predicted_types": {},  # the annotator ran before
        "gold_types": {"A": 1, "B": 1},
    }


@pytest.mark.parametrize(
    ("n_entities", "low"),
    [(0, True), (1, True), (2, False), (50, False)],
)
def test_low_yield_is_less_than_a_hundredth_of_what_gold_predicts(n_entities: int, low: bool):
    golds = [doc_of("B-A O")]  # one entity in two tokens: 150 are expected of 300
    docs = [doc_of("B-A ?")] * n_entities + [doc_of("? ?")] * (150 - n_entities)
    counts = _counts(docs, golds)
    assert counts["expected_entities"] == 150
    assert counts["low_yield"] is low


def test_density_is_that_of_whole_papers_and_of_known_tokens():
    whole, reviewed, accepted = doc_of("B-A O O O ? ?"), doc_of("B-A B-A B-A O"), doc_of("B-A ? ?")
    reviewed.user_data["of_pool"] = True
    pool = [doc_of("O " * 100)]
    counts = _counts(pool, [whole, reviewed, accepted])
    assert (counts["expected_entities"], counts["gold_types"]) == (25, {"A": 1})
    # Where nothing else is there, what was reviewed has to do.
    assert _counts(pool, [reviewed])["expected_entities"] == 75


def test_nothing_accepted_is_low_even_where_nothing_is_expected():
    assert _counts([doc_of("O O")], [doc_of("O")])["low_yield"]
    empty = _counts([], [])
    assert (empty["low_yield"], empty["unknown_share"], empty["paragraphs"]) == (True, 0.0, 0)


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """The sentences without their entities, one of them twice as long, and an empty paragraph."""
    nlp = spacy.blank("en")
    docs: List[Doc] = [plain(nlp, doc) for doc in gold_docs(nlp.vocab)]
    docs.insert(3, Doc(nlp.vocab, words=[]))
    for i, doc in enumerate(docs):
        doc.user_data.update(paper=f"pool-{i}", paragraph=i)
    write_docs(tmp_path / "pool.spacy", docs)
    return tmp_path / "pool.spacy"


def test_every_paragraph_is_written_in_the_pools_order(tiny_model, tiny_corpus, pool, tmp_path):
    out = tmp_path / "deep" / "pseudo.spacy"
    counts = pseudo_label(tiny_model, pool, out, gold=tiny_corpus[0], iteration=2, gamma=0.5)
    docs = read_docs(out, VOCAB)
    assert [doc.user_data["paper"] for doc in docs] == [f"pool-{i}" for i in range(9)]
    assert {doc.user_data["source"] for doc in docs} == {"pseudo"}
    golds = gold_docs()
    assert [ents_of(doc) for doc in docs if len(doc)] == [ents_of(gold) for gold in golds]
    assert counts["paragraphs"] == 9
    assert counts["accepted_entities"] == sum(len(gold.ents) for gold in golds)
    assert counts["expected_entities"] == counts["accepted_entities"]  # the same text as gold
    assert counts["predicted_types"] == counts["types"] == counts["gold_types"]
    provenance = docs[0].user_data["sciner"]
    assert (provenance["iteration"], provenance["gamma"]) == (2, 0.5)
    assert provenance["fingerprint"] == fingerprint(tiny_model)


def test_gamma_one_accepts_nothing_and_says_so(tiny_model, tiny_corpus, pool, tmp_path):
    # A model without a mistake on its dev papers would be fitted to be sure of everything.
    nlp = spacy.load(tiny_model)
    del nlp.get_pipe("sciner").cfg["calibration"]
    nlp.to_disk(tmp_path / "raw")
    out = tmp_path / "pseudo.spacy"
    counts = pseudo_label(tmp_path / "raw", pool, out, gold=tiny_corpus[0], iteration=1, gamma=1.0)
    docs = read_docs(out, VOCAB)
    n_unknown = sum(token.ent_iob == 0 for doc in docs for token in doc)
    assert counts["unknown_share"] == n_unknown / sum(map(len, docs)) > 0.5
    assert counts["low_yield"] is (counts["accepted_entities"] == 0)


def test_every_setting_changes_what_is_accepted(tiny_corpus, pool, tmp_path):
    model = tmp_path / "unsure"
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=4, learn_rate=0.01, batch_words=32)
    train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=model)
    nlp = spacy.load(model)
    docs = [nlp(plain(nlp, doc)) for doc in gold_docs(nlp.vocab)]
    gamma = float(np.median(np.concatenate([doc._.sciner_confidence for doc in docs])))
    settings = {
        "all": {"gamma": 0.0},
        "half": {"gamma": gamma},
        "sure of O": {"gamma": 0.0, "gamma_o": 1.0},
        "whole entities": {"gamma": gamma, "accept": "entity"},
    }
    share = {}
    for name, given in settings.items():
        out = tmp_path / "out.spacy"
        counts = pseudo_label(model, pool, out, gold=tiny_corpus[0], iteration=1, **given)
        share[name] = counts["unknown_share"]
    assert share["all"] == 0.0
    assert 0.3 < share["half"] < 0.8
    assert share["sure of O"] > 0.0
    assert share["whole entities"] > share["half"]


def test_the_same_input_gives_the_same_file(tiny_model, tiny_corpus, pool, tmp_path):
    for name in ("a", "b"):
        out = tmp_path / name
        pseudo_label(tiny_model, pool, out, gold=tiny_corpus[0], iteration=1, gamma=0.9)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(
    tiny_model, tiny_corpus, pool, tmp_path, monkeypatch
):
    settings = {"gold": tiny_corpus[0], "iteration": 1, "gamma": 0.9, "shard": 2}
    whole = tmp_path / "whole.spacy"
    counts = pseudo_label(tiny_model, pool, whole, **settings, cache=tmp_path / "other")
    predicted: List[int] = []
    predict = ShardPredictor.__call__

    def stop_at_the_third(self, texts):
        if len(predicted) == 2:
            raise KeyboardInterrupt
        predicted.append(len(texts))
        return predict(self, texts)

    out = tmp_path / "killed" / "pseudo.spacy"
    monkeypatch.setattr(ShardPredictor, "__call__", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        pseudo_label(tiny_model, pool, out, **settings)
    assert not out.exists()
    monkeypatch.setattr(
        ShardPredictor,
        "__call__",
        lambda self, texts: (predicted.append(len(texts)), predict(self, texts))[1],
    )
    assert pseudo_label(tiny_model, pool, out, **settings) == counts
    assert predicted == [2, 2, 2, 2, 1]  # the two shards that were done were not made again
    assert out.read_bytes() == whole.read_bytes()


def test_another_gamma_does_not_predict_again(tiny_model, tiny_corpus, pool, tmp_path, monkeypatch):
    settings = {"gold": tiny_corpus[0], "iteration": 1}
    direct, again = tmp_path / "direct.spacy", tmp_path / "again.spacy"
    pseudo_label(tiny_model, pool, direct, gamma=1.0, cache=tmp_path / "other", **settings)
    pseudo_label(tiny_model, pool, again, gamma=0.5, **settings)
    accepting = again.read_bytes()

    def never(self, texts):
        raise AssertionError("predicted again")

    monkeypatch.setattr(ShardPredictor, "__call__", never)
    pseudo_label(tiny_model, pool, again, gamma=1.0, **settings)
    assert again.read_bytes() == direct.read_bytes() != accepting


def test_fingerprint_knows_the_files_and_their_names(tiny_model: Path, tmp_path: Path):
    copy = tmp_path / "anywhere" / "else"
    shutil.copytree(tiny_model, copy)
    assert fingerprint(copy) == fingerprint(tiny_model)
    (copy / "meta.json").rename(copy / "other.json")
    renamed = fingerprint(copy)
    (copy / "other.json").write_text("{}")
    assert len({fingerprint(tiny_model), renamed, fingerprint(copy)}) == 3


def test_e314_without_the_pipeline(tiny_corpus, pool, tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E314.*nothing"):
        pseudo_label(
            tmp_path / "nothing",
            pool,
            tmp_path / "out",
            gold=tiny_corpus[0],
            iteration=1,
            gamma=0.9,
        )


def test_e201_without_the_pool(tiny_model, tiny_corpus, tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E201.*nothing\.spacy"):
        pseudo_label(
            tiny_model,
            tmp_path / "nothing.spacy",
            tmp_path / "out",
            gold=tiny_corpus[0],
            iteration=1,
            gamma=0.9,
        )
    assert not (tmp_path / "out").exists()
