import pytest

from spacy_sciner.report.select import choose_best, type_names

from .examples import iteration, nothing_known


@pytest.mark.parametrize(
    ("dev", "best"),
    [
        ([0.5, 0.6, 0.7], 2),
        ([0.5, 0.7, 0.6], 1),
        ([0.6, 0.6, 0.6], 0),
        ([None, 0.1, None], 1),
        ([None, None], 0),
    ],
)
def test_best_is_highest_dev_ties_to_the_earlier(dev, best):
    # The test papers say the opposite: they must not choose.
    metrics = [iteration(k, dev=f1, test=1 - k / 10) for k, f1 in enumerate(dev)]
    assert choose_best(metrics)[0] == best
    assert choose_best(metrics[::-1])[0] == best


def test_reason():
    metrics = [iteration(0, dev=0.5), iteration(1, dev=0.7), iteration(2, dev=0.6)]
    assert choose_best(metrics)[1] == (
        "iteration 1 has the highest dev F1 (0.700); "
        "the later ones did not help on dev (iteration 2: 0.600)"
    )
    assert choose_best(metrics[:2])[1] == "iteration 1 has the highest dev F1 (0.700)"
    assert "none has a dev F1" in choose_best([nothing_known(0)])[1]


def test_type_names_of_all_iterations():
    metrics = [iteration(0), iteration(1)]
    metrics[1]["clean"]["test"]["types"]["MethodName"] = {"f1": 0.1, "n": 1}
    assert type_names(metrics) == ["DatasetName", "MethodName", "TaskName"]
