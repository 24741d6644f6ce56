"""Tables and plots of what the loop, its options and its promises are worth; nothing is trained."""

import json
from typing import Any, Dict

import numpy as np

from .recorded import recorded


def test_ablation_table_compares_each_variant_with_its_own_iteration_0():
    from ablate import page

    rows = [
        {
            "variant": name,
            "seed": seed,
            "dev": {"f1": 0.5, "precision": 0.5, "recall": 0.5},
            "dev_before": 0.4,
            "test": {"f1": after, "precision": 0.6, "recall": 0.4},
            "test_before": 0.4,
        }
        for name, seed, after in (("base", 0, 0.5), ("base", 1, 0.6), ("warm", 0, 0.3))
    ]
    _, _, _, _, base, warm = page(recorded(rows)).splitlines()
    assert base.startswith("| base | 2 | 0.500 ± 0.000 | +0.100 ± 0.000 | 0.550 ± 0.071 | +0.150 ±")
    assert warm == "| warm | 1 | 0.500 | +0.100 | 0.300 | -0.100 | 0.600 | 0.400 |"


def test_an_ablation_reads_what_its_base_has_made(tmp_path):
    from ablate import SHARED, share

    base, alone, beside = tmp_path / "0", tmp_path / "1", tmp_path / "2"
    for path in ("training/0/model-best/weights", "training/0/teachers/1/weights", "data/x"):
        (base / path).parent.mkdir(parents=True)
        (base / path).write_text(path)
    (base / "costs.json").write_text(json.dumps({name: {} for name in (*SHARED, "report")}))
    share(base, beside, alone=False)
    share(base, alone, alone=True)
    for folder in (alone, beside):
        assert (folder / "training/0/model-best/weights").read_text()
        assert (folder / "data/x").read_text()
        assert [*json.loads((folder / "costs.json").read_text())] == [*SHARED]
    assert (beside / "training/0/teachers/1/weights").read_text()
    assert not list((alone / "training/0/teachers").iterdir())


def test_draws_give_mean_and_range():
    from draws import page

    rows = [{"model": "m", "draws": 2, "size": 50, "token_accuracy": [0.9, 1.0], "f1": [0.2, 0.4]}]
    assert "| m | 0.950 (0.900–1.000) | 0.300 (0.200–0.400) |" in page(recorded(rows))


def test_sweep_table_has_each_gamma_beside_iteration_0():
    from sweep import page

    scores = [{"dev_f1": 0.4, "test_f1": f1} for f1 in (0.3, 0.5)]
    found = {"accepted": 1500, "accepted_paragraphs": 700, "precision": None}
    rows = [{"seed": i, "gamma": None, **score} for i, score in enumerate(scores)]
    rows += [{"seed": 0, "gamma": 0.98, **found, **scores[0]}]
    found = page(recorded(rows))
    assert "| iteration 0 | 2 | – | – | – | 0.400 ± 0.000 | 0.400 ± 0.141 |" in found
    assert "| 0.98 | 1 | 1,500 | 700 | – | 0.400 | 0.300 |" in found


def test_the_loops_gain_is_taken_seed_by_seed():
    from loop_report import changes

    rows = [
        {"seed": s, "iteration": k, "clean": {"dev": {"f1": f1}, "test": {"f1": f1 / 2}}}
        for s, k, f1 in ((0, 0, 0.4), (1, 0, 0.6), (0, 1, 0.5), (1, 1, 0.6))
    ]
    (line,) = changes(rows)
    assert "dev F1 +0.050 ± 0.071 (+0.100, +0.000)" in line
    assert "test F1 +0.025 ± 0.035 (+0.050, +0.000)" in line


