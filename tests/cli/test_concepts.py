"""`sciner concepts`: what comes into the file, what must not, and what it says of both."""

import json

import pytest
from console import call_sciner
from phrase_texts import doc_of, mining_docs, mining_gold
from stage_project import change

from spacy_sciner.corpus.concepts import read_concepts
from spacy_sciner.corpus.docbin import write_docs

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
OTHER = {"labels": ["HeatSource"], "gold": [{"path": "all.jsonl", "format": "prodigy"}]}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    split = {"train": ["a", "t"], "dev": ["d"], "test": ["e"]}
    change(tmp_path, corpora={"other": {**OTHER, "split": split}})
    lines = [
        task("A moss kiln glows.", paper="a", mention="moss kiln"),
        task(f"A moss kiln and {LONG}.", paper="t", mention="moss kiln"),
        task("A dev kiln glows.", paper="d", mention="dev kiln"),
        task("A test kiln glows.", paper="e", mention="test kiln"),
    ]
    (tmp_path / "assets/other").mkdir(parents=True)
    (tmp_path / "assets/other/all.jsonl").write_text("".join(lines), encoding="utf8")
    meanings = "labels:\n  HeatSource: What gives heat.\n"
    (tmp_path / "assets/labels.yaml").write_text(meanings, encoding="utf8")
    pool = [
        doc_of("The sand oven (SO) is new. It is hot.", paper="p1"),
        doc_of("The SO stands here.", paper="p2"),
    ]
    write_docs("corpus/pool.spacy", [*pool, *mining_docs()])
    write_docs("corpus/gold/train.spacy", mining_gold())
    write_docs("corpus/gold/dev.spacy", [doc_of("quite other words", paper="x")])
    write_docs("corpus/gold/test.spacy", [doc_of(f"a b c {LONG}", paper="y")])
    (tmp_path / "corpus/_report.json").write_text('{"corpus": "sample"}', encoding="utf8")
    return tmp_path


def task(text, *, paper, mention):
    start = text.index(mention)
    span = {"start": start, "end": start + len(mention), "label": "HeatSource"}
    meta = {"paper": paper, "paragraph": 0}
    return json.dumps({"text": text, "spans": [span], "answer": "accept", "meta": meta}) + "\n"


def sciner(monkeypatch, *options):
    return call_sciner(monkeypatch, "concepts", *options)


def written(project, name="c.jsonl"):
    lines = (project / name).read_text(encoding="utf8").splitlines()
    return {record["text"]: record for record in map(json.loads, lines)}


def test_what_shares_text_with_what_is_measured_stays_out(project, monkeypatch, capsys):
    assert sciner(monkeypatch, "--from", "gold:other", "--out", "c.jsonl") == 0
    out = capsys.readouterr().out
    # Not the paper that shares 13 words with test; nor dev and test papers of the other corpus.
    (record,) = written(project).values()
    assert record["entities"] == [["moss kiln", "heat source", "What gives heat."]]
    assert (record["paper"], record["source"]) == ("a", "gold:other")
    assert "gold:other, left out: in an excluded paper 1\n" in out
    assert "nothing that shares text with the papers of dev, test is in it" in out
    assert "as `adapt` reads it: texts 1, mentions 1, concepts 1\n" in out
    assert read_concepts(project / "c.jsonl").descriptions == {"heat source": "What gives heat."}


def test_without_gold_it_says_that_nothing_was_compared(project, monkeypatch, capsys):
    for split in ("train", "dev", "test"):
        (project / f"corpus/gold/{split}.spacy").unlink()
    assert sciner(monkeypatch, "--from", "gold:other", "--out", "c.jsonl") == 0
    assert len(written(project)) == 2
    assert "!! no dev, test, calibration in corpus/gold" in capsys.readouterr().err


