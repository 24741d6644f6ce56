"""What is shown comes back as it was: text, places, entities and unknown words, in every format."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_text import TOKENIZER, WHOLE_WORDS, WORDS, gold_docs, known_of

from spacy_sciner.corpus.formats.writing import Losses, prepare
from spacy_sciner.corpus.splits.gold import GoldReader
from spacy_sciner.corpus.text import squeezed
from spacy_sciner.html_text import has_markup
from spacy_sciner.review.record import read_rounds
from spacy_sciner.review.returned import HeldOut, import_files
from spacy_sciner.review.tasks import NAMES, write_round
from spacy_sciner.settings import GoldFile
from spacy_sciner.types import ScoredSpan

ABOUT = {"corpus": "mine", "model_version": "best-1", "strategy": "random", "seed": 0}
NOTHING = HeldOut((), ())


def shown_of(docs):
    """The docs as predictions; texts as a pool has them, each once."""
    unique = {squeezed(doc.text): doc for doc in docs if any(t.ent_iob_ for t in doc)}
    for doc in unique.values():
        doc.user_data["source"] = "best-1"
    pairs = [
        (d, [ScoredSpan(e.start, e.end, e.label_, 0.5) for e in d.ents]) for d in unique.values()
    ]
    written = prepare(pairs, default_paper="none", keep_unknown=True, losses=Losses())
    more = {"score": 0.5, "rank": 1, "of_pool": True}
    return [replace(one, more=more) for one in written], list(unique.values())


def submitted(path, file_format):
    """A tool's export after a person has accepted every task as it is."""
    text = path.read_text(encoding="utf8")
    out = path.with_name("export" + path.suffix)
    if file_format == "label-studio":
        tasks = json.loads(text)
        for n, task in enumerate(tasks):
            (prediction,) = task.pop("predictions")
            results = [{**r, "origin": "prediction"} for r in prediction["result"]]
            task.update(id=n, annotations=[{"completed_by": 1, "result": results}])
        out.write_text(json.dumps(tasks), encoding="utf8")
        return out
    done = {"answer": "accept", "_view_id": "ner_manual"} if file_format == "prodigy" else {"id": 7}
    lines = [json.loads(line) for line in text.split("\n") if line]
    lines = [{**line, **done} for line in lines]
    if file_format == "doccano":
        lines = [{**line, "id": n} for n, line in enumerate(lines)]
    out.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf8")
    return out


def taken_over(folder, shown, file_format):
    """The report, and the docs of the gold file that it becomes."""
    labels = ["X", "Y"]
    write_round(folder / "round-1", shown, file_format=file_format, labels=labels, about=ABOUT)
    export = submitted(folder / "round-1" / NAMES[file_format], file_format)
    report = import_files(
        [export],
        rounds=read_rounds(folder),
        held_out=NOTHING,
        corpus="mine",
        gold=folder / "gold.json",
        labels=labels,
    )
    reader = GoldReader(folder, ("X", "Y"), tokenizer=TOKENIZER)
    docs = reader.docs(reader.read(GoldFile(path="gold.json", format="label-studio")))
    # Text that looks like HTML is counted, and kept as it stands.
    n_markup = sum(has_markup(doc.text) for doc in docs)
    assert reader.repairs.counts == ({"markup": n_markup} if n_markup else {})
    return report, docs


def place(doc):
    return doc.user_data["paper"], doc.user_data["paragraph"], doc.text


@pytest.mark.parametrize("file_format", list(NAMES))
@settings(max_examples=25)
@given(data=st.data())
def test_what_is_accepted_as_it_is_becomes_what_was_shown(file_format, data):
    words = WHOLE_WORDS if file_format == "doccano" else WORDS
    shown, docs = shown_of(data.draw(gold_docs(words)))
    if not shown:
        return
    with tempfile.TemporaryDirectory() as folder:
        report, back = taken_over(Path(folder), shown, file_format)
    for doc in docs:
        doc.user_data.update(source="gold", of_pool=True)
    assert [known_of(d) for d in sorted(back, key=place)] == [
        known_of(d) for d in sorted(docs, key=place)
    ]
    n_ents = sum(len(doc.ents) for doc in docs)
    assert report["entities"]["all"] == {
        "kept": n_ents,
        "removed": 0,
        "added": 0,
        "relabelled": 0,
        "moved": 0,
    }
    assert report["tasks"]["with_record"] == len(docs)
    assert report["changes"] == report["overlaps"] == report["lost"] == []
    assert not report["repairs"]


ODD = "𝑥 of 😀👩\u200d🔬 e\u0301tude\u00a0BERT\r\nat 10km &lt;b&gt; 日本語 wins"


@pytest.mark.parametrize("file_format", list(NAMES))
def test_odd_text_by_hand(tmp_path, file_format):
    doc = TOKENIZER(ODD)
    spans = [doc.char_span(ODD.index(w), ODD.index(w) + len(w), "X") for w in ("BERT", "日本語")]
    last = doc[len(doc) - 1 :]
    doc.set_ents(spans, missing=[last])
    doc.user_data.update(paper="P", paragraph=4, section="1", source="best-1")
    shown, _ = shown_of([doc])
    report, (back,) = taken_over(tmp_path, shown, file_format)
    assert back.text == ODD
    assert [(e.text, e.start_char) for e in back.ents] == [
        (word, ODD.index(word)) for word in ("BERT", "日本語")
    ]
    assert [t.text for t in back if not t.ent_iob_] == ["wins"]
    assert report["entities"]["unknown"] == 1
    assert report["offsets"] == {}
