"""What README and docs say is so: code runs, commands exist, links and paths lead somewhere.

A block that cannot run stands below a comment such as `<!-- not run: needs a cluster -->`.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Set

import pytest
import typer
import yaml
from tiny import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
LONGEST_README = 200
FENCE = re.compile(r"(<!-- not run: .+ -->\n+)?```(\w*)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
# In backticks, with a folder or an ending that only a file of the project has.
IN_TICKS = re.compile(r"`([\w.\-/@*]+)`")
FOLDERS = ("assets", "benchmarks", "configs", "docs", "requirements", "scripts", "spacy_sciner")
ENDINGS = (".py", ".cfg", ".md", ".toml", ".sh")
# Made by the loop or by the reader, not in the repository.
MADE = re.compile(r"assets/(mine|acl/|scierc/|crossner-ai/)|\*|K\.json|/<")
# Commands of others, whose options are not ours to check.
OTHERS = {".", "cd", "diff", "docker", "dvc", "git", "mkdir", "pip", "python", "spacy"}
OTHERS |= {"torchrun", "weasel"}


class Block(NamedTuple):
    page: Path
    language: str
    text: str
    runs: bool

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text.splitlines()[0][:40]}"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        for reason, language, text in FENCE.findall(page.read_text(encoding="utf8")):
            yield Block(page, language, text, runs=not reason)


def shell_lines() -> List[str]:
    lines = []
    for block in blocks():
        if block.language == "sh" and block.runs:
            joined = block.text.replace("\\\n", " ")
            lines += [line.split("  #")[0].strip() for line in joined.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def commands() -> Dict[str, Set[str]]:
    """Options of `sciner X` and of `scripts/X.py`, by that name."""
    from spacy_sciner.cli import build_app

    found: Dict[str, Any] = {}
    for name, command in typer.main.get_command(build_app()).commands.items():  # type: ignore[attr-defined]
        found[f"sciner {name}"] = {o for p in command.params for o in p.opts + p.secondary_opts}
    for path in ROOT.glob("scripts/*.py"):
        done = subprocess.run(
            [sys.executable, str(path), "--help"], capture_output=True, encoding="utf8"
        )
        found[f"scripts/{path.name}"] = set(re.findall(r"--[a-z][\w-]*", done.stdout))
    return found


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf8").splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    broken = []
    for groups in LINK.findall(page.read_text(encoding="utf8")):
        target = groups[0] or groups[1]
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and anchor not in anchors_of(path)):
            broken.append(target)
    assert broken == []


def anchors_of(page: Path) -> Set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_in_backticks_exist(page: Path):
    text = FENCE.sub("", page.read_text(encoding="utf8"))
    named = [n for n in IN_TICKS.findall(text) if n.split("/")[0] in FOLDERS and "/" in n]
    named += [n for n in IN_TICKS.findall(text) if n.endswith(ENDINGS) and "/" in n]
    missing = [n for n in named if not MADE.search(n) and not (ROOT / n.split("@")[0]).exists()]
    assert sorted(set(missing)) == []


@pytest.mark.parametrize("block", [b for b in blocks() if b.language == "python"], ids=str)
def test_python_runs(block: Block, tiny_model: Path, tmp_path: Path, monkeypatch: Any, capsys: Any):
    """Against a tiny pipeline in the place of training/best."""
    if not block.runs:
        pytest.skip("marked as not to be run")
    (tmp_path / "training").mkdir()
    (tmp_path / "training/best").symlink_to(tiny_model)
    monkeypatch.chdir(tmp_path)
    exec(compile(block.text, block.page.name, "exec"), {})


def test_every_yaml_block_is_yaml():
    for block in blocks():
        if block.language == "yaml":
            assert yaml.safe_load(block.text), str(block)


@pytest.mark.parametrize("line", shell_lines())
def test_shell_commands_and_their_options_exist(line: str, commands: Dict[str, Set[str]]):
    for words in parts_of(line):
        if words[0] == "make":
            targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
            assert [w for w in words[1:] if "=" not in w and w not in targets] == []
        elif words[0] == "dvc" and words[1] == "repro":
            stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf8"))["stages"]
            assert [w for w in words[2:] if w.split("@")[0] not in stages] == []
        elif words[0] == "sciner":
            assert options_of(words) <= commands[f"sciner {words[1]}"]
        elif script := next((w for w in words if w.startswith("scripts/")), None):
            assert options_of(words[words.index(script) :]) <= commands[script]
        elif words[0] == "python" and words[1].endswith(".py"):
            assert (ROOT / words[1]).is_file()
        else:
            assert words[0] in OTHERS or "=" in words[0], words[0]


def parts_of(line: str) -> List[List[str]]:
    """The commands of a line that && or ; or | joins, each as its words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    parts: List[List[str]] = [[]]
    for word in lexer:
        if set(word) <= set("&|;"):
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def options_of(words: List[str]) -> Set[str]:
    return {word.split("=")[0] for word in words if word.startswith("--")}


def test_generated_parts_are_as_generated(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import pages

    stale = [
        p.name for p in pages.pages() if pages.filled(p, ran=False) != p.read_text(encoding="utf8")
    ]
    assert stale == [], "run: python benchmarks/pages.py"
