"""What a file is, by its ending and its content: a gold format, a paper, or neither."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional

from .paths import below, beside
from .sniff import decode

PAPER = "paper"
_ENDINGS = {
    ".spacy": "spacy",
    ".ann": "brat",
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
    ".tsv": "conll",
    ".csv": "conll",  # whose reader says what is wrong with it
    ".pdf": PAPER,
    ".xml": PAPER,
    ".nxml": PAPER,
    ".tei": PAPER,
}
_HEAD = 1 << 20  # bytes of a file of JSON lines that are looked at


def guess_kind(path: Path) -> Optional[str]:
    """A format of the registry, PAPER, or None; of a folder, what most of its files are."""
    if path.is_dir() and path.suffix != ".spacy":
        files = [p for p in sorted(below(path)) if p.is_file() and not p.name.startswith(".")]
        kinds = Counter(kind for kind in map(guess_kind, files) if kind)
        return max(kinds, key=lambda kind: kinds[kind]) if kinds else None
    suffix = path.suffix.lower()
    if suffix in _ENDINGS:
        return _ENDINGS[suffix]
    if suffix == ".txt":
        return "brat" if beside(path, ".ann").is_file() else "conll"
    if path.name.lower().endswith((".json", ".jsonl", ".ndjson", ".jsonl.gz")):
        return _kind_of_records(_first_records(path))
    return None


def _first_records(path: Path) -> List[Dict[str, Any]]:
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as f:
            data = f.read() if path.suffix == ".json" else f.read(_HEAD)
        # Cut in the middle of a line, perhaps of a character.
        text = decode(data[: data.rfind(b"\n")] if len(data) == _HEAD else data)
    except (OSError, EOFError, UnicodeDecodeError):
        return []
    try:
        values = json.loads(text)
    except ValueError:
        values = []
        for line in text.split("\n")[:20]:
            try:
                values.append(json.loads(line))
            except ValueError:
                continue
        if not values and text.lstrip()[:1] in ("[", "{"):  # damaged, as its reader will say
            keys = re.findall(r'"([^"\\]+)"\s*:', text)
            values = [{key: {} if key == "data" else None for key in keys}]
    values = values if isinstance(values, list) else [values]
    return [value for value in values[:20] if isinstance(value, dict)]


def _kind_of_records(records: List[Dict[str, Any]]) -> Optional[str]:
    keys = {key for record in records for key in record}
    is_task = any(isinstance(record.get("data"), dict) for record in records)
    lists = [v for record in records if isinstance(v := record.get("annotations"), list)]
    if any(isinstance(v, dict) and "start_offset" in v for values in lists for v in values):
        return "doccano"
    if is_task or keys & {"annotations", "completions", "annotation_id"}:
        return "label-studio"
    if keys & {"spans", "_input_hash", "answer"}:
        return "prodigy"
    if keys & {"label", "labels", "entities"}:
        return "doccano"
    if keys & {"sections", "abstract", "title"}:
        return PAPER
    has_text = any(re.search(r"\s", str(record.get("text", ""))) for record in records)
    return "doccano" if has_text else None
