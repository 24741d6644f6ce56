import csv
import io

from spacy_sciner.report.tables import (
    calibration_rows,
    f1_csv,
    gamma_rows,
    iteration_rows,
    pool_rows,
    reliability_csv,
    to_markdown,
    to_text,
    type_rows,
    types_csv,
)

from .examples import iteration, nothing_known


def records(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_iteration_rows():
    head, *rows = iteration_rows([iteration(0, test=0.4), iteration(1)])
    assert dict(zip(head, rows[0])) == {
        "K": "0",
        "test F1": "0.400",
        "95 %": "0.350–0.450",
        "P": "0.400",
        "R": "0.400",
        "dev F1": "0.500",
        "self-agreement": "0.800",
        "accepted": "–",
        "expected": "–",
        "pool P": "–",
        "soft P": "–",
    }
    assert rows[1][-4:] == ["1,234", "2,345", "0.900", "–"]
    with_soft = iteration(1)
    with_soft["pool"]["soft"] = {"entities": 10, "precision": 0.6, "recall": 0.5}
    assert iteration_rows([with_soft])[1][-1] == "0.600"


def test_other_rows():
    metrics = [iteration(0), iteration(1)]
    assert type_rows(metrics)[1] == ["DatasetName", "1,200", "0.500", "0.500"]
    assert pool_rows(metrics) == [
        ["type", "iteration 1"],
        ["TaskName", "1,234"],
        ["(tokens unknown)", "12.5%"],
    ]
    assert calibration_rows(metrics)[2] == ["1", "–", "0.030", "–", "–", "–", "1.000"]


def test_type_that_an_iteration_has_not():
    metrics = [iteration(0), iteration(1)]
    del metrics[0]["clean"]["test"]["types"]["TaskName"]
    assert type_rows(metrics)[2] == ["TaskName", "1,200", "–", "0.500"]


def test_what_is_unknown_is_a_dash_or_left_out():
    metrics = [nothing_known(0), nothing_known(1)]
    assert set(iteration_rows(metrics)[2][1:]) == {"–"}
    assert set(type_rows(metrics)[1][2:]) == {"–"}
    assert pool_rows(metrics)[-1][1] == "–"
    assert calibration_rows(metrics)[1] == ["0", *["–"] * 6]
    assert records(f1_csv(metrics)) == records(types_csv(metrics)) == []


def test_csv_is_long():
    rows = records(f1_csv([iteration(0)]))
    assert {row["series"]: float(row["f1"]) for row in rows} == {
        "test": 0.5,
        "test, low end of 95 %": 0.45,
        "test, high end of 95 %": 0.55,
        "dev": 0.5,
        "self-agreement (paper's protocol)": 0.8,
    }
    human = records(f1_csv([iteration(0), iteration(1)], 0.83))
    ceiling = [row["f1"] for row in human if row["series"] == "one annotator against another"]
    assert ceiling == ["0.830000"] * 2
    assert [row["series"] for row in records(types_csv([iteration(0)]))] == [
        "DatasetName",
        "TaskName",
    ]


def test_text_is_aligned_and_fits_100_columns():
    lines = to_text(iteration_rows([iteration(k) for k in range(12)])).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 100


def test_markdown():
    assert to_markdown([["a", "b"], ["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |\n"


def certificate(**entry):
    fixed = {"gamma": None, "certified": False, "source": "none", "accepted": 0, "wrong": 0}
    return {**fixed, "bound": None, "reason": "too few", "yield": 0.0, **entry}


def test_gamma_rows_say_what_certifies_each_label():
    metrics = [iteration(0), iteration(1)]
    assert len(gamma_rows(metrics)) == 1
    own = {"gamma": 0.9, "certified": True, "source": "label", "accepted": 90, "bound": 0.049}
    metrics[1]["pool"]["gamma"] = {
        "rule": "auto",
        "labels": {"A": certificate(**own, **{"yield": 0.5}), "B": certificate()},
        "pooled": certificate(),
    }
    assert gamma_rows(metrics)[1:3] == [
        ["1", "A", "0.900", "label", "90", "0", "4.9%", "50.0%"],
        ["1", "B", "–", "none: accepts nothing", "0", "0", "–", "0.0%"],
    ]
    metrics[1]["pool"]["gamma"] = {"rule": "adaptive", "labels": {"A": {"gamma": 0.6, "share": 1}}}
    assert gamma_rows(metrics)[1] == ["1", "A", "0.600", "adaptive", "–", "–", "–", "100.0%"]


def test_reliability_csv_has_a_row_for_each_bin_and_the_diagonal():
    one = [{"confidence": 0.25, "right": 0.5, "n": 4}]
    found = records(reliability_csv({"entities": {"before": one, "after": []}}))
    assert [(r["series"], r["confidence"], r["right"]) for r in found] == [
        ("as often right as sure", "0.000000", "0.000000"),
        ("as often right as sure", "1.000000", "1.000000"),
        ("entities, before", "0.250000", "0.500000"),
    ]