def test_sources_come_together(project, monkeypatch, capsys):
    sources = ["--from", "gold:other", "--from", "abbreviations", "--from", "candidates"]
    write_docs(
        "corpus/gold/train.spacy", [*mining_gold(), doc_of("b heat kiln", ents=["heat kiln"])]
    )
    mined = [doc.text.replace("pebble sorter", "heat kiln") for doc in mining_docs()]
    pool = ["The sand oven (SO) is new.", *mined]
    write_docs("corpus/pool.spacy", [doc_of(text, paper=f"p{i}") for i, text in enumerate(pool)])
    assert sciner(monkeypatch, *sources, "--out", "c.jsonl") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[2:6]]
    assert [row[0] for row in rows] == ["gold:other", "abbreviations", "candidates", "all"]
    assert rows[0][1:] == ["1", "1", "1"]
    assert rows[1][1:] == ["1", "2", "1"]
    assert int(rows[3][2]) == sum(int(row[2]) for row in rows[:3])
    records = written(project)
    assert records["The sand oven (SO) is new."]["entities"] == [
        ["sand oven", "oven"],
        ["SO", "oven"],
    ]
    assert records[mined[0]]["entities"] == [["heat kiln", "kiln"]]
    first = (project / "c.jsonl").read_bytes()
    assert sciner(monkeypatch, *sources, "--out", "c.jsonl", "--force") == 0
    assert (project / "c.jsonl").read_bytes() == first


def test_a_larger_n_keeps_the_same_texts(project, monkeypatch):
    pool = [doc_of(f"A sand oven (SO) of {n} legs.", paper=f"p{n}") for n in range(9)]
    write_docs("corpus/pool.spacy", pool)
    kept = []
    for n, seed in ((2, 0), (5, 0), (5, 1)):
        options = ["--from", "abbreviations", "--n", n, "--seed", seed]
        assert sciner(monkeypatch, *options, "--out", f"{n}-{seed}.jsonl") == 0
        kept.append(list(written(project, f"{n}-{seed}.jsonl")))
    assert [len(texts) for texts in kept] == [2, 5, 5]
    assert set(kept[0]) < set(kept[1])
    assert kept[1] == sorted(kept[1])
    assert set(kept[1]) != set(kept[2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "gold:sample"], "E525: --from gold:sample: that is the corpus under test"),
        (["--from", "gold:none"], "E501: No entry 'none' under `corpora`"),
        (["--from", "words"], "E524: --from words: there is no such source"),
        (["--from", "gold:"], "E524: --from gold:: there is no such source"),
    ],
)
def test_wrong_sources(project, monkeypatch, capsys, options, message):
    assert sciner(monkeypatch, *options, "--out", "c.jsonl") == 1
    assert f"✘ SCINER-{message}" in capsys.readouterr().err
    assert not (project / "c.jsonl").exists()


def test_nothing_found_or_nothing_to_read(project, monkeypatch, capsys):
    write_docs("corpus/pool.spacy", [doc_of("no short form here")])
    assert sciner(monkeypatch, "--from", "abbreviations", "--out", "c.jsonl") == 1
    error = capsys.readouterr().err
    assert "E526: No text with a mention in abbreviations." in error
    assert "left out: texts without mention 1" in error
    (project / "corpus/pool.spacy").unlink()
    assert sciner(monkeypatch, "--from", "abbreviations", "--out", "c.jsonl") == 1
    assert "E201: No docs at corpus/pool.spacy" in capsys.readouterr().err


def test_gold_of_another_corpus_keeps_nothing_out(project, monkeypatch, capsys):
    (project / "corpus/_report.json").write_text('{"corpus": "acl"}', encoding="utf8")
    assert sciner(monkeypatch, "--out", "c.jsonl") == 1
    assert "E529: corpus/gold is that of acl, params.yaml has sample" in capsys.readouterr().err


def test_a_file_that_is_there_is_not_replaced_unasked(project, monkeypatch, capsys):
    (project / "c.jsonl").write_text("mine", encoding="utf8")
    assert sciner(monkeypatch, "--from", "gold:other", "--out", "c.jsonl") == 1
    assert "E241: c.jsonl is there already" in capsys.readouterr().err
    assert (project / "c.jsonl").read_text(encoding="utf8") == "mine"
