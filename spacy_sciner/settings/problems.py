"""What pydantic found wrong, in words that stand beside the setting's path."""

from typing import (
    Any,
    Dict,
    Iterator,
    List,
    Mapping,
    Sequence,
    Tuple,
    Type,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from .fields import Expected
from .readable import readable_parts
from .rules import Problem, disagreements, nearest

# Settings of earlier releases by their path then, and what became of them: "train.a": "train.b", or
# advice for what is gone. An entry stays for one release.
RENAMED: Dict[str, str] = {
    "adapt.method": "adapt.methods, a list: [] is what none was",
    "evaluate.promote_confidence": "evaluate.min_p_rise, which is lower: see docs/verdict.md",
}

_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")
SHOWN = 60  # characters of a wrong value


def find_problems(kind: Type[BaseModel], data: Any) -> List[Problem]:
    """Everything that is wrong with the data of a tree, by path, in the tree's order."""
    if not isinstance(data, dict):
        return [("", f"{shorten(data)} is not a mapping of sections")]
    try:
        kind.model_validate(data)
    except ValidationError as e:
        found = describe(e, kind, data)
        rules = disagreements(readable_parts(kind, data))
        return found + [(path, reason) for path, reason in rules if path not in dict(found)]
    return []


def describe(error: ValidationError, kind: Type[BaseModel], data: Any) -> List[Problem]:
    """A line for each setting that is wrong: its path, and what is wrong with it."""
    found: Dict[Tuple[Any, ...], str] = {}
    for entry in error.errors(include_url=False):
        if entry["type"] == "rules":
            continue
        place = tuple(_place(entry["loc"], data, is_missing=entry["type"] == "missing"))
        place += tuple(filter(None, [entry.get("ctx", {}).get("key")]))
        found.setdefault(place, _reason(entry, place, kind))
    # Of a value that may be several things, the branch that went furthest was meant.
    return [
        (to_path(place), reason)
        for place, reason in found.items()
        if not any(len(other) > len(place) and other[: len(place)] == place for other in found)
    ]


def _place(loc: Sequence[Any], data: Any, *, is_missing: bool) -> Iterator[Any]:
    """The keys of a location, without the names of types that pydantic puts in between."""
    for i, part in enumerate(loc):
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, (list, tuple)) and isinstance(part, int)
        ):
            data = data[part]
            yield part
        elif is_missing and i == len(loc) - 1:
            yield part


def _reason(entry: Any, place: Sequence[Any], kind: Type[BaseModel]) -> str:
    what = entry["type"]
    value = shorten(entry["input"])
    if what == "setting":
        return str(entry["msg"])
    if what == "extra_forbidden":
        return _unknown(place, kind)
    expected = expected_at(kind, place)
    if what == "missing":
        return f"is missing; it is {expected}"
    if what in _BOUNDS and expected.range and not expected.range.startswith("of "):
        return f"{value} is not {expected.range}"
    return f"{value} is not {expected}"


def _unknown(place: Sequence[Any], kind: Type[BaseModel]) -> str:
    path = to_path(place)
    if path in RENAMED:
        return f"was renamed: {RENAMED[path]}"
    name = str(place[-1])
    section = _type_at(kind, place[:-1])
    known = list(section.model_fields)
    reason = nearest(name, known)
    elsewhere = [p for p in all_paths(kind) if p.rpartition(".")[2] == name]
    if "did you mean" not in reason and elsewhere:
        reason = f"; did you mean `{elsewhere[0]}`?"
    return f"no such setting{reason}"


def expected_at(kind: Type[BaseModel], place: Sequence[Any]) -> Expected:
    """What the value at a path has to be."""
    annotation: Any = kind
    metadata: Sequence[Any] = ()
    for part in place:
        annotation, metadata = _child(annotation, part)
    return expected_of(annotation, metadata)


def expected_of(annotation: Any, metadata: Sequence[Any] = ()) -> Expected:
    """What a type takes, in words."""
    for entry in reversed(metadata):
        if isinstance(entry, Expected):
            return entry
    if hasattr(annotation, "__metadata__"):
        return expected_of(annotation.__origin__, annotation.__metadata__)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Expected(f"a section with {', '.join(annotation.model_fields)}")
    arguments = get_args(annotation)
    if get_origin(annotation) is Union:
        several = [expected_of(argument) for argument in arguments if argument is not type(None)]
        optional = " or null" if type(None) in arguments else ""
        if len(several) == 1:
            kind, bounds = several[0]
            return Expected(kind, f"{bounds}{optional}".strip())
        return Expected(" or ".join(map(str, several)) + optional)
    if arguments and not any(isinstance(argument, type) for argument in arguments):
        names = ", ".join(map(str, arguments))
        return Expected(f"one of {names}" if len(arguments) > 1 else names)
    return Expected("a mapping" if get_origin(annotation) is dict else "a list")


def _child(annotation: Any, part: Any) -> Tuple[Any, Sequence[Any]]:
    """The type of an entry. Of several, the one that has entries."""
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field: FieldInfo = annotation.model_fields[part]
        return field.annotation, field.metadata
    arguments = get_args(annotation)
    if get_origin(annotation) is Union:
        for argument in arguments:
            bare = argument
            while hasattr(bare, "__metadata__"):
                bare = bare.__origin__
            is_section = isinstance(bare, type) and issubclass(bare, BaseModel)
            if is_section or get_origin(bare) in (dict, tuple, Union):
                return _child(bare, part)
    return arguments[1 if get_origin(annotation) is dict else 0], ()


def _type_at(kind: Type[BaseModel], place: Sequence[Any]) -> Type[BaseModel]:
    annotation: Any = kind
    for part in place:
        annotation, _ = _child(annotation, part)
    while not isinstance(annotation, type):
        annotation = next(a for a in get_args(annotation) if a is not type(None))
    found: Type[BaseModel] = annotation
    return found


def all_paths(kind: Type[BaseModel], above: str = "") -> Iterator[str]:
    """Every setting's path, without those that the user names."""
    for name, field in kind.model_fields.items():
        yield f"{above}{name}"
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from all_paths(inner, f"{above}{name}.")


def to_path(place: Sequence[Union[str, int]]) -> str:
    path = ""
    for part in place:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def shorten(value: Any) -> str:
    """A value as YAML has it, not longer than a line."""
    shown = {None: "null", True: "true", False: "false"}.get(value) if _is_plain(value) else None
    text = shown or repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def show(problems: Mapping[str, str] | List[Problem]) -> str:
    """One a line."""
    pairs = problems.items() if isinstance(problems, Mapping) else problems
    return "\n".join(f"  {path}: {reason}" if path else f"  {reason}" for path, reason in pairs)
