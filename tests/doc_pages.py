"""README, CONTRIBUTING and docs as tests read them: their blocks, and the commands they name."""

import re
import shlex
from pathlib import Path
from typing import Iterator, List, NamedTuple

from tiny import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"(<!-- not run: .+ -->\n+)?```(\w*)\n(.*?)```", re.DOTALL)
# Over a line's end too, not over a paragraph's.
IN_TICKS = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`")
PROGRAMS = ("dvc", "make", "python", "sciner", "spacy", "torchrun")


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


def inline_commands() -> List[str]:
    """What stands in backticks and begins with a program whose options are known."""
    found = []
    for page in PAGES:
        text = FENCE.sub("", page.read_text(encoding="utf8"))
        spans = (" ".join(span.split()) for span in IN_TICKS.findall(text))
        found += [span for span in spans if program_of(span)]
    return list(dict.fromkeys(found))


def program_of(span: str) -> str:
    """Its program, if it has arguments; variables may stand before it."""
    words = [word for word in span.split() if not re.match(r"[A-Z_]+=", word)]
    name = Path(words[0]).name if len(words) > 1 else ""
    return name if name in PROGRAMS else ""


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
