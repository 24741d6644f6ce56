import os
import time

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers.isolation import run_isolated


def work(file):
    if "crash" in file:
        os._exit(7)
    if "hang" in file:
        time.sleep(60)
    if "bad" in file:
        raise ScinerError(f"bad: {file}")
    if "odd" in file:
        raise IndexError("list index out of range")
    return file.upper()


@pytest.mark.parametrize("workers", [1, 3])
def test_a_crash_or_hang_costs_one_file(workers):
    files = ["a", "dir/crash.pdf", "b", "dir/hang.pdf", "bad", "c"]
    outcomes = dict(run_isolated(work, files, workers=workers, timeout_s=8))
    assert [outcomes[i] for i in (0, 2, 5)] == ["A", "B", "C"]
    assert str(outcomes[1]).startswith(
        "SCINER-E113: crash.pdf stopped the PDF library (exit code 7"
    )
    assert str(outcomes[3]).startswith("SCINER-E114: hang.pdf took longer than 8 s")
    assert str(outcomes[4]) == "bad: bad"


def test_whatever_is_raised_is_that_files_error(capfd):
    outcomes = dict(run_isolated(work, ["a", "dir/odd.pdf", "b"], workers=1, timeout_s=60))
    assert [outcomes[0], outcomes[2]] == ["A", "B"]
    assert str(outcomes[1]).startswith(
        "SCINER-E569: odd.pdf cannot be parsed: IndexError: list index out of range."
    )
    assert capfd.readouterr().err == ""


def test_nothing():
    assert list(run_isolated(work, [], workers=2, timeout_s=1)) == []


def test_stopped_early_leaves_no_process():
    import multiprocessing

    run = run_isolated(work, ["a", "hang", "hang"], workers=3, timeout_s=60)
    assert next(run) == (0, "A")
    run.close()
    assert not multiprocessing.active_children()
