"""Active learning with gold as the expert."""

import json
import shutil

import numpy as np
import pytest
from spacy.vocab import Vocab
from tiny import gold_docs

from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.review.simulate import ALL, Plan, simulate

PLAN = Plan("entropy", seed=0, start=12, budget=10, rounds=3)


@pytest.fixture
def gold(tmp_path):
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"gold/{split}.spacy", gold_docs(n_papers=8))
    return tmp_path / "gold"


@pytest.fixture
def run(tiny_model):
    """In place of training: the same model, and scores that count the gold."""
    runs, iterations = [], []

    def run(folder, iteration):
        runs.append(folder)
        iterations.append(iteration)
        n_tokens = sum(map(len, texts_of(folder / "corpus/gold/train.spacy", as_docs=True)))
        for k in (0, 1):
            if not (folder / f"training/{k}/model-best").exists():
                shutil.copytree(tiny_model, folder / f"training/{k}/model-best")
                (folder / f"training/{k}/teachers").mkdir()
            clean = {"test": {"f1": n_tokens / 100 + k}, "dev": {"f1": 0.5}}
            (folder / "metrics").mkdir(exist_ok=True)
            (folder / f"metrics/iteration-{k}.json").write_text(json.dumps({"clean": clean}))

    run.runs, run.iterations = runs, iterations
    return run


def texts_of(path, as_docs=False):
    docs = read_docs(path, Vocab())
    return docs if as_docs else [doc.text for doc in docs]


def test_rounds_buy_within_the_budget_and_never_twice(gold, run, tmp_path):
    rows = list(simulate(PLAN, tmp_path / "run", gold, run))
    assert [row["round"] for row in rows] == [0, 1, 2, 3]
    tokens = [row["tokens"] for row in rows]
    assert tokens[0] <= 12
    assert all(0 < after - before <= 10 for before, after in zip(tokens, tokens[1:]))
    assert [row["test"] for row in rows] == [pytest.approx(n / 100) for n in tokens]
    before = set()
    for folder in run.runs:
        known = texts_of(folder / "corpus/gold/train.spacy")
        rest = texts_of(folder / "corpus/pool.spacy")
        assert before <= set(known)
        assert not set(known) & set(rest)
        assert len(known) + len(rest) == 8
        before = set(known)


def test_the_expert_is_a_person(gold, run, tmp_path):
    """Neither a language model's paragraphs are revealed nor its words in a person's."""
    docs = read_docs(gold / "train.spacy", Vocab())
    docs[0].user_data["source"] = "llm"
    docs[1].user_data["llm_tokens"] = [[0, 2]]
    write_docs(gold / "train.spacy", docs)
    list(simulate(PLAN._replace(strategy=ALL), tmp_path / "run", gold, run))
    (folder,) = run.runs
    revealed = texts_of(folder / "corpus/gold/train.spacy", as_docs=True)
    assert [doc.text for doc in revealed] == [doc.text for doc in docs[1:]]
    assert [token.ent_iob_ for token in revealed[0]][:2] == ["", ""]


def test_the_pool_tells_nothing_of_its_gold(gold, run, tmp_path):
    list(simulate(PLAN, tmp_path / "run", gold, run))
    pool = texts_of(run.runs[0] / "corpus/pool.spacy", as_docs=True)
    assert not any(doc.ents for doc in pool)
    assert all(token.ent_iob_ == "" for doc in pool for token in doc)
    kept = texts_of(run.runs[0] / "corpus/pool_gold.spacy", as_docs=True)
    assert any(doc.ents for doc in kept)


def test_the_same_seed_buys_the_same_and_strategies_differ(gold, run, tmp_path):
    def known(plan, name):
        run.runs.clear()
        list(simulate(plan, tmp_path / name, gold, run))
        return [texts_of(folder / "corpus/gold/train.spacy") for folder in run.runs]

    first = known(PLAN, "a")
    assert known(PLAN, "b") == first
    other = known(PLAN._replace(strategy="random"), "c")
    assert other[0] == first[0]  # the same start
    assert known(PLAN._replace(seed=1), "d")[0] != first[0]


def test_calibration_papers_are_there_for_the_loop(gold, run, tmp_path):
    write_docs(gold / "calibration.spacy", gold_docs(n_papers=2))
    rows = list(simulate(PLAN._replace(loop=True, rounds=0), tmp_path / "run", gold, run))
    assert len(rows) == 1
    linked = run.runs[0] / "corpus/gold/calibration.spacy"
    assert texts_of(linked) == texts_of(gold / "calibration.spacy")


def test_everything_at_once_is_one_round(gold, run, tmp_path):
    (row,) = simulate(PLAN._replace(strategy=ALL), tmp_path / "run", gold, run)
    assert row["paragraphs"] == 8


def test_on_top_of_the_loop_the_next_iteration_is_measured(gold, run, tmp_path):
    rows = list(simulate(PLAN._replace(loop=True), tmp_path / "run", gold, run))
    assert all(row["test"] > 1 for row in rows)
    assert run.iterations == [1, 1, 1, 1]


def test_where_nothing_is_left_the_loop_has_nothing_to_learn_from(gold, run, tmp_path):
    """An iteration on an empty pool is refused by the stage itself."""
    (row,) = simulate(PLAN._replace(strategy=ALL, loop=True), tmp_path / "run", gold, run)
    assert run.iterations == [0]
    assert row["test"] < 1


@pytest.mark.parametrize("loop", [False, True])
def test_the_committee_is_iteration_0s_teachers(gold, run, tmp_path, monkeypatch, loop):
    asked = []

    def probabilities(model, docs):
        asked.append(model.relative_to(tmp_path / "run/start-seed0/round-0").as_posix())
        return [np.full((len(doc), 3), 1 / 3) for doc in docs]

    def with_teachers(folder, iteration):
        run(folder, iteration)
        (folder / "training/0/teachers/1").mkdir(exist_ok=True)

    monkeypatch.setattr("spacy_sciner.review.simulate.probabilities", probabilities)
    plan = PLAN._replace(strategy="disagreement", loop=loop, rounds=1)
    list(simulate(plan, tmp_path / "run", gold, with_teachers))
    assert asked == [f"training/{int(loop)}/model-best", "training/0/teachers/1"]
