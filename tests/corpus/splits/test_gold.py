import json
import re

import pytest
from spacy.tokens import SpanGroup

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.settings import CorpusSettings
from spacy_sciner.corpus.splits.gold import GoldReader, read_gold_splits
from spacy_sciner.errors import ScinerError, ScinerWarning
from spacy_sciner.settings import GoldFile

from ..helpers import ents_of, make_doc

LABELS = ("M", "D")


def _corpus(*gold, split=None, pool_gold=()):
    shares = {"dev": 0.3, "test": 0.3} if split is None else split
    return CorpusSettings("c", LABELS, tuple(gold), shares, tuple(pool_gold))


def _read(tmp_path, corpus, seed=0):
    return read_gold_splits(corpus, folder=tmp_path, seed=seed)


def _conll(path, *paragraphs):
    """Each paragraph a line of words; those in capitals are of label M."""
    path.parent.mkdir(parents=True, exist_ok=True)
    blocks = [
        "".join(f"{w}\t{'B-M' if w.isupper() else 'O'}\n" for w in text.split())
        for text in paragraphs
    ]
    path.write_text("\n".join(blocks))


def _texts(docs):
    return [doc.text for doc in docs]


def test_a_folder_is_divided_by_file(tmp_path):
    for name in ("p1", "p2", "p3"):
        _conll(tmp_path / "gold" / f"{name}.conll", f"{name} uses BERT", f"{name} ends")
    read = _read(tmp_path, _corpus(GoldFile(path="gold", format="conll")))
    papers = {split: {d.user_data["paper"] for d in docs} for split, docs in read.docs.items()}
    assert sorted(len(papers[split]) for split in ("train", "dev", "test")) == [1, 1, 1]
    assert set.union(*papers.values()) == {"p1", "p2", "p3"}
    (entry,) = read.reader.files
    assert (entry["files"], entry["papers"], entry["paragraphs"]) == (3, 3, 6)


def test_one_paper_cannot_be_divided_and_the_way_out_is_told(tmp_path):
    _conll(tmp_path / "all.conll", *(f"text {n} of BERT" for n in range(9)))
    message = r"SCINER-E209: .*hold 1 paper \(all\), and train, dev, test need one each.*DOCSTART"
    with pytest.raises(ScinerError, match=message):
        _read(tmp_path, _corpus(GoldFile(path="all.conll", format="conll")))
    asked = _read(
        tmp_path, _corpus(GoldFile(path="all.conll", format="conll", papers="paragraphs"))
    )
    assert [len(asked.docs[split]) for split in ("train", "dev", "test")] == [3, 3, 3]


def test_train_does_without_held_out_texts(tmp_path):
    _conll(tmp_path / "train.conll", "we use BERT here", "another text of LSTM")
    _conll(tmp_path / "dev.conll", "we use BERT here")
    _conll(tmp_path / "test.conll", "a third text")
    files = [GoldFile(path=f"{s}.conll", format="conll", split=s) for s in ("train", "dev", "test")]
    read = _read(tmp_path, _corpus(*files))
    assert _texts(read.docs["train"]) == ["another text of LSTM"]
    report = read.reader.to_dict()
    assert report["repairs"]["in-held-out"]["count"] == 1
    assert report["duplicates"]["in_two_splits"] == {"train and dev": 1}


def test_nothing_left_to_train_on(tmp_path):
    for split in ("train", "dev", "test"):
        _conll(tmp_path / f"{split}.conll", "we use BERT here")
    files = [GoldFile(path=f"{s}.conll", format="conll", split=s) for s in ("train", "dev", "test")]
    with pytest.raises(ScinerError, match=r"SCINER-E209: Split 'train'.*all its texts are in dev"):
        _read(tmp_path, _corpus(*files))


