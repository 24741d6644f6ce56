"""What one iteration's figures are made of."""

import json
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.vocab import Vocab
from tiny import CONFIGS, gold_docs, make_doc, make_examples

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.soft import set_soft
from spacy_sciner.evaluation import measure
from spacy_sciner.evaluation.measure import (
    measure_calibration,
    measure_clean,
    measure_paper_protocol,
    measure_pool,
    outcomes,
    pool_tags,
    predict,
)
from spacy_sciner.report.drift import read_tags
from spacy_sciner.training.calibrate import Scored
from spacy_sciner.training.recipe import Recipe

VOCAB = Vocab()
RECIPE = Recipe(CONFIGS / "tiny.cfg", epochs=20, learn_rate=0.02, batch_words=32)


def test_a_model_that_knows_the_gold_by_heart_scores_one(tiny_model: Path):
    nlp = spacy.load(tiny_model)
    scores = measure_clean(nlp, gold_docs(nlp.vocab), n_bootstrap=20, seed=0)
    assert (scores["f1"], scores["f1_low"], scores["f1_high"]) == (1.0, 1.0, 1.0)
    assert scores["token_accuracy"] == 1.0
    error = measure_calibration(nlp, gold_docs(nlp.vocab))[0]["ece"]
    assert 0.0 <= error < 0.2
    assert scores["papers"] == {
        "P0": [
            {"Dataset": [1, 1, 1], "Method": [1, 1, 1]},
            {"Dataset": [1, 1, 1], "Method": [1, 1, 1], "Metric": [1, 1, 1]},
            {"Dataset": [1, 1, 1], "Metric": [2, 2, 2]},
            {"Method": [1, 1, 1]},
        ],
        "P1": [
            {"Method": [1, 1, 1], "Metric": [1, 1, 1]},
            {"Dataset": [1, 1, 1], "Method": [1, 1, 1]},
            {},  # a paragraph without entities is drawn like any other
            {"Dataset": [1, 1, 1], "Method": [1, 1, 1]},
        ],
    }


def test_figures_agree_with_spacys_own(tiny_model: Path):
    nlp = spacy.load(tiny_model)
    golds = gold_docs(nlp.vocab)
    # Half of the gold is wrong, so that the figures are neither 0 nor 1.
    for gold in golds[::2]:
        gold.set_ents([], default="outside")
    scores = measure_clean(nlp, golds, n_bootstrap=0, seed=0)
    examples = make_examples(nlp)
    for example, gold in zip(examples, golds):
        example.reference.set_ents(list(gold.ents), default="outside")
    theirs = nlp.evaluate(examples)
    assert 0 < scores["f1"] < 1
    assert scores["f1"] == pytest.approx(theirs["ents_f"])
    assert scores["precision"] == pytest.approx(theirs["ents_p"])


def test_predictions_see_golds_tokens_and_nothing_else(tiny_model: Path):
    nlp = spacy.load(tiny_model)
    golds = gold_docs(nlp.vocab)
    golds[0].user_data["source"] = "gold"
    for gold, doc in zip(golds, predict(nlp, golds)):
        assert doc is not gold
        assert [t.text_with_ws for t in doc] == [t.text_with_ws for t in gold]
        assert "source" not in doc.user_data


def test_paper_protocol_on_a_small_file(tmp_path: Path, tiny_corpus):
    merged = tmp_path / "merged.spacy"
    write_docs(merged, gold_docs() * 5)  # the held-out fifth is known from the other four
    found = measure_paper_protocol(RECIPE, merged=merged, dev=tiny_corpus[1], start=None, seed=0)
    assert set(found) == {"f1", "token_accuracy"}
    assert found["f1"] > 0.9
    assert not [p for p in tmp_path.iterdir() if p != merged]


def test_paper_protocol_trains_on_four_fifths_and_scores_the_rest(
    tmp_path: Path, tiny_corpus, tiny_model, monkeypatch: pytest.MonkeyPatch
):
    merged = tmp_path / "merged.spacy"
    docs = gold_docs() * 5
    for i, doc in enumerate(docs := [doc.copy() for doc in docs]):
        doc.user_data["paragraph"] = i
    write_docs(merged, docs)
    seen = {}

    def train(recipe, *, train, dev, out, start, **how):
        seen["train"] = [d.user_data["paragraph"] for d in measure.read_docs(train, VOCAB)]
        seen["start"] = start
        spacy.load(tiny_model).to_disk(out)

    def clean(nlp, golds, **kwargs):
        seen["held"] = [d.user_data["paragraph"] for d in golds]
        return {"f1": 0.5, "token_accuracy": 0.75}

    monkeypatch.setattr(measure, "train_pipeline", train)
    monkeypatch.setattr(measure, "measure_clean", clean)
    splits = []
    for seed in (0, 0, 1):
        start = Path("previous")
        found = measure_paper_protocol(
            RECIPE, merged=merged, dev=tiny_corpus[1], start=start, seed=seed
        )
        assert found == {"f1": 0.5, "token_accuracy": 0.75}
        assert sorted(seen["train"] + seen["held"]) == list(range(40))
        assert len(seen["held"]) == 8
        assert seen["start"] == start
        splits.append(seen["held"])
    assert splits[0] == splits[1] != splits[2]


