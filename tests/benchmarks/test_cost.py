"""The cost table's arithmetic, checked by hand on round numbers."""

SPEED = {
    "date": "2026-01-01",
    "rows": [
        {
            "task": "data",
            "threads": 2,
            "words": 1000,
            "pieces": 1400,
            "predict_operations": 4e9,
            "train_operations": 12e9,
        },
        {"task": "predict", "contestant": "spacy_sciner", "seconds": [0.01, 0.02, 0.9]},
        {"task": "train", "contestant": "spacy_sciner", "seconds": [0.1, 0.2, 0.3]},
    ],
}
PARSE = {"rows": [{"seconds": 0.5}, {"seconds": 1.0}, {"seconds": 7.0}]}
# Five seconds to begin with, then 25,000 words a second.
SCALE = {
    "rows": [
        {"part": "growing", "words": 50_000, "seconds": 7.0},
        {"part": "growing", "words": 100_000, "seconds": 9.0},
        {"part": "workers", "words_per_s": 1},
    ]
}


def test_hours_follow_from_rates_and_counts():
    import cost

    lines = cost.page(SPEED, PARSE, SCALE).splitlines()
    parse = next(line for line in lines if line.startswith("| parse"))
    assert parse == "| parse | 12.2 h | 22.8 min | – | – |"  # 87,587 s over 2 and over 64 cores
    predict = next(line for line in lines if line.startswith("| pseudo-label, all-Mini"))
    length = 133  # 95 words of 1.4 pieces
    operations = 9e6 * (2 * 6 * 12 * 384**2 * length + 4 * 6 * 384 * length**2)
    hours = operations / (4e9 / 0.02) / 3600
    assert f"| {hours:.1f} h |" in predict
    # 1,000 words in 0.02 s are 50,000 a second, twice the stage's.
    assert any("50,000 words/s" in line and "takes 2.0 times as long" in line for line in lines)
    assert predict.endswith(f"{operations / (0.3 * 989e12) / 8:.0f} s |")


def test_units_are_those_that_read_best():
    import cost

    assert [cost.shown(s) for s in (90, 7100, 7300, 200_000)] == [
        "90 s",
        "118.3 min",
        "2.0 h",
        "2.3 days",
    ]
