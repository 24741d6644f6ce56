"""What the stages will take: counted by hand."""

import pytest
from spacy.training import Example
from stage_project import make_settings
from tiny import ROOT

from spacy_sciner.cli.costs import START_S, Words, _passes, plan
from spacy_sciner.corpus.settings import CorpusSettings
from spacy_sciner.corpus.splits.gold import read_gold_splits
from spacy_sciner.models import machine
from spacy_sciner.models.batching import make_length_batcher
from spacy_sciner.settings import read_settings
from spacy_sciner.training import experiment
from spacy_sciner.training.measure import Rates
from spacy_sciner.training.schedule import plan_steps

WORDS = Words(train=1000, held_out=300, dev=100, pool=4000, pool_share=0.5, paragraph=12)
RATES = Rates(train=0.01, together=0.015, predict=0.001)
SCHEDULE = {"epochs": 2, "batch_words": 100, "min_steps": 0}


def seconds_of(**sections):
    sections.setdefault("train", SCHEDULE)
    settings = make_settings(retrain=SCHEDULE, evaluate={"paper_protocol": False}, **sections)
    return {s.name: s.seconds for s in plan(settings, WORDS, RATES)}


def test_training_is_passes_times_words_for_each_teacher():
    # 2 passes of 1,000 words, and dev after each.
    once = 2 * 1000 * 0.01 + 2 * 100 * 0.001
    assert seconds_of()["train"] == pytest.approx(START_S + once)
    three = seconds_of(train={**SCHEDULE, "teachers": 3, "at_once": 1})
    assert three["train"] == pytest.approx(START_S + 3 * once)
    # And each teacher predicts the pool.
    assert three["pseudo-label@1"] == pytest.approx(START_S + 3 * 4000 * 0.001)


@pytest.mark.parametrize(
    ("cores", "at_once", "teachers", "times"),
    [
        (2, 3, 3, 1.5),  # three threads on two cores
        (2, 2, 3, 2),  # two, then one
        (2, 3, 4, 2.5),
        (4, 3, 3, 1),
        (8, 2, 5, 3),
    ],
)
def test_teachers_side_by_side_take_rounds(monkeypatch, cores, at_once, teachers, times):
    for module in (machine, experiment):
        monkeypatch.setattr(module, "usable_cores", lambda: cores)
    found = seconds_of(train={**SCHEDULE, "teachers": teachers, "at_once": at_once})
    one = 2 * 1000 * 0.015 + 2 * 100 * 0.001
    assert found["train"] == pytest.approx(START_S + times * one)


def test_a_pool_that_convert_has_not_counted_is_said_to_be_so():
    words = WORDS._replace(pool=0, pool_known=False)
    stages = plan(make_settings(train=SCHEDULE), words, RATES)
    (what,) = {stage.what for stage in stages if stage.name.startswith("pseudo-label")}
    assert "not counted yet: run `dvc repro parse convert`" in what


def test_an_adaptation_costs_a_little_more_than_training_on_its_text():
    found = seconds_of(adapt={"methods": ["mlm", "span-mlm"], "epochs": 3})
    assert found["adapt: mlm"] == found["adapt: span-mlm"] == pytest.approx(1.2 * 3 * 4000 * 0.01)
    part = seconds_of(adapt={"methods": ["mlm"], "epochs": 1, "max_words": 500})
    assert part["adapt: mlm"] == pytest.approx(1.2 * 500 * 0.01)
    assert not any(name.startswith("adapt:") for name in seconds_of())


def test_min_steps_make_more_passes():
    # A batch of 100 holds 4.5 paragraphs of 12 and 8 for padding: 54 words. 1,000 are 19 batches,
    # so that 2 epochs of 1, 2 and 3 passes are 38, 76 and 114 steps.
    assert seconds_of(train={**SCHEDULE, "min_steps": 38}) == seconds_of()
    once = 2 * 3 * 1000 * 0.01 + 2 * 100 * 0.001
    assert seconds_of(train={**SCHEDULE, "min_steps": 77})["train"] == pytest.approx(START_S + once)


def test_a_retraining_sees_gold_and_what_the_cap_lets_through():
    once = 2 * 3000 * 0.01 + 2 * 100 * 0.001
    assert seconds_of()["merge@1, retrain@1"] == pytest.approx(2 * START_S + once)


def test_a_finish_on_gold_is_counted():
    schedule = {**SCHEDULE, "finish_epochs": 3}
    settings = make_settings(train=SCHEDULE, retrain=schedule, evaluate={"paper_protocol": False})
    found = {s.name: s.seconds for s in plan(settings, WORDS, RATES)}
    more = found["merge@1, retrain@1"] - seconds_of()["merge@1, retrain@1"]
    assert more == pytest.approx(3 * (1000 * 0.01 + 100 * 0.001))


def test_the_papers_protocol_trains_on_four_fifths():
    protocol = {"paper_protocol": True}
    settings = make_settings(train=SCHEDULE, retrain=SCHEDULE, evaluate=protocol)
    stages = plan(settings, WORDS, RATES)
    found = {stage.name: stage.seconds for stage in stages}
    without = seconds_of()["evaluate@0"]
    assert found["evaluate@0"] == pytest.approx(without + 2 * 800 * 0.01 + 2 * 100 * 0.001)


def test_an_iteration_that_is_not_evaluated_is_named():
    whole = make_settings()
    assert list(whole.iterations) == ["1", "2"]
    first_two = {k: whole.evaluations[k] for k in ("0", "1")}
    settings = whole.model_copy(update={"evaluations": first_two})
    named = [stage for stage in plan(settings, WORDS, RATES) if "NOT" in stage.what]
    assert [(stage.name, stage.seconds) for stage in named] == [("evaluate", 0)]
    assert "NOT iteration 2:" in named[0].what
    assert not [stage for stage in plan(whole, WORDS, RATES) if "NOT" in stage.what]


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_the_batches_of_the_sample_are_estimated_as_the_batcher_cuts_them(share, tiny_encoder):
    """Else min_steps would ask for another pass in the plan than in the training."""
    settings = read_settings(ROOT / "params.yaml")
    assets = ROOT / "assets"
    corpus = CorpusSettings.of(settings, "sample", labels_path=assets / "labels.yaml")
    docs = read_gold_splits(corpus, folder=assets / "sample", seed=0).docs["train"]
    docs = docs[: round(share * len(docs))]
    n_words = sum(map(len, docs))
    for size in (256, 512):
        batcher = make_length_batcher(size, encoder=str(tiny_encoder))
        n_batches = sum(1 for _ in batcher([Example(doc, doc) for doc in docs]))
        for steps in (round(0.9 * n_batches), round(1.1 * n_batches)):
            schedule = settings.train.replaced(epochs=1, batch_words=size, min_steps=steps)
            expected = plan_steps(n_batches, epochs=1, min_steps=steps).steps // n_batches
            assert _passes(schedule, n_words, n_words / len(docs)) == expected
