"""The files behind a gold file's `path`: one, a folder's, or those that match a pattern."""

import glob
import os
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, Iterator, List, Tuple

from ...errors import Errors, ScinerError

# What a folder is searched for; a file that is named itself may have any suffix.
_JSON = frozenset([".json", ".jsonl", ".ndjson"])
_SUFFIXES: Dict[str, FrozenSet[str]] = {
    "conll": frozenset(
        [".conll", ".conllu", ".txt", ".tsv", ".iob", ".iob2", ".bio", ".bioes", ".bilou", ".ner"]
    ),
    "brat": frozenset([".txt"]),
    "label-studio": _JSON,
    "prodigy": _JSON,
    "doccano": _JSON,
    "spacy": frozenset([".spacy"]),
}


def beside(path: Path, suffix: str) -> Path:
    """The file of that name with another suffix, in small letters or in capitals."""
    names = [path.with_suffix(some) for some in (suffix, suffix.upper(), suffix.title())]
    return next((name for name in names if name.is_file()), names[0])


def below(folder: Path) -> Iterator[Path]:
    """All files below a folder; in linked folders too, which `rglob` passes over."""
    for name, folders, files in os.walk(folder, followlinks=True):
        here = Path(name)
        above = (here.resolve(), *here.resolve().parents)
        folders[:] = [one for one in folders if (here / one).resolve() not in above]
        yield from (here / file for file in files)


def files_of(
    path: Path, *, file: str, file_format: str
) -> Tuple[List[Tuple[Path, str]], List[str]]:
    """The files with the names that the report gives them, sorted, and those left out.

    file (str): `path` as params.yaml has it, relative.
    RAISES (ScinerError): SCINER-E204 if nothing is there, SCINER-E219 if none is of the format.
    """
    if path.is_file() or (path.is_dir() and path.suffix == ".spacy"):
        return [(path, file)], []
    if path.is_dir():
        found = _named(below(path), root=path, name=file.rstrip("/"))
    elif set("*?[") & set(file):
        parts = Path(file).parts
        first = next(i for i, part in enumerate(parts) if set("*?[") & set(part))
        root = path.parents[len(parts) - first - 1]
        pattern, prefix = "/".join(parts[first:]), "/".join(parts[:first])
        matches = [root / name for name in glob.glob(pattern, root_dir=root, recursive=True)]
        inside = [p for match in matches for p in ([match] if match.is_file() else below(match))]
        found = _named(dict.fromkeys(inside), root=root, name=prefix)
    elif file_format == "brat" and beside(path, ".txt").is_file():
        return [(path, file)], []
    else:
        raise ScinerError(Errors.E204.format(path=path))
    suffixes = _SUFFIXES.get(file_format)
    wanted = [(p, name) for p, name in found if suffixes is None or p.suffix.lower() in suffixes]
    if file_format == "brat":  # annotations whose text is missing are for the reader to tell
        read = {beside(p, ".ann") for p, _ in wanted}
        wanted += [(p, n) for p, n in found if p.suffix.lower() == ".ann" and p not in read]
        wanted.sort(key=lambda pair: pair[1])
    if not wanted:
        there = ", ".join(name for _, name in found[:5]) or "nothing"
        raise ScinerError(Errors.E219.format(path=path, format=file_format, found=there))
    read = {p for p, _ in wanted}
    if file_format == "brat":
        read |= {beside(p, ".ann") for p in read} | {
            p for p, _ in found if p.suffix == ".conf" or p.name == "paragraphs.jsonl"
        }
    return wanted, [name for p, name in found if p not in read]


def _named(paths: Iterable[Path], *, root: Path, name: str) -> List[Tuple[Path, str]]:
    """Files that are not hidden, with relative names, in the order of these; each once, though a
    linked folder may lead to one that is read anyway."""
    found: Dict[Tuple[Path, str], Tuple[Path, str]] = {}
    for path in sorted(paths, key=lambda path: (len(path.parts), path)):
        relative = path.relative_to(root)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            shown = f"{name}/{relative.as_posix()}" if name else relative.as_posix()
            place = path.parent.resolve(), path.name
            found.setdefault(place, (path, shown))
    return sorted(found.values(), key=lambda pair: pair[1])
