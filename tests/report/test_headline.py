from spacy_sciner.report.headline import MOST, headline

from .examples import iteration, nothing_known


def judged(metrics, promoted=True):
    return {**metrics, "promotion": {"promoted": promoted}}


def leaves(tree):
    return [x for v in tree.values() for x in (leaves(v) if isinstance(v, dict) else [v])]


def test_figures_that_dvc_compares():
    found = headline(judged(iteration(1, test=0.51239), promoted=False))
    assert found["test"] == dict.fromkeys(("f1", "precision", "recall", "macro_f1"), 0.5124)
    assert found["type"] == {"DatasetName": 0.5124, "TaskName": 0.5124}
    assert found["pool"] == {"accepted": 1234, "precision": 0.9}
    assert (found["dev"], found["calibration"]) == ({"f1": 0.5}, {"ece": 0.03})
    assert found["promoted"] == 0
    # The first iteration has no pool, and yet the same names, so that nothing comes or goes.
    first = headline(judged(iteration(0)))
    assert [*first, *first["pool"]] == [*found, *found["pool"]]
    assert headline(judged(nothing_known(1)))["pool"] == {"accepted": None, "precision": None}


def test_of_many_types_those_with_most_gold():
    metrics = iteration(1)
    metrics["clean"]["test"]["types"] = {f"T{n:02}": {"f1": 0.5, "n": n} for n in range(40)}
    found = headline(judged(metrics))
    assert len(leaves(found)) == MOST
    n_types = len(found["type"])
    assert list(found["type"]) == [f"T{n:02}" for n in range(40 - n_types, 40)]
