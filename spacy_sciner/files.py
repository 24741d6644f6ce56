"""Files that are whole or absent, and progress bars that keep quiet in logs."""

import codecs
import hashlib
import json
import os
import re
import shutil
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import get_ident
from typing import Any, Iterable, Iterator, List, Optional, TypeVar, Union

from .errors import Errors, ScinerError

T = TypeVar("T")
MAX_NAME = 200  # bytes of a file's name; file systems take 255
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f%/\\:*?"<>|]|^\.')
_LEFT = re.compile(r"\.DS_Store|\._.*|__pycache__|Thumbs\.db|desktop\.ini")
PACKAGE = Path(__file__).parent
# What a text file may begin with, and its encoding. UTF-32's come first: one begins as UTF-16's.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@contextmanager
def replacing(path: Union[str, Path], *, any_kind: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it over `path` when the block succeeds.

    Works for a file and for a directory, and never leaves a part of one: after a crash or a kill
    `path` is what it was before, or absent if a kill comes between the two renames of a directory.
    The hidden copy that a kill leaves of a directory goes when `path` is next written.

    any_kind (bool): Whether a file may take the place of a folder, as a small DocBin may that of a
        large one. What somebody named as a file's place must not cost them a folder.
    RAISES (ScinerError): SCINER-E556 where it may not.
    """
    path = Path(path)
    if not path.name:  # "." and "/"
        raise ScinerError(Errors.E556.format(path=path))
    path.parent.mkdir(parents=True, exist_ok=True)
    own = f".{path.name}.{os.getpid()}-{get_ident()}"
    temporary, old = path.with_name(f"{own}.part"), path.with_name(f"{own}.old")
    remove(temporary)
    try:
        yield temporary
        if path.is_dir() and temporary.is_file() and not any_kind:
            raise ScinerError(Errors.E556.format(path=path))
        if path.is_dir() or (temporary.is_dir() and path.exists()):
            os.replace(path, old)
        os.replace(temporary, path)
        if path.is_dir():
            _clear(path)
    except BaseException:
        if old.exists() and not path.exists():
            os.replace(old, path)
        raise
    finally:
        remove(temporary)
        remove(old)


def _clear(path: Path) -> None:
    """Remove the hidden copies of a directory that killed processes of this machine left."""
    if os.name != "posix":  # elsewhere, asking after a process may end it
        return
    # `remove` was killed at those with another dot before and `.removed` behind; a folder made
    # within it, or beside it, has its name in its own.
    behind = r"(?:\.removed|\.adapted|\.\d+-\d+\.(?:part|old))*"
    own = re.compile(rf"(\.)?\.{re.escape(path.name)}\.(\d+)-\d+\.(?:part|old){behind}")
    for other in path.parent.iterdir():
        match = own.fullmatch(other.name)
        if match and not _alive(int(match[2])):
            with suppress(OSError):
                (shutil.rmtree if match[1] else remove)(other)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's; no number of a process
        return True
    return True


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder over `target`, atomically."""
    with replacing(target, any_kind=True) as temporary:
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, temporary)


def link(path: Path, target: Path) -> None:
    """Link to what lies elsewhere, by a relative path: the two may be moved together.

    A link that leads to another place is made anew, as in a copy of a folder; what is there and no
    link stays.
    """
    wanted = os.path.relpath(target.resolve(), path.parent.resolve())
    if path.is_symlink() and os.readlink(path) != wanted:
        path.unlink()
    if not path.exists() and not path.is_symlink():
        path.symlink_to(wanted)


def write_text(path: Union[str, Path], text: str) -> None:
    """Write UTF-8 text with \\n line ends, atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf8"))


def write_json(path: Union[str, Path], data: Any) -> None:
    """Write indented JSON with a final newline, atomically; key order is the caller's."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Union[str, Path], kind: type = dict) -> Any:
    """What a command of ours wrote.

    kind (type): What it has to be, dict or list.
    RAISES (ScinerError): SCINER-E558 for a file that was cut short or edited, or is another's.
    """
    try:
        found = json.loads(Path(path).read_bytes().decode("utf8"))
    except ValueError as e:
        raise ScinerError(Errors.E558.format(path=path, reason=e)) from e
    if not isinstance(found, kind):
        reason = f"it is no {'object' if kind is dict else 'list'}"
        raise ScinerError(Errors.E558.format(path=path, reason=reason))
    return found


def fingerprint(path: Path, pattern: str = "*") -> str:
    """SHA-256 of a file, or over the files of a folder, their names included; but for what a
    desktop or Python leaves there, which .dvcignore keeps from DVC's, too."""
    digest = hashlib.sha256()
    for file_path in [path] if path.is_file() else sorted(_files_of(path, pattern)):
        if file_path != path and any(map(_LEFT.fullmatch, file_path.relative_to(path).parts)):
            continue
        if file_path != path:
            digest.update(os.fsencode(file_path.relative_to(path).as_posix()) + b"\0")
        with file_path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _files_of(folder: Path, pattern: str) -> Iterator[Path]:
    """Files that lie in a folder, or in one that is linked to there, as DVC takes them."""
    seen = set()
    for name, folders, files in os.walk(folder, followlinks=True):
        place = os.stat(name)
        if (place.st_dev, place.st_ino) in seen:  # a link to a folder above
            folders.clear()
            continue
        seen.add((place.st_dev, place.st_ino))
        folders.sort()
        for file in files:
            path = Path(name, file)
            if fnmatch(file, pattern) and path.is_file():
                yield path


def code_fingerprint(names: Iterable[str], libraries: Iterable[str]) -> List[str]:
    """What a result that is kept depends on besides its data: code of this package, and others'.

    names (Iterable[str]): Modules and folders of this package, relative to it.
    libraries (Iterable[str]): Distributions; one that is not installed counts as "none".
    """
    own = [fingerprint(PACKAGE / name, "*.py") for name in names]
    return own + [f"{name} {_version(name)}" for name in libraries]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:  # not every pipeline needs spacy-transformers
        return "none"


def progress_bar(*, description: str, total: Optional[int] = None) -> Any:
    """A bar to `update(n)`, on standard error if that is a terminal, else nothing."""
    from tqdm import tqdm

    return tqdm(desc=description, total=total, disable=None, leave=False)


def progress(items: Iterable[T], *, description: str, total: Optional[int] = None) -> Iterable[T]:
    """A progress bar on standard error if that is a terminal, else nothing."""
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(items, desc=description, total=total, disable=None, leave=False)
    return bar


def in_words(seconds: float) -> str:
    """ "40 s", "12 min", "3 h 5 min"."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there; a kill never leaves a part of a folder."""
    if path.is_dir() and not path.is_symlink():
        gone = path.with_name(f".{path.name}.removed")
        if gone.exists():  # what a kill left
            shutil.rmtree(gone)
        shutil.rmtree(path.rename(gone))
    else:
        path.unlink(missing_ok=True)


def file_stem(paper: str) -> str:
    """A paper's id as the stem of a file's name: one for each id, and safe on every file system."""
    stem = _NOT_IN_NAMES.sub(lambda match: f"%{ord(match[0]):02X}", paper)
    if len(stem.encode()) <= MAX_NAME:
        return stem
    digest = hashlib.sha256(paper.encode()).hexdigest()[:16]
    return stem.encode()[: MAX_NAME - 20].decode(errors="ignore") + "%%" + digest
