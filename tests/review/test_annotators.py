"""Files of several annotators: one each, or one export that names them."""

import json
from pathlib import Path

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.review.annotators import read_annotators, short_names

TEXT = "We train BERT with care ."


def task(*by, text=TEXT):
    annotations = [
        {
            "completed_by": who,
            "result": [
                {"type": "labels", "value": {"start": s, "end": e, "labels": [label]}}
                for s, e, label in spans
            ],
        }
        for who, spans in by
    ]
    return {"data": {"text": text, "paper": "P1"}, "annotations": annotations}


def write(path, *tasks):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(tasks)), encoding="utf8")
    return path


def ents_of(annotator):
    return [(ent.text, ent.label_) for doc in annotator.docs for ent in doc.ents]


def test_an_annotator_a_file_in_any_format(tmp_path):
    tasks = write(tmp_path / "ann.json", task((1, [(9, 13, "M")])))
    (tmp_path / "bob.conll").write_text(
        "\n".join(f"{w}\t{'B-D' if w == 'BERT' else 'O'}" for w in TEXT.split()), encoding="utf8"
    )
    ann, bob = read_annotators([tasks, tmp_path / "bob.conll"], file_format=None)
    assert (ann.name, ents_of(ann)) == ("ann", [("BERT", "M")])
    assert (bob.name, ents_of(bob)) == ("bob", [("BERT", "D")])


def test_another_spelling_is_no_other_label(tmp_path):
    ann = write(tmp_path / "ann.json", task((1, [(9, 13, "Method name"), (0, 2, "D")])))
    bob = write(tmp_path / "bob.json", task((2, [(9, 13, "METHOD_NAME"), (0, 2, "d")])))
    both = write(tmp_path / "both.json", task((3, [(9, 13, "d"), (0, 2, "D")])))
    first, second, third = read_annotators([ann, bob, both], file_format=None)
    assert ents_of(first) == ents_of(second) == [("We", "D"), ("BERT", "Method name")]
    assert second.repairs["label-spelling"] == 2
    # Who has both means two labels.
    assert ents_of(third) == [("We", "D"), ("BERT", "d")]


def test_of_a_file_among_others_second_annotations_are_set_aside_and_counted(tmp_path):
    both = write(tmp_path / "both.json", task((1, [(9, 13, "M")]), (2, [])))
    other = write(tmp_path / "other.json", task((3, [])))
    first, _ = read_annotators([both, other], file_format=None)
    assert ents_of(first) == [("BERT", "M")]
    assert first.repairs["extra-annotation"] == 1


def test_one_export_is_as_many_annotators_as_it_names(tmp_path):
    path = write(
        tmp_path / "export.json",
        task((7, [(9, 13, "M")]), (8, [(9, 13, "D")])),
        task((8, []), (7, [(0, 4, "M")]), text="Next comes the second text ."),
    )
    one, other = read_annotators([path], file_format="label-studio")
    assert (one.name, ents_of(one)) == ("7", [("BERT", "M"), ("Next", "M")])
    assert (other.name, ents_of(other)) == ("8", [("BERT", "D")])
    assert len(other.docs) == 2
    assert one.repairs == other.repairs == {}


def test_one_export_of_one_person_is_refused(tmp_path):
    path = write(tmp_path / "export.json", task((7, [])))
    with pytest.raises(ScinerError, match=r"E530.*names no two annotators, but 7"):
        read_annotators([path], file_format=None)


def test_files_that_cannot_be_told_or_are_given_twice(tmp_path):
    path = write(tmp_path / "a.json", task((1, [])))
    with pytest.raises(ScinerError, match="E531"):
        read_annotators(
            [path, tmp_path / ".." / tmp_path.name / "a.json"], file_format="label-studio"
        )
    with pytest.raises(ScinerError, match=r"E532.*none\.json"):
        read_annotators([path, tmp_path / "none.json"], file_format=None)
    with pytest.raises(ScinerError, match=r"E244.*word is no format"):
        read_annotators([path, path], file_format="word")
    (tmp_path / "b.txt.zip").write_text("nothing")
    with pytest.raises(ScinerError, match=r"E244.*known by its content"):
        read_annotators([path, tmp_path / "b.txt.zip"], file_format=None)
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4")
    with pytest.raises(ScinerError, match=r"E244.*a paper and not annotations"):
        read_annotators([path, tmp_path / "b.pdf"], file_format=None)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/ann.json", "x/bob.conll"], ["ann", "bob"]),
        (["ann/gold.json", "bob/gold.json"], ["ann", "bob"]),
        (["x/gold.json", "x/gold.conll"], ["gold.json", "gold.conll"]),
        (["a/x.json", "b/x.json", "b/y.json"], ["a/x.json", "b/x.json", "b/y.json"]),
    ],
)
def test_names_are_what_tells_paths_apart(paths, names):
    assert short_names([Path(path) for path in paths]) == names
