"""What the stages will take: counted by hand."""

import pytest
from stage_project import make_settings

from spacy_sciner.cli.costs import START_S, Words, plan

WORDS = Words(train=1000, held_out=300, dev=100, pool=4000, pool_share=0.5)
SCHEDULE = {"epochs": 2, "batch_words": 100, "min_steps": 0}


def seconds_of(**sections):
    sections.setdefault("train", SCHEDULE)
    settings = make_settings(retrain=SCHEDULE, evaluate={"paper_protocol": False}, **sections)
    return {s.name: s.seconds for s in plan(settings, WORDS, train_s=0.01, predict_s=0.001)}


def test_training_is_passes_times_words_for_each_teacher():
    # 2 passes of 1,000 words, and dev after each.
    once = 2 * 1000 * 0.01 + 2 * 100 * 0.001
    assert seconds_of()["train"] == pytest.approx(START_S + once)
    three = seconds_of(train={**SCHEDULE, "teachers": 3})
    assert three["train"] == pytest.approx(START_S + 3 * once)
    # And each teacher predicts the pool.
    assert three["pseudo-label@1"] == pytest.approx(START_S + 3 * 4000 * 0.001)


def test_min_steps_make_more_passes():
    # 20 steps are two passes; 50 take three passes an epoch.
    once = 2 * 3 * 1000 * 0.01 + 2 * 100 * 0.001
    assert seconds_of(train={**SCHEDULE, "min_steps": 50})["train"] == pytest.approx(START_S + once)


def test_a_retraining_sees_gold_and_what_the_cap_lets_through():
    once = 2 * 3000 * 0.01 + 2 * 100 * 0.001
    assert seconds_of()["merge@1, retrain@1"] == pytest.approx(2 * START_S + once)


def test_the_papers_protocol_trains_on_four_fifths():
    settings = make_settings(train=SCHEDULE, retrain=SCHEDULE)
    stages = plan(settings, WORDS, train_s=0.01, predict_s=0.001)
    found = {stage.name: stage.seconds for stage in stages}
    without = seconds_of()["evaluate@0"]
    assert found["evaluate@0"] == pytest.approx(without + 2 * 800 * 0.01 + 2 * 100 * 0.001)
