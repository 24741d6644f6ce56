"""Assets come from a mirror, checked and whole, or not at all."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from spacy_sciner.cli.assets import assets, list_assets
from spacy_sciner.errors import ScinerError

ROOT = Path(__file__).parents[2]
TEXT = "BERT\tB-MethodName\n"
SUM = hashlib.md5(TEXT.encode()).hexdigest()
# Nothing listens on the discard port.
URL = "http://127.0.0.1:9/train.txt"


def blob_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


@pytest.fixture
def project(tmp_path):
    """A project.yml with one corpus, and a mirror that has it."""
    listed = [
        {"dest": "assets/toy/gold/train.txt", "url": URL, "checksum": SUM, "mirror": "toy/a.txt"},
        {
            "dest": "assets/toy/papers",
            "git": {"repo": "http://127.0.0.1:9/toy", "path": ""},
            "blobs": "toy.sha1",
            "mirror": "papers",
            "mirror_checksum": hashlib.md5(b"{}{}").hexdigest(),
        },
        {"dest": "assets/other/gold/train.txt", "url": URL, "mirror": "toy/a.txt"},
    ]
    (tmp_path / "project.yml").write_text(yaml.safe_dump({"assets": listed}), encoding="utf8")
    (tmp_path / "toy.sha1").write_text(f"{blob_id(b'{}')}  a.json\n", encoding="utf8")
    for name, text in {"toy/a.txt": TEXT, "papers/a.json": "{}", "papers/b.json": "{}"}.items():
        path = tmp_path / "mirror" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")
        path.chmod(0o444)
    return tmp_path / "project.yml"


def files(project):
    folder = project.parent / "assets"
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_mirror_fills_gold_and_papers(project, capsys):
    assets("toy", project.parent / "mirror", project)
    whole = ["toy/gold/train.txt", "toy/papers/a.json", "toy/papers/b.json"]
    assert files(project) == whole
    gold = project.parent / "assets/toy/gold/train.txt"
    assert gold.read_text(encoding="utf8") == TEXT
    assert os.access(gold, os.W_OK)
    assert capsys.readouterr().out.count("fetched") == 2


def test_second_run_copies_nothing(project, capsys):
    assets("toy", project.parent / "mirror", project)
    gold = project.parent / "assets/toy/gold/train.txt"
    before = gold.stat().st_mtime_ns
    capsys.readouterr()
    assets("toy", project.parent / "mirror", project)
    assert gold.stat().st_mtime_ns == before
    assert capsys.readouterr().out.count("already there") == 2


def test_what_differs_is_a_person_s_own_until_they_say_otherwise(project):
    assets("toy", project.parent / "mirror", project)
    folder = project.parent / "assets/toy"
    (folder / "gold/train.txt").write_text("mended", encoding="utf8")
    (folder / "papers/mine.pdf").write_text("mine", encoding="utf8")
    with pytest.raises(ScinerError, match=r"E572: .*train\.txt, assets/toy/papers\. .*--force"):
        assets("toy", project.parent / "mirror", project)
    assert (folder / "gold/train.txt").read_text(encoding="utf8") == "mended"
    assert (folder / "papers/mine.pdf").exists()
    assets("toy", project.parent / "mirror", project, force=True)
    assert (folder / "gold/train.txt").read_text(encoding="utf8") == TEXT
    assert not (folder / "papers/mine.pdf").exists()


def test_a_file_that_lists_no_assets(tmp_path):
    for text in ("a: 1", "- assets", "assets: none"):
        (tmp_path / "project.yml").write_text(text, encoding="utf8")
        with pytest.raises(ScinerError, match=r"SCINER-E502: .*it has no list `assets`"):
            assets("toy", None, tmp_path / "project.yml")


def test_a_corpus_without_papers_gets_an_empty_folder(project):
    assets("other", project.parent / "mirror", project)
    assert list((project.parent / "assets/other/papers").iterdir()) == []


def test_mirror_with_another_file(project):
    path = project.parent / "mirror/toy/a.txt"
    path.unlink()
    path.write_text("changed", encoding="utf8")
    with pytest.raises(ScinerError, match=r"SCINER-E505: .*a\.txt has MD5 .*expected " + SUM):
        assets("toy", project.parent / "mirror", project)
    assert files(project) == []


def test_mirror_without_the_files(project):
    with pytest.raises(ScinerError, match=r"SCINER-E504: .*toy/a\.txt.*Not there.*--mirror DIR"):
        assets("toy", project.parent, project)
    assert files(project) == []


def test_no_network(project):
    with pytest.raises(ScinerError, match=r"SCINER-E504: .*127\.0\.0\.1:9/train.*--mirror DIR"):
        assets("toy", None, project)
    assert files(project) == []


def test_unknown_corpus(project):
    with pytest.raises(ScinerError, match=r"SCINER-E503: .*'none'.*other, toy"):
        assets("none", None, project)


@pytest.fixture
def repository(project):
    """A repository in which a.json was moved and then deleted; project.yml points at it."""
    source = project.parent / "source"
    source.mkdir()
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]

    def git(*arguments):
        subprocess.run(["git", *identity, *arguments], cwd=source, check=True)

    git("init", "-q", "-b", "main")
    (source / "old.json").write_text("{}", encoding="utf8")
    git("add", ".")
    git("commit", "-qm", "one")
    git("mv", "old.json", "new.json")
    git("commit", "-qm", "two")
    git("rm", "-q", "new.json")
    git("commit", "-qm", "three")
    listed = yaml.safe_load(project.read_text(encoding="utf8"))
    listed["assets"][1]["git"]["repo"] = str(source)
    del listed["assets"][0]
    project.write_text(yaml.safe_dump(listed), encoding="utf8")
    return source


def test_files_of_a_repository_by_their_ids(project, repository):
    assets("toy", None, project)
    assert files(project) == ["toy/papers/a.json"]
    assert (project.parent / "assets/toy/papers/a.json").read_text(encoding="utf8") == "{}"


def test_repository_without_one_of_the_files(project, repository):
    with (project.parent / "toy.sha1").open("a", encoding="utf8") as f:
        f.write(f"{blob_id(b'other')}  b.json\n")
    with pytest.raises(ScinerError, match=r"E504: .*1 of 2 files are not in its history: b\.json"):
        assets("toy", None, project)
    assert files(project) == []


def test_file_of_an_address(project, capsys):
    """What `spacy project assets` does with it; here the address is local."""
    listed = yaml.safe_load(project.read_text(encoding="utf8"))
    listed["assets"] = listed["assets"][:1]
    listed["assets"][0]["url"] = str(project.parent / "mirror/toy/a.txt")
    project.write_text(yaml.safe_dump(listed), encoding="utf8")
    assets("toy", None, project)
    assert files(project) == ["toy/gold/train.txt"]


@pytest.fixture
def without_address(project):
    """The gold has a (local) address; the pool has none and says how to make it."""
    listed = yaml.safe_load(project.read_text(encoding="utf8"))["assets"][:1]
    listed[0]["url"] = str(project.parent / "mirror/toy/a.txt")
    pool = {
        "dest": "assets/toy/papers/all.jsonl",
        "checksum": hashlib.md5(b"{}").hexdigest(),
        "extra": True,
        "mirror": "papers/a.json",
        "make": "Write it by hand.",
    }
    project.write_text(yaml.safe_dump({"assets": [*listed, pool]}), encoding="utf8")
    return project


def test_without_an_address_it_says_how_to_make_the_file(without_address, capsys):
    assets("toy", None, without_address)
    assert files(without_address) == ["toy/gold/train.txt"]
    heard = capsys.readouterr()
    assert heard.out == "assets/toy/gold/train.txt: fetched\n"
    assert "SCINER-W501: assets/toy/papers/all.jsonl is left out" in heard.err
    assert "Write it by hand." in heard.err
    assert "papers/a.json: `sciner assets --corpus toy --mirror DIR`" in heard.err


def test_without_an_address_a_file_made_by_hand_stays(without_address, capsys):
    path = without_address.parent / "assets/toy/papers/all.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("my own", encoding="utf8")
    assets("toy", None, without_address)
    assert path.read_text(encoding="utf8") == "my own"
    heard = capsys.readouterr()
    assert "assets/toy/papers/all.jsonl: already there" in heard.out
    assert heard.err == ""


def test_without_an_address_the_mirror_has_it_or_not(without_address, capsys):
    mirror = without_address.parent / "mirror"
    assets("toy", mirror, without_address)
    assert files(without_address) == ["toy/gold/train.txt", "toy/papers/all.jsonl"]
    assert capsys.readouterr().err == ""
    (without_address.parent / "assets/toy/papers/all.jsonl").unlink()
    (mirror / "papers/a.json").unlink()
    assets("toy", mirror, without_address)
    assert files(without_address) == ["toy/gold/train.txt"]
    assert "W501" in capsys.readouterr().err


def test_the_project_s_own_list():
    for corpus in ("acl", "scierc", "crossner-ai", "bionlp-id", "bionlp-pc"):
        listed = list_assets(ROOT / "project.yml", corpus)
        assert any(asset["dest"].endswith("gold/test.txt") for asset in listed)
        for asset in listed:
            if "mirror" in asset:
                assert len(asset.get("checksum", asset.get("mirror_checksum"))) == 32


@pytest.mark.skipif("SCINER_MIRROR" not in os.environ, reason="SCINER_MIRROR names no folder")
@pytest.mark.parametrize("corpus", ["acl", "scierc", "crossner-ai", "bionlp-id", "bionlp-pc"])
def test_a_real_mirror(corpus, tmp_path):
    (tmp_path / "project.yml").write_bytes((ROOT / "project.yml").read_bytes())
    command = [sys.executable, "-c", "from spacy_sciner.cli import main; main()"]
    subprocess.run([*command, "assets", "--corpus", corpus], cwd=tmp_path, check=True)
    assert (tmp_path / f"assets/{corpus}/gold/test.txt").stat().st_size > 100_000
