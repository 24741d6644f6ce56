"""Section `corpora`: which files are gold, and how their papers are divided."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any, Dict, Literal, Optional, Tuple, Union

from pydantic import AfterValidator, field_validator, model_validator
from pydantic_core import PydanticCustomError

from .fields import Expected, OpenShare, Section, Text, Texts, knob

GOLD_SPLITS = ("train", "dev", "test")
CALIBRATION = "calibration"  # optional: gold papers that certify γ and are used for nothing else
SPLITS = (*GOLD_SPLITS, CALIBRATION, "pool")
# As in `corpus/formats/registry.py`, which is not imported for a name; others come by entry point.
FORMATS = ("conll", "label-studio", "brat", "prodigy", "doccano", "spacy")
FORMAT_GROUP = "spacy_sciner_formats"
_NO_LABELS = ("O", "-", "_unknown_", "all", "f1", "macro_f1")
PARAGRAPHS = "paragraphs"  # as `papers`: each paragraph is a paper

Split = Literal["train", "dev", "test", "calibration", "pool"]


def _distinct(names: Tuple[str, ...]) -> Tuple[str, ...]:
    if not names or len(set(names)) < len(names):
        raise ValueError("each split once, at least one")
    return names


Splits = Annotated[
    Union[Split, Annotated[Tuple[Split, ...], AfterValidator(_distinct)]],
    Expected(f"one of {', '.join(SPLITS)}", "or a list of some, each once"),
]
Part = Annotated[
    Union[OpenShare, Texts],
    Expected("a share of the papers in (0, 1) or a list of papers (as text)"),
]


def _below_one(shares: Dict[str, Any]) -> Dict[str, Any]:
    if sum(share for share in shares.values() if isinstance(share, float)) >= 1:
        raise PydanticCustomError("setting", "the shares' sum is not below 1")
    return shares


Shares = Annotated[
    Dict[Split, Part],
    AfterValidator(_below_one),
    Expected("a mapping", "of splits to shares or lists of papers"),
]


@cache
def format_points() -> Tuple[EntryPoint, ...]:
    """The formats of other packages. To look for them reads every installed package's metadata."""
    return tuple(entry_points(group=FORMAT_GROUP))


def format_names() -> Tuple[str, ...]:
    """The formats of annotation files that can be read here, those of other packages included."""
    others = {point.name for point in format_points()}
    return (*FORMATS, *sorted(others - set(FORMATS)))


class GoldFile(Section):
    """One annotated file."""

    path: Text = knob(
        "A file, a folder, or a pattern such as gold/*.conll, relative to assets/<corpus>."
    )
    format: Text = knob("How the file is written: a format of corpus/formats/.")
    papers: Optional[Text] = knob(
        "paragraphs: each is a paper of its own; of a CoNLL file also a table of its papers, "
        "relative to assets/<corpus>; null: what the file says, else its name.",
        default=None,
    )
    text_key: Optional[Text] = knob(
        "Where the text is in JSON, if several strings may be it; null: found.", default=None
    )
    split: Splits = knob(
        "Where its papers go. Several: they are divided among these as the corpus' `split` says.",
        default=GOLD_SPLITS,
    )

    @field_validator("format")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in format_names():
            known = ", ".join(format_names())
            raise PydanticCustomError(
                "setting", "{shown} is not one of {known}", {"shown": repr(name), "known": known}
            )
        return name

    @model_validator(mode="after")
    def _fits_the_format(self) -> "GoldFile":
        if self.papers not in (None, PARAGRAPHS) and self.format != "conll":
            message = "is neither `paragraphs` nor for the format conll, which may have a table"
            raise PydanticCustomError("setting", message, {"key": "papers"})
        if self.text_key is not None and self.format in ("conll", "brat", "spacy"):
            message = "is for the formats in JSON only: label-studio, prodigy, doccano"
            raise PydanticCustomError("setting", message, {"key": "text_key"})
        return self


def is_label(name: str) -> bool:
    """Tables and CoNLL files end a column at a tab, and a line at its end. O is no entity, - a word
    of which nothing is known, _unknown_ a span of such words; beside figures of labels stand those
    of all, f1 and macro_f1."""
    return name not in _NO_LABELS and bool(name.strip()) and not set(name) & set("\t\r\n")


class Corpus(Section):
    """One entry of section `corpora`."""

    labels: Optional[Texts] = knob(
        "Labels of entities, in the order of the tags; left out: those of assets/labels.yaml.",
        default=None,
    )
    gold: Annotated[Tuple[GoldFile, ...], Expected("a list of files", "with path and format")] = (
        knob("Annotated files; []: only a pool is made, for `adapt` and `sciner start`.")
    )
    split: Shares = knob(
        "Of files with several splits: the share of the papers that a split gets, or those papers. "
        "The split that is not named gets the rest.",
        default={},
    )
    pool_gold: Annotated[
        Tuple[GoldFile, ...], Expected("a list of files", "with path and format")
    ] = knob(
        "Gold of pool papers: kept aside, only ever used to measure pseudo-labels.", default=()
    )
    exclude: Texts = knob("Papers never to be used as pool.", default=())

    @field_validator("labels")
    @classmethod
    def _are_labels(cls, found: Optional[Tuple[Any, ...]]) -> Optional[Tuple[Any, ...]]:
        if found is not None and not found:
            raise PydanticCustomError("setting", "the list is empty")
        labels = found or ()
        twice = [la for la in dict.fromkeys(labels) if labels.count(la) > 1]
        no_labels = [la for la in dict.fromkeys(labels) if not is_label(la)]
        problems = [f"{label!r} is named twice" for label in twice]
        problems += [f"{label!r} cannot be a label" for label in no_labels]
        if problems:
            raise PydanticCustomError("setting", "; ".join(problems))
        return found
