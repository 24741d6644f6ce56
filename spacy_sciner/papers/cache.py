"""Parsed files by content, kept where DVC does not delete them before a run."""

import hashlib
import json
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Optional

from ..files import write_text
from .loss import Parsed


class Cache:
    """One file for each (content, kind, parser); whole or absent."""

    def __init__(self, folder: Optional[Path]) -> None:
        self.folder = folder

    def load(self, key: str) -> Optional[Parsed]:
        if self.folder is None:
            return None
        try:
            lines = (self.folder / f"{key}.jsonl").read_text(encoding="utf8").split("\n")
            (n_sections, n_words), *sections = [json.loads(line) for line in lines[:-1]]
            parsed = Parsed([(heading, text) for heading, text in sections], int(n_words))
            return parsed if n_sections == len(sections) else None
        except (OSError, ValueError, TypeError):  # absent, or damaged: parse again
            return None

    def save(self, key: str, parsed: Parsed) -> None:
        if self.folder is not None:
            rows = [(len(parsed.sections), parsed.n_words), *parsed.sections]
            lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
            write_text(self.folder / f"{key}.jsonl", "".join(lines))


def cache_key(content: bytes, *, kind: str) -> str:
    """What a result depends on: the file, the reader, and the code that reads."""
    digest = hashlib.sha256(content)
    digest.update(f"\0{kind}\0{parser_version()}".encode())
    return digest.hexdigest()


@lru_cache(maxsize=1)
def parser_version() -> str:
    """Changes with the source of this package and the libraries that it reads with."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for library in ("pypdfium2", "lxml", "scipdf-parser"):
        try:
            digest.update(version(library).encode())
        except PackageNotFoundError:  # not needed by every engine
            digest.update(b"-")
    return digest.hexdigest()
