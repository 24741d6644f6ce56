"""docs/parameters.md and params.schema.json, from the tree: `python -m spacy_sciner.settings`.

A knob's meaning, unit and range stand in the tree alone; its value in params.yaml alone.
"""

import json
import re
from typing import Any, Dict, Iterator, List, Set, Tuple, Type, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .corpora import GoldFile
from .problems import expected_of, shorten
from .tree import Settings

HEAD = """# Parameters

Every knob of `params.yaml`: its value as delivered, what it may be, what it means. Written from
`spacy_sciner/settings/` by `python -m spacy_sciner.settings`, as is `params.schema.json`, with
which an editor completes and checks the file. A wrong file gives one error that lists all problems.
"""
_ADVICE = re.compile(r" \(quote [^)]*\)")  # of messages
COLUMNS = "| knob | delivered | what it may be | meaning |\n|---|---|---|---|\n"


def parameters_page(delivered: Dict[str, Any]) -> str:
    """docs/parameters.md: a table a section.

    delivered (Dict[str, Any]): The content of params.yaml.
    """
    parts = [HEAD, "\n## Top level\n\n", COLUMNS]
    fields = Settings.model_fields
    plain = {name: field for name, field in fields.items() if not _sections(field)}
    parts += _rows(plain, delivered)
    shown: Set[Any] = set()
    for path, kind in (table for name, field in fields.items() for table in _tables(name, field)):
        if kind is GoldFile and kind in shown:  # `pool_gold` has files as `gold` has them
            continue
        shown.add(kind)
        parts += [f"\n## `{path}`\n\n{kind.__doc__}\n\n", COLUMNS]
        parts += _rows(kind.model_fields, _at(delivered, path))
    return "".join(parts)


def schema_text() -> str:
    """params.schema.json: JSON schema of params.yaml."""
    schema = Settings.model_json_schema()
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _tables(path: str, field: FieldInfo) -> Iterator[Tuple[str, Type[BaseModel]]]:
    """The sections at and below a field, each with its path; `<…>` is a name of the user's."""
    kinds = _sections(field)
    for kind in kinds:
        inner = {"corpora": "corpora.<name>", "iterations": "iterations.K"}.get(path, path)
        inner = "evaluations.K" if path == "evaluations" else inner
        yield inner, kind
        for name, below in kind.model_fields.items():
            yield from _tables(f"{inner}.{name}", below)


def _sections(field: FieldInfo) -> List[Type[BaseModel]]:
    """The models in a field's type, those within Optional, Dict and Tuple included."""
    found: List[Type[BaseModel]] = []
    waiting: List[Any] = [field.annotation]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found.append(kind)
        else:
            waiting += get_args(kind)
    return found


def _rows(fields: Dict[str, FieldInfo], values: Any) -> Iterator[str]:
    for name, field in fields.items():
        if _sections(field):
            expected = "a table of its own"
        else:
            expected = _ADVICE.sub("", str(expected_of(field.annotation, field.metadata)))
        extra = field.json_schema_extra
        unit = extra.get("unit") if isinstance(extra, dict) else None
        if unit:
            expected += f"; {unit}"
        if not field.is_required():
            expected += "; may be left out"
        cells = [f"`{name}`", _delivered(name, values), expected, field.description or ""]
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |\n"


def _delivered(name: str, values: Any) -> str:
    """The value in params.yaml; nothing for sections and for what the user names."""
    if not isinstance(values, dict) or name not in values or isinstance(values[name], dict):
        return ""
    return f"`{shorten(values[name])}`".replace("'", "")


def _at(delivered: Dict[str, Any], path: str) -> Any:
    """The section at a path; None where the path has a name of the user's."""
    node: Any = delivered
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")
