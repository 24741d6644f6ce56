"""Pages from templates: what is a value stays text."""

from spacy_sciner.report.plots import draw
from spacy_sciner.report.sweep import sweep_html


def figures(label: str):
    one = {"accepted": 3, "precision": 0.5, "recall": None}
    both = {**one, "accepted_paragraphs": 2, "unknown_share": 0.25}
    return [{**both, "gamma": gamma, "types": {label: one}} for gamma in (0.9, 0.5)]


def test_a_sweeps_title_and_labels_are_escaped():
    page = sweep_html(figures("<b>"), 'γ of "<i>" & more')
    assert "<td>&lt;b&gt;</td>" in page
    assert "<h1>γ of &#34;&lt;i&gt;&#34; &amp; more</h1>" in page
    assert 'aria-label="γ of &#34;&lt;i&gt;&#34; &amp; more"' in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert page.count("<svg") == 1


def test_a_line_named_like_an_element_is_drawn_as_text():
    plot = draw([0, 1], {"<b>": [0.1, None]}, "title", xlabel="K")
    assert plot.svg.startswith("<svg")
    assert "<b>" not in plot.svg
