"""Gold papers and parsed papers belong together by their names: which do not find each other."""

import re
from difflib import get_close_matches
from typing import Any, Collection, Dict, List, Mapping, Optional, Sequence

from spacy.tokens import Doc

MIN_RATIO = 0.6  # of difflib: what is less alike is another paper
MOST_SOUGHT = 50  # papers for which such names are sought: a tenth of a second each in 10,000


def without_counterpart(
    papers: Collection[str], others: Collection[str]
) -> List[Dict[str, Optional[str]]]:
    """The papers that are not among the others, each with the nearest name there, or None."""
    there = set(others)
    names: Dict[str, str] = {}
    for other in sorted(there):
        names.setdefault(_plain(other), other)
    found: List[Dict[str, Optional[str]]] = []
    for paper in sorted(set(papers) - there):
        # The same but for case, punctuation and suffixes, or with a word more, is nearer than any
        # letter-wise likeness.
        near = [_plain(paper)] if _plain(paper) in names else []
        inside = [name for name in names if _plain(paper) in name or name in _plain(paper)]
        near = near or sorted(inside, key=len)
        if not near and len(found) < MOST_SOUGHT:
            near = get_close_matches(_plain(paper), names, n=1, cutoff=MIN_RATIO)
        found.append({"paper": paper, "nearest": names[near[0]] if near else None})
    return found


def counterparts(
    gold: Mapping[str, Sequence[Doc]],
    pool_gold: Collection[str],
    *,
    parsed: Collection[str],
    pool: Collection[str],
) -> Dict[str, Any]:
    """For the report: gold papers that are not among the parsed ones, papers of `pool_gold` that
    are not in the pool, and papers of the pool that `pool_gold` has none of, if it has any."""
    gold_papers = {doc.user_data["paper"] for docs in gold.values() for doc in docs}
    return {
        "gold_papers": len(gold_papers),
        "gold_not_parsed": without_counterpart(gold_papers, parsed) if parsed else [],
        "pool_gold_papers": len(pool_gold),
        "pool_gold_not_in_pool": without_counterpart(pool_gold, pool),
        "pool_without_gold": len(set(pool) - set(pool_gold)) if pool_gold else 0,
    }


def named(missing: Collection[Dict[str, Optional[str]]], most: int = 5) -> str:
    """For the screen: "P18 (nearest: P18-1001), Q" and so on."""
    some = [
        f"{m['paper']} (nearest: {m['nearest']})" if m["nearest"] else f"{m['paper']}"
        for m in list(missing)[:most]
    ]
    return ", ".join(some) + (", …" if len(missing) > most else "")


def _plain(name: str) -> str:
    name = re.sub(r"(\.(pdf|txt|tei|xml|json|jsonl|ann|conll))+$", "", name.casefold())
    return "".join(re.findall(r"[^\W_]+", name)) or name
