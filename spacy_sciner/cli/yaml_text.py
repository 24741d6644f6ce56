"""YAML that is written here and read by params.yaml's own reader, which knows YAML 1.1."""

from typing import Any

import yaml
from ruamel.yaml import YAML, RoundTripRepresenter

_TEXT = "tag:yaml.org,2002:str"
_RESOLVER = yaml.SafeLoader("")


class _Representer(RoundTripRepresenter):
    """Quotes what YAML 1.1 reads as something else, such as NO; in YAML 1.2 that is text."""


def _represent_text(representer: RoundTripRepresenter, text: str) -> Any:
    if _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) != _TEXT:
        return representer.represent_scalar(_TEXT, text, style='"')
    return representer.represent_str(text)


_Representer.add_representer(str, _represent_text)


def round_trip() -> YAML:
    """A reader and writer that keeps comments, and lines as long as they are."""
    text = YAML()
    text.Representer = _Representer
    text.width = 4096
    return text
