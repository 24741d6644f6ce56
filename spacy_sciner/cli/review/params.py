"""Reviewed gold in params.yaml: an entry is added as text, so that nothing else changes."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Iterable, Optional

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

if TYPE_CHECKING:
    from ...settings import GoldFile

ENTRY = "{{path: {path}, format: label-studio, split: train}}"


def with_gold_file(text: str, corpus: str, path: str) -> Optional[str]:
    """params.yaml with a file under corpora.<corpus>.gold.

    text (str): params.yaml, of settings that were read without an error.
    path (str): Of the file, relative to the corpus' folder.
    RETURNS (Optional[str]): The same text if the file is named there; None if `gold` is written in
        a way that nothing can be added to as a line, or if another corpus has it as an alias.
    """
    corpora = YAML().load(text)["corpora"]
    gold = next(own["gold"] for name, own in corpora.items() if str(name) == corpus)
    if any(Path(str(entry.get("path"))) == Path(path) for entry in gold):
        return text
    if not isinstance(gold, CommentedSeq) or gold.fa.flow_style():
        return None
    lines = text.splitlines(keepends=True)
    at = _end_of(gold, lines)
    column = gold.lc.col
    entry = ENTRY.format(path=path)
    line_end = "\r\n" if "\r\n" in text else "\n"
    before = "" if lines[at - 1].endswith("\n") else line_end
    changed = "".join([*lines[:at], f"{before}{' ' * column}- {entry}{line_end}", *lines[at:]])
    return changed if _is_added(entry, text, changed, corpus) else None


def entry_around(gold: "Iterable[GoldFile]", path: str) -> Optional[str]:
    """The entry, a folder or a pattern, that reads a file beside others, if there is one.

    path (str): Of the file, relative to the corpus' folder; it need not be there.
    """
    from ...corpus.formats.paths import files_of
    from ...errors import ScinerError

    with TemporaryDirectory() as folder:
        alone = Path(folder) / path
        alone.parent.mkdir(parents=True)
        alone.touch()
        for entry in gold:
            at = Path(folder) / entry.path
            try:
                files, _ = files_of(at, file=entry.path, file_format=entry.format)
            except ScinerError:  # it has no such file
                continue
            if Path(entry.path) != Path(path) and any(p.samefile(alone) for p, _ in files):
                return entry.path
    return None


def _end_of(gold: CommentedSeq, lines: list[str]) -> int:
    """The line after the last entry; comments and empty lines below it belong to what comes."""
    first: int = gold.lc.item(len(gold) - 1)[0]
    column = gold.lc.col
    end = first + 1
    for i in range(first + 1, len(lines)):
        line = lines[i]
        if line.strip() and not line.lstrip().startswith("#"):
            if len(line) - len(line.lstrip()) <= column:
                break
            end = i + 1
    return end


def _is_added(entry: str, text: str, changed: str, corpus: str) -> bool:
    """Whether the entry, and nothing else, makes the difference."""
    wanted = yaml.safe_load(text)
    wanted["corpora"] = {
        name: {**own, "gold": [*own["gold"], yaml.safe_load(entry)]} if str(name) == corpus else own
        for name, own in wanted["corpora"].items()
    }
    try:
        found: Any = yaml.safe_load(changed)
    except yaml.YAMLError:
        return False
    return bool(found == wanted)
