"""Annotators of public data; needs SCINER_MIRROR."""

import os
from pathlib import Path

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.review.agree import compare_annotators
from spacy_sciner.review.annotators import read_annotators

MIRROR = Path(os.environ.get("SCINER_MIRROR", ""))
pytestmark = pytest.mark.skipif(
    "SCINER_MIRROR" not in os.environ,
    reason="SCINER_MIRROR does not name a folder with real annotation files",
)


def compared(*names):
    paths = [MIRROR / name for name in names]
    return compare_annotators(read_annotators(paths, file_format=None), n_draws=0).figures


def test_the_annotators_of_the_paper_overlap_nowhere():
    names = ("apillay_10", "bharath_15", "muno_8", "muno_test")
    with pytest.raises(ScinerError, match=r"E420.*apillay_10 1 papers, 546 paragraphs"):
        compared(*(f"acl-sciner/annotators/{name}.conll" for name in names))


@pytest.mark.parametrize(("name", "n"), [("lda", 2), ("bert", 29)])
def test_an_export_and_its_edited_version(name, n):
    (pair,) = compared(
        *(f"annotation-formats/label-studio/{name}{end}.json" for end in ("", "_edited"))
    )["pairs"]
    assert pair["disagreements"]["missing in a"] == sum(pair["disagreements"].values()) == n
    assert 0.95 < pair["entities"]["all"]["strict"]["value"] < 1


def test_both_exports_of_one_project_are_the_same():
    (pair,) = compared(
        *(f"annotation-formats/label-studio/{name}.json" for name in ("bert", "bert_min"))
    )["pairs"]
    assert pair["kappa"]["value"] == pair["alpha"]["value"] == 1
