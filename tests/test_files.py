"""Files that are whole or absent."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.files import (
    fingerprint,
    link,
    progress,
    read_json,
    remove,
    replacing,
    write_json,
    write_text,
)


def test_a_file_appears_only_when_the_block_ends(tmp_path: Path):
    out = tmp_path / "deep" / "a.txt"
    with replacing(out) as temporary:
        temporary.write_text("new")
        assert not out.exists()
    assert out.read_text() == "new"
    assert [p.name for p in out.parent.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_exception_the_old_file_is_there_and_nothing_else(tmp_path: Path, error):
    out = tmp_path / "a.txt"
    out.write_text("old")

    def write() -> None:
        with replacing(out) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write()
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path):
    out = tmp_path / "model"
    out.mkdir()
    (out / "stale").write_text("old")
    with replacing(out) as temporary:
        temporary.mkdir()
        (temporary / "fresh").write_text("new")
        assert (out / "stale").exists()
    assert [p.name for p in out.iterdir()] == ["fresh"]


WRITING = "    part.mkdir(); (part / 'half').write_text('x'); os.kill(os.getpid(), 9)\n"
REMOVING = "    part.mkdir()\n    files.shutil.rmtree = lambda path: os.kill(os.getpid(), 9)\n"


def _killed(path: Path, while_: str) -> None:
    """Write the folder in a process that gets no chance to tidy up."""
    code = (
        "import os, sys; from spacy_sciner import files\n"
        f"with files.replacing(sys.argv[1]) as part:\n{while_}"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode != 0


@pytest.mark.skipif(os.name != "posix", reason="a process is not asked after elsewhere")
def test_what_a_kill_left_of_a_folder_goes_with_the_next_one(tmp_path: Path):
    out, others = tmp_path / "model", tmp_path / "model.2"
    _killed(out, WRITING)
    _killed(others, WRITING)
    assert sorted(p.name.split(".")[1] for p in tmp_path.iterdir()) == ["model", "model"]
    (dead,) = (p for p in tmp_path.iterdir() if not p.name.startswith(".model.2."))
    dead.with_name(f"{dead.name}.adapted").mkdir()  # as the stage adapt makes it
    dead.with_name(f".{dead.name}.{dead.name.split('.')[2]}.part").mkdir()  # of a folder within
    running = tmp_path / f".model.{os.getppid()}-1.part"  # of a process that still writes
    running.mkdir()
    with replacing(out) as temporary:
        temporary.mkdir()
    assert out.is_dir()
    assert running.is_dir()
    assert [p.name[:9] for p in tmp_path.iterdir() if p not in (out, running)] == [".model.2."]


@pytest.mark.skipif(os.name != "posix", reason="a process is not asked after elsewhere")
def test_what_a_kill_left_of_the_folder_before_goes_with_the_next_one(tmp_path: Path):
    out = tmp_path / "model"
    out.mkdir()
    _killed(out, REMOVING)
    assert len(list(tmp_path.iterdir())) == 2
    with replacing(out) as temporary:
        temporary.mkdir()
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("write", [write_text, write_json])
def test_a_folder_is_not_lost_to_a_file_that_got_its_name(tmp_path: Path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "gold").write_text("precious")
    for path in ("corpus", tmp_path / "corpus", ".", "", "/"):
        with pytest.raises(ScinerError, match=r"E556: .* is a folder"):
            write(path, "text")
    assert [str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")] == ["corpus", "corpus/gold"]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff"])
def test_json_of_ours_that_is_broken(tmp_path: Path, text):
    (tmp_path / "a.json").write_bytes(text)
    with pytest.raises(ScinerError, match=r"E558: .*a\.json is not the JSON that was written"):
        read_json(tmp_path / "a.json")


def test_a_folder_survives_a_failed_replacement(tmp_path: Path):
    out = tmp_path / "model"
    out.mkdir()
    (out / "stale").write_text("old")

    def write() -> None:
        with replacing(out) as temporary:
            temporary.mkdir()
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  (raised by this test itself)
        write()
    assert (out / "stale").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_a_folder_is_back_if_the_new_one_cannot_take_its_place(tmp_path: Path, monkeypatch):
    out = tmp_path / "model"
    out.mkdir()
    (out / "stale").write_text("old")
    rename = os.replace

    def fail_for_the_new(source: Path, target: Path) -> None:
        if Path(source).suffix == ".part":
            raise OSError
        rename(source, target)

    monkeypatch.setattr(os, "replace", fail_for_the_new)

    def write() -> None:
        with replacing(out) as temporary:
            temporary.mkdir()

    with pytest.raises(OSError):  # noqa: PT011  (raised by this test itself)
        write()
    assert (out / "stale").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


def test_text_is_utf8_with_unix_line_ends(tmp_path: Path):
    write_text(tmp_path / "a", "γ\nb\n")
    assert (tmp_path / "a").read_bytes() == "γ\nb\n".encode()


def test_json_keeps_the_callers_order_and_ends_with_a_newline(tmp_path: Path):
    write_json(tmp_path / "a.json", {"z": 1, "γ": [1, 2]})
    text = (tmp_path / "a.json").read_text(encoding="utf8")
    assert list(json.loads(text)) == ["z", "γ"]
    assert "γ" in text
    assert text.endswith("}\n")


def test_json_refuses_what_other_readers_cannot_read(tmp_path: Path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"f1": float("nan")})
    assert not list(tmp_path.iterdir())


def test_progress_gives_every_item_and_is_quiet_off_a_terminal(capfd: pytest.CaptureFixture[str]):
    assert list(progress(range(5), description="x")) == [0, 1, 2, 3, 4]
    assert capfd.readouterr() == ("", "")


def test_threads_that_write_the_same_file_do_not_meet(tmp_path):
    texts = [str(i) * 50_000 for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_text(tmp_path / "file", text), texts * 20))
    assert (tmp_path / "file").read_text() in texts
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_kill_leaves_no_part_of_a_folder_that_is_removed(tmp_path, monkeypatch):
    """Nobody may take what is left for the whole; and what is left goes the next time."""
    from spacy_sciner import files

    folder = tmp_path / "checkpoint"

    def fill():
        folder.mkdir()
        (folder / "a").write_text("a")

    def killed(path):
        raise KeyboardInterrupt

    fill()
    with monkeypatch.context() as patched:
        patched.setattr(files.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            remove(folder)
    assert not folder.exists()
    fill()
    remove(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_right_in_a_moved_and_in_a_copied_folder(tmp_path: Path):
    write_text(tmp_path / "here/data", "mine")
    (tmp_path / "here/runs").mkdir()
    link(tmp_path / "here/runs/data", tmp_path / "here/data")
    os.rename(tmp_path / "here", tmp_path / "moved")
    assert (tmp_path / "moved/runs/data").read_text() == "mine"
    # A copy whose link leads into what it was copied from, and one whose link leads nowhere.
    for other in (tmp_path / "moved/data", tmp_path / "gone"):
        write_text(tmp_path / "copy/data", "its own")
        (tmp_path / "copy/runs").mkdir(exist_ok=True)
        (tmp_path / "copy/runs/data").unlink(missing_ok=True)
        (tmp_path / "copy/runs/data").symlink_to(other)
        link(tmp_path / "copy/runs/data", tmp_path / "copy/data")
        assert (tmp_path / "copy/runs/data").read_text() == "its own"


def test_what_is_no_link_is_not_made_one(tmp_path: Path):
    for name in ("data", "kept"):
        write_text(tmp_path / name, name)
    link(tmp_path / "kept", tmp_path / "data")
    assert (tmp_path / "kept").read_text() == "kept"
    assert not (tmp_path / "kept").is_symlink()


def test_what_a_desktop_or_python_leaves_in_a_folder_is_no_change_of_it(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/gold.txt").write_text("gold")
    before = fingerprint(tmp_path)
    for name in (".DS_Store", "a/._gold.txt", "a/Thumbs.db", "desktop.ini", "a/__pycache__/b.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("notes")
    assert fingerprint(tmp_path) == before
    # What else lies there may be read.
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX/gold.txt").write_text("gold")
    assert fingerprint(tmp_path) != before


def test_a_folder_that_is_linked_to_belongs_to_the_folder(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "corpus/papers").symlink_to("../elsewhere")
    (tmp_path / "corpus/again").symlink_to(".")  # leads to itself
    before = fingerprint(tmp_path / "corpus")
    (tmp_path / "elsewhere/a.pdf").write_text("a")
    after = fingerprint(tmp_path / "corpus")
    assert after != before
    (tmp_path / "elsewhere/a.pdf").write_text("b")
    assert fingerprint(tmp_path / "corpus") not in (before, after)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_utf_8(tmp_path):
    before = fingerprint(tmp_path)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf")).write_text("a")
    assert fingerprint(tmp_path) != before
