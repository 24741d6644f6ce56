"""Read params.yaml: the experiment, one section per stage."""

from pathlib import Path
from typing import Any, Sequence, Union

import yaml

from .errors import Errors, ScinerError


def load_params(path: Union[str, Path], section: str, *, require: Sequence[str] = ()) -> Any:
    """A section or value of a params file, addressed as `a` or `a.b`.

    require (Sequence[str]): Keys that the section must have.
    RAISES (ScinerError): SCINER-E501 if it is not there, SCINER-E502 if the file is not YAML.
    """
    try:
        node: Any = yaml.safe_load(Path(path).read_text(encoding="utf8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as e:
        raise ScinerError(Errors.E502.format(path=path, reason=e)) from e
    for key in section.split("."):
        # Unquoted, an iteration's key is a number to YAML.
        children = {str(k): v for k, v in node.items()} if isinstance(node, dict) else {}
        if key not in children:
            found = ", ".join(children) or "none"
            raise ScinerError(Errors.E501.format(section=section, path=path, found=found))
        node = children[key]
    for key in require:
        if not isinstance(node, dict) or key not in node:
            found = ", ".join(map(str, node)) if isinstance(node, dict) and node else "none"
            where = f"{section}.{key}"
            raise ScinerError(Errors.E501.format(section=where, path=path, found=found))
    return node


def check_keys(section: Any, known: Sequence[str], *, where: str) -> None:
    """RAISES (ScinerError): SCINER-E210 for a setting that is not known: a typo, else ignored."""
    for key in section:
        if key not in known:
            raise ScinerError(Errors.E210.format(key=key, where=where, known=", ".join(known)))
