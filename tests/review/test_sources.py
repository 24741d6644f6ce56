"""Annotation sources: read, mixed, trained, and shown."""

import pytest
import yaml
from console import call_sciner
from spacy.tokens import Doc
from spacy.vocab import Vocab
from stage_project import PARAMS, overlaid
from tiny import CONFIGS, LABELS, SENTENCES, gold_docs

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.errors import ScinerWarning
from spacy_sciner.report.sources import sources_text
from spacy_sciner.review.sources import ALONE, MIXED, Mixture, mix, mixtures, read_source

# The other annotator leaves out every second entity, and has a text that nobody else has.
OTHER = [*SENTENCES, ("Random Forest drops .", "B-Method I-Method O O")]


def conll(rows):
    lines = []
    for i, (text, tags) in enumerate(rows):
        marks = ["O" if i % 2 else tag for tag in tags.split()]
        lines += [f"{word}\t{mark}" for word, mark in zip(text.split(), marks)] + [""]
    return "\n".join(lines) + "\n"


@pytest.fixture
def other(tmp_path):
    path = tmp_path / "llm.conll"
    path.write_text(conll(OTHER), encoding="utf8")
    return path


def test_what_is_measured_on_is_left_out(other):
    held = gold_docs()[:2]
    docs, counts = read_source(other, file_format="conll", labels=LABELS, held_out=held)
    assert counts == {"paragraphs": 9, "measured on": 2}
    assert len(docs) == 7
    assert {doc.user_data["source"] for doc in docs} == {"llm"}
    assert not {doc.text for doc in docs} & {doc.text for doc in held}


def test_sentences_of_what_is_measured_on_are_left_out_and_so_are_paragraphs_around_one(tmp_path):
    sentence = "we train a large BERT on SQuAD"
    path = tmp_path / "llm.jsonl"
    lines = [sentence, f"Before that . {sentence} . And after .", "Another text of as many words"]
    path.write_text("".join(f'{{"text": "{text}", "label": []}}\n' for text in lines))

    def kept(held):
        docs, counts = read_source(path, file_format="doccano", labels=LABELS, held_out=held)
        assert counts["measured on"] == 3 - len(docs)
        return [doc.text for doc in docs]

    whole = Doc(Vocab(), words=f"So {sentence} twice .".split())
    assert kept([]) == lines
    assert kept([Doc(Vocab(), words=sentence.split())]) == [lines[2]]
    assert kept([whole]) == lines[1:]
    docs, _ = read_source(path, file_format="doccano", labels=LABELS, held_out=[])
    assert mix([whole], docs, Mixture(1, MIXED, "nll", 0)) == [whole, *docs[1:]]


@pytest.mark.parametrize(
    ("held", "other"),
    [
        ("We ca n't say ` BERT ' wins here .", "We can't say 'BERT' wins here."),
        ("Pre-training of Encoders", "Pretraining of encoders."),
        ("Related Work", "RELATED WORK"),
    ],
)
def test_another_tokenisation_is_no_other_text(tmp_path, held, other):
    path = tmp_path / "llm.jsonl"
    path.write_text(f'{{"text": "{other}", "label": []}}\n')
    measured = Doc(Vocab(), words=held.split())
    docs, counts = read_source(path, file_format="doccano", labels=LABELS, held_out=[measured])
    assert (docs, counts["measured on"]) == ([], 1)
    docs, _ = read_source(path, file_format="doccano", labels=LABELS, held_out=[])
    assert mix([measured], docs, Mixture(1, MIXED, "nll", 0)) == [measured]


def test_what_gold_leaves_unknown_the_other_tells(tmp_path):
    path = tmp_path / "llm.jsonl"
    path.write_text('{"text": "We train BERT here", "label": []}\n')
    docs, _ = read_source(path, file_format="doccano", labels=LABELS, held_out=[])
    tags = ["O", None, "B-Method", None]
    begun = Doc(docs[0].vocab, words=["We", "train", "BERT", "here"], ents=tags)
    begun.user_data["source"] = "gold"
    (both,) = mix([begun], docs, Mixture(1, MIXED, "nll", 0))
    assert [token.ent_iob_ for token in both] == ["O", "O", "B", "O"]
    assert both.user_data["llm_tokens"] == [[1, 2], [3, 4]]
    assert mix([begun], docs, Mixture(1, ALONE, "nll", 0)) == [begun]


def test_gold_wins_over_the_same_text(other):
    gold = gold_docs()
    docs, _ = read_source(other, file_format="conll", labels=LABELS, held_out=[])
    assert mix(gold, docs, Mixture(0, MIXED, "nll", 0)) == docs
    both = mix(gold, docs, Mixture(1, MIXED, "nll", 0))
    assert [doc.user_data["source"] for doc in both] == ["gold"] * 8 + ["llm"]
    half = mix(gold, docs, Mixture(0.5, MIXED, "nll", 0))
    assert len(half) == 9
    chosen = [doc for doc in half if doc.user_data["source"] == "gold"]
    assert chosen == mix(gold, docs, Mixture(0.5, ALONE, "nll", 0))
    assert len(chosen) == 4


