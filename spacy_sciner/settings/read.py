"""params.yaml → Settings, or one error with every problem of the file."""

import re
from pathlib import Path
from typing import Any, Dict, Iterator, Set, Tuple, Type, TypeVar, Union

import yaml
from pydantic import ValidationError

from ..errors import Errors, ScinerError
from .fields import Section
from .problems import describe, find_problems, show
from .rules import Problem
from .tree import Settings

S = TypeVar("S", bound=Section)
_CORPUS_NAME = "a corpus' name has letters, digits, - and _ alone: DVC and the shell read others"
_REPEATED = ("iterations", "evaluations")  # the `foreach` of dvc.yaml


_MAX_IN_C = 5000  # brackets, items; of ten thousands, one in another, the parser in C dies


class _Loader(yaml.SafeLoader):
    """YAML 1.1, but `3e-4` without a dot is a number, as in YAML 1.2."""


class _LoaderInC(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in a tenth of the time, where PyYAML was built with it."""


for _kind in (_Loader, _LoaderInC):
    _kind.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+$"),
        list("-+0123456789."),
    )


def read_settings(path: Union[str, Path]) -> Settings:
    """Read and check a params file.

    RAISES (ScinerError): SCINER-E520 with every problem of the file, one a line; SCINER-E502 if it
        cannot be read as YAML.
    """
    return parse_settings(_read(Path(path)), path)


def parse_settings(text: str, path: Union[str, Path]) -> Settings:
    """What `read_settings` gives, of the text of a file."""
    data, found = _load(text, path)
    problems = [*found, *find_problems(Settings, data)]
    if problems:
        raise ScinerError(Errors.E520.format(path=path, n=len(problems), problems=show(problems)))
    return Settings.model_validate(data)


def check_section(kind: Type[S], data: Dict[str, Any], *, where: str) -> S:
    """Arguments that come from elsewhere than params.yaml, held to a section's own ranges.

    where (str): What the message calls the place.
    RAISES (ScinerError): SCINER-E521 with every problem, one a line.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as e:
        problems = show(describe(e, kind, data))
        raise ScinerError(Errors.E521.format(where=where, problems=problems)) from e


def read_yaml(path: Union[str, Path]) -> Any:
    """What a YAML file holds, with text as the keys of mappings.

    RAISES (ScinerError): SCINER-E502 if it cannot be read, or has a key twice.
    """
    return parse_yaml(_read(Path(path)), path)


def parse_yaml(text: str, path: Union[str, Path]) -> Any:
    """What `read_yaml` gives, of the text of a file."""
    data, found = _load(text, path)
    for where, reason in found:
        raise ScinerError(Errors.E502.format(path=path, reason=f"{where} {reason}"))
    return data


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf8")
    except FileNotFoundError as e:
        reason = "there is no such file. Is this the root of a project?"
        raise ScinerError(Errors.E502.format(path=path, reason=reason)) from e
    except (OSError, UnicodeDecodeError) as e:
        raise _unreadable(path, e) from e


def _load(text: str, path: Union[str, Path]) -> Tuple[Any, list[Problem]]:
    """RETURNS (Tuple[Any, List[Problem]]): The data, and the keys that are given twice, or are not
    what DVC needs."""
    try:
        nests = sum(map(text.count, "[{-?"))
        loader: Any = (_LoaderInC if nests < _MAX_IN_C else _Loader)(text)
        node = loader.get_single_node()
        if node is None:
            return {}, []
        found = [*_repeated(node, "", set()), *_not_for_dvc(node)]
        return _with_text_keys(loader.construct_document(node), {}), found
    # The last: a tag such as !!bool before what is none, an impossible date, a thousand brackets.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as e:
        raise _unreadable(path, e) from e


def _unreadable(path: Union[str, Path], error: Exception) -> ScinerError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return ScinerError(Errors.E502.format(path=path, reason=reason))


def _repeated(node: yaml.Node, above: str, seen: Set[int]) -> Iterator[Problem]:
    """Keys that stand twice in a mapping; YAML itself takes the last without a word."""
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for i, child in enumerate(node.value):
            yield from _repeated(child, f"{above}[{i}]", seen)
        return
    lines: Dict[str, int] = {}
    for key, child in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        path = f"{above}.{name}" if above else name
        if name in lines and name != "<<":
            yield path, f"is given twice, in lines {lines[name]} and {line}"
        lines.setdefault(name, line)
        yield from _repeated(child, path, seen)


def _not_for_dvc(node: yaml.Node) -> Iterator[Problem]:
    """Names that dvc.yaml cannot use: of stages it leaves those of a number out, of a corpus it
    takes a dot for a step into it, and a blank for the end of the command."""
    sections = node.value if isinstance(node, yaml.MappingNode) else []
    for name, section in sections:
        if name.value == "corpora" and isinstance(section, yaml.MappingNode):
            for key, _ in section.value:
                if key.value != "<<" and not re.fullmatch(r"\w[\w-]*", str(key.value)):
                    yield f"corpora.{key.value}", _CORPUS_NAME
        if name.value in _REPEATED and isinstance(section, yaml.MappingNode):
            for key, _ in section.value:
                if key.tag == "tag:yaml.org,2002:int":
                    path = f"{name.value}.{key.value}"
                    yield path, f'needs quotes, "{key.value}": DVC runs no stage of a bare number'


def _with_text_keys(data: Any, done: Dict[int, Any]) -> Any:
    """A corpus that is called 2020 has a number for its name to YAML."""
    if not isinstance(data, (dict, list)):
        return data
    if id(data) not in done:  # what an alias repeats, and a loop of aliases
        made: Any = {} if isinstance(data, dict) else []
        done[id(data)] = made
        if isinstance(data, dict):
            made.update({str(key): _with_text_keys(value, done) for key, value in data.items()})
        else:
            made.extend(_with_text_keys(value, done) for value in data)
    return done[id(data)]
