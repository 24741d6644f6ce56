"""A person's paragraph, and what a language model says of words that the person left unknown."""

import numpy as np
import pytest
import spacy
from spacy.vocab import Vocab

from spacy_sciner.corpus.docbin import read_docs, write_docs
from spacy_sciner.corpus.duplicates import Found
from spacy_sciner.corpus.filled import fill_unknown, persons
from spacy_sciner.corpus.formats.registry import read_gold
from spacy_sciner.corpus.reader import cut_doc, iob_tags, make_corpus
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.corpus.screen import gold_notes
from spacy_sciner.corpus.told import TOLD, model_told, without_model
from spacy_sciner.settings import GoldFile

from .helpers import make_doc
from .splits.test_gold import _corpus, _lines, _read, _task, _three

WORDS = ["We", "fine-tune", "BERT", "large", "on", "SQuAD", "."]


def filled(person, model, *, words=WORDS):
    doc, other = make_doc(words, person), make_doc(words, model)
    other.user_data["source"] = "llm"
    found = Found()
    return fill_unknown([doc], [other], found=found)[0], dict(found.filled)


def told_of(doc):
    told = model_told(doc)
    return [] if told is None else np.flatnonzero(told).tolist()


def test_unknown_words_are_filled_and_keep_who_told_them():
    doc, counts = filled(
        [None, None, "B-M", "I-M", None, None, None],
        ["O", "O", "B-M", "I-M", "O", "B-D", "O"],
    )
    assert iob_tags(doc) == ["O", "O", "B-M", "I-M", "O", "B-D", "O"]
    assert told_of(doc) == [0, 1, 4, 5, 6]
    assert doc.user_data["source"] == "gold"
    assert counts == {"paragraphs": 1, "tokens": 5, "entities": 1}
    assert iob_tags(without_model(doc)) == [None, None, "B-M", "I-M", None, None, None]
    assert TOLD not in without_model(doc).user_data


@pytest.mark.parametrize(
    ("person", "model", "tags"),
    [
        # Its entity is longer than a person's: the words beside that stay unknown.
        (["O", "O", "B-M", None, None, "O", "O"], ["O", "O", "B-M", "I-M", "O", "O", "O"], [3]),
        # It has an entity where a person says there is none.
        (["O", "O", "O", None, "O", "O", "O"], ["O", "O", "B-M", "I-M", "O", "O", "O"], [3]),
        # It does not know either.
        (["O", "O", "O", None, "O", "O", "O"], ["O", "O", "O", None, "O", "O", "O"], [3]),
    ],
)
def test_gold_wins(person, model, tags):
    doc, _ = filled(person, model)
    assert [i for i, tag in enumerate(iob_tags(doc)) if tag is None] == tags
    known = [i for i, tag in enumerate(person) if tag is not None]
    assert [iob_tags(doc)[i] for i in known] == [person[i] for i in known]


def test_other_words_of_the_same_text_are_found_by_its_characters():
    doc = make_doc(["fine", "-", "tune", "BERT", "\n", "large"])
    other = make_doc(["fine-tune", "BERT", "large"], ["O", "B-M", "I-M"])
    found = fill_unknown([doc], [other], found=Found())[0]
    assert iob_tags(found) == ["O", "O", "O", "B-M", "I-M", "I-M"]
    half = make_doc(["fine-tune", "BE", "RT", "large"], ["O", "O", "B-M", "I-M"])
    found = fill_unknown([doc], [half], found=Found())[0]
    # "BERT" is half in an entity.
    assert iob_tags(found)[:4] == ["O", "O", "O", None]
    assert not found.ents


def test_what_is_whole_or_of_another_text_stays():
    docs = [make_doc(WORDS, ["O"] * 7), make_doc(["Another", "text"])]
    other = make_doc(WORDS, ["O", "O", "B-M", "O", "O", "O", "O"])
    found = Found()
    assert fill_unknown(docs, [other], found=found) == docs
    assert not found.filled


def test_pieces_and_files_keep_what_was_told(tmp_path):
    doc, _ = filled(
        ["O", None, None, "O", "O", None, None], ["O", "O", "B-M", "O", "O", "B-D", "O"]
    )
    assert [told_of(piece) for piece in cut_doc(doc, 3)] == [[1, 2], [2], [0]]
    write_docs(tmp_path / "a.spacy", [doc])
    assert told_of(read_docs(tmp_path / "a.spacy", Vocab())[0]) == [1, 2, 5, 6]
    again = read_gold(tmp_path / "a.spacy", file_format="spacy", file="a.spacy", repairs=Repairs())
    assert again.paragraphs[0].unknown == {1, 2, 5, 6}
    assert not again.paragraphs[0].spans


def test_a_persons_work_is_what_the_person_told():
    doc, _ = filled([None] * 3 + ["O"] * 4, ["O", "O", "B-M", "O", "O", "O", "O"])
    model = make_doc(["A", "model's", "own"], ["O", "O", "O"])
    model.user_data["source"] = "llm"
    (own,) = persons([doc, model])
    assert iob_tags(own) == [None] * 3 + ["O"] * 4


@pytest.mark.parametrize(("gold_only", "known"), [(True, 4), (False, 7)])
def test_gold_alone_is_what_a_person_told(tmp_path, gold_only, known):
    doc, _ = filled([None] * 3 + ["O"] * 4, ["O", "O", "B-M", "O", "O", "O", "O"])
    write_docs(tmp_path / "a.spacy", [doc])
    (example,) = make_corpus(tmp_path / "a.spacy", gold_only=gold_only)(spacy.blank("en"))
    assert sum(bool(token.ent_iob_) for token in example.reference) == known
    assert bool(example.reference.ents) is not gold_only


def test_convert_fills_what_a_person_left_unknown(tmp_path):
    text = "We fine-tune BERT on SQuAD."
    unknown = {"start": 0, "end": len(text) - 1, "label": "_unknown_"}
    _lines(tmp_path / "gold.jsonl", {"text": text, "spans": [unknown], "meta": {"paper": "p1"}})
    model = {"paper": "p1", "source": "llm"}
    _lines(tmp_path / "llm.jsonl", _task(text, "BERT", meta=model))
    files = [
        GoldFile(path=path, format="prodigy", split="train") for path in ("gold.jsonl", "llm.jsonl")
    ]
    read = _read(tmp_path, _corpus(*files, *_three(tmp_path)))
    (doc,) = read.docs["train"]
    assert [ent.text for ent in doc.ents] == ["BERT"]
    assert told_of(doc) == list(range(len(doc) - 1))
    report = {"files": [], **read.reader.to_dict()}
    assert gold_notes(report) == [
        "words that a person left unknown, told by a language model: 7 in 1 paragraphs, with 1 "
        "entities"
    ]
