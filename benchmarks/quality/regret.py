"""Which rule ships the right iteration: its regret over whole loops.

    python benchmarks/quality/regret.py --loops work

Reads every finished loop in a folder (`loop.py` leaves them there: params.yaml and evaluation/ of
each), lets each rule decide from the dev papers alone, and says what test F1 it shipped. Regret is
what was lost against the iteration that is best on test, which nobody knows. Rules are chosen with
each corpus left out in turn, so that none is judged on what it was fitted to. Writes
benchmarks/results/regret.json and from it regret.md.
"""

import json
import sys
from pathlib import Path
from statistics import mean
from typing import Annotated, Any, Callable, Dict, List, Sequence, Tuple

import typer

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import read, record
from tables import generated_by, table, text_of, write_page

from spacy_sciner.report.select import Papers, Rule, best_of, judge
from spacy_sciner.scoring.compare import SCORES, PaperCounts, compare
from spacy_sciner.settings import read_yaml

Decide = Callable[[Dict[int, Papers]], int]
NO_VETO = 10**9  # more dev entities than a type can have
CONFIDENCES = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
BEFORE = "the rule before: P(rise) ≥ 0.8 over papers, each type by itself"
UNJUDGED = f"P(rise) > {Rule().min_p_rise:g} of F1, types not looked at"
FIRST, LAST, KNOWN = "always first", "always last", "best that could be known"


def main(
    loops: Annotated[Path, typer.Option(help="Folder of `loop.py`'s folders.")] = Path("work"),
    add: Annotated[bool, typer.Option("--add", help="Keep the loops that are recorded.")] = False,
) -> None:
    rows = [row for folder in sorted(loops.iterdir()) for row in read_loop(folder)]
    if not rows:
        sys.exit(f"{loops} has no finished loop: run benchmarks/quality/loop.py first")
    there = read("regret")["rows"] if add else []
    record("regret", [*there, *(row for row in rows if row not in there)])
    write_page(__file__, "regret", page(read("regret")))


def read_loop(folder: Path) -> List[Dict[str, Any]]:
    """One row of a finished loop, none of another folder."""
    paths = sorted(folder.glob("evaluation/iteration-*.json"))
    if not (folder / "params.yaml").is_file() or len(paths) < 2:
        return []
    # Not as settings: a loop of an earlier release has other ones, and its figures stand.
    settings = read_yaml(folder / "params.yaml")
    if len(paths) <= max(map(int, settings["evaluations"])):
        return []
    details = [json.loads(path.read_text(encoding="utf8")) for path in paths]
    papers: Dict[int, Papers] = {k: d["papers"] for k, d in enumerate(details)}
    f1 = {s: [d["metrics"]["clean"][s]["f1"] for d in details] for s in ("dev", "test")}
    return [
        {
            "corpus": settings["corpus"],
            "recipe": recipe(settings),
            "seed": settings["seed"],
            "dev_papers": len(papers[0]["dev"]),
            **f1,
            "shipped": {name: decide(papers) for name, decide in rules().items()},
        }
    ]


def recipe(settings: Dict[str, Any]) -> str:
    if not settings["retrain"]["soft_labels"]:
        return "published"
    # `variants.py` adapts an encoder in a project of its own, where the loop begins at it.
    made_by = Path(settings["encoder"]["name"]).parent / "params.yaml"
    adapted = made_by.is_file() and read_yaml(made_by)["adapt"]["methods"]
    return "soft labels, adapted" if adapted else "soft labels"


def rules() -> Dict[str, Decide]:
    """By name, in the order of the table."""
    found: Dict[str, Decide] = {
        FIRST: lambda papers: min(papers),
        LAST: lambda papers: max(papers),
        "best dev F1": best_on_dev,
        BEFORE: as_before,
    }
    for by in SCORES:
        for confidence in CONFIDENCES:
            name = f"P(rise) > {confidence:g} of {'macro ' if by == 'macro_f1' else ''}F1"
            found[name] = nested(Rule(by, confidence))
    found[UNJUDGED] = nested(Rule(min_type_entities=NO_VETO))
    return found


def nested(rule: Rule) -> Decide:
    return lambda papers: best_of(judge(sorted(papers), papers, rule))


