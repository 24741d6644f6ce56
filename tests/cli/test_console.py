"""`sciner` itself: help without torch, bad input in one line."""

import errno
import os
import subprocess
import sys
import warnings

import pytest
from console import call_sciner
from tiny import ROOT

from spacy_sciner.cli import COMMANDS, main
from spacy_sciner.cli.console import SPINS, one_line_errors, run
from spacy_sciner.errors import ScinerWarning
from spacy_sciner.files import write_text


def test_help_names_every_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["sciner", "--help"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("command", [["learn"], ["review", "import"]])
def test_help_fills_the_lines_of_a_narrow_terminal(monkeypatch, capsys, command):
    monkeypatch.setattr(sys, "argv", ["sciner", *command, "--help"])
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main()
    text = capsys.readouterr().out.split("╭")[0].strip().split("\n")
    paragraphs = "\n".join(line.strip() for line in text).split("\n\n")
    lines = paragraphs[-1].split("\n")
    assert len(lines) > 3
    for line, after in zip(lines, lines[1:]):
        assert len(f"{line} {after.split()[0]}") > 78


def test_bad_input_is_one_line_and_no_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["sciner", "assets", "--corpus", "acl"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    err = capsys.readouterr().err
    assert err.startswith("✘ SCINER-E502")
    assert "Traceback" not in err


def write_below_a_file(path):
    path.write_text("")
    write_text(path / "page.html", "")


def fill_the_disk(path):
    raise OSError(errno.ENOSPC, "No space left on device")


def copy_to_a_full_disk(path):
    raise OSError(errno.ENOSPC, "No space left on device", "from.bin", None, "to.bin")


@pytest.mark.parametrize(
    ("write", "shown"),
    [
        (write_below_a_file, "a.txt"),
        (fill_the_disk, "A disk: No space left on device."),
        (copy_to_a_full_disk, "to.bin: No space left on device."),
    ],
)
def test_what_cannot_be_written_is_one_line(tmp_path, capsys, write, shown):
    with pytest.raises(SystemExit) as stop, one_line_errors():
        write(tmp_path / "a.txt")
    assert stop.value.code == 1
    err = capsys.readouterr().err
    assert err.startswith("✘ SCINER-E555: ")
    assert shown in err
    assert len(err.splitlines()) == 1


def test_a_machine_without_git(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit), one_line_errors():
        subprocess.run(["git", "tag"])
    assert capsys.readouterr().err.startswith("✘ SCINER-E564: git is not there: install it")


def test_a_terminal_without_our_signs(tmp_path):
    """Latin-1 has no ✔; what it has is shown as it is, and nothing ends there."""
    gold = tmp_path / "für.conll"
    gold.write_text("BERT B-MethodName\nis O\n", encoding="utf8")
    code = "import sys; sys.argv[0] = 'sciner'; from spacy_sciner.cli import main; main()"
    command = [sys.executable, "-c", code, "check", str(gold)]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode("latin-1")
    assert "für.conll" in shown
    assert "\\u2714 convert would read all of it" in shown


def test_a_connection_that_breaks_is_no_file():
    with pytest.raises(ConnectionError), one_line_errors():
        raise ConnectionError


def test_the_plugins_own_warnings_are_shown_without_their_line_of_code():
    before = warnings.formatwarning
    with one_line_errors():
        own = warnings.formatwarning("SCINER-W202: empty", ScinerWarning, "a.py", 1)
        other = warnings.formatwarning("old", UserWarning, "a.py", 1)
    assert own == "!! SCINER-W202: empty\n"
    assert other.startswith("a.py:1: UserWarning: old")
    assert warnings.formatwarning is before


def test_help_imports_nothing_slow():
    code = (
        "import sys; sys.argv = ['sciner', '--help']\n"
        "from spacy_sciner.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "slow = {'torch', 'spacy', 'weasel', 'dvc', 'ruamel.yaml'} & set(sys.modules)\n"
        "print('slow:', *sorted(slow))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "slow:"


@pytest.mark.parametrize("command", ["review export", "agree a b", "candidates", "concepts"])
def test_a_seed_below_0_is_a_wrong_option_and_no_traceback(monkeypatch, capsys, command):
    assert call_sciner(monkeypatch, *command.split(), "--seed", "-1") == 2
    assert "seed" in capsys.readouterr().err


def test_threads_that_wait_sleep_soon_unless_a_person_says_otherwise(monkeypatch, capsys):
    """Beside other work, waiting at full speed makes steps many times as long (docs/speed.md)."""
    found = []

    def program() -> None:
        found.append(os.environ["GOMP_SPINCOUNT"])

    for value in (None, "7"):
        monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
        if value:
            monkeypatch.setenv("GOMP_SPINCOUNT", value)
        monkeypatch.setattr(sys, "argv", ["program"])
        with pytest.raises(SystemExit):
            run(program)
    assert found == [SPINS, "7"]
    # A library is told once, as it is imported: so nothing has imported torch before.
    code = "import sys, spacy_sciner.cli.console, spacy_sciner.settings; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert "torch" not in done.stdout.split()