def pool_files(tmp_path: Path, accepted: str, gold: str) -> dict:
    for name, tags in (("pseudo", accepted), ("gold", gold)):
        marks = [None if tag == "?" else tag for tag in tags.split()]
        write_docs(tmp_path / f"{name}.spacy", [make_doc(["w"] * len(marks), marks, vocab=VOCAB)])
    (tmp_path / "counts.json").write_text(json.dumps({"paragraphs": 1}))
    return measure_pool(
        tmp_path / "pseudo.spacy", tmp_path / "gold.spacy", tmp_path / "counts.json"
    )


def test_pool_figures_by_hand(tmp_path: Path):
    # Accepted: A right, B wrong type. Gold: three.
    found = pool_files(tmp_path, "B-A I-A ? B-B O ?", "B-A I-A O B-A O B-B")
    assert found == {"paragraphs": 1, "precision": 1 / 2, "recall": 1 / 3}


def test_pool_paragraphs_without_gold_are_not_judged(tmp_path: Path):
    found = pool_files(tmp_path, "B-A I-A O", "? ? ?")
    assert found == {"paragraphs": 1, "precision": None, "recall": None}


def test_soft_labels_are_judged_by_their_likeliest_tags(tmp_path: Path):
    # Nothing is accepted; the distributions say A (right), and B where gold has nothing.
    pseudo = make_doc(["a", "b", "c", "d"], [None] * 4, vocab=VOCAB)
    likeliest = [1, 2, 0, 3]  # B-A I-A O B-B
    set_soft(pseudo, np.eye(5)[likeliest] * 0.6 + 0.08, ["A", "B"])
    write_docs(tmp_path / "pseudo.spacy", [pseudo])
    gold = make_doc(["a", "b", "c", "d"], ["B-A", "I-A", "O", "O"], vocab=VOCAB)
    write_docs(tmp_path / "gold.spacy", [gold])
    (tmp_path / "counts.json").write_text("{}")
    found = measure_pool(
        tmp_path / "pseudo.spacy", tmp_path / "gold.spacy", tmp_path / "counts.json"
    )
    assert found["soft"] == {"entities": 2, "precision": 1 / 2, "recall": 1.0}
    assert (found["precision"], found["recall"]) == (None, 0.0)


def test_nothing_accepted_has_no_precision(tmp_path: Path):
    found = pool_files(tmp_path, "? ? O", "B-A O O")
    assert (found["precision"], found["recall"]) == (None, 0.0)


def test_tags_of_the_pool(tmp_path: Path):
    docs = [
        make_doc(["a", "b", "c", "d"], ["B-Method", "I-Method", "B-Method", "O"], vocab=VOCAB),
        make_doc([], [], vocab=VOCAB),
        make_doc(["a", "b"], [None, "B-Dataset"], vocab=VOCAB),
    ]
    write_docs(tmp_path / "pseudo.spacy", docs)
    data = pool_tags(tmp_path / "pseudo.spacy", ["Dataset", "Method"])
    (tmp_path / "a.tags").write_bytes(data)
    assert read_tags(tmp_path / "a.tags").tolist() == [3, 4, 3, 0, -1, 1]
    write_docs(tmp_path / "pseudo.spacy", [])
    (tmp_path / "a.tags").write_bytes(pool_tags(tmp_path / "pseudo.spacy", ["Dataset"]))
    assert read_tags(tmp_path / "a.tags").tolist() == []


@pytest.mark.parametrize(
    ("gold", "right"),
    [
        ([1, 2, 0, 3, 0], [True, True]),
        ([1, 2, 2, 1, 0], [False, False]),
        ([0, 0, 0, 3, 0], [False, True]),
    ],
)
def test_an_entity_is_right_if_gold_has_exactly_it(gold, right):
    """Predicted: label A over the first two tokens, label B over the fourth."""
    probs = np.full((5, 5), 0.05)
    probs[range(5), [1, 2, 0, 3, 0]] = [0.8, 0.75, 0.8, 0.5, 0.8]
    scored = Scored(np.log(probs), np.array(gold))
    marks, found = outcomes([scored], ["A", "B"], None)[1]
    assert marks.tolist() == pytest.approx([0.75, 0.5])
    assert found.tolist() == right
