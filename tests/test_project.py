"""The project as a whole: its tools, its layout, and what must agree across files."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, Tuple

import pytest
import yaml

from spacy_sciner.errors import Errors, Warnings

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
STAGES = ("parse", "convert", "adapt", "train", "pseudo_label", "merge", "evaluate", "report")
LAYOUT = [
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml"),
    *("project.yml", "dvc.yaml", "params.yaml", "configs", "scripts", "benchmarks"),
    *("assets/labels.yaml", "assets/sample"),
    *(f"benchmarks/{room}" for room in ("speed", "quality", "scale", "results")),
    *(f"spacy_sciner/{name}.py" for name in ("__init__", "errors/__init__", "types", "tagging")),
    *(f"spacy_sciner/{name}.py" for name in ("confidence", "selection", "cli/__init__")),
    *(
        f"spacy_sciner/{name}"
        for name in ("papers", "corpus", "phrases", "models", "pipeline", "adapt", "scoring")
    ),
    *(
        f"spacy_sciner/{name}"
        for name in ("training", "annotation", "evaluation", "review", "report")
    ),
    *("tests/conftest.py", "tests/test_project.py", "tests/test_end_to_end.py"),
]
LONGEST_FILE, LONGEST_FUNCTION = 300, 50  # lines
# Split, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~}])/" + r"(?:work|home|root|Users|mnt)/" + r"\w")
in_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a Git checkout")


def call(*command: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=cwd, capture_output=True, encoding="utf8")


def tracked() -> List[Path]:
    names = call("git", "ls-files", "-z").stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_there_is_a_script_for_each_stage_and_no_other():
    assert sorted(path.stem for path in ROOT.glob("scripts/*.py")) == sorted(STAGES)


@pytest.mark.parametrize("script", STAGES)
def test_script_has_help(script):
    done = call(sys.executable, f"scripts/{script}.py", "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("lint-imports",)],
    ids=" ".join,
)
def test_tool_finds_nothing(command):
    done = call(str(BIN / command[0]), *command[1:])
    assert done.returncode == 0, f"\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("path", LAYOUT)
def test_layout(path):
    assert (ROOT / path).exists()


def test_tests_mirror_the_package():
    """Every folder of tests has its folder in the package, or is that of the benchmarks."""
    folders = {p.name for p in ROOT.glob("tests/*/") if any(p.glob("test_*.py"))}
    assert folders <= {
        p.name for p in [*ROOT.glob("spacy_sciner/*/"), ROOT / "benchmarks", ROOT / "scripts"]
    }


@in_git
def test_no_path_of_a_machine():
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf8")
        except UnicodeDecodeError:
            continue
        hit = MACHINE_PATH.search(text)
        if hit:
            found.append(f"{path.relative_to(ROOT)}: {text[hit.start() : hit.end() + 20]!r}")
    assert found == []


@in_git
def test_what_stages_write_is_not_in_git():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
    outs = {
        out.split("/")[0]
        for stage in stages.values()
        for out in stage.get("do", stage)["outs"]
        if isinstance(out, str)
    }
    ignored = (ROOT / ".gitignore").read_text(encoding="utf8").split()
    assert {f"/{out}" for out in outs} <= set(ignored)
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} & outs == set()


def test_the_docs_have_the_commands_of_project_yml(tmp_path):
    page = (ROOT / "docs/commands.md").read_text(encoding="utf8")
    (tmp_path / "commands.md").write_text(
        page.replace("](../project.yml)", "](project.yml)"), "utf8"
    )
    shutil.copy(ROOT / "project.yml", tmp_path)
    command = ("document", ".", "--no-emoji", "--output", "commands.md")
    done = call(sys.executable, "-m", "weasel", *command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    new = (tmp_path / "commands.md").read_text(encoding="utf8")
    assert new.replace("](project.yml)", "](../project.yml)") == page, (
        "run: weasel document --no-emoji --output docs/commands.md"
    )


@pytest.mark.parametrize("messages", [Errors, Warnings], ids=["errors", "warnings"])
def test_every_code_is_raised_by_a_test(messages):
    text = "".join(path.read_text(encoding="utf8") for path in ROOT.glob("tests/**/test_*.py"))
    codes = [code for code in dir(messages) if re.fullmatch(r"[EW]\d{3}", code)]
    assert [code for code in codes if not re.search(rf"\b{code}\b", text)] == []


@pytest.mark.parametrize("messages", [Errors, Warnings], ids=["errors", "warnings"])
def test_every_code_is_used(messages):
    files = [*ROOT.glob("spacy_sciner/**/*.py"), *ROOT.glob("scripts/*.py")]
    text = "".join(path.read_text(encoding="utf8") for path in files)
    codes = [code for code in dir(messages) if re.fullmatch(r"[EW]\d{3}", code)]
    assert [code for code in codes if f"{messages.__name__}.{code}" not in text] == []


def test_every_section_of_params_is_used_by_a_stage():
    text = (ROOT / "dvc.yaml").read_text(encoding="utf8")
    used = {name.split(".")[0] for name in re.findall(r"\$\{([\w.]+)", text)}
    for stage in yaml.safe_load(text)["stages"].values():
        used |= {name.split(".")[0] for name in stage.get("do", stage).get("params", [])}
    sections = set(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf8")))
    assert sections <= used
    # `item` and `key` belong to foreach.
    assert used - sections == {"item", "key"}


def test_evaluate_lists_what_training_reads():
    """The paper's protocol trains a model of its own."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
    evaluate = stages["evaluate"]["do"]
    for stage in (stages["train"], stages["retrain"]["do"]):
        assert set(stage["params"]) <= set(evaluate["params"])
        own = {"scripts/train.py", "spacy_sciner/training/ensemble.py"}
        passed = ("corpus/", "training/", "spacy_sciner/scoring/")  # it lists the last's folder
        read = {dep for dep in stage["deps"] if not dep.startswith(passed)} - own
        assert read <= set(evaluate["deps"])


def test_iterations_and_evaluations_agree():
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf8"))
    assert list(params["evaluations"]) == ["0", *params["iterations"]]
    for k, iteration in params["iterations"].items():
        assert iteration["prev"] == str(int(k) - 1)
        assert params["evaluations"][k] == {"data": f"corpus/iteration-{k}"}


def test_project_yml_has_a_command_for_each_stage():
    project = yaml.safe_load((ROOT / "project.yml").read_text(encoding="utf8"))
    commands = {command["name"] for command in project["commands"]}
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
    assert {*stages, "repro", "iterate", "test"} == commands
    assert {step for steps in project["workflows"].values() for step in steps} <= commands


def test_the_published_recipe_names_settings_that_exist():
    text = (ROOT / "docs/learning.md").read_text(encoding="utf8")
    blocks = [yaml.safe_load(b) for b in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    recipe = next(block for block in blocks if "teachers" in block.get("train", {}))
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf8"))
    for section, values in recipe.items():
        assert set(values) <= set(params[section])
    assert any(params[s][k] != v for s, values in recipe.items() for k, v in values.items())


def functions_of(tree: ast.Module) -> Iterator[Tuple[str, int]]:
    """Each function with all its lines, from `def` to the last: decorators alone don't count."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


@in_git
def test_files_and_functions_are_short():
    long = []
    for path in tracked():
        if path.suffix == ".py":
            text = path.read_text(encoding="utf8")
            name = path.relative_to(ROOT).as_posix()
            long += [name] * (len(text.splitlines()) > LONGEST_FILE)
            found = functions_of(ast.parse(text))
            long += [f"{name}: {function}" for function, n in found if n > LONGEST_FUNCTION]
    assert long == []
