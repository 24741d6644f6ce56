"""The sections `convert` and `corpora` of params.yaml, checked before any file is opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import yaml

from ..errors import Errors, ScinerError
from ..params import check_keys, load_params
from .formats.registry import FORMATS, PARAGRAPHS, TEXT_KEY_FORMATS

GOLD_SPLITS = ("train", "dev", "test")
CALIBRATION = "calibration"  # optional: gold papers that certify γ and are used for nothing else
SPLITS = (*GOLD_SPLITS, CALIBRATION, "pool")
Shares = Mapping[str, Union[float, Sequence[str]]]


@dataclass(frozen=True)
class ConvertSettings:
    """Section `convert`."""

    seed: int = 0  # of the split into papers
    overlap_ngrams: int = 13  # words in a run that counts as overlap
    overlap_min: int = 3  # shared runs that keep a paper out of the pool
    min_words: int = 1  # shorter pool paragraphs are dropped


@dataclass(frozen=True)
class GoldFile:
    """One annotated file; `split` names one, or several that its papers are divided into."""

    path: str  # a file, a folder, or a pattern such as gold/*.conll
    format: str
    papers: Optional[str] = None  # "paragraphs": each is a paper; else, for CoNLL, a table's path
    text_key: Optional[str] = None  # where the text is in JSON, None to find it
    split: Union[str, Tuple[str, ...]] = GOLD_SPLITS


@dataclass(frozen=True)
class CorpusSettings:
    """One entry of section `corpora`."""

    name: str
    labels: Tuple[str, ...]
    gold: Tuple[GoldFile, ...]
    split: Shares
    pool_gold: Tuple[GoldFile, ...] = ()
    exclude: Tuple[str, ...] = ()


def load_convert_settings(params_path: Path) -> ConvertSettings:
    """Read section `convert`.

    RAISES (ScinerError): SCINER-E210 for an unknown setting, SCINER-E211 for a wrong value.
    """
    where = "convert"
    section = _mapping(load_params(params_path, where), where, ConvertSettings.__annotations__)
    least = {"seed": 0, "overlap_ngrams": 1, "overlap_min": 1, "min_words": 0}
    for key, value in section.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least[key]:
            raise _wrong(where, key, f"a whole number from {least[key]}", value)
    return ConvertSettings(**section)


def load_corpus_settings(params_path: Path, name: str, *, labels_path: Path) -> CorpusSettings:
    """Read section `corpora.<name>`.

    labels_path (Path): The label schema, for a corpus that names no labels of its own.
    RAISES (ScinerError): SCINER-E210 for an unknown setting, SCINER-E211 for a wrong value.
    """
    where = f"corpora.{name}"
    known = [key for key in CorpusSettings.__annotations__ if key != "name"]
    section = _mapping(load_params(params_path, where), where, known)
    labels = section["labels"] if "labels" in section else list(load_labels(labels_path))
    gold = section.get("gold")
    if not isinstance(gold, list) or not gold:
        raise _wrong(where, "gold", "a list of files", gold)
    pool_gold = section.get("pool_gold") or []
    if not isinstance(pool_gold, list):
        raise _wrong(where, "pool_gold", "a list of files", pool_gold)
    return CorpusSettings(
        name=name,
        labels=tuple(_strings(labels, where, "labels")),
        gold=tuple(_gold_file(entry, f"{where}.gold[{i}]") for i, entry in enumerate(gold)),
        split=_shares(section.get("split") or {}, f"{where}.split"),
        pool_gold=tuple(
            _gold_file(entry, f"{where}.pool_gold[{i}]") for i, entry in enumerate(pool_gold)
        ),
        exclude=tuple(_strings(section.get("exclude") or [], where, "exclude")),
    )


def load_labels(path: Path) -> Dict[str, str]:
    """The label schema: each label with its meaning.

    RAISES (ScinerError): SCINER-E211 if the file has no such mapping.
    """
    try:
        schema = yaml.safe_load(path.read_text(encoding="utf8"))
    except (OSError, yaml.YAMLError) as e:
        raise ScinerError(Errors.E502.format(path=path, reason=e)) from e
    labels = schema.get("labels") if isinstance(schema, dict) else None
    if not isinstance(labels, dict) or not labels:
        raise _wrong(str(path), "labels", "labels with their meanings", labels)
    return {str(label): str(meaning) for label, meaning in labels.items()}


def _gold_file(entry: Any, where: str) -> GoldFile:
    entry = _mapping(entry, where, GoldFile.__annotations__)
    for key in ("path", "format"):
        if not isinstance(entry.get(key), str):
            raise _wrong(where, key, "given", entry.get(key))
    if entry["format"] not in FORMATS:
        raise _wrong(where, "format", f"one of {', '.join(FORMATS)}", entry["format"])
    split = entry.get("split", GOLD_SPLITS)
    names = [split] if isinstance(split, str) else _strings(split, where, "split")
    if not names or len(set(names)) < len(names) or not set(names) <= set(SPLITS):
        raise _wrong(where, "split", f"one of {', '.join(SPLITS)}, or a list of some", split)
    papers, text_key = entry.get("papers"), entry.get("text_key")
    is_table = papers not in (None, PARAGRAPHS)
    if is_table and (not isinstance(papers, str) or entry["format"] != "conll"):
        wanted = f"{PARAGRAPHS!r}, or the path of a table for the format conll"
        raise _wrong(where, "papers", wanted, papers)
    has_keys = entry["format"] in TEXT_KEY_FORMATS
    if text_key is not None and not (isinstance(text_key, str) and has_keys):
        wanted = f"a key, and for the formats {', '.join(TEXT_KEY_FORMATS)} only"
        raise _wrong(where, "text_key", wanted, text_key)
    return GoldFile(
        path=entry["path"],
        format=entry["format"],
        papers=papers,
        text_key=text_key,
        split=split if isinstance(split, str) else tuple(names),
    )


def _shares(section: Any, where: str) -> Shares:
    section = _mapping(section, where, SPLITS)
    for key, value in section.items():
        if isinstance(value, list):
            _strings(value, where, key)
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
            raise _wrong(where, key, "a share of the papers in (0, 1), or a list of papers", value)
    if sum(value for value in section.values() if isinstance(value, (int, float))) >= 1:
        raise _wrong("params.yaml", where, "shares with a sum below 1", section)
    return section


def _mapping(section: Any, where: str, known: Any) -> Dict[str, Any]:
    if not isinstance(section, dict):
        raise _wrong("params.yaml", where, "a mapping", section)
    check_keys(section, known, where=where)
    return section


def _strings(values: Any, where: str, key: str) -> List[str]:
    # YAML reads the paper 2020.12 as a number, and NO as false.
    if not isinstance(values, (list, tuple)) or not all(isinstance(v, str) for v in values):
        raise _wrong(where, key, "a list of strings (quote those that look like numbers)", values)
    return list(values)


def _wrong(where: str, key: str, expected: str, value: Any) -> ScinerError:
    return ScinerError(Errors.E211.format(where=where, key=key, expected=expected, value=value))
