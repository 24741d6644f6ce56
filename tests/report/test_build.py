import json
import re
import zlib
from functools import partial
from html.parser import HTMLParser

import numpy as np
import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.report import build
from spacy_sciner.report.select import Rule

from .examples import iteration, nothing_known, papers_of

build_report = partial(build.build_report, rule=Rule(n_bootstrap=50))


@pytest.fixture
def project(tmp_path):
    def make(*metrics):
        for m in metrics:
            model = tmp_path / f"training/{m['iteration']}/model-best"
            model.mkdir(parents=True, exist_ok=True)
            (model / "meta.json").write_text(str(m["iteration"]))
            path = tmp_path / f"metrics/iteration-{m['iteration']}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(m))
            tags = [0, 1, -1, 0] if m["iteration"] % 2 else [0, 2, 1, -1]
            path = tmp_path / f"evaluation/iteration-{m['iteration']}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({"papers": papers_of(m)}))
            path.with_suffix(".tags").write_bytes(zlib.compress(np.array(tags, "<i2").tobytes()))
        return tmp_path

    return make


class Page(HTMLParser):
    """Open elements, to see that they are closed; and what the page would load."""

    def __init__(self):
        super().__init__()
        self.open, self.loads, self.names = [], [], []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.loads += [v for k, v in attrs if k in ("src", "href") and v]

    def handle_startendtag(self, tag, attrs):
        self.loads += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_writes_everything(project):
    root = project(iteration(0, dev=0.4), iteration(1, dev=0.6), iteration(2, dev=0.5))
    text = build_report([2, 0, 1], root=root)
    latest = json.loads((root / "metrics/latest.json").read_text())
    assert (latest["dev"]["f1"], latest["promoted"]) == (0.5, 0)
    listed = json.loads((root / "metrics/iterations.json").read_text())
    assert [m["iteration"] for m in listed] == [0, 1, 2]
    assert (root / "training/best/meta.json").read_text() == "1"
    assert (root / "report/iterations.txt").read_text(encoding="utf8") == text
    assert "| 2 | 0.500 |" in (root / "report/iterations.md").read_text(encoding="utf8")
    assert {path.name for path in (root / "plots").iterdir()} == {
        "f1.csv",
        "types.csv",
        "shares.csv",
        "reliability.csv",
    }


def test_text_says_what_is_best_and_fits_100_columns(project):
    metrics = [iteration(0, dev=0.6), iteration(1, dev=0.5, low_yield=True)]
    text = build_report([0, 1], root=project(*metrics))
    assert "iteration 1 is not promoted over iteration 0: dev F1 changes by -0.100" in text
    assert text.endswith("training/best: iteration 0: none of the others was promoted.\n")
    assert "iteration 1: LOW YIELD" in text
    assert max(map(len, text.splitlines())) <= 100


def test_page_is_whole_and_loads_nothing(project):
    root = project(iteration(0), iteration(1, low_yield=True))
    build_report([0, 1], root=root)
    html = (root / "report/index.html").read_text(encoding="utf8")
    page = Page()
    page.feed(html)
    assert page.open == []
    assert page.names.count("svg") == 2
    assert all(load.startswith("#") for load in page.loads)
    assert "@import" not in html
    assert "Low yield in iteration 1." in html
    assert "self-agreement, not quality" in re.sub(r"\s+", " ", html)


def test_the_f1_of_two_annotators_is_a_line_across(project):
    root = project(iteration(0), iteration(1))
    build_report([0, 1], root=root)
    without = (root / "report/index.html").read_text(encoding="utf8")
    build_report([0, 1], root=root, human_f1=0.83)
    html = (root / "report/index.html").read_text(encoding="utf8")
    assert html.count("stroke-dasharray: 1.5,2.475") > without.count("stroke-dasharray: 1.5,2.475")
    assert "annotator against another,0.83" in (root / "plots/f1.csv").read_text(encoding="utf8")


def test_without_the_papers_protocol_nothing_speaks_of_it(project):
    metrics = [iteration(0), iteration(1)]
    for one in metrics:
        one["paper_protocol"] = None
    root = project(*metrics)
    build_report([0, 1], root=root)
    for name in ("index.html", "iterations.txt", "iterations.md"):
        assert "self-agreement" not in (root / "report" / name).read_text(encoding="utf8")


