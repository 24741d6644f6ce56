"""What a simulation of active learning says."""

import pytest

from spacy_sciner.report.learning import area, learning_text, tokens_to_reach

CURVE = [(100, 0.2), (200, 0.4), (400, 0.5)]


def test_the_area_is_the_mean_f1_over_the_tokens():
    assert area([(0, 0.5), (10, 0.5)], 10) == pytest.approx(0.5)
    assert area([(100, 0.2), (200, 0.4)], 200) == pytest.approx(0.3)
    assert area(CURVE, 200) == pytest.approx(0.3)
    assert area(CURVE, 400) == pytest.approx((0.3 * 100 + 0.45 * 200) / 300)


def test_tokens_to_reach_lie_between_the_rounds():
    assert tokens_to_reach(CURVE, 0.3) == 150
    assert tokens_to_reach(CURVE, 0.5) == 400
    assert tokens_to_reach(CURVE, 0.1) == 100
    assert tokens_to_reach(CURVE, 0.6) is None


def rows(strategy, *f1, seed=0):
    base = {"strategy": strategy, "seed": seed, "loop": False, "paragraphs": 1, "dev": 0.0}
    return [
        {**base, "round": i, "tokens": 100 * (i + 1), "test": value} for i, value in enumerate(f1)
    ]


def test_each_strategy_is_shown_beside_random_of_the_same_seed():
    every = [
        *rows("random", 0.2, 0.3),
        *rows("random", 0.3, 0.4, seed=1),
        *rows("entropy", 0.2, 0.4),
        *rows("entropy", 0.3, 0.6, seed=1),
        *rows("all", 0.5),
        *rows("all", 0.5, seed=1),
    ]
    lines = learning_text(every).splitlines()
    (last,) = [line for line in lines if line.startswith("entropy") and line.split()[1] == "1"]
    assert last.split()[2] == "200"
    assert "0.500 ± 0.141" in last
    assert "+0.150 ± 0.071" in last
    (of_area,) = [line for line in lines if line.startswith("entropy") and "seeds)" in line]
    # 0.95 × 0.5: between the points of the second seed alone.
    assert "158 (1 of 2 seeds)" in of_area
    assert "+0.075 ± 0.035" in of_area
    # Student's t with one degree of freedom: 12.7 standard errors of 0.025.
    assert "-0.243 to +0.393" in of_area
    assert any(line.startswith("random") and "not reached" in line for line in lines)
    assert "All of the gold: test F1 0.500 ± 0.000." in lines
    assert max(map(len, lines)) <= 100


def test_a_model_that_learns_nothing_of_all_the_gold_is_reached_by_none():
    text = learning_text([*rows("random", 0.0, 0.0), *rows("all", 0.0)])
    assert "seeds)" not in text
