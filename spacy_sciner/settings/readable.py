"""What can be read of a tree that is wrong in places, for the rules between its sections."""

from typing import Annotated, Any, Dict, Iterator, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from .rules import Unreadable

_NOT = object()


class Parts:
    """A section with its readable settings as attributes; any other one raises Unreadable."""

    def __init__(self, parts: Dict[str, Any]) -> None:
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> Any:
        raise Unreadable(name)


def readable_parts(kind: Any, data: Any) -> Any:
    """The section, or what is right of it.

    RETURNS (Any): An instance of `kind` where all is right, else Parts of such. An entry of a
        mapping is there whenever its name is, so that rules about names see all of them.
    """
    found = _read(kind, data)
    return Parts({}) if found is _NOT else found


def _read(kind: Any, data: Any) -> Any:
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError:
        pass
    if not isinstance(data, dict):
        return _NOT
    for branch in _branches(kind):
        if isinstance(branch, type) and issubclass(branch, BaseModel):
            return Parts(dict(_fields(branch, data)))
        if get_origin(branch) is dict:
            entries = {key: _read(get_args(branch)[1], value) for key, value in data.items()}
            return {key: Parts({}) if v is _NOT else v for key, v in entries.items()}
    return _NOT


def _branches(kind: Any) -> Iterator[Any]:
    """What a type may be, without annotations."""
    while hasattr(kind, "__metadata__"):
        kind = kind.__origin__
    if get_origin(kind) is Union:
        for argument in get_args(kind):
            yield from _branches(argument)
    else:
        yield kind


def _fields(kind: Any, data: Dict[str, Any]) -> Iterator[Any]:
    for name, field in kind.model_fields.items():
        annotation = field.annotation
        for entry in field.metadata:
            annotation = Annotated[annotation, entry]
        if name in data:
            value = _read(annotation, data[name])
            if value is not _NOT:
                yield name, value
        elif not field.is_required():
            yield name, field.default