def best_on_dev(papers: Dict[int, Papers]) -> int:
    """The first of those with the highest dev F1."""
    rise = {
        k: compare(papers[0]["dev"], papers[k]["dev"], n_bootstrap=0)[0]["f1"].change
        for k in papers
    }
    return max(sorted(papers), key=lambda k: (rise[k], -k))


def as_before(papers: Dict[int, Papers]) -> int:
    """The rule of the last release: only papers are drawn, and each type may object alone."""
    best = 0
    for k in sorted(papers)[1:]:
        before, after = (whole_papers(papers[i]["dev"]) for i in (best, k))
        scores, types = compare(before, after, n_bootstrap=1000)
        needed = 1 - 0.2 / max(1, len(types))
        drops = [c for c in types.values() if c.change < -0.02 and 1 - (c.p_rise or 0) >= needed]
        change = scores["f1"]
        if change.change > 0 and (change.p_rise or 0) >= 0.8 and not drops:
            best = k
    return best


def whole_papers(counts: PaperCounts) -> PaperCounts:
    """The same counts with one row a paper."""
    found: Dict[str, Any] = {}
    for paper, rows in counts.items():
        total: Dict[str, List[int]] = {}
        for row in rows:
            for name, cells in row.items():
                total[name] = [a + b for a, b in zip(total.get(name, [0, 0, 0]), cells)]
        found[paper] = [total]
    return found


Rows = List[Dict[str, Any]]


def page(result: Dict[str, Any]) -> str:
    rows: Rows = result["rows"]
    groups = sorted({(row["recipe"], row["corpus"]) for row in rows}, reverse=True)
    what = f"mean test F1 of what each rule ships, {len(rows)} loops; regret is against the best "
    what += "iteration of each loop on test, mean over the groups and its worst loop."
    names = list(rows[0]["shipped"])
    lines = [*generated_by(result, what)]
    header = ["rule", *(f"{c}, {r} ({len(of(rows, r, c))})" for r, c in groups)]
    body = []
    for name in [*names, KNOWN]:
        means = [mean(shipped_f1(row, name) for row in of(rows, r, c)) for r, c in groups]
        losses = [regret(row, name) for row in rows]
        average = mean_regret(rows, name)
        body.append([name, *(f"{m:.3f}" for m in means), f"{average:.4f}", f"{max(losses):.3f}"])
    lines += table([*header, "regret", "worst"], body, left=1)
    lines += ["Chosen on the other corpora, by mean regret:", ""]
    chosen = [
        [corpus, name, f"{mean_regret([r for r in rows if r['corpus'] == corpus], name):.4f}"]
        for corpus, name in left_out(rows)
    ]
    lines += table(["corpus left out", "rule chosen", "its regret there"], chosen, left=2)
    return text_of(lines)


def left_out(rows: Rows) -> List[Tuple[str, str]]:
    """For each corpus the rule with the least regret on the others, of equals the first."""
    corpora = sorted({row["corpus"] for row in rows})
    names = [name for name in rows[0]["shipped"] if name not in (FIRST, LAST)]
    found = []
    for corpus in corpora:
        others = [row for row in rows if row["corpus"] != corpus]
        if others:
            found.append((corpus, min(names, key=lambda name: mean_regret(others, name))))
    return found


def of(rows: Rows, recipe: str, corpus: str) -> Rows:
    return [row for row in rows if (row["recipe"], row["corpus"]) == (recipe, corpus)]


def mean_regret(rows: Rows, name: str) -> float:
    """Over the groups of corpus and recipe, so that the one with most seeds does not decide."""
    groups = {(row["recipe"], row["corpus"]) for row in rows}
    return mean(mean(regret(row, name) for row in of(rows, r, c)) for r, c in sorted(groups))


def regret(row: Dict[str, Any], name: str) -> float:
    return max(row["test"]) - shipped_f1(row, name)


def shipped_f1(row: Dict[str, Any], name: str) -> float:
    test: Sequence[float] = row["test"]
    return max(test) if name == KNOWN else test[row["shipped"][name]]


if __name__ == "__main__":
    typer.run(main)