def test_gold_alone_is_one_row_of_each_share_and_none_without_gold():
    found = mixtures([0, 0.5], ["nll", "gce"], 2)
    assert len(found) == 2 * (2 + 3)
    assert len(set(found)) == len(found)
    assert Mixture(0, ALONE, "nll", 0) not in found


def row(share, kind, loss, seed, f1):
    scores = {"f1": f1, "precision": f1, "recall": f1}
    base = {"share": share, "kind": kind, "loss": loss, "seed": seed}
    return {**base, "paragraphs": 10, "gold_paragraphs": 5, "dev": scores, "test": scores}


def test_the_table_pairs_with_gold_alone_of_the_same_seed():
    rows = [row(0, MIXED, "nll", 0, 0.4), row(0, MIXED, "nll", 1, 0.5)]
    rows += [row(0.1, ALONE, "nll", s, 0.3) for s in (0, 1)]
    rows += [row(0.1, MIXED, "gce", 0, 0.5), row(0.1, MIXED, "gce", 1, 0.6)]
    lines = sources_text(rows).splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["0%", "10%", "10%"]
    assert "other's, nll  0.450 ± 0.071" in lines[1]
    assert lines[2].split()[2:4] == ["both,", "gce"]
    assert lines[2].endswith("+0.250 ± 0.071")
    assert "gold alone" in lines[3]
    assert max(map(len, lines)) <= 100


@pytest.fixture
def run(tmp_path, other, monkeypatch, capsys):

    params = overlaid(PARAMS, {"train": {"config": str(CONFIGS / "tiny.cfg"), "calibrate": False}})
    params["corpora"] = {"sample": {**params["corpora"]["sample"], "labels": LABELS}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf8")
    (tmp_path / "assets/sample").mkdir(parents=True)
    (tmp_path / "encoder").mkdir()
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"corpus/gold/{split}.spacy", gold_docs()[:6])
    monkeypatch.chdir(tmp_path)

    def run(*options):
        return call_sciner(monkeypatch, "sources", *options), capsys.readouterr()

    run.root = tmp_path
    return run


SMALL = ("llm.conll", "--format", "conll", "--shares", "0,100", "--seeds", "1", "--losses", "nll")


def test_models_are_trained_on_each_source_and_compared(run):
    code, said = run(*SMALL)
    assert code == 0, said.err
    assert "llm.conll: paragraphs 9, measured on 6" in said.err
    lines = said.out.splitlines()
    gold = next(line for line in lines[1:] if "gold alone" in line)
    assert gold.count("1.000") == 2
    assert said.out == (run.root / "sources/sources.txt").read_text(encoding="utf8")
    assert len((run.root / "sources/sources.csv").read_text().splitlines()) == 4
    assert "gold alone" in (run.root / "sources/sources.svg").read_text(encoding="utf8")
    assert not (run.root / "sources/work").exists()
    before = (run.root / "sources/sources.json").read_bytes()
    assert run(*SMALL)[0] == 0  # nothing is trained again
    assert (run.root / "sources/sources.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("llm.conll", "--format", "conll", "--shares", "0,101"), "SCINER-E535: --shares '0,101'"),
        (("llm.conll", "--format", "conll", "--shares", "a"), "SCINER-E535"),
        (("llm.conll", "--format", "conll", "--losses", "mse"), "SCINER-E535: --losses 'mse'"),
        (("none.conll", "--format", "conll"), "SCINER-E537: none.conll"),
        (("llm.conll", "--format", "none"), "SCINER-E244: none is no format"),
        (("llm.conll", "--format", "conll", "--shares", "5"), "SCINER-E535: --shares '5'"),
    ],
)
def test_what_cannot_be_compared_is_said(run, options, message):
    code, said = run(*options)
    assert code == 1
    assert message in said.err


def test_a_share_below_one_paragraph_is_left_out_and_said(run):
    code, said = run(*SMALL[:4], "0,5", *SMALL[5:], "--set", "train.epochs=1")
    assert code == 0, said.err
    assert "left out, less than one of gold's 6 paragraphs: 5 %" in said.err
    assert len((run.root / "sources/sources.csv").read_text().splitlines()) == 2


def test_labels_that_are_not_the_corpus_are_said(other):
    with pytest.warns(ScinerWarning, match=r"SCINER-W204: 3 .*Metric"):
        _, counts = read_source(other, file_format="conll", labels=LABELS[:2], held_out=[])
    assert counts["unknown-label"] == 3


def test_nothing_but_what_is_measured_on(run):
    (run.root / "llm.conll").write_text(conll(SENTENCES[:2]), encoding="utf8")
    code, said = run(*SMALL)
    assert (code, "SCINER-E545: llm.conll has nothing" in said.err) == (1, True)


def test_gold_of_another_corpus_is_refused(run):
    (run.root / "corpus/_report.json").write_text('{"corpus": "other"}', encoding="utf8")
    code, said = run(*SMALL)
    assert (code, "SCINER-E529: corpus/gold is that of other" in said.err) == (1, True)


def test_what_was_refused_does_not_stand_in_the_way_of_the_right_command(run):
    for wrong in (("--format", "prodigy"), ("--set", "train.epochs=x"), ("--shares", "5")):
        assert run(*SMALL, *wrong)[0] == 1
        assert not (run.root / "sources").exists()
    code, said = run(*SMALL, "--set", "train.epochs=1")
    assert code == 0, said.err
