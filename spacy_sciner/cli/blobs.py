"""Files out of a Git repository by what they are, not where: an id is address and checksum in one.

The folders of a repository are moved about by its history; a blob id finds its file in any of them.
"""

import os
import subprocess
from pathlib import Path
from typing import Dict


def read_blob_ids(path: Path) -> Dict[str, str]:
    """Lines of `<git blob id>  <file name>`, as file name → id."""
    lines = [line.split() for line in path.read_text(encoding="utf8").splitlines() if line.strip()]
    return {name: blob_id for blob_id, name in lines}


def fetch_blobs(repository: str, ids: Dict[str, str], *, out: Path, scratch: Path) -> str:
    """Write the files into `out`, which is made only if all of them were found.

    repository (str): What `git clone` takes. Its whole history is fetched into `scratch`.
    RETURNS (str): "" or what went wrong.
    """
    # A repository that is gone must fail, not ask for a name and a password.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "clone", "--bare", "-q", repository, str(scratch)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf8", env=environment)
    if done.returncode:
        return " ".join(done.stderr.split())
    command = ["git", "-C", str(scratch), "cat-file", "--batch-check=%(objecttype)"]
    asked = "".join(f"{blob_id}\n" for blob_id in ids.values())
    found = subprocess.run(command, input=asked, capture_output=True, text=True).stdout.split("\n")
    absent = [name for name, kind in zip(ids, found) if kind != "blob"]
    if absent:
        shown = ", ".join(absent[:5]) + (" …" if absent[5:] else "")
        return f"{len(absent)} of {len(ids)} files are not in its history: {shown}"
    out.mkdir(parents=True)
    for name, blob_id in ids.items():
        command = ["git", "-C", str(scratch), "cat-file", "blob", blob_id]
        (out / name).write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    return ""
