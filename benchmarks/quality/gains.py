"""What the loop gains on every corpus, in README's words: `python benchmarks/quality/gains.py`.

Measures nothing: reads what `loop.py` recorded in benchmarks/results/ and writes gains.md beside
this script.
"""

import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Tuple

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import read
from tables import generated_from, mean_sd, table, text_of, write_page


class Row(NamedTuple):
    corpus: str
    gold: str  # how much of it there is
    result: str
    peer: str = ""  # what stands beside it, with {0}, {1}: the other result's iterations
    other: str = ""
    variants: Tuple[str, str] = ("", "")  # which rows of both, where `variants.py` measured them


ROWS = (
    Row("sample", "9 papers, bf16", "loop-sample"),
    Row("sample", "9 papers, fp32", "loop-sample-fp32"),
    Row(
        "acl",
        "20 papers",
        "loop-acl-warm",
        "published recipe on the same encoder: {0}, after it {1}",
        "loop-acl",
    ),
    Row("scierc", "a tenth", "loop-scierc", "full gold, same model: {0}", "full-scierc"),
    Row(
        "scierc",
        "a tenth, encoder adapted to abstracts",
        "adapt-scierc-loop",
        "not adapted, on the same machine: {0}, after it {1}",
        "adapt-scierc-loop",
        ("mlm", "none"),
    ),
    Row("crossner-ai", "100 sentences", "loop-crossner-ai"),
)
SOURCES = tuple(dict.fromkeys(name for row in ROWS for name in (row.result, row.other) if name))


def main() -> None:
    write_page(__file__, "gains", page(*(read(name) for name in SOURCES)))


def page(*results: Dict[str, Any]) -> str:
    """results (Dict[str, Any]): Those of SOURCES, in their order."""
    found = {result["name"]: result["rows"] for result in results}
    cells = []
    for row in ROWS:
        mine, other = (
            [one for one in found.get(name, ()) if one.get("variant", "") == variant]
            for name, variant in zip((row.result, row.other), row.variants)
        )
        n_seeds = len({one["seed"] for one in mine})
        peer = row.peer.format(*f1_of(other)) if row.other else "–"
        cells.append([f"`{row.corpus}`", row.gold, n_seeds, *f1_of(mine)[:2], peer])
    header = ["corpus", "gold", "seeds", "iteration 0", "after one iteration", "a peer"]
    what = "strict entity F1 on gold test papers that the loop never touches, "
    return text_of(
        generated_from(
            "python benchmarks/quality/gains.py",
            "results/" + ", ".join(f"{name}.json" for name in SOURCES),
            what + "mean ± standard deviation over seeds.",
        ),
        table(header, cells),
    )


def f1_of(rows: List[Dict[str, Any]]) -> List[str]:
    """Of every iteration, over seeds."""
    iterations = sorted({row["iteration"] for row in rows})
    return [
        mean_sd([row.get("clean", row)["test"]["f1"] for row in rows if row["iteration"] == k])
        for k in iterations
    ]


if __name__ == "__main__":
    main()
