"""Write the pages of what was measured, and quote them in README and docs between their markers.

    python benchmarks/pages.py

Pages come from benchmarks/results/*.json, by the script that measured them, and lie beside it;
`loop_report.py` and `speed_report.py` draw their plots. The tables of commands come from the
project, the sample's from report/iterations.txt, where there is one.
"""

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import List

import typer
import yaml
from record import RESULTS, read
from tables import table

from spacy_sciner.cli import build_app
from spacy_sciner.files import write_text

HERE = Path(__file__).parent
ROOT = HERE.parent
SCRIPTS = {  # page: its room, and the module whose `page` makes it of the result of that name
    "ablation-acl": "quality/ablate",
    "ablation-scierc": "quality/ablate",
    "adapt-acl": "quality/variants",
    "adapt-bionlp-id": "quality/variants",
    "adapt-bionlp-pc": "quality/variants",
    "adapt-scierc": "quality/variants",
    "adapt-scierc-kinds": "quality/variants",
    "adapt-scierc-loop": "quality/variants",
    "distil-acl": "quality/variants",
    "distil-auto": "quality/variants",
    "distil-batches": "quality/variants",
    "distil-layers": "quality/variants",
    "distil-layers-acl": "quality/variants",
    "distil-layers-loop": "quality/variants",
    "distil-scierc": "quality/variants",
    "distil-scierc-loop": "quality/variants",
    "batch-acl": "quality/variants",
    "calibration": "quality/calibration",
    "compile": "speed/compile",
    "cost": "speed/cost",
    "draws": "quality/draws",
    "draws-encoders": "quality/draws",
    "ensemble": "quality/ensemble",
    "full-scierc": "quality/loop_report",
    "full-scierc-encoders": "quality/variants",
    "full-scierc-variants": "quality/variants",
    "gains": "quality/gains",
    "guarantee": "quality/guarantee",
    "guarantee-sample": "quality/guarantee",
    "heads-acl": "quality/variants",
    "heads-nerc": "quality/variants",
    "heads-scierc": "quality/variants",
    "int8": "speed/int8",
    "loop-acl": "quality/loop_report",
    "loop-acl-five": "quality/loop_report",
    "loop-acl-mpnet": "quality/loop_report",
    "loop-acl-soft": "quality/loop_report",
    "loop-acl-student": "quality/variants",
    "loop-acl-teacher": "quality/loop_report",
    "loop-acl-warm": "quality/loop_report",
    "loop-crf-scierc": "quality/variants",
    "loop-crossner-ai": "quality/loop_report",
    "loop-sample": "quality/loop_report",
    "loop-sample-fp32": "quality/loop_report",
    "loop-scierc": "quality/loop_report",
    "parse": "quality/parse",
    "regret": "quality/regret",
    "same_f1": "speed/same_f1",
    "scale": "scale/scale",
    "speed": "speed/speed_report",
    "speed-f1": "speed/speed_report",
    "speed-spans": "speed/speed_report",
    "step_profile": "speed/step_profile",
    "sweep-acl": "quality/sweep",
    "white-space": "quality/white_space",
}
QUOTED = {  # marker in README and docs: page
    "gains": "gains",
    "parse": "parse",
    "regret": "regret",
    "sample": "loop-sample",
    "sample_fp32": "loop-sample-fp32",
    "adapt_acl": "adapt-acl",
    "adapt_bionlp_id": "adapt-bionlp-id",
    "adapt_bionlp_pc": "adapt-bionlp-pc",
    "adapt_scierc": "adapt-scierc",
    "adapt_scierc_kinds": "adapt-scierc-kinds",
    "adapt_scierc_loop": "adapt-scierc-loop",
    "distil_acl": "distil-acl",
    "distil_auto": "distil-auto",
    "distil_batches": "distil-batches",
    "distil_layers": "distil-layers",
    "distil_layers_loop": "distil-layers-loop",
    "distil_scierc": "distil-scierc",
    "distil_scierc_loop": "distil-scierc-loop",
    "full_scierc_encoders": "full-scierc-encoders",
    "full_scierc_variants": "full-scierc-variants",
    "heads": "heads-scierc",
    "heads_acl": "heads-acl",
    "heads_loop": "loop-crf-scierc",
    "heads_nerc": "heads-nerc",
    "batch_acl": "batch-acl",
    "calibration": "calibration",
    "ablation": "ablation-scierc",
    "ablation_acl": "ablation-acl",
    "gain": "loop-acl-soft",
    "warm": "loop-acl-warm",
    "five": "loop-acl-five",
    "ensemble": "ensemble",
    "mpnet": "loop-acl-mpnet",
    "mpnet_student": "loop-acl-student",
    "teacher": "loop-acl-teacher",
    "draws_encoders": "draws-encoders",
    "crossner": "loop-crossner-ai",
    "scierc": "loop-scierc",
    "loop": "loop-acl",
    "sweep": "sweep-acl",
    "draws": "draws",
    "promise": "guarantee-sample",
    "guarantee": "guarantee",
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


def page_of(name: str) -> str:
    """A page as its results give it; "" where nothing was measured yet."""
    room, _, module = SCRIPTS[name].partition("/")
    if str(HERE / room) not in sys.path:
        sys.path.append(str(HERE / room))
    script = import_module(module)
    sources = getattr(script, "SOURCES", (name,))
    if not all((RESULTS / f"{source}.json").exists() for source in sources):
        return ""
    return str(script.page(*map(read, sources)))


def path_of(name: str) -> Path:
    return HERE / SCRIPTS[name].partition("/")[0] / f"{name}.md"


def quoted(name: str, *, up: str) -> str:
    """A page in another: without its title, and its plot, which lies beside it, where it is."""
    folder = path_of(name).parent.relative_to(ROOT).as_posix()
    text = re.sub(r"\A# .*\n", "", page_of(name))
    return text.replace(f"]({name}.svg)", f"]({up}{folder}/{name}.svg)")


def fill(page: str, *, up: str, ran: bool = True) -> str:
    """A page with every marked part renewed; a part whose source is absent stays.

    up (str): The way from the page's folder to the project's root, "" or "../".
    ran (bool): Take the table that the last `dvc repro` left, too.
    """
    if ran:
        page = put(page, "repro", fenced("report/iterations.txt", ""))
    for name, commands in (("stages", stage_table), ("sciner", command_table)):
        if f"<!-- {name}:start -->" in page:
            page = put(page, name, commands())
    for name, source in QUOTED.items():
        if f"<!-- {name}:start -->" in page:
            page = put(page, name, quoted(source, up=up))
    return page


def stage_table() -> str:
    stages = yaml.safe_load(text_of("dvc.yaml"))["stages"]
    rows = []
    for name, stage in stages.items():
        inner = stage.get("do", stage)
        command = re.sub(r"\$\{[^}]*\}", "K", inner["cmd"].replace("${corpus}", "CORPUS"))
        shown = f"`{name}@K`" if "do" in stage else f"`{name}`"
        rows.append([shown, inner["desc"], f"`{command}`"])
    return "\n".join(table(["stage", "what it does", "command"], rows))


def command_table() -> str:
    """The console commands with the first sentence of their help."""
    rows = []
    commands = typer.main.get_command(build_app()).commands  # type: ignore[attr-defined]
    groups = {n: c for n, c in commands.items() if hasattr(c, "commands")}
    for group, inner in groups.items():
        del commands[group]
        commands.update({f"{group} {name}": c for name, c in inner.commands.items()})
    for name, command in sorted(commands.items()):
        first = (command.help or "").strip().split("\n\n")[0]
        rows.append([f"`sciner {name}`", " ".join(first.split())])
    return "\n".join(table(["command", "what it does"], rows))


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
    file = ROOT / path
    return file.read_text(encoding="utf8") if file.exists() else ""


def pages() -> List[Path]:
    return [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]


def filled(page: Path, *, ran: bool = True) -> str:
    up = "" if page.parent == ROOT else "../"
    return fill(page.read_text(encoding="utf8"), up=up, ran=ran)


def main() -> None:
    for name in SCRIPTS:
        if text := page_of(name):
            write_text(path_of(name), text)
    for page in pages():
        write_text(page, filled(page))


if __name__ == "__main__":
    main()