def test_page_shows_gamma_and_reliability(project):
    metrics = [iteration(0), iteration(1)]
    entry = {"gamma": None, "certified": False, "accepted": 0, "wrong": 0, "bound": None}
    entry |= {"reason": "it takes 45", "source": "none", "yield": 0.0}
    metrics[1]["pool"]["gamma"] = {
        "rule": "auto",
        "alpha": 0.05,
        "delta": 0.1,
        "papers": 3,
        "papers_of": "dev",
        "nominal": True,
        "pooled": entry,
        "labels": {"TaskName": entry},
        "check": {"accepted": 0, "precision": None, "precision_low": None},
    }
    root = project(*metrics)
    bins = [{"confidence": 0.5, "right": 0.25, "n": 4}]
    pair = {"before": bins, "after": bins}
    details = {"reliability": {"entities": pair, "tokens": pair}, "papers": papers_of(metrics[1])}
    (root / "evaluation/iteration-1.json").write_text(json.dumps(details))
    build_report([0, 1], root=root)
    html = (root / "report/index.html").read_text(encoding="utf8")
    page = Page()
    page.feed(html)
    assert page.open == []
    assert page.names.count("svg") == 3
    assert "from 3 dev papers. Certified by themselves: no label" in html
    assert "Taken, since" not in html  # nothing is
    assert "Nominal only" in html
    assert "none: accepts nothing" in html
    assert '"entities, after",0.500000,0.250000,4' in (root / "plots/reliability.csv").read_text()


def test_type_names_are_escaped(project):
    """In tables, and in what the plots draw."""
    metrics = iteration(0)
    metrics["clean"]["test"]["types"]["<b>&"] = {"f1": 0.1, "n": 1}
    root = project(metrics)
    build_report([0], root=root)
    html = (root / "report/index.html").read_text(encoding="utf8")
    assert "<td>&lt;b&gt;&amp;</td>" in html
    shown = Page()
    shown.feed(html)
    assert shown.open == []
    # As the page's own text has them: "test, dev", "self-agreement", "accepted", …, "soft P", …
    assert shown.names.count("b") == html.count("</b>")


def test_test_papers_without_an_entity_leave_a_plot_empty(project):
    metrics = iteration(0)
    metrics["clean"]["test"]["types"] = {}
    root = project(metrics)
    build_report([0], root=root)  # a warning of matplotlib's would fail this
    assert "<svg" in (root / "report/index.html").read_text(encoding="utf8")


@pytest.mark.parametrize("make", [iteration, nothing_known])
def test_same_metrics_same_bytes(project, make):
    root = project(make(0), make(1))
    names = ["report/index.html", "report/iterations.txt", "report/iterations.md", "plots/f1.csv"]
    build_report([0, 1], root=root)
    first = [(root / name).read_bytes() for name in names]
    build_report([0, 1], root=root)
    assert [(root / name).read_bytes() for name in names] == first


def test_what_was_decided_and_what_drifted_is_written(project):
    metrics = [iteration(0, dev=0.4), iteration(1, dev=0.6), iteration(2, dev=0.5)]
    metrics[2]["pool"]["types"] = {"DatasetName": 300, "TaskName": 100}
    root = project(*metrics)
    build_report([0, 1, 2], root=root)
    first, second, third = json.loads((root / "metrics/iterations.json").read_text())
    promotions = [m["promotion"] for m in (first, second, third)]
    assert [p["promoted"] for p in promotions] == [True, True, False]
    assert [p["against"] for p in promotions] == [None, 0, 1]
    assert promotions[2]["dev"]["TaskName"]["change"] == pytest.approx(-0.1)
    assert promotions[2]["test"]["f1"]["change"] == pytest.approx(0)
    assert (first["drift"], second["drift"]["from_previous"]) == (None, None)
    assert second["drift"]["shares"] == {"TaskName": 1.0}
    assert third["drift"]["from_gold"] == 0
    assert third["drift"]["from_previous"] == pytest.approx(second["drift"]["from_gold"])
    assert third["drift"]["tokens"] == {"changed": 0.25, "learnt": 0.25, "forgotten": 0.25}
    html = (root / "report/index.html").read_text(encoding="utf8")
    assert "iteration 2 is not promoted" in html
    assert "25.00%" in html
    markdown = (root / "report/iterations.md").read_text(encoding="utf8")
    assert "| TaskName | 50.0% of 2,468 | 4.1% of 2,468 |" in markdown
    assert "| 2 (not promoted) | 1 | all |" in markdown
    shares = (root / "plots/shares.csv").read_text().splitlines()
    assert "0,DatasetName,0.750000" in shares
    assert "1,TaskName,1.000000" in shares


def test_an_evaluation_without_papers_or_tags(project):
    root = project(iteration(0), iteration(1))
    (root / "evaluation/iteration-1.tags").unlink()
    with pytest.raises(ScinerError, match=r"E401: .*iteration-1\.tags is missing"):
        build_report([0, 1], root=root)
    (root / "evaluation/iteration-1.json").write_text("{}")
    with pytest.raises(ScinerError, match=r"E401: .*iteration-1\.json with its `papers`"):
        build_report([0, 1], root=root)


def test_fewer_iterations_leave_nothing_behind(project):
    root = project(iteration(0), iteration(1))
    build_report([0, 1], root=root)
    build_report([0], root=root)
    assert "\n1," not in (root / "plots/f1.csv").read_text()
    assert len(json.loads((root / "metrics/iterations.json").read_text())) == 1


def test_iteration_that_was_not_evaluated(project):
    with pytest.raises(ScinerError, match=r"E401: .*iteration-1\.json is missing"):
        build_report([0, 1], root=project(iteration(0)))
