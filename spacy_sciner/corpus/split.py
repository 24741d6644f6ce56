"""Into train, dev, test and pool by whole papers."""

import random
from typing import Any, Collection, Dict, List, Mapping, Sequence

from ..errors import Errors, ScinerError

HOW_TO_NAME_PAPERS = (
    "A file is one paper, unless it names several: `paper` in the data of Label Studio, Prodigy or "
    "doccano, two or more -DOCSTART- lines or a table (`papers`) in CoNLL. Give a folder with a "
    "file for each paper, or set `papers: paragraphs` if each paragraph is of another paper."
)


def split_papers(
    papers: Sequence[str], *, into: Sequence[str], shares: Mapping[str, Any], seed: int, corpus: str
) -> Dict[str, str]:
    """Give every paper its split.

    Papers named in `shares` go where it says. Of the others, shuffled, each split with a share gets
    that part of them, rounded, and at least one; the split without a share gets the rest.

    into (Sequence[str]): The splits to choose from.
    RETURNS (Dict[str, str]): Split by paper.
    RAISES (ScinerError): SCINER-E212 for a named paper that is not there or is named twice, E213
        if it is not plain which split gets the rest, E209 if a split would be empty.
    """
    split_of: Dict[str, str] = {}
    known = set(papers)
    if len(known) < len(into) and not any(isinstance(v, (list, tuple)) for v in shares.values()):
        raise _empty(into[-1], known, into=into, corpus=corpus)
    for split in into:
        named = shares.get(split, ())
        for paper in named if not isinstance(named, (int, float)) else ():
            if paper not in known or paper in split_of:
                reason = "is in no gold file" if paper not in known else "is named twice"
                found = _some(sorted(known))
                raise ScinerError(
                    Errors.E212.format(
                        paper=paper, split=split, corpus=corpus, reason=reason, found=found
                    )
                )
            split_of[paper] = split
    others = sorted(known - set(split_of))
    random.Random(seed).shuffle(others)
    for split, n in _sizes(others, into=into, shares=shares, corpus=corpus).items():
        split_of.update(dict.fromkeys(others[:n], split))
        others = others[n:]
    for split in into:
        if split not in split_of.values():
            raise _empty(split, known, into=into, corpus=corpus)
    return split_of


def _sizes(
    others: Sequence[str], *, into: Sequence[str], shares: Mapping[str, Any], corpus: str
) -> Dict[str, int]:
    """How many of the papers that are not named go to each split."""
    given = {s: share for s in into if isinstance(share := shares.get(s), (int, float))}
    rest = [split for split in into if split not in shares]
    if len(rest) > 1 or (not rest and (others or given)):
        left = ", ".join(rest) if rest else f"none, with {len(others)} papers left over"
        raise ScinerError(Errors.E213.format(corpus=corpus, into=", ".join(into), rest=left))
    sizes = {s: max(1, int(share * len(others) + 0.5)) for s, share in given.items()}
    if rest:
        # Of a handful of papers, rounding up may leave nothing over.
        while sizes and sum(sizes.values()) >= len(others) and max(sizes.values()) > 1:
            sizes[max(sizes, key=lambda split: sizes[split])] -= 1
        sizes[rest[0]] = max(0, len(others) - sum(sizes.values()))
    return sizes


def _empty(split: str, known: Collection[str], *, into: Sequence[str], corpus: str) -> ScinerError:
    n = f"{len(known)} paper{'s' * (len(known) != 1)}"
    reason = f"its gold files hold {n} ({_some(sorted(known))})"
    if len(known) < len(into):
        reason += f", and {', '.join(into)} need one each. {HOW_TO_NAME_PAPERS}"
    return ScinerError(Errors.E209.format(split=split, corpus=corpus, reason=reason.rstrip(".")))


def _some(papers: List[str], most: int = 10) -> str:
    return ", ".join(papers[:most]) + (", …" if len(papers) > most else "")
