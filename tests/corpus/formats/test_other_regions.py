"""Label Studio: regions that another control than one of labels has given a meaning."""

import json

import pytest

from spacy_sciner.corpus.formats.label_studio import read_label_studio
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs

from ..helpers import docs_of

TEXT = "We train BERT on SQuAD"
LABELLED = {"type": "labels", "value": {"start": 17, "end": 22, "text": "SQuAD", "labels": ["D"]}}


def _tags(tmp_path, *results):
    task = {"id": 1, "data": {"text": TEXT}, "annotations": [{"result": list(results)}]}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]))
    repairs = Repairs()
    return iob_tags(docs_of(read_label_studio(path, file="a", repairs=repairs), repairs)[0])


def _region(kind, start, end, **value):
    return {"type": kind, "value": {"start": start, "end": end, "text": TEXT[start:end], **value}}


def test_a_taxonomys_region_is_something_of_an_unknown_label(tmp_path):
    other = _region("taxonomy", 9, 13, taxonomy=[["Model", "Encoder"]])
    assert _tags(tmp_path, LABELLED, other) == ["O", "O", None, "O", "B-D"]


@pytest.mark.parametrize(
    "other",
    [
        _region("choices", 17, 22, choices=["sure"]),  # said of the labelled region
        {"type": "choices", "value": {"choices": ["good"]}},
        {"type": "textarea", "value": {"text": ["a note"]}},
        {"type": "number", "value": {"start": 0.5, "end": 1.5, "number": 3}},
    ],
)
def test_what_is_said_of_a_labelled_region_or_of_the_task_is_none(tmp_path, other):
    assert _tags(tmp_path, other, LABELLED) == ["O", "O", "O", "O", "B-D"]