def test_models_averaged_are_scored_by_their_mean_distribution():
    from ensemble import page, scores_of

    from spacy_sciner.training.calibrate import Scored

    gold = np.array([1, 2, 0])
    # The first cuts the entity short, the second finds nothing; the mean has all of it.
    short = np.log([[0.02, 0.96, 0.02], [0.6, 0.05, 0.35], [0.9, 0.05, 0.05]])
    none = np.log([[0.85, 0.1, 0.05], [0.3, 0.05, 0.65], [0.9, 0.05, 0.05]])
    members = [[Scored(short, gold)], [Scored(none, gold)]]
    tags = ["O", "B-A", "I-A"]
    assert [scores_of([member], tags)["f1"] for member in members] == [0.0, 0.0]
    assert scores_of(members, tags) == {"f1": 1.0, "precision": 1.0, "recall": 1.0}
    figures = [{"f1": f1, "precision": 0.5, "recall": 0.25} for f1 in (0.25, 0.75, 0.875)]
    each = [{"dev": f, "test": f} for f in figures]
    row = {"group": "two", "members": each[:2], "mean": each[2]}
    line = "| two | 2 | 0.500 ± 0.354 | 0.875 | 0.500 ± 0.354 | 0.875 | 0.500 | 0.250 |"
    assert line in page(recorded([row]))


def loop_row(seed: int, k: int, f1: float) -> Dict[str, Any]:
    scores = {"f1": f1, "precision": f1, "recall": f1, "types": {"Task": {"f1": f1}}}
    pool = {"accepted_entities": 10, "predicted_types": {"Task": 3, "Method": 1}}
    return {
        "seed": seed,
        "iteration": k,
        "clean": {"dev": scores, "test": scores},
        "paper_protocol": None,
        "calibration": {"ece": 0.1, "ece_before": 0.2},
        "pool": pool if k else None,
        "cost": {f"retrain@{k}" if k else "train": {"seconds": 60, "peak_gb": 1.5}},
    }


def test_the_loops_curve_is_drawn_with_f1_and_share_of_every_type(monkeypatch, tmp_path):
    import loop_report

    monkeypatch.setattr(loop_report, "__file__", str(tmp_path / "loop_report.py"))
    rows = [loop_row(seed, k, 0.4 + 0.1 * k) for seed in (0, 1) for k in (0, 1, 2)]
    loop_report.write_report(recorded(rows, "loop-x"))
    page = (tmp_path / "loop-x.md").read_text()
    assert "| 2 | 0.600 ± 0.000 |" in page
    assert "| 0.200 ± 0.000 → 0.100 ± 0.000 |" in page
    assert "\n| 0 | 0.400 / – |\n| 1 | 0.500 / 75.0% |" in page
    first = (tmp_path / "loop-x.svg").read_bytes()
    assert first.startswith(b"<?xml")
    loop_report.write_report(recorded(rows, "loop-x"))
    assert (tmp_path / "loop-x.svg").read_bytes() == first


def test_a_promise_made_on_drawn_papers_is_checked_on_all():
    from guarantee import one_draw, page

    from spacy_sciner.annotation.gamma import Candidate, GammaRule, Judged
    from spacy_sciner.types import ScoredSpan

    def judged(paper, score, is_right):
        entity = ScoredSpan(0, 1, "A", score)
        truth = {entity._replace(score=ScoredSpan(0, 1, "A").score)} if is_right else set()
        return Judged(Candidate(entity, [score]), truth, paper)

    # Of each paper five sure entities are right and five unsure ones wrong; of one all are wrong.
    papers = {
        f"P{i}": [judged(f"P{i}", sure, sure > 0.5 and i > 0) for sure in [0.9, 0.2] * 5]
        for i in range(40)
    }
    found = one_draw(papers, ["A"], GammaRule("auto", "entity"), seed=0)
    assert found == {"predicted": 400, "accepted": 200, "wrong": 5}
    nothing = {"predicted": 400, "accepted": 0, "wrong": 0}
    broken = {"predicted": 400, "accepted": 100, "wrong": 10}
    rows = [{"alpha": 0.05, "delta": 0.1, "papers": 40, "draws": [found, broken, nothing, nothing]}]
    line = "| 95% | 2 of 4 | 1 of 2 | 25.0% | 0.938 (0.900) | 37.5% |"
    assert line in page(recorded(rows))
