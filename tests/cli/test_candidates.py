"""`sciner candidates` lists what each kind found, and says what it needs."""

import pytest
from console import call_sciner
from phrase_texts import doc_of, mining_docs, mining_gold

from spacy_sciner.corpus.docbin import write_docs


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    last = doc_of("The sand oven (SO) is new.\tSO is\nhot. See, a moss kiln is here.", paper="p9")
    write_docs("corpus/pool.spacy", [*mining_docs(), last])
    write_docs("corpus/gold/train.spacy", mining_gold())
    write_docs("corpus/gold/dev.spacy", [doc_of("see cold tools", ents=["cold tools"])])
    return tmp_path


def sciner(monkeypatch, *options):
    return call_sciner(monkeypatch, "candidates", *options)


def test_what_each_kind_found(project, monkeypatch, capsys):
    assert sciner(monkeypatch, "--n", 2) == 0
    shown = capsys.readouterr()
    out = shown.out
    assert out.startswith("pool: 8 papers, 243 sentences; left out: 0 repeated, 0 of more than 128")
    assert "\npattern: 2 candidates, 2 of them of no other kind\n" in out
    assert "The [sand oven] (SO) is new." in out
    tables = [part.splitlines() for part in out.split("\n\n")[1:]]
    assert [table[0].split()[0] for table in tables] == ["existing", "pattern", "phrase"]
    assert [len(table) for table in tables] == [3, 4, 4]  # of existing there is one
    assert shown.err == ""


def test_the_whole_list_as_tsv(project, monkeypatch, capsys):
    assert sciner(monkeypatch, "--out", "found/all.tsv", "--n", 0) == 0
    first = (project / "found/all.tsv").read_bytes()
    rows = [line.split("\t") for line in first.decode().splitlines()]
    assert rows[0] == ["rank", "phrase", "kinds", "score", "count", "papers", "example"]
    assert [row[0] for row in rows[1:]] == [str(i) for i in range(1, len(rows))]
    assert {len(row) for row in rows} == {7}
    by_phrase = {row[1]: row for row in rows[1:]}
    assert by_phrase["SO"][2:] == ["pattern", "1.0000", "2", "1", "The sand oven ([SO]) is new."]
    assert by_phrase["moss kiln"][4:6] == ["41", "8"]
    assert f"✔ {len(rows) - 1} candidates in found/all.tsv" in capsys.readouterr().out
    assert sciner(monkeypatch, "--out", "found/all.tsv") == 0
    assert (project / "found/all.tsv").read_bytes() == first


def test_kinds_are_chosen(project, monkeypatch, capsys):
    assert sciner(monkeypatch, "--kinds", "pattern, existing") == 0
    out = capsys.readouterr().out
    assert "phrase: " not in out
    assert out.index("pattern: ") < out.index("existing: ")
    assert sciner(monkeypatch, "--kinds", "words") == 1
    assert "kinds[0]: 'words' is not one of existing, pattern, phrase" in capsys.readouterr().err


def test_baseline_beside_ours(project, monkeypatch, capsys):
    assert sciner(monkeypatch, "--baseline", "--n", 3) == 0
    out = capsys.readouterr().out
    assert "all, first 100, known" in out
    assert "of several words, first 500, dev" in out
    ranks = out.split("rank  ")[1].splitlines()
    assert [line.split()[0] for line in ranks[2:]] == ["1", "2", "3"]
    assert sciner(monkeypatch, "--baseline", "--kinds", "existing") == 1
    assert "✘ SCINER-E344: --baseline compares" in capsys.readouterr().err


def test_settings_of_phrases_arrive(project, monkeypatch, capsys):
    assert sciner(monkeypatch, "--min-count", 500) == 1
    assert "SCINER-E342: Phrases cannot be learnt: of 0 n-grams" in capsys.readouterr().err
    lists = {}
    for name, options in {"": [], "w": ["--max-words", 2], "s": ["--seed", 1]}.items():
        assert sciner(monkeypatch, "--kinds", "phrase", "--out", f"{name}.tsv", *options) == 0
        lists[name] = (project / f"{name}.tsv").read_text(encoding="utf8")
    assert len(set(lists.values())) == 3


@pytest.mark.parametrize("missing", ["gold/train.spacy", "pool.spacy", "gold/dev.spacy"])
def test_a_file_that_is_not_there_is_named(missing, project, monkeypatch, capsys):
    (project / "corpus" / missing).unlink()
    assert sciner(monkeypatch, "--baseline") == 1
    err = capsys.readouterr().err
    assert err == (
        f"✘ SCINER-E201: No docs at corpus/{missing}. Run the stage that writes it: `dvc repro`.\n"
    )
