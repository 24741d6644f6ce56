import pytest
from stage_project import make_settings

from spacy_sciner.report.select import Rule, best_of, judge, shipped, type_names

from .examples import iteration

RULE = Rule(min_p_rise=0.8, n_bootstrap=200)


def papers(*right, types=("A",), n=100):
    """A paper for each number: so many right of n predicted and n gold, in each type."""
    counts = {f"P{i}": [{name: [r, n, n] for name in types}] for i, r in enumerate(right)}
    # The test papers say the opposite: they must not decide.
    opposite = {k: [{name: [n - r, n, n] for name in types}] for k, r in enumerate(right)}
    return {"dev": counts, "test": opposite}


def promoted(*iterations, rule=RULE):
    verdicts = judge(range(len(iterations)), dict(enumerate(iterations)), rule)
    return [v.iteration for v in verdicts if v.promoted], verdicts


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([(50, 50, 50), (60, 60, 60), (70, 70, 70)], [0, 1, 2]),
        ([(50, 50, 50), (70, 70, 70), (60, 60, 60)], [0, 1]),
        # Against the last promoted one, not the last one.
        ([(50, 50, 50), (70, 70, 70), (40, 40, 40), (60, 60, 60), (80, 80, 80)], [0, 1, 4]),
        ([(60, 60, 60), (60, 60, 60)], [0]),
    ],
)
def test_an_iteration_has_to_be_better_than_the_last_promoted(scores, expected):
    found, verdicts = promoted(*(papers(*s) for s in scores))
    assert found == expected
    assert best_of(verdicts) == expected[-1]


def test_a_rise_within_the_noise_does_not_count():
    """One paper gains, two lose a little: 70 % of the resamples rise."""
    before, after = papers(50, 50, 50), papers(62, 48, 48)
    found, verdicts = promoted(before, after, rule=RULE._replace(n_bootstrap=4000))
    assert shipped(verdicts, {0: before, 1: after}, RULE) == (
        "training/best: iteration 0: none of the others was promoted."
    )
    assert found == [0]
    assert verdicts[1].dev["f1"].change > 0
    assert verdicts[1].dev["f1"].p_rise == pytest.approx(19 / 27, abs=0.02)
    assert "more than 80% needed" in verdicts[1].reason
    assert promoted(before, after, rule=RULE._replace(min_p_rise=0.6))[0] == [0, 1]
    # Without resamples the change itself decides.
    assert promoted(before, after, rule=RULE._replace(n_bootstrap=0))[0] == [0, 1]


def types_of(**rights):
    """Four papers with so many right of 100 in each type."""
    counts = {f"P{i}": [{t: [r, 100, 100] for t, r in rights.items()}] for i in range(4)}
    return {"dev": counts, "test": counts}


def test_a_type_that_drops():
    before, after = types_of(A=50, B=50), types_of(A=80, B=45)
    found, verdicts = promoted(before, after)
    assert found == [0]
    assert verdicts[1].reason == (
        "iteration 1 is not promoted over iteration 0: dev F1 changes by +0.125 and rises in 100% "
        "of the resamples of 4 papers, 4 paragraphs, 800 entities; more than 80% needed, but it "
        "drops B (-0.050); 0.020 may be lost"
    )
    assert promoted(before, types_of(A=80, B=49))[0] == [0, 1]
    assert promoted(before, after, rule=RULE._replace(max_type_drop=0.1))[0] == [0, 1]


def test_a_drop_within_the_noise_of_a_rare_type_does_not_count():
    """B has four entities in one of four papers, of which one more is missed."""
    before, after = types_of(A=50), types_of(A=80)
    before["dev"]["P0"][0]["B"] = [2, 4, 4]
    after["dev"]["P0"][0]["B"] = [1, 4, 4]
    found, verdicts = promoted(before, after)
    assert verdicts[1].dev["B"].change == -0.25
    assert found == [0, 1]
    assert verdicts[1].warnings == ["B falls by 0.250 on 4 dev entities, which may be noise"]


def test_one_type_of_many_that_falls_by_chance_does_not_decide():
    """Nine of ten paragraphs lose nothing of B. A fall in 65 % of the resamples is no certainty;
    and what is certain enough for one type alone is not for one of ten."""

    def of(b, n_types):
        rows = [{"A": [i, 10, 10], "B": [b if i == 5 else 5, 10, 10]} for i in range(10)]
        for row in rows:
            row.update({f"C{j}": [5, 10, 10] for j in range(n_types)})
        return {split: {"P": rows} for split in ("dev", "test")}

    def judged(n_types, **values):
        before, after = of(5, n_types), of(1, n_types)
        for row in after["dev"]["P"]:
            row["A"] = [10, 10, 10]
        return promoted(before, after, rule=RULE._replace(n_bootstrap=2000, **values))[0]

    assert judged(0, max_type_drop=0.01) == [0, 1]
    # Of what certainty is asked the fall has enough by itself, and not as one of eleven types.
    assert judged(0, max_type_drop=0.01, type_confidence=0.3) == [0]
    assert judged(9, max_type_drop=0.01, type_confidence=0.3) == [0, 1]
    # Fewer entities than are to be judged.
    assert judged(0, max_type_drop=0.01, type_confidence=0.3, min_type_entities=101) == [0, 1]


def test_macro_f1_can_decide():
    before, after = types_of(A=50, B=50), types_of(A=50, B=50)
    for paper in range(4):
        before["dev"][f"P{paper}"][0]["A"] = [500, 1000, 1000]
        after["dev"][f"P{paper}"][0]["A"] = [490, 1000, 1000]
        after["dev"][f"P{paper}"][0]["B"] = [55, 100, 100]
    assert promoted(before, after)[0] == [0]
    assert promoted(before, after, rule=RULE._replace(by="macro_f1"))[0] == [0, 1]


def test_reasons():
    before, after = papers(50, 50), papers(60, 60)
    _, verdicts = promoted(before, after)
    assert verdicts[0].reason == "iteration 0 is the first"
    assert verdicts[1].reason == (
        "iteration 1 replaces iteration 0: dev F1 changes by +0.100 and rises in 100% of the "
        "resamples of 2 papers, 2 paragraphs, 200 entities; more than 80% needed"
    )
    assert shipped(verdicts, {0: before, 1: after}, RULE) == (
        "training/best: iteration 1, on dev +0.100 F1 against iteration 0; all but certain: it is "
        "better in 100% of the resamples of dev."
    )
    _, verdicts = promoted(papers(), papers())
    assert verdicts[1].reason.endswith("there is no dev gold to decide by")


def test_a_rule_is_what_params_say():
    settings = make_settings(evaluate={"promote_by": "macro_f1", "max_type_drop": 0.1, "seed": 4})
    rule = Rule.of(settings.evaluate)
    assert (rule.by, rule.max_type_drop, rule.n_bootstrap, rule.seed) == ("macro_f1", 0.1, 10, 4)


def test_type_names_of_all_iterations():
    metrics = [iteration(0), iteration(1)]
    metrics[1]["clean"]["test"]["types"]["MethodName"] = {"f1": 0.1, "n": 1}
    assert type_names(metrics) == ["DatasetName", "MethodName", "TaskName"]
