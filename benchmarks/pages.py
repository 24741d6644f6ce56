"""Put what was measured, and the tables of commands, into README and docs between their markers.

    python benchmarks/pages.py

Tables come from benchmarks/*.md, which the benchmarks write; the sample's table from
report/iterations.txt, where there is one.
"""

import re
from pathlib import Path
from typing import List

import typer
import yaml

from spacy_sciner.cli import build_app
from spacy_sciner.files import write_text

ROOT = Path(__file__).parent.parent
SOURCES = {  # marker in a page: page in benchmarks/
    "parse": "parse",
    "ablation": "ablation-scierc",
    "ablation_acl": "ablation-acl",
    "gain": "loop-acl-soft",
    "warm": "loop-acl-warm",
    "five": "loop-acl-five",
    "ensemble": "ensemble",
    "mpnet": "loop-acl-mpnet",
    "teacher": "loop-acl-teacher",
    "draws_encoders": "draws-encoders",
    "crossner": "loop-crossner-ai",
    "scierc": "loop-scierc",
    "loop": "loop-acl",
    "sweep": "sweep-acl",
    "draws": "draws",
    "promise": "guarantee-sample",
    "guarantee": "guarantee",
    "promise_full": "guarantee-full",
    "same_f1": "same_f1",
    "profile": "step_profile",
    "compile": "compile",
    "int8": "int8",
    "scale": "scale",
    "cost": "cost",
    "speed": "speed",
    "spans": "speed-spans",
    "white_space": "white-space",
}


def fill(page: str, *, up: str, ran: bool = True) -> str:
    """A page with every marked part renewed; a part whose source is absent stays.

    up (str): The way from the page's folder to the project's root, "" or "../".
    ran (bool): Take the table that the last `dvc repro` left, too.
    """
    if ran:
        page = put(page, "repro", fenced("report/iterations.txt", ""))
    for name, table in (("stages", stage_table), ("sciner", command_table)):
        if f"<!-- {name}:start -->" in page:
            page = put(page, name, table())
    for name, source in SOURCES.items():
        # A plot lies beside its table, which is quoted in another folder.
        text = text_of(f"benchmarks/{source}.md").replace(
            f"]({source}.svg)", f"]({up}benchmarks/{source}.svg)"
        )
        page = put(page, name, text)
    return page


def stage_table() -> str:
    stages = yaml.safe_load(text_of("dvc.yaml"))["stages"]
    rows = ["| stage | what it does | command |", "|---|---|---|"]
    for name, stage in stages.items():
        inner = stage.get("do", stage)
        command = re.sub(r"\$\{[^}]*\}", "K", inner["cmd"].replace("${corpus}", "CORPUS"))
        shown = f"`{name}@K`" if "do" in stage else f"`{name}`"
        rows.append(f"| {shown} | {inner['desc']} | `{command}` |")
    return "\n".join(rows)


def command_table() -> str:
    """The console commands with the first sentence of their help."""
    rows = ["| command | what it does |", "|---|---|"]
    commands = typer.main.get_command(build_app()).commands  # type: ignore[attr-defined]
    for name, command in sorted(commands.items()):
        first = (command.help or "").strip().split("\n\n")[0]
        rows.append(f"| `sciner {name}` | {' '.join(first.split())} |")
    return "\n".join(rows)


def put(page: str, name: str, text: str) -> str:
    if not text:
        return page
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    return pattern.sub(lambda _: f"{start}\n{text.strip()}\n{end}", page)


def fenced(path: str, language: str) -> str:
    text = text_of(path)
    return f"```{language}\n{text.strip()}\n```" if text else ""


def text_of(path: str) -> str:
    """A file's text, without the title it has as a page of its own."""
    file = ROOT / path
    text = file.read_text(encoding="utf8") if file.exists() else ""
    return re.sub(r"\A# .*\n", "", text) if path.endswith(".md") else text


def pages() -> List[Path]:
    return [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]


def filled(page: Path, *, ran: bool = True) -> str:
    up = "" if page.parent == ROOT else "../"
    return fill(page.read_text(encoding="utf8"), up=up, ran=ran)


if __name__ == "__main__":
    for page in pages():
        write_text(page, filled(page))
