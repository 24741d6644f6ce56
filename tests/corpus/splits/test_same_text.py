"""The same text in several papers, files and entries: one annotation of each, in one split."""

from spacy_sciner.settings import GoldFile

from ..helpers import ents_of
from .test_gold import _conll, _corpus, _lines, _read, _task, _texts, _three


def test_copies_of_a_paper_go_to_one_split(tmp_path):
    texts = ["we use BERT", "LSTM works well", "parsing is hard for SVM"]
    _conll(tmp_path / "all.conll", *(texts * 4))
    read = _read(tmp_path, _corpus(GoldFile(path="all.conll", format="conll", papers="paragraphs")))
    found = {split: set(_texts(read.docs[split])) for split in ("train", "dev", "test")}
    assert [len(texts) for texts in found.values()] == [1, 1, 1]
    assert len(set.union(*found.values())) == 3
    assert len(read.reader.found.same_papers) == 9
    assert read.reader.to_dict()["repairs"]["same-text"]["count"] == 9


def test_a_copy_of_a_paper_that_is_named_goes_where_that_goes(tmp_path):
    texts = {paper: f"{paper} uses BERT" for paper in ("p1", "p2", "p3", "p4")}
    texts |= dict.fromkeys(("a-preprint", "p9"), "ninth uses BERT")  # the copy is first by name
    tasks = [_task(text, "BERT", meta={"paper": paper}) for paper, text in texts.items()]
    _lines(tmp_path / "gold.jsonl", *tasks)
    gold = GoldFile(path="gold.jsonl", format="prodigy")
    for seed in range(4):
        read = _read(tmp_path, _corpus(gold, split={"dev": 0.4, "test": ["p9"]}), seed=seed)
        assert {doc.user_data["paper"] for doc in read.docs["test"]} == {"a-preprint", "p9"}


def test_of_two_sessions_one_is_gold_and_the_other_kept_for_agreement(tmp_path):
    text = "We fine-tune BERT on SQuAD."
    _lines(
        tmp_path / "p.jsonl",
        _task(text, "BERT", _session_id="ann", answer="accept"),
        _task(text, "SQuAD", _session_id="bob", answer="accept"),
    )
    gold = GoldFile(path="p.jsonl", format="prodigy", split="train")
    read = _read(tmp_path, _corpus(gold, *_three(tmp_path)))
    assert [ents_of(doc) for doc in read.docs["train"]] == [[("BERT", "M")]]
    assert [p.annotator for p in read.reader.repairs.extras] == ["bob"]
    assert (read.reader.found.n_twice, read.reader.found.n_different) == (1, 1)


def test_a_persons_annotation_replaces_a_language_models_of_another_entry(tmp_path):
    """One entry is divided, the other goes to train: what both have is learnt once."""
    text = "We fine-tune BERT on SQuAD."
    _lines(
        tmp_path / "gold.jsonl",
        _task(text, "BERT", meta={"paper": "p1"}),
        *(_task(f"Text {n} of BERT", "BERT", meta={"paper": f"p{n}"}) for n in (2, 3)),
    )
    _lines(
        tmp_path / "llm.jsonl",
        _task(text, "SQuAD", meta={"paper": "p1", "source": "llm"}),
        _task("Another text of BERT", "BERT", meta={"paper": "p1", "source": "llm"}),
    )
    files = [
        GoldFile(path="llm.jsonl", format="prodigy", split="train"),
        GoldFile(path="gold.jsonl", format="prodigy"),
    ]
    read = _read(tmp_path, _corpus(*files, split={"dev": ["p2"], "test": ["p3"]}))
    found = [(doc.user_data["source"], ents_of(doc)) for doc in read.docs["train"]]
    assert sorted(found) == [("gold", [("BERT", "M")]), ("llm", [("BERT", "M")])]
    assert [p.file for p in read.reader.repairs.extras] == ["llm.jsonl"]
    assert (read.reader.found.n_twice, read.reader.found.n_different) == (1, 1)


def test_two_entries_are_two_annotators(tmp_path):
    text = "We fine-tune BERT on SQuAD."
    for name, word in (("ann", "BERT"), ("bob", "SQuAD")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "p1.txt").write_text(text)
        start = text.index(word)
        (folder / "p1.ann").write_text(f"T1\tM {start} {start + len(word)}\t{word}\n")
    files = [GoldFile(path=name, format="brat", split="train") for name in ("ann", "bob")]
    read = _read(tmp_path, _corpus(*files, *_three(tmp_path)))
    assert [ents_of(doc) for doc in read.docs["train"]] == [[("BERT", "M")]]
    assert [p.file for p in read.reader.repairs.extras] == ["bob/p1.txt"]
