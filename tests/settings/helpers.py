"""params.yaml with something wrong in it."""

from copy import deepcopy
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml

from spacy_sciner.errors import ScinerError
from spacy_sciner.settings import read_settings

ROOT = Path(__file__).parents[2]
DATA = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf8"))
LABELS = ["MethodName", "HyperparameterName", "HyperparameterValue", "MetricName"]
LABELS += ["MetricValue", "TaskName", "DatasetName"]
GAMMAS = dict.fromkeys(LABELS, 0.9)
GOLD = "corpora.sample.gold.0"


def changed(changes: Dict[str, Any], *without: str) -> str:
    """The delivered file with other values, by path, and without some settings."""
    data = deepcopy(DATA)
    for path in (*changes, *without):
        *above, last = path.split(".")
        node = data
        for part in above:
            node = node[int(part) if isinstance(node, list) else part]
        if path in changes:
            node[last] = changes[path]
        else:
            del node[last]
    return yaml.safe_dump(data, sort_keys=False)


def lines_of(path: Path) -> list:
    with pytest.raises(ScinerError, match=r"SCINER-E520: .*params\.yaml: \d+ problem") as caught:
        read_settings(path)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]
