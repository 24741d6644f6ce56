"""Every command that README and docs name exists, and has the options that it is given there."""

import argparse
import ast
import importlib.util
import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest
import typer
import yaml
from doc_pages import inline_commands, parts_of, shell_lines
from tiny import ROOT
from warm_python import warm_python

# Whose commands and options are not looked up.
OTHERS = {".", "cd", "cp", "diff", "docker", "git", "label-studio", "mkdir", "pip", "weasel"}
EVERYWHERE = {"--help"}


def problem_of(words: List[str]) -> str:
    """What is wrong with a command, "" if nothing is."""
    while re.match(r"[A-Z_]+=|time$", words[0]):
        words = words[1:]
    program = Path(words[0]).name
    script = next((w for w in words if re.match(r"(scripts|benchmarks)/.*\.py$", w)), None)
    if program == "make":
        return problem_of_make(words)
    if script:
        return problem_of_script(script, words[words.index(script) + 1 :])
    if program == "python":
        return problem_of_python(words)
    if program in ("sciner", "spacy", "dvc"):
        return problem_of_program([program, *words[1:]])
    return "" if program in OTHERS or "=" in program else f"no program {program}"


def problem_of_make(words: List[str]) -> str:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    missing = [word for word in words[1:] if "=" not in word and word not in targets]
    passed = [word.partition("=")[2].split() for word in words if word.startswith("BENCH=")]
    problems = [problem_of_script("benchmarks/speed/speed.py", more) for more in passed]
    return f"no target {missing}" if missing else "".join(problems)


def problem_of_script(script: str, words: List[str]) -> str:
    if Path(script).stem.isupper():  # STAGE.py stands for any
        return ""
    if not (ROOT / script).is_file():
        return f"no file {script}"
    known = declared(ROOT / script) if script.startswith("benchmarks/") else helped(script)
    return unknown(words, known)


def problem_of_python(words: List[str]) -> str:
    if words[1] == "-m":
        return "" if importlib.util.find_spec(words[2]) else f"no module {words[2]}"
    if words[1].endswith(".py"):
        return "" if (ROOT / words[1]).is_file() else f"no file {words[1]}"
    return "" if words[1] == "-c" else f"python {words[1]}"


def problem_of_program(words: List[str]) -> str:
    """The longest known name is the command: of `spacy init config`, not `spacy init`."""
    known = options_by_command(words[0])
    names = [" ".join(words[:n]) for n in range(len(words), 1, -1)]
    name = next((name for name in names if name in known), None)
    if name is None:
        # COMMAND stands for any.
        return "" if words[1].isupper() or set(words[1:]) <= EVERYWHERE else f"no command {words}"
    if name == "dvc repro":
        stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
        named = [w.split("@")[0] for w in words[2:] if not w.startswith("-") and not w.isupper()]
        if missing := [stage for stage in named if stage not in stages]:
            return f"no stage {missing}"
    return unknown(words, known[name])


def unknown(words: List[str], known: Set[str]) -> str:
    """Options that there are not; those with a dot set a value of the config in spaCy."""
    options = {word.split("=")[0] for word in words if word.startswith("--") and word != "--"}
    missing = {o for o in options if "." not in o} - known - EVERYWHERE
    return f"no option {sorted(missing)}" if missing else ""


@lru_cache
def options_by_command(program: str) -> Dict[str, Set[str]]:
    if program == "dvc":
        from dvc.cli.parser import get_main_parser

        return dict(of_argparse(get_main_parser(), "dvc"))
    if program == "spacy":
        from spacy.cli._util import app
    else:
        from spacy_sciner.cli import build_app

        app = build_app()
    return dict(of_click(typer.main.get_command(app), program))


def of_click(command: Any, name: str) -> Iterator[Tuple[str, Set[str]]]:
    yield name, {o for p in command.params for o in p.opts + p.secondary_opts}
    for child, inner in getattr(command, "commands", {}).items():
        yield from of_click(inner, f"{name} {child}")


