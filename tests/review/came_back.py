"""Tasks that come back from a person, and what of them is gold."""

from spacy_sciner.corpus.splits.gold import GoldReader
from spacy_sciner.review.record import Proposed, Round, ShownTask
from spacy_sciner.review.returned import HeldOut
from spacy_sciner.settings import GoldFile

TEXTS = ["We train BERT on SQuAD now.", "GLUE has nine tasks.", "Adam wins on CoNLL again."]
NOTHING = HeldOut((), ())
SPANS = [[("BERT", "Method"), ("SQuAD", "Dataset")], [("GLUE", "Dataset")], [("Adam", "Method")]]


def span(text, word, label):
    start = text.index(word)
    return Proposed(start, start + len(word), label, 0.5)


def rounds_of(tmp_path, corpus="mine"):
    tasks = [
        ShownTask(f"P{n}", n, "1", text, 0.5, n + 1, tuple(span(text, *s) for s in spans))
        for n, (text, spans) in enumerate(zip(TEXTS, SPANS, strict=True))
    ]
    return [Round(tmp_path / "review/round-1/record.json", corpus, "best-1", "entropy", tasks)]


def task(n, spans, *, text=None, who=1, time="2026-11-28T10:00:00Z", data=(), **more):
    """A task of an export; spans as (word, label), or as (start, end, label, own text)."""
    text = TEXTS[n] if text is None else text
    values = [
        dict(zip(("start", "end", "labels", "text"), (s[0], s[1], [s[2]], s[3])))
        if len(s) == 4
        else {
            "start": text.index(s[0]),
            "end": text.index(s[0]) + len(s[0]),
            "labels": [s[1]],
            "text": s[0],
        }
        for s in spans
    ]
    results = [
        {"from_name": "label", "to_name": "text", "type": "labels", "value": v} for v in values
    ]
    annotation = {"completed_by": who, "updated_at": time, "result": results, **more}
    place = {"text": text, "paper": f"P{n}", "paragraph": n, "of_pool": True}
    return {"id": n + 1, "data": {**place, **dict(data)}, "annotations": [annotation]}


def ents_of(gold):
    reader = GoldReader(gold.parent, None)
    docs = reader.docs(reader.read(GoldFile(path=gold.name, format="label-studio")))
    return {doc.text: [(e.text, e.label_) for e in doc.ents] for doc in docs}
