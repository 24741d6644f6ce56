"""The table, the CSV and the plot of few-shot trainings, against figures made by hand."""

import pytest

from spacy_sciner.report.few_shot import (
    Shot,
    few_shot_csv,
    few_shot_rows,
    few_shot_svg,
    few_shot_text,
    shot_of,
)

SHOTS = [
    Shot("plain", 1, 0, 0, 3, 7, 0.1, 0.05, 0.2),
    Shot("plain", 1, 1, 0, 4, 9, 0.3, 0.1, 0.2),
    Shot("plain", 16, 0, 0, 40, 90, 0.5, 0.4, 0.4),
    Shot("adapted", 1, 0, 0, 3, 7, 0.4, 0.2, 0.3),
    Shot("adapted", 1, 1, 0, 4, 9, 0.4, 0.2, 0.3),
]


def test_mean_and_deviation_by_k_and_encoder():
    assert few_shot_rows(SHOTS) == [
        ["k", "sentences", "mentions", "plain", "adapted"],
        ["1", "4", "8", "0.200 ± 0.141", "0.400 ± 0.000"],
        ["16", "40", "90", "0.500", "–"],
    ]
    assert "(2 × 1)" in few_shot_text(SHOTS)


def test_csv_has_every_run():
    lines = few_shot_csv(SHOTS).splitlines()
    assert lines[0] == "encoder,k,subset,seed,sentences,mentions,f1,macro_f1,dev_f1"
    assert lines[2] == "plain,1,1,0,4,9,0.3,0.1,0.2"
    assert len(lines) == 6


def test_plot_is_over_the_logarithm_of_k_and_the_same_each_time():
    svg = few_shot_svg(SHOTS)
    assert svg == few_shot_svg(SHOTS)
    for text in ("plain", "adapted", "16", "strict test F1"):
        assert f"<!-- {text} -->" in svg
    assert "<!-- 4 -->" not in svg  # only the k that were tried


def test_figures_are_those_of_test():
    clean = {"test": {"f1": 0.5, "macro_f1": 0.4}, "dev": {"f1": 0.6}}
    place = {"encoder": "a", "k": 2, "subset": 1, "seed": 3, "sentences": 5, "mentions": 8}
    shot = shot_of({"clean": clean}, **place)
    assert shot[-3:] == pytest.approx((0.5, 0.4, 0.6))
    assert (shot.k, shot.seed) == (2, 3)