def of_argparse(parser: argparse.ArgumentParser, name: str) -> Iterator[Tuple[str, Set[str]]]:
    yield name, {option for action in parser._actions for option in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child, inner in action.choices.items():
                yield from of_argparse(inner, f"{name} {child}")


@lru_cache
def helped(script: str) -> Set[str]:
    """Options that a script's help names."""
    command = [warm_python(), str(ROOT / script), "--help"]
    done = subprocess.run(command, capture_output=True, encoding="utf8")
    return set(re.findall(r"--[a-z][\w-]*", done.stdout))


@lru_cache
def declared(path: Path) -> Set[str]:
    """Options of a script's `main` as Typer would name them, without running it."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    main = next(f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == "main")
    n_required = len(main.args.args) - len(main.args.defaults)
    found: Set[str] = set()
    for i, argument in enumerate(main.args.args):
        calls = [n for n in ast.walk(argument) if isinstance(n, ast.Call)]
        kinds = {ast.unparse(call.func) for call in calls}
        if "typer.Argument" in kinds or (i < n_required and "typer.Option" not in kinds):
            continue
        given = [a.value for call in calls for a in call.args if isinstance(a, ast.Constant)]
        name = argument.arg.replace("_", "-")
        found |= {str(v) for v in given if str(v).startswith("--")} or {f"--{name}"}
        if re.search(r"\bbool\b", ast.unparse(argument)) and not given:
            found.add(f"--no-{name}")
    return found


@pytest.mark.parametrize("line", shell_lines())
def test_commands_in_blocks_exist_with_their_options(line: str):
    assert [found for words in parts_of(line) if (found := problem_of(words))] == []


@pytest.mark.parametrize("span", inline_commands())
def test_commands_in_backticks_exist_with_their_options(span: str):
    assert [found for words in parts_of(span) if (found := problem_of(words))] == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("sciner doctor --plan", ""),
        ("sciner nothing", "no command"),
        ("sciner doctor --nothing", "no option ['--nothing']"),
        ("dvc plots show --open", ""),
        ("dvc plots show --nothing", "no option ['--nothing']"),
        ("dvc repro train no-stage", "no stage ['no-stage']"),
        ("spacy train c.cfg --output o --paths.train t", ""),
        ("spacy train c.cfg --outputs o", "no option ['--outputs']"),
        ("spacy nothing c.cfg", "no command"),
        ("make nothing", "no target ['nothing']"),
        ("make bench BENCH='--runs 1 --nothing 2'", "no option ['--nothing']"),
        ("python benchmarks/quality/loop.py --set a=b --no-paper-protocol", ""),
        ("python benchmarks/quality/loop.py --settings a=b", "no option ['--settings']"),
        ("python benchmarks/quality/nothing.py", "no file"),
        ("torchrun --nproc_per_node=4 scripts/train.py --nothing", "no option ['--nothing']"),
        ("python -m spacy_sciner.nothing", "no module"),
        ("A=b nothing at all", "no program nothing"),
    ],
)
def test_a_command_that_is_not_there_is_found(line: str, problem: str):
    (words,) = parts_of(line)
    found = problem_of(words)
    assert found.startswith(problem)
    assert bool(found) == bool(problem)


@pytest.mark.parametrize("path", sorted(ROOT.glob("benchmarks/*/*.py")), ids=lambda p: p.name)
def test_a_benchmark_begins_with_a_command_that_it_understands(path: Path):
    """The one that its docstring shows."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf8"))) or ""
    shown = re.findall(r"python (benchmarks/\S+\.py)([^\n`]*)", doc)
    if not shown:
        pytest.skip("a module of other scripts")
    script, rest = shown[0]
    assert script == path.relative_to(ROOT).as_posix()
    assert problem_of_script(script, re.findall(r"--[\w-]+", rest)) == ""
