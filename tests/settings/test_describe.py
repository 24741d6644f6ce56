"""docs/parameters.md and params.schema.json say what the tree says."""

import json
from pathlib import Path
from typing import Any, Iterator

import jsonschema
import pytest
import yaml

from spacy_sciner.settings.__main__ import main
from spacy_sciner.settings.describe import parameters_page
from spacy_sciner.settings.problems import all_paths
from spacy_sciner.settings.tree import Settings

ROOT = Path(__file__).parents[2]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf8"))
SCHEMA = json.loads((ROOT / "params.schema.json").read_text(encoding="utf8"))


@pytest.mark.parametrize("name", ["docs/parameters.md", "params.schema.json"])
def test_it_is_what_the_command_writes(tmp_path: Path, name: str):
    (tmp_path / "docs").mkdir()
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    main(tmp_path)
    assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes(), (
        "run: python -m spacy_sciner.settings"
    )


def test_an_editor_finds_the_schema():
    first = (ROOT / "params.yaml").read_text(encoding="utf8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=params.schema.json"


@pytest.mark.parametrize("prev", ["0", 0])
def test_the_delivered_file_is_valid_by_the_schema(prev: Any):
    """An iteration may be named by its number."""
    first = {**PARAMS["iterations"]["1"], "prev": prev}
    params = {**PARAMS, "iterations": {**PARAMS["iterations"], "1": first}}
    jsonschema.Draft202012Validator(SCHEMA).validate(params)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("retrain", "gce_q", 1.5),
        ("train", "epoch", 3),
        ("train", "epochs", "all"),
        ("annotate", "accept", "sentence"),
    ],
)
def test_the_schema_refuses_what_the_tree_refuses(section: str, key: str, value: Any):
    wrong = {**PARAMS, section: {**PARAMS[section], key: value}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(wrong)


def test_the_page_has_every_knob_with_a_meaning():
    page = parameters_page(PARAMS)
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    named = {row[0].strip("| `") for row in rows}
    paths = [path.rpartition(".")[2] for path in all_paths(Settings)]
    sections = set(Settings.model_fields) - {"corpus", "seed", "device", "precision"}
    assert set(paths) - sections <= named
    assert all(row[-1].strip("| ") for row in rows)
    assert "| `epochs` | `10` | a whole number of 1 or more |" in page


def test_every_value_of_the_delivered_file_is_on_the_page():
    page = parameters_page(PARAMS)
    for name, value in leaves({k: PARAMS[k] for k in ("parse", "train", "retrain", "merge")}):
        assert f"| `{name}` | `{str(value).lower() if isinstance(value, bool) else value}`" in (
            page.replace("`null`", "`None`")
        )


def leaves(node: Any) -> Iterator[Any]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from leaves(value)
        else:
            yield key, value
