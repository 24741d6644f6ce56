"""What is told of annotation files before anything is trained on them."""

import json
import warnings

import pytest

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.formats.registry import read_gold
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerWarning

from ..helpers import make_doc


def _warnings_of(folder, file_format="conll"):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ScinerWarning)
        read_gold(folder, file_format=file_format, file=folder.name, repairs=Repairs())
    return [str(one.message) for one in told]


def _write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{word}\tB-M\n" for word in text.split()))


def test_spans_in_a_group_are_no_annotation_and_that_is_said(tmp_path):
    (tmp_path / "gold").mkdir()
    known, unknown = make_doc(["a", "b"], ["O", "B-M"]), make_doc(["a", "b"], [None, None])
    write_docs(tmp_path / "gold" / "known.spacy", [known, unknown])
    assert _warnings_of(tmp_path / "gold", "spacy") == []
    write_docs(tmp_path / "gold" / "unknown.spacy", [unknown])
    (told,) = _warnings_of(tmp_path / "gold", "spacy")
    assert "SCINER-W227: Not one word of 1 gold files is annotated: gold/unknown.spacy." in told


def test_folders_of_papers_with_equal_file_names_are_told(tmp_path):
    texts = {"P0/abstract.conll": "one", "P0/body.conll": "two"}
    _write(tmp_path / "gold", {**texts, "P1/abstract.conll": "three"})
    (told,) = _warnings_of(tmp_path / "gold")
    assert "SCINER-W228" in told
    assert "abstract (gold/P0/abstract.conll, gold/P1/abstract.conll, …)" in told
    assert "body" not in told


@pytest.mark.parametrize(
    "files",
    [
        {"ann/N1.conll": "one text", "bob/N1.conll": "one text"},  # two annotators
        {"a/N1.conll": "one text", "b/N2.conll": "two texts"},
        {"N1.conll": "one text", "N1.txt": "two texts"},  # parts of a paper in one folder
    ],
)
def test_other_folders_are_not(tmp_path, files):
    _write(tmp_path / "gold", files)
    assert _warnings_of(tmp_path / "gold") == []


@pytest.mark.parametrize("n_empty", [2, 3])
def test_what_nobody_may_have_annotated_yet_is_asked_after(tmp_path, n_empty):
    labels = [[] if n < n_empty else [[0, 4, "M"]] for n in range(4)]
    lines = [json.dumps({"text": f"text {n}", "label": some}) for n, some in enumerate(labels)]
    (tmp_path / "gold.jsonl").write_text("\n".join(lines))
    (tmp_path / "brat").mkdir()
    for n, some in enumerate(labels):
        (tmp_path / "brat" / f"p{n}.txt").write_text(f"text {n}")
        (tmp_path / "brat" / f"p{n}.ann").write_text("T1\tM 0 4\ttext\n" if some else "")
    told = [
        *_warnings_of(tmp_path / "gold.jsonl", "doccano"),
        *_warnings_of(tmp_path / "brat", "brat"),
    ]
    if n_empty == 2:
        assert told == []
    else:
        assert [line.split(" have")[0] for line in told] == [
            "SCINER-W223: 3 of 4 lines of gold.jsonl",
            "SCINER-W223: 3 of 4 papers of brat",
        ]
