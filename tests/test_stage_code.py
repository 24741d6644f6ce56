"""A stage in dvc.yaml lists the modules that it runs, so that a change of code runs it again."""

import ast
from pathlib import Path
from typing import Any, Dict, Iterator, Set, get_args

import pytest
import yaml
from tiny import ROOT

from spacy_sciner.settings.adapt import Method

PACKAGE = ROOT / "spacy_sciner"
STAGES: Dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
# How files are written and processes begun, what is said, and settings, which are params: else
# every change of these would run everything again.
OF_ALL = {"cli", "errors", "files.py", "light.py", "loading.py", "pools.py", "settings", "types.py"}
# Imported along with what is listed, and not used by the stage.
ALONG = {
    "adapt": {
        *("confidence.py", "corpus/counterparts.py", "corpus/offsets.py", "corpus/rules.py"),
        "tagging.py",
    },
    "pseudo-label": {
        *("corpus/annotated.py", "corpus/contained.py", "corpus/counterparts.py"),
        *("corpus/formats/sniff.py", "corpus/offsets.py", "corpus/rules.py", "corpus/text.py"),
        *("html_text.py", "training/processes.py", "training/recipe.py"),
    },
}
# Imported by their names: methods.
BY_NAME = {
    "adapt": [f"adapt/{name.replace('-', '_')}.py" for name in get_args(Method)],
}


def imported(path: Path) -> Iterator[Path]:
    """The package's modules that a file imports, but for types alone."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = path.parents[node.level - 1] if node.level else ROOT
        parts = (node.module or "").split(".") if node.module else []
        for name in ("", *(alias.name for alias in node.names)):
            module = base.joinpath(*parts, name)
            for file in (module.with_suffix(".py"), module / "__init__.py"):
                if file.is_file() and module.is_relative_to(PACKAGE):
                    yield file


def run_by(stage: str, script: Path) -> Set[Path]:
    found: Set[Path] = set()
    waiting = {script, *(PACKAGE / name for name in BY_NAME.get(stage, ()))}
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting |= set(imported(path)) - found
    return found


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_lists_the_code_that_it_runs(name: str):
    deps = STAGES[name].get("do", STAGES[name])["deps"]
    listed = {ROOT / dep for dep in deps if dep.startswith(("scripts/", "spacy_sciner/"))}
    passed = {PACKAGE / part for part in OF_ALL | ALONG.get(name, set())}
    (script,) = (ROOT / dep for dep in deps if dep.startswith("scripts/"))
    modules = run_by(name, script)
    assert len(modules) > 5  # the imports were found
    left_out = [
        path.relative_to(ROOT).as_posix()
        for path in sorted(modules)
        if path.name != "__init__.py"
        and not passed & {path, *path.parents}
        and not listed & {path, *path.parents}
    ]
    assert left_out == []
