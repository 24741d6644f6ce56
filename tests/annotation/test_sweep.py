"""What each γ would let through: counted as the pseudo-label stage does, from cached scores."""

import shutil
from pathlib import Path

import pytest
import spacy
from stage_project import make_settings
from tiny import CONFIGS, gold_docs, make_doc

from spacy_sciner.annotation import sweep as module
from spacy_sciner.annotation.pool_scores import predict_pool
from spacy_sciner.annotation.pseudo_label import pseudo_label
from spacy_sciner.annotation.sweep import retrain_at, sweep_gammas
from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.errors import ScinerError
from spacy_sciner.training.experiment import Experiment

SETTINGS = {
    "train": {"config": str(CONFIGS / "tiny.cfg"), "epochs": 2, "learn_rate": 0.01},
    "retrain": {"epochs": 1},
    "annotate": {"accept": "entity", "gamma_o": 0.0, "calibrated": True},
    "merge": {"max_paragraphs": None},
}


@pytest.fixture
def project(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    golds = gold_docs()
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"corpus/gold/{split}.spacy", golds)
    # Of one pool paragraph nothing is known, and one has a wrong gold.
    pool_gold = [*golds, make_doc(["we", "train", "BERT", "."], None, vocab=golds[0].vocab)]
    pool_gold[0].set_ents([], default="outside")
    blank = [make_doc([t.text for t in doc], None, vocab=doc.vocab) for doc in pool_gold]
    write_docs(tmp_path / "corpus/pool.spacy", blank)
    write_docs(tmp_path / "corpus/pool_gold.spacy", pool_gold)
    shutil.copytree(tiny_model, tmp_path / "training/0/model-best")
    return tmp_path


def figures(project: Path, gammas, *, accept="entity", gamma_o=None):
    model = project / "training/0/model-best"
    scores = predict_pool(model, project / "corpus/pool.spacy", project / "cache", shard=4)
    gold = project / "corpus/pool_gold.spacy"
    return sweep_gammas(
        model, scores, gold, n_docs=len(scores), gammas=gammas, accept=accept, gamma_o=gamma_o
    )


@pytest.mark.parametrize("accept", ["token", "entity"])
@pytest.mark.parametrize("gamma_o", [None, 0.3])
def test_a_gamma_of_the_sweep_accepts_what_the_stage_accepts(project, accept, gamma_o):
    for row in figures(project, [0.3, 0.8, 0.97], accept=accept, gamma_o=gamma_o):
        counts = pseudo_label(
            project / "training/0/model-best",
            project / "corpus/pool.spacy",
            project / "pseudo.spacy",
            gold=project / "corpus/gold/train.spacy",
            iteration=1,
            gamma=row["gamma"],
            gamma_o=gamma_o,
            accept=accept,
            cache=project / "cache",
        )
        assert row["accepted"] == counts["accepted_entities"]
        assert row["accepted_paragraphs"] == counts["accepted_paragraphs"]
        assert row["unknown_share"] == pytest.approx(counts["unknown_share"])
        by_type = {k: v["accepted"] for k, v in row["types"].items() if v["accepted"]}
        assert by_type == counts["types"]


def test_precision_and_recall_are_of_what_gold_knows(project):
    nothing, everything = figures(project, [0.0, 1.0])[:2]
    assert (nothing["gamma"], everything["gamma"]) == (1.0, 0.0)
    assert (nothing["accepted"], nothing["precision"], nothing["recall"]) == (0, None, 0.0)
    # Two entities of the first sentence count as wrong, those of the last are not judged.
    n_gold = sum(len(doc.ents) for doc in gold_docs()[1:])
    assert everything["recall"] == 1.0
    assert everything["precision"] == pytest.approx(n_gold / (n_gold + 2))
    assert everything["accepted"] == n_gold + 3
    method = everything["types"]["Method"]
    assert method["precision"] < 1.0 == everything["types"]["Metric"]["precision"]


def test_a_pool_without_gold_has_a_yield_and_no_precision(project):
    shutil.copy(project / "corpus/pool.spacy", project / "corpus/pool_gold.spacy")
    [row] = figures(project, [0.0])
    assert row["accepted"] > 0
    assert row["precision"] is row["recall"] is None


def test_gold_of_another_pool(project):
    write_docs(project / "corpus/pool_gold.spacy", gold_docs()[:3])
    with pytest.raises(ScinerError, match=r"SCINER-E331.*3 documents, the scores are of 9"):
        figures(project, [0.5])


@pytest.mark.usefixtures("folders_of_docs")
def test_retraining_at_a_gamma_goes_on_where_it_stopped(project, monkeypatch):
    experiment = Experiment(make_settings(**SETTINGS), 1)
    trained = []
    real = module.train_pipeline

    def train(*args, **kwargs):
        trained.append(kwargs["out"])
        return real(*args, **kwargs)

    monkeypatch.setattr(module, "train_pipeline", train)

    def run(gamma):
        pool, out = project / "corpus/pool.spacy", project / f"sweep/{gamma}"
        cache = project / "cache"
        return retrain_at(experiment, gamma, accept="entity", pool=pool, cache=cache, out=out)

    first = run(0.2)
    assert first["dev_f1"] > 0.9
    assert first["accepted"] > 0
    assert run(0.2) == first
    assert len(trained) == 1
    docs = read_docs(project / "sweep/0.2/iteration-1/train.spacy", spacy.blank("en").vocab)
    assert {doc.user_data["source"] for doc in docs} == {"gold", "pseudo"}
    # Another setting is another result.
    experiment = Experiment(make_settings(**{**SETTINGS, "retrain": {"epochs": 2}}), 1)
    run(0.2)
    assert len(trained) == 2
    # And mended gold, though it is of test alone.
    write_docs(project / "corpus/gold/test.spacy", gold_docs()[:-1])
    run(0.2)
    assert len(trained) == 3
    with pytest.raises(ScinerError, match="SCINER-E312"):
        retrain_at(
            Experiment(make_settings(**SETTINGS), 0),
            0.5,
            accept="entity",
            pool=project / "corpus/pool.spacy",
            cache=project / "cache",
            out=project / "sweep/x",
        )
