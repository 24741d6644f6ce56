"""What a person should know after gold was read: lines for the screen, made of the report."""

from typing import Any, Dict, List

from ..errors import Warnings
from .counterparts import named

# A rule applied to more than this share of the annotations is no single slip.
MANY = 0.02
MIN_MANY = 2
# Of paragraphs, not annotations; the others of the table in `rules` are of annotations.
_OF_PARAGRAPHS = ("not-accepted", "unannotated", "address", "no-text", "markup", "half-character")
# Told in lines of their own, or no repair at all.
_NO_REPAIRS = [
    "unknown-label",
    "comment-line",
    "header-row",
    "byte-order-mark",
    "extra-annotation",
    "same-text",
    "in-held-out",
    "other-file",
    "address",
]
LEAST_TO_DECIDE = 50  # entities of dev: an F1 of 0.7 is known to ± 0.13 then


def gold_warnings(report: Dict[str, Any]) -> List[str]:
    """Warnings about labels, repairs, duplicates, offsets and papers' names, the worst first."""
    return [
        *_of_duplicates(report["duplicates"]),
        *_of_repairs(report),
        *label_warnings(report),
        *_of_papers(report.get("counterparts", {})),
    ]


def gold_notes(report: Dict[str, Any]) -> List[str]:
    """What is worth a line, and no cause for alarm."""
    notes = [
        f"offsets of {entry['file']}: {entry['offsets']}"
        for entry in report["files"]
        if "offsets" in entry
    ]
    if filled := report["duplicates"].get("filled"):
        notes.append(
            f"words that a person left unknown, told by a language model: {filled['tokens']} in "
            f"{filled['paragraphs']} paragraphs, with {filled['entities']} entities"
        )
    pairs = report.get("counterparts", {})
    if missing := pairs.get("gold_not_parsed"):
        notes.append(
            f"gold papers without a parsed paper: {len(missing)} of {pairs['gold_papers']}: "
            f"{named(missing)}; no fault if they are not in papers/, else name both alike"
        )
    if n := pairs.get("pool_without_gold"):
        notes.append(f"pool papers without gold in pool_gold: {n}")
    if unknown := report.get("exclude_unknown"):
        notes.append(
            f"`exclude` names papers that are not there: {named(unknown)}; no fault if they are of "
            "a collection that `adapt` reads, else one may be in the pool under another name"
        )
    return notes


def label_warnings(report: Dict[str, Any]) -> List[str]:
    """What a user should know of the labels: W222 without any gold, W214 if a split to measure on
    has none at all, W224 if dev has few, W203 if train lacks one, W204 if gold has others."""
    splits = report["splits"]
    if not splits["train"]["paragraphs"]:
        return [Warnings.W222, *unknown_label_warnings(report["repairs"])]
    empty = [
        split for split in ("dev", "test") if split in splits and not splits[split]["entities"]
    ]
    found = [Warnings.W214.format(split=split) for split in empty]
    if "dev" in splits and 0 < (n := splits["dev"]["entities"]) < LEAST_TO_DECIDE:
        found.append(Warnings.W224.format(n=n, least=LEAST_TO_DECIDE))
    types = splits["train"]["types"]
    if absent := [label for label in report["labels"] if not types.get(label)]:
        found.append(Warnings.W203.format(labels=", ".join(absent)))
    return found + unknown_label_warnings(report["repairs"])


def unknown_label_warnings(repairs: Dict[str, Any]) -> List[str]:
    """W204 if annotations have a label that is not one of the corpus."""
    unknown = repairs.get("unknown-label")
    if not unknown:
        return []
    return [Warnings.W204.format(n=unknown["count"], examples=_examples(unknown))]


def _of_duplicates(found: Dict[str, Any]) -> List[str]:
    lines = []
    if leaks := found["in_two_splits"]:
        counts = ", ".join(f"{pair} {n}" for pair, n in leaks.items())
        examples = "; ".join(found["in_two_splits_examples"]) or "see the report"
        lines.append(Warnings.W205.format(counts=counts, examples=examples))
    if same := found["same_papers"]:
        pairs = [f"{paper} is {other}" for paper, other in same.items()]
        lines.append(Warnings.W213.format(n=len(same), pairs=", ".join(pairs[:5])))
    if found["annotated_otherwise"]:
        lines.append(
            Warnings.W206.format(n=found["annotated_twice"], other=found["annotated_otherwise"])
        )
    if found["contradictions"]:
        examples = "; ".join(found["contradiction_examples"])
        lines.append(Warnings.W207.format(n=found["contradictions"], examples=examples))
    return lines


def _of_repairs(report: Dict[str, Any]) -> List[str]:
    repairs, lines = report["repairs"], []
    if address := repairs.get("address"):
        lines.append(Warnings.W208.format(n=address["count"], examples=_examples(address)))
    for rule, repair in repairs.items():
        of_what = "paragraphs" if rule in _OF_PARAGRAPHS else "annotations"
        n = report["annotated_paragraphs" if rule in _OF_PARAGRAPHS else "annotations"]
        count = repair["count"]
        if rule not in _NO_REPAIRS and count >= MIN_MANY and count > MANY * n:
            examples = _examples(repair)
            lines.append(
                Warnings.W209.format(rule=rule, n=count, of=n, what=of_what, examples=examples)
            )
    for file, doubt in report.get("offsets_in_doubt", {}).items():
        lines.append(Warnings.W210.format(file=file, doubt=doubt))
    if any(entry.get("scheme") == "IO" for entry in report["files"]):
        lines.append(Warnings.W212)
    return lines


def _of_papers(pairs: Dict[str, Any]) -> List[str]:
    missing = pairs.get("pool_gold_not_in_pool")
    if not missing:
        return []
    n = pairs["pool_gold_papers"]
    return [Warnings.W211.format(n=len(missing), of=n, papers=named(missing))]


def _examples(repair: Dict[str, Any]) -> str:
    return "; ".join(f"{e['text']} in {e['file']}" for e in repair["examples"])
