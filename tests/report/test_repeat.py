import pytest

from spacy_sciner.report.repeat import mean_interval, repeat_rows, repeat_text, shipped_of

from .examples import iteration


def loop(*test, promoted):
    """Iterations with these test F1s, promoted or not."""
    found = [iteration(k, test=f1, dev=0.6) for k, f1 in enumerate(test)]
    for metrics, yes in zip(found, promoted):
        metrics["promotion"] = {"promoted": yes}
    return found


SEEDS = {
    0: loop(0.50, 0.54, promoted=[True, True]),
    1: loop(0.52, 0.53, promoted=[True, False]),
    2: loop(0.54, 0.52, promoted=[True, True]),
}


def test_a_row_for_each_iteration():
    _, first, second = repeat_rows(SEEDS)
    assert first[:2] == ["0", "0.520 ± 0.020"]
    assert second[:2] == ["1", "0.530 ± 0.010"]
    assert (first[-1], second[-1]) == ("1 of 3", "2 of 3")


def test_what_it_says():
    text = repeat_text(SEEDS)
    assert "seeds of training, on the same gold" in text
    assert "seeds of training and of the splits" in repeat_text(SEEDS, resplit=True)
    assert "Iteration 1 against 0, same seed: test F1 +0.010 ± 0.030 (the mean, 95 %: " in text
    assert "higher in 2 of 3." in text
    # Seed 0 ships +0.04, seed 1 nothing, seed 2 a loss of 0.02.
    assert "What was shipped against iteration 0: test F1 +0.007 ± 0.031." in text
    assert "In 2 of 3 seeds an iteration was better on test than iteration 0; in 1 of these" in text
    assert "is within 0.020 of the mean" in text
    assert max(map(len, text.splitlines())) <= 110


def test_what_a_stop_costs():
    seeds = {
        0: loop(0.50, 0.52, 0.56, promoted=[True, False, True]),
        1: loop(0.50, 0.53, 0.51, promoted=[True, True, False]),
        2: loop(0.50, 0.53, 0.54, promoted=[True, True, True]),
    }
    text = " ".join(repeat_text(seeds).split())
    assert "would have ended before the last iteration in 1 of 3 seeds" in text
    assert "going on gained +0.020 ± 0.035 test F1." in text
    assert "until-stop" not in repeat_text(SEEDS)  # one iteration: nothing can be missed


def test_one_seed_has_no_spread():
    text = repeat_text({0: SEEDS[0]})
    assert "test F1 +0.040, higher in 1 of 1." in text
    assert "±" not in text.split("\n\n")[1]


def test_interval_of_a_mean_by_hand():
    """t of two degrees of freedom is 4.303 at 97.5 %."""
    low, high = mean_interval([1.0, 2.0, 3.0])
    assert (low, high) == pytest.approx((2 - 4.303 / 3**0.5, 2 + 4.303 / 3**0.5), abs=1e-3)


def test_the_last_promoted_is_what_was_shipped():
    assert shipped_of(loop(0.1, 0.2, 0.3, promoted=[True, True, False])) == 1
