"""Epochs on gold alone at the end: they undo wrong pseudo-labels, or change nothing."""

from pathlib import Path
from typing import Any, Dict

import spacy
from tiny import gold_docs

from spacy_sciner.corpus.docbin import write_docs

from .helpers import Corpus, files_of, train


def gold_and_noise(folder: Path) -> Path:
    """Gold, and as much again that says there is nothing to find."""
    golds = gold_docs()
    noise = gold_docs(golds[0].vocab)
    for doc in noise:
        doc.set_ents([])
        doc.user_data["source"] = "pseudo"
    write_docs(folder / "merged.spacy", [*golds, *noise, *noise])
    return folder / "merged.spacy"


def test_a_finish_on_gold_alone_undoes_wrong_pseudo_labels(tiny_corpus: Corpus, tmp_path: Path):
    merged = gold_and_noise(tmp_path)
    plain_result = train((merged, tiny_corpus[1]), tmp_path / "plain", epochs=8)
    finished = train(
        (merged, tiny_corpus[1]),
        tmp_path / "finished",
        epochs=8,
        finish_epochs=15,
        finish_learn_rate=0.02,
    )
    assert finished["score"] > plain_result["score"]
    assert finished["epochs"] == 23
    n_words = plain_result["steps"] // 8
    assert 0 < finished["steps"] - plain_result["steps"] < 15 * n_words  # gold is a third
    nlp = spacy.load(tmp_path / "finished")
    assert nlp.meta["performance"]["ents_f"] == finished["score"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["finished", "merged.spacy", "plain"]


def test_a_finish_that_is_no_better_on_dev_changes_nothing(tiny_corpus: Corpus, tmp_path: Path):
    settings: Dict[str, Any] = {"finish_epochs": 1, "finish_learn_rate": 1e-6}
    plain_result = train(tiny_corpus, tmp_path / "plain")
    finished = train(tiny_corpus, tmp_path / "finished", **settings)
    assert plain_result["score"] == finished["score"] == 1.0
    assert files_of(tmp_path / "plain") == files_of(tmp_path / "finished")
