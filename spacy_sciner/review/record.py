"""What a person was shown: a record of each round, since tools' exports don't hold predictions.

review/round-1/record.json: how the paragraphs were chosen and by what they were annotated, and each
with its text, its place and the entities that were proposed, in code points.
"""

import json
import re
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..corpus.formats.writing import Written
from ..corpus.text import squeezed
from ..errors import Errors, ScinerError
from ..files import write_text

RECORD = "record.json"
_ROUND = re.compile(r"round-(\d+)")


class Proposed(NamedTuple):
    """An entity as it was shown, or an unknown stretch; code points [start, end) of the text."""

    start: int
    end: int
    label: str
    score: Optional[float] = None


class ShownTask(NamedTuple):
    """A paragraph as it was shown."""

    paper: str
    paragraph: int
    section: str
    text: str
    score: float  # by which it was chosen
    rank: int  # 1: chosen first
    spans: Tuple[Proposed, ...]

    @property
    def key(self) -> str:
        """Equal for texts that differ in white space only, as tools change it."""
        return squeezed(self.text)


class Round(NamedTuple):
    """One record."""

    path: Path
    corpus: str
    model_version: str
    strategy: str
    tasks: List[ShownTask]


def write_record(path: Path, shown: Sequence[Written], *, about: Dict[str, Any]) -> None:
    """Write what was shown.

    shown (Sequence[Written]): With "score" and "rank" in `more`.
    about (dict): Of the round: "corpus", "model_version", "strategy", "seed".
    """
    tasks = [
        {
            "paper": one.paper,
            "paragraph": one.paragraph,
            "section": one.section,
            "text": one.text,
            "score": one.more["score"],
            "rank": one.more["rank"],
            "spans": [[s.start, s.end, s.label, _rounded(s.score)] for s in one.spans],
        }
        for one in shown
    ]
    head = json.dumps(about, indent=2, ensure_ascii=False).removesuffix("\n}")
    lines = ",\n".join("    " + json.dumps(task, ensure_ascii=False) for task in tasks)
    write_text(path, f'{head},\n  "tasks": [\n{lines}\n  ]\n}}\n')


def _rounded(score: Optional[float]) -> Optional[float]:
    return None if score is None else round(score, 4)


def read_rounds(folder: Path) -> List[Round]:
    """The records of all rounds in a folder, in the order of their numbers; none without a folder.

    RAISES (ScinerError): SCINER-E250 for a file that is no record.
    """
    paths = sorted(folder.glob(f"*/{RECORD}"), key=lambda p: (_number(p.parent), p.parent.name))
    return [read_record(path) for path in paths]


def read_record(path: Path) -> Round:
    """RAISES (ScinerError): SCINER-E250 if it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf8"))
        tasks = [
            ShownTask(**{**task, "spans": tuple(Proposed(*span) for span in task["spans"])})
            for task in data["tasks"]
        ]
        corpus, version, strategy = (str(data[k]) for k in ("corpus", "model_version", "strategy"))
        bad = next((n for n, task in enumerate(tasks, start=1) if not _is_whole(task)), None)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as e:
        raise ScinerError(Errors.E250.format(path=path, reason=f"{type(e).__name__}: {e}")) from e
    if bad is not None:
        raise ScinerError(Errors.E250.format(path=path, reason=f"its task {bad} does not fit"))
    return Round(path, corpus, version, strategy, tasks)


def _is_whole(task: ShownTask) -> bool:
    """Whether it has a text and a place, and words where its spans are."""
    inside = (task.text[s.start : s.end] for s in task.spans)
    at = all(0 <= s.start < s.end <= len(task.text) for s in task.spans)
    named = all(isinstance(s.label, str) for s in task.spans)
    is_placed = type(task.paragraph) is int and all(
        isinstance(v, str) for v in task[2:4] + task[:1]
    )
    return is_placed and at and named and all(words == words.strip() for words in inside)


def next_round(folder: Path) -> Path:
    """review/round-3, if there are two."""
    numbers = [_number(p) for p in folder.glob("*") if p.is_dir()]
    return folder / f"round-{max(numbers, default=0) + 1}"


def _number(folder: Path) -> int:
    match = _ROUND.fullmatch(folder.name)
    return int(match[1]) if match else 0