def _lines(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def _task(text, word, **more):
    start = text.index(word)
    span = {"start": start, "end": start + len(word), "label": "M"}
    return {"text": text, "spans": [span], **more}


def _three(tmp_path):
    _conll(tmp_path / "dev.conll", "a text for dev")
    _conll(tmp_path / "test.conll", "a text for test")
    return [GoldFile(path=f"{s}.conll", format="conll", split=s) for s in ("dev", "test")]


def test_the_report_tells_units_and_counts(tmp_path):
    text = "𝑥 and 𝑦: we train BERT."
    start = len(text[: text.index("BERT")].encode("utf-16-le")) // 2
    _lines(tmp_path / "p.jsonl", {"text": text, "label": [[start, start + 4, "M"]]})
    gold = GoldFile(path="p.jsonl", format="doccano", split="train")
    read = _read(tmp_path, _corpus(gold, *_three(tmp_path)))
    assert read.reader.files[0]["offsets"] == "UTF-16 units"
    report = read.reader.to_dict()
    assert (report["annotations"], report["annotated_paragraphs"], report["repairs"]) == (1, 3, {})


def test_labels_tell_tags_without_letters(tmp_path):
    (tmp_path / "p.conll").write_text("We\tO\nBERT\tM\nlarge\tM\n")
    read = _read(
        tmp_path,
        _corpus(GoldFile(path="p.conll", format="conll", split="train"), *_three(tmp_path)),
    )
    assert [ents_of(doc) for doc in read.docs["train"]] == [[("BERT large", "M")]]
    assert read.reader.files[0]["scheme"] == "IO"


def test_text_key_reaches_the_reader(tmp_path):
    _lines(tmp_path / "p.jsonl", {"title": "x", "body": "We train BERT.", "label": [[9, 13, "M"]]})
    gold = GoldFile(path="p.jsonl", format="doccano", split="train", text_key="body")
    read = _read(tmp_path, _corpus(gold, *_three(tmp_path)))
    assert _texts(read.docs["train"]) == ["We train BERT."]


def test_a_paper_in_two_splits_is_told(tmp_path):
    _conll(tmp_path / "a" / "p.conll", "a text of BERT")
    _conll(tmp_path / "b" / "p.conll", "another text of BERT")
    files = [
        GoldFile(path="a", format="conll", split="train"),
        GoldFile(path="b", format="conll", split="dev"),
    ]
    with pytest.warns(ScinerWarning, match=r"SCINER-W201: 1 papers .*p \(train, dev\)"):
        _read(tmp_path, _corpus(*files, _three(tmp_path)[1]))


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_nothing_is_measured_against_a_language_model(tmp_path, split):
    _lines(tmp_path / "llm.jsonl", {"text": "We train a model.", "spans": [], "source": "llm"})
    gold = GoldFile(path="llm.jsonl", format="prodigy", split=split)
    others = [
        GoldFile(path=f"{s}.conll", format="conll", split=s) for s in ("train", "dev", "test")
    ]
    for other in others:
        _conll(tmp_path / other.path, f"a text for {other.split} of BERT")
    corpus = _corpus(gold, *others)
    if split == "train":
        train = _read(tmp_path, corpus).docs["train"]
        assert sorted(doc.user_data["source"] for doc in train) == ["gold", "llm"]
        return
    with pytest.raises(ScinerError, match=rf"SCINER-E245: 1 of the {split} .*llm\.jsonl"):
        _read(tmp_path, corpus)


@pytest.mark.parametrize("source", ["pseudo", "training/best", None])
@pytest.mark.parametrize("split", ["train", "test"])
def test_predictions_are_no_gold(tmp_path, source, split):
    docs = [make_doc(["We", "train", "BERT"], ["O", "O", "B-M"]), make_doc(["A", "doc"])]
    docs[0].user_data["source"] = source
    if source is None:  # as `nlp.pipe` leaves it
        docs[0].spans["sciner"] = SpanGroup(docs[0], name="sciner", attrs={"scores": [0.9]})
    write_docs(tmp_path / "own.spacy", docs)
    gold = GoldFile(path="own.spacy", format="spacy", split=split)
    message = rf"SCINER-E568: 1 of the 2 docs in own\.spacy .*'{source or 'sciner'}'"
    with pytest.raises(ScinerError, match=message):
        _read(tmp_path, _corpus(gold, *_three(tmp_path)))
    others = GoldReader(tmp_path, LABELS, is_gold=False)  # two pipelines may be compared
    assert len(others.read(gold)) == 2
    docs[0].user_data["source"] = "gold"
    write_docs(tmp_path / "own.spacy", docs)
    assert len(GoldReader(tmp_path, LABELS).read(gold)) == 2


@pytest.mark.parametrize("source", ["pseudo", "sciner"])
def test_a_line_that_a_pipeline_annotated_is_refused(tmp_path, source):
    _lines(tmp_path / "a.jsonl", {"text": "we use BERT", "label": [], "source": source})
    with pytest.raises(ScinerError, match=rf"SCINER-E568: 1 of .* in a\.jsonl .*'{source}'"):
        GoldReader(tmp_path, None).read(GoldFile(path="a.jsonl", format="doccano"))


def test_a_reviewed_paper_is_in_train_and_pool_without_a_word(tmp_path):
    _conll(tmp_path / "pool" / "p.conll", "a text of BERT", "another text of BERT")
    span = {"start": 10, "end": 14, "label": "M"}
    record = {"text": "a text of BERT", "spans": [span], "paper": "p", "answer": "accept"}
    _lines(tmp_path / "review.jsonl", {**record, "of_pool": True})
    pool = GoldFile(path="pool", format="conll", split="pool")
    reviewed = GoldFile(path="review.jsonl", format="prodigy", split="train")
    read = _read(tmp_path, _corpus(pool, reviewed, *_three(tmp_path)))
    assert [d.user_data.get("of_pool") for d in read.docs["train"]] == [True]
    assert len(read.docs["pool"]) == 2
    _lines(tmp_path / "review.jsonl", record)
    with pytest.warns(ScinerWarning, match=r"SCINER-W201: 1 papers .*p \(train, pool\)"):
        _read(tmp_path, _corpus(pool, reviewed, *_three(tmp_path)))


@pytest.mark.parametrize("second", ["gold/a.conll", "./gold/a.conll", "gold", "gold/a*", "link"])
@pytest.mark.parametrize("split", ["train", "dev"])
def test_a_file_that_is_named_twice_is_refused(tmp_path, second, split):
    _conll(tmp_path / "gold/a.conll", "we use BERT here")
    (tmp_path / "link").symlink_to(tmp_path / "gold/a.conll")
    paths = [("gold/a.conll", "train"), (second, split)]
    files = [GoldFile(path=path, format="conll", split=s) for path, s in paths]
    with pytest.raises(ScinerError, match=f"SCINER-E246: .* is read twice.*{re.escape(second)}"):
        _read(tmp_path, _corpus(*files))


def test_gold_of_the_pool_may_be_that_of_a_split(tmp_path):
    for split in ("train", "dev", "test"):
        _conll(tmp_path / f"{split}.conll", f"we use BERT for {split}")
    files = [GoldFile(path=f"{s}.conll", format="conll", split=s) for s in ("train", "dev", "test")]
    read = _read(tmp_path, _corpus(*files, pool_gold=files[:1]))
    assert _texts(read.pool_gold) == ["we use BERT for train"]


@pytest.mark.parametrize("how", ["path", "folder", "inner", "gold/**/*.conll", "table"])
def test_gold_that_dvc_does_not_watch_is_refused(tmp_path, how):
    """It would change, and `dvc repro` go on with what it was."""
    home, corpus = tmp_path / "home", tmp_path / "assets" / "mine"
    _conll(home / "gold" / "p1.conll", "p1 uses BERT")
    (home / "papers.tsv").write_text("p1.conll\tP1\n")
    corpus.mkdir(parents=True)
    path, more = "../../home/gold", {}
    if how == "folder":
        (corpus / "gold").symlink_to(home / "gold")
        path = "gold"
    elif how in ("inner", "gold/**/*.conll"):  # not passed over, either
        _conll(corpus / "gold" / "p2.conll", "p2 uses BERT")
        (corpus / "gold" / "more").symlink_to(home / "gold")
        path = "gold" if how == "inner" else how
    elif how == "table":
        _conll(corpus / "gold" / "p1.conll", "p1 uses BERT")
        path, more = "gold/p1.conll", {"papers": "../../home/papers.tsv"}
    reader = GoldReader(corpus, None, is_corpus=True)
    with pytest.raises(ScinerError, match=r"SCINER-E570: .* lies outside of .*mine"):
        reader.read(GoldFile(path=path, format="conll", **more))


def test_a_linked_corpus_and_linked_files_are_watched(tmp_path):
    home, assets = tmp_path / "home", tmp_path / "assets"
    _conll(home / "corpus" / "a.conll", "a uses BERT")
    _conll(home / "elsewhere.conll", "b uses BERT")
    (home / "corpus" / "b.conll").symlink_to(home / "elsewhere.conll")
    assets.mkdir()
    (assets / "mine").symlink_to(home / "corpus")
    reader = GoldReader(assets / "mine", None, is_corpus=True)
    read = [reader.read(GoldFile(path=f"{n}.conll", format="conll")) for n in "ab"]
    assert [p.text for some in read for p in some] == ["a uses BERT", "b uses BERT"]
