"""The sections `iterations` and `evaluations` of params.yaml: read, extended, cut; as text, so that
nothing else in the file changes."""

import io
from copy import copy
from typing import Any, Dict, List

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.anchor import Anchor
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ..errors import Errors, ScinerError
from ..settings.problems import shorten
from ..settings.read import parse_yaml
from .yaml_text import round_trip


def count_iterations(text: str, *, path: str) -> int:
    """Iterations after 0.

    text (str): A file that `read_settings` has no objection to.
    RAISES (ScinerError): SCINER-E516 unless they are numbered 1, 2, … and stand one below another.
    """
    found = list(_section(_load(text, path), "iterations", path))
    if not found or found != [str(i + 1) for i in range(len(found))]:
        raise _not_numbered(path, ", ".join(found) or "none")
    return len(found)


def extend_iterations(text: str, *, to: int, path: str) -> str:
    """Add the iterations up to `to`, each after its predecessor, with the last one's settings."""
    section = _section(_load(text, path), "iterations", path)
    last = section[list(section)[-1]]
    entries = []
    for number in range(len(section) + 1, to + 1):
        settings = _as_flow(last)
        settings["prev"] = DoubleQuotedScalarString(str(number - 1))
        entries.append(_render(str(number), settings, section))
    return _replace(text, section, keep=len(section), entries=entries)


def measure_up_to(text: str, *, last: int, path: str) -> str:
    """Let `evaluations` be iteration 0 to `last`, and nothing else."""
    section = _section(_load(text, path), "evaluations", path)
    wanted = [str(number) for number in range(last + 1)]
    keep = 0
    while keep < min(len(section), len(wanted)) and list(section)[keep] == wanted[keep]:
        keep += 1
    entries = []
    for number in range(keep, last + 1):
        data = "corpus/gold" if number == 0 else f"corpus/iteration-{number}"
        entries.append(_render(str(number), _as_flow({"data": data}), section))
    return _replace(text, section, keep=keep, entries=entries)


def settings_up_to(text: str, *, last: int, path: str) -> Dict[str, Any]:
    """All that iterations 0 to `last` depend on: the sections, without later iterations.

    RAISES (ScinerError): SCINER-E502, E516 for what is no params.yaml.
    """
    data = parse_yaml(text, path)
    if not isinstance(data, dict):
        raise ScinerError(Errors.E502.format(path=path, reason="it is not a mapping"))
    iterations = data.get("iterations") or {}
    if not isinstance(iterations, dict) or not all(k.isdecimal() for k in iterations):
        raise _not_numbered(path, shorten(iterations))
    data = {name: section for name, section in data.items() if name != "evaluations"}
    return {**data, "iterations": {k: v for k, v in iterations.items() if int(k) <= last}}


def _load(text: str, path: str) -> CommentedMap:
    try:
        data = YAML().load(text)
    except YAMLError as e:
        raise ScinerError(Errors.E502.format(path=path, reason=e)) from e
    if not isinstance(data, CommentedMap):
        raise ScinerError(Errors.E502.format(path=path, reason="it is not a mapping"))
    return data


def _section(data: CommentedMap, name: str, path: str) -> CommentedMap:
    if name not in data:
        raise _not_numbered(path, f"no section `{name}`")
    section = data[name]
    if not isinstance(section, CommentedMap) or section.fa.flow_style():
        raise _not_numbered(path, f"`{name}` in one line or empty")
    return section


def _not_numbered(path: str, found: str) -> ScinerError:
    return ScinerError(Errors.E516.format(path=path, found=found))


def _as_flow(settings: Any) -> CommentedMap:
    """A copy in braces, without comments."""
    flow = CommentedMap()
    for key, value in settings.items():
        flow[key] = _as_flow(value) if isinstance(value, dict) else _without_anchor(value)
    flow.fa.set_flow_style()
    return flow


def _without_anchor(value: Any) -> Any:
    """A copy, as it is written; an anchor may stand only once in a file."""
    value = copy(value)
    if hasattr(value, Anchor.attrib):
        delattr(value, Anchor.attrib)
    return value


def _render(key: str, settings: CommentedMap, section: CommentedMap) -> str:
    out = io.StringIO()
    round_trip().dump(CommentedMap({DoubleQuotedScalarString(key): settings}), out)
    first = next(iter(section))
    return " " * section.lc.key(first)[1] + out.getvalue()


def _replace(text: str, section: CommentedMap, *, keep: int, entries: List[str]) -> str:
    """The text with all but the first `keep` entries of a section replaced."""
    line_end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += line_end
    starts: List[int] = [section.lc.key(key)[0] for key in section]
    # The last entry ends before the next line that is not indented, comments included.
    end = _last_line(text, starts[-1]) + 1
    while end < len(lines) and lines[end].startswith((" ", "\t")):
        end += 1
    starts.append(end)
    made = [entry.replace("\n", line_end) for entry in entries]
    return "".join(lines[: starts[keep]] + made + lines[end:])


def _last_line(text: str, start: int) -> int:
    """The last line of the entry that starts in a line, whatever stands between its lines."""
    root: Any = yaml.compose(text, yaml.SafeLoader)
    sections = (node for _, node in root.value if isinstance(node, yaml.MappingNode))
    entries = [entry for node in sections for entry in node.value]
    (last,) = (value for key, value in entries if key.start_mark.line == start)
    while isinstance(last, yaml.MappingNode) and not last.flow_style and last.value:
        last = last.value[-1][1]
    return max(start, int(last.end_mark.line))  # an alias has the place of its anchor
