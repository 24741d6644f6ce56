"""Put what was measured, and the parameters, into README.md between their markers.

    python benchmarks/readme.py

Tables come from benchmarks/*.md, which the benchmarks write; the sample's table from
report/iterations.txt, where there is one; the parameters from params.yaml.
"""

import re
from pathlib import Path

from spacy_sciner.files import write_text

ROOT = Path(__file__).parent.parent
SOURCES = {  # marker in README.md: page in benchmarks/
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
}


def fill(readme: str) -> str:
    """README with every marked part renewed; a part whose source is absent stays."""
    readme = put(readme, "params", fenced("params.yaml", "yaml"))
    readme = put(readme, "repro", fenced("report/iterations.txt", ""))
    for name, source in SOURCES.items():
        # A plot lies beside its table, which is quoted a folder higher.
        text = text_of(f"benchmarks/{source}.md").replace(
            f"]({source}.svg)", f"](benchmarks/{source}.svg)"
        )
        readme = put(readme, name, text)
    return readme


def put(readme: str, name: str, text: str) -> str:
    if not text:
        return readme
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    return pattern.sub(lambda _: f"{start}\n{text.strip()}\n{end}", readme)


def fenced(path: str, language: str) -> str:
    text = text_of(path)
    return f"```{language}\n{text.strip()}\n```" if text else ""


def text_of(path: str) -> str:
    """A file's text, without the title it has as a page of its own."""
    file = ROOT / path
    text = file.read_text(encoding="utf8") if file.exists() else ""
    return re.sub(r"\A# .*\n", "", text) if path.endswith(".md") else text


if __name__ == "__main__":
    write_text(ROOT / "README.md", fill((ROOT / "README.md").read_text(encoding="utf8")))
