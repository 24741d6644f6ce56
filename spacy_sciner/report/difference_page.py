"""A difference as plain text of 100 columns, and as a page. Pure."""

from textwrap import fill
from typing import Any, Dict, List

from ..scoring.changes import KINDS, EntityChange, in_context
from .difference import SPLITS, Difference
from .page import render
from .tables import Row, count, number, share, to_text

WIDTH = 100
SECTIONS = ("test", "pool")


def to_plain(difference: Difference) -> str:
    lines = [fill(f"{difference['before']} → {difference['after']}", width=WIDTH), ""]
    for split in SPLITS:
        lines += [heading_of(split, difference), to_text(score_rows(split, difference))]
    for section in SECTIONS:
        lines.append(fill(heading_of_entities(section, difference), width=WIDTH))
        found = difference[section]
        if found is None:
            lines.append("")
            continue
        lines.append(to_text(entity_rows(found, judged=section == "test")))
        for change in found["examples"]:
            lines.append(fill(example(change), width=WIDTH, subsequent_indent="    "))
        lines.append("")
    lines.append("Settings that differ" if difference["settings"] else "The settings are the same.")
    for name, before, after in difference["settings"]:
        text = f"  {name}: {before} → {after}"
        lines.append(fill(text, width=WIDTH, subsequent_indent="    ", break_on_hyphens=False))
    return "\n".join(lines).rstrip() + "\n"


def to_page(difference: Difference) -> str:
    sections = []
    for split in SPLITS:
        rows = score_rows(split, difference)
        sections.append({"title": heading_of(split, difference), "rows": rows, "examples": []})
    for section in SECTIONS:
        found = difference[section]
        title = heading_of_entities(section, difference)
        rows = entity_rows(found, judged=section == "test") if found else []
        texts = [example(change) for change in found["examples"]] if found else []
        sections.append({"title": title, "rows": rows, "examples": texts})
    settings = [["setting", difference["before"], difference["after"]], *difference["settings"]]
    title = f"{difference['before']} → {difference['after']}"
    return render("difference.html", title=title, sections=sections, settings=settings)


def heading_of(split: str, difference: Difference) -> str:
    scores = difference["scores"][split]
    text = f"F1 on {scores['papers']} {split} papers"
    if scores["left_out"]:
        text += f" ({scores['left_out']} left out: their gold is not the same)"
    return text


def score_rows(split: str, difference: Difference) -> List[Row]:
    """All, macro and each type: before, after, the change and its paired interval."""
    scores = difference["scores"][split]
    rows = [["", "gold", "before", "after", "change", "95 %", "P(rise)"]]
    for name, change in scores["changes"].items():
        interval = "–"
        if change["low"] is not None:
            interval = f"{change['low']:+.3f} to {change['high']:+.3f}"
        rows.append(
            [
                {"f1": "all", "macro_f1": "all, macro"}.get(name, name),
                count(change["n"]),
                number(change["before"]),
                number(change["after"]),
                f"{change['change']:+.3f}",
                interval,
                share(change["p_rise"], 0),
            ]
        )
    return rows


def heading_of_entities(section: str, difference: Difference) -> str:
    found = difference[section]
    if found is None:
        return "Entities of the pool: iteration 0 learns from none, so there is nothing to compare."
    text = "Entities predicted in the test papers (in brackets: how many are right)"
    if section == "pool":
        what = "likeliest" if difference["pool_of"] == "likeliest" else "accepted"
        text = f"Entities of the pool that each learnt from ({what} labels)"
    if found["left_out"]:
        text += (
            f"; {count(found['left_out'])} paragraphs left out: not on both sides, word for word"
        )
    return text


def entity_rows(found: Dict[str, Any], *, judged: bool) -> List[Row]:
    """A row for each type: how many stayed and what became of the others."""
    rows = [["", "same", *KINDS]]
    totals: Dict[str, Any] = {"same": 0}
    for name, row in [*found["types"].items(), ("all", totals)]:
        cells = [count(row["same"])]
        for kind in KINDS:
            cell = row.get(kind, {"n": 0, "was_right": 0, "is_right": 0})
            cells.append(_cell(kind, cell, judged))
            if row is not totals:
                total = totals.setdefault(kind, {"n": 0, "was_right": 0, "is_right": 0})
                for key in cell:
                    total[key] += cell[key]
        if row is not totals:
            totals["same"] += row["same"]
        rows.append([name, *cells])
    return rows


def _cell(kind: str, cell: Dict[str, int], judged: bool) -> str:
    """12 (9 were right), 12 (9 are right), or 12 (9 were, 10 are)."""
    text = count(cell["n"])
    if not judged or not cell["n"]:
        return text
    if kind == "lost":
        return f"{text} ({cell['was_right']} were)"
    if kind == "gained":
        return f"{text} ({cell['is_right']} are)"
    return f"{text} ({cell['was_right']} were, {cell['is_right']} are)"


def example(change: EntityChange) -> str:
    """One line: the kind, the labels, where it is, and the words around it."""
    before, after = (entity and entity.label for entity in (change.before, change.after))
    labels = f"{before} → {after}" if change.kind == "relabelled" else str(after or before)
    right = {True: ", right", False: ", wrong", None: ""}
    if change.kind == "lost":
        labels += {True: ", was right", False: ", was wrong", None: ""}[change.was_right]
    elif change.kind == "gained":
        labels += right[change.is_right]
    elif change.is_right is not None and change.was_right != change.is_right:
        labels += right[change.is_right] + " now"
    place = f"{change.paragraph.paper} ¶{change.paragraph.number}"
    return f"  {change.kind} {labels} ({place}): {in_context(change)}"
