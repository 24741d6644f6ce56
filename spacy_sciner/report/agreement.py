"""What `sciner agree` found, as plain text of 100 columns. Pure."""

from textwrap import fill
from typing import Any, Dict, Iterable, List, Sequence

from ..scoring.changes import EntityChange, Paragraph, count_changes, in_context
from .tables import Row, count, number, to_text

WIDTH = 100
LONGEST_LABEL = 24


def agreement_text(
    figures: Dict[str, Any], pairs: Iterable[Sequence[Paragraph]], *, examples: int
) -> str:
    """All figures, and cases of each pair.

    figures (Dict[str, Any]): Of `review.agree`.
    pairs (Iterable[Sequence[Paragraph]]): The paragraphs of each pair, in the order of "pairs".
    examples (int): Of each kind of disagreement, at most.
    """
    lines = [_given(one) for one in figures["annotators"]]
    changed = figures["pairing"]
    if changed["regrown_entities"] or changed["merged_entities"]:
        lines.append(
            f"tokens differ: {changed['regrown_entities']} entities grew to whole tokens, "
            f"{changed['merged_entities']} are left out as they share one with another"
        )
    for pair, paragraphs in zip(figures["pairs"], pairs):
        lines += ["", _heading(pair), "", to_text(measure_rows(pair))]
        lines += [to_text(entity_rows(pair)), _kinds(pair, examples)]
        for change in count_changes(paragraphs, examples=examples)["examples"]:
            text = example(change)
            lines.append(fill(text, width=WIDTH, subsequent_indent="    "))
    if figures["all"]:
        lines += ["", f"All {len(figures['annotators'])}", "", to_text(rows_of_all(figures["all"]))]
    return "\n".join(lines).rstrip() + "\n"


def _given(one: Dict[str, Any]) -> str:
    text = (
        f"{one['name']}: {count(one['papers'])} papers, {count(one['paragraphs'])} paragraphs "
        f"({count(one['in_no_other'])} in no other), {count(one['entities'])} entities"
    )
    repairs = ", ".join(f"{rule} {n}" for rule, n in one["repairs"].items())
    return fill(text + (f"; read with {repairs}" if repairs else ""), width=WIDTH)


def _heading(pair: Dict[str, Any]) -> str:
    text = (
        f"{pair['a']} (a) – {pair['b']} (b): {count(pair['papers'])} papers, "
        f"{count(pair['paragraphs'])} paragraphs, {count(pair['tokens'])} tokens "
        f"({count(pair['marked_tokens'])} marked)"
    )
    if pair["unknown_tokens"]:
        text += (
            f"; left out: {count(pair['unknown_tokens'])} tokens that one does not know, "
            f"{count(pair['left_out_entities'])} entities there"
        )
    return fill(text, width=WIDTH)


def measure_rows(pair: Dict[str, Any]) -> List[Row]:
    """The pair's figures over tokens and entities, each with its interval."""
    entities = pair["entities"]["all"]
    measures = {
        "Cohen's κ, all tokens": pair["kappa"],
        "Cohen's κ, tokens that either marked": pair["kappa_marked"],
        "Krippendorff's α": pair["alpha"],
        "entity F1, strict": entities["strict"],
        "entity F1, relaxed": entities["relaxed"],
    }
    return [["measure", "value", "95 %"], *([name, *_cells(one)] for name, one in measures.items())]


def entity_rows(pair: Dict[str, Any]) -> List[Row]:
    """Entities by label: each annotator's, those with the same words, those that touch."""
    columns = ("a", "b", "same", "strict F1", "95 %", "touching", "relaxed F1", "95 %")
    rows = [["entities", *columns]]
    for label, one in pair["entities"].items():
        counts = [count(one[key]) for key in ("n_first", "n_second", "n_same", "n_touching")]
        strict, relaxed = _cells(one["strict"]), _cells(one["relaxed"])
        rows.append([_short(label), *counts[:3], *strict, counts[3], *relaxed])
    return rows


def rows_of_all(figures: Dict[str, Any]) -> List[Row]:
    """What is measured of three annotators and more together."""
    return [
        ["measure", "value", "95 %", "tokens"],
        ["Fleiss' κ", *_cells(figures["fleiss"]), count(figures["fleiss_tokens"])],
        ["Krippendorff's α", *_cells(figures["alpha"]), count(figures["alpha_tokens"])],
    ]


def _kinds(pair: Dict[str, Any], examples: int) -> str:
    kinds = pair["disagreements"].items()
    parts = ", ".join(f"{kind} {count(n)}" for kind, n in kinds)
    text = f"{count(sum(n for _, n in kinds))} disagreements: {parts}"
    shown = f"Up to {examples} of each kind (--csv FILE has all); in braces: a's, in brackets: b's."
    return fill(f"{text}. {shown}" if examples else f"{text}.", width=WIDTH)


def example(change: EntityChange) -> str:
    """One line: the kind, the labels, where it is, and the words around it."""
    before, after = (entity and entity.label for entity in (change.before, change.after))
    kind = {
        "lost": f"missing in b: {before}",
        "gained": f"missing in a: {after}",
        "relabelled": f"other label: {before} or {after}",
        "moved": f"other boundaries: {before}",
    }[change.kind]
    place = f"{change.paragraph.paper} ¶{change.paragraph.number}"
    return f"  {kind} ({place}): {in_context(change)}"


def _cells(estimate: Dict[str, Any]) -> Row:
    low, high = estimate["low"], estimate["high"]
    return [number(estimate["value"]), "–" if low is None else f"{low:.3f}–{high:.3f}"]


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
