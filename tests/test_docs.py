"""What README and docs say is so: code runs, links and paths lead somewhere, figures are measured.

A block that cannot run stands below a comment such as `<!-- not run: needs a cluster -->`.
"""

import re
from pathlib import Path
from typing import Any, Set

import pytest
import yaml
from doc_pages import FENCE, PAGES, Block, blocks
from tiny import ROOT

LONGEST_README = 200
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
# In backticks, with a folder or an ending that only a file of the project has.
IN_TICKS = re.compile(r"`([\w.\-/@*]+)`")
FOLDERS = ("assets", "benchmarks", "configs", "docs", "requirements", "scripts", "spacy_sciner")
ENDINGS = (".py", ".cfg", ".md", ".toml", ".sh")
# Made by the loop or by the reader, not in the repository.
MADE = re.compile(r"assets/(mine|acl/|scierc/|crossner-ai/|bionlp-)|\*|K\.json|/<")


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


def test_generated_parts_are_what_the_results_give(monkeypatch: pytest.MonkeyPatch):
    """In README, in docs, and in the pages beside the benchmarks."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import pages

    stale = [
        p.name for p in pages.pages() if pages.filled(p, ran=False) != p.read_text(encoding="utf8")
    ]
    for name in pages.SCRIPTS:
        path = pages.path_of(name)
        kept = path.read_text(encoding="utf8") if path.exists() else ""
        stale += [f"{name}.md"] * (kept != pages.page_of(name))
    assert stale == [], "run: python benchmarks/pages.py"


def test_every_generated_part_is_filled_by_someone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import pages

    text = "".join(page.read_text(encoding="utf8") for page in pages.pages())
    marked = re.findall(r"<!-- (\w+):start -->", text)
    assert sorted(marked) == sorted({*pages.QUOTED, "repro", "stages", "sciner"})
