"""Tokens of white space in the pool: no tag of their own from the scores to the soft labels."""

from pathlib import Path
from typing import Any, List, Tuple

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tiny import gold_docs

from spacy_sciner.annotation.pool_scores import predict_pool
from spacy_sciner.annotation.pseudo_label import pseudo_label
from spacy_sciner.content import has_content
from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.corpus.soft import get_soft
from spacy_sciner.tagging import are_words
from spacy_sciner.training.ensemble import mean_scores

BLANKS = ["\n", "  ", "\u00a0"]


@pytest.fixture
def pools(tmp_path: Path) -> Tuple[Path, Path]:
    """The sentences, and the same with white space between all words."""
    vocab = Vocab()
    plain, parted = [], []
    for i, gold in enumerate(gold_docs()):
        words = [token.text for token in gold]
        plain.append(Doc(vocab, words=words))
        between = [w for word in words for w in (word, BLANKS[i % len(BLANKS)])]
        parted.append(Doc(vocab, words=between[:-1], spaces=[False] * (len(between) - 1)))
    for name, docs in (("plain", plain), ("parted", parted)):
        write_docs(tmp_path / f"{name}.spacy", docs)
    return tmp_path / "plain.spacy", tmp_path / "parted.spacy"


@pytest.fixture(scope="module")
def other_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another member of an ensemble: the same, and less sure."""
    nlp = spacy.load(tiny_model)
    model: Any = nlp.get_pipe("sciner").model
    for node in model.walk():
        if node.has_param("W") and node.has_param("b"):
            node.set_param("W", node.get_param("W") * 0.5)
    folder = tmp_path_factory.mktemp("other") / "model"
    nlp.to_disk(folder)
    return folder


def words_of(doc: Doc) -> np.ndarray:
    return np.array([has_content(token.text) for token in doc])


def test_scores_of_the_pool_and_of_an_ensemble(tiny_model, other_model, pools, tmp_path):
    members: List[Any] = []
    for i, pool in enumerate(pools):
        for model in (tiny_model, other_model):
            cache = tmp_path / f"{i}-{model.parent.name}"
            members.append(list(predict_pool(model, pool, cache, shard=4)))
    plain, parted = list(mean_scores(members[:2])), list(mean_scores(members[2:]))
    assert not np.allclose(members[0][1], members[1][1], atol=0.01)
    for doc, alone, among in zip(read_docs(pools[1], Vocab()), plain, parted):
        words = words_of(doc)
        assert (are_words(among) == words).all()
        assert not among[~words].any()
        np.testing.assert_allclose(among[words], alone, atol=0.01)


@pytest.mark.parametrize("is_ensemble", [False, True])
def test_entities_run_across_and_blanks_have_no_soft_label(
    tiny_model, other_model, tiny_corpus, pools, tmp_path, is_ensemble
):
    teachers = [other_model] if is_ensemble else []
    found, counts = [], []
    for pool in pools:
        settings = {"gamma": 0.5, "soft": True, "teachers": teachers, "iteration": 1}
        settings.update(gold=tiny_corpus[0], cache=tmp_path / f"cache-{pool.stem}")
        out = tmp_path / f"pseudo-{pool.name}"
        counts.append(pseudo_label(tiny_model, pool, out, **settings))
        found.append(read_docs(out, Vocab()))
    assert counts[0]["types"] == counts[1]["types"]
    assert counts[1]["accepted_entities"] > 10
    for alone, among in zip(*found):
        words = words_of(among)
        assert [(e.start, e.end, e.label_) for e in alone.ents] == [
            (e.start // 2, e.end // 2 + 1, e.label_) for e in among.ents
        ]
        (labels, soft_alone), (labels_among, soft) = get_soft(alone), get_soft(among)
        assert labels == labels_among
        np.testing.assert_allclose(soft[words], soft_alone, atol=0.01)
        assert not soft[~words].any()
